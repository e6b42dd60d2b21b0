"""Exports: lists and selections of the register as files, each person's with what that person may see."""
