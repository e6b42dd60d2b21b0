"""Concepts: types, levels, periods, doubts and every other list of terms, in as many languages as there are."""
