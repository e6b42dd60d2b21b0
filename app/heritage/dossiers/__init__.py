"""Dossiers: which papers a procedure asks for, what is there of them, who owes the rest, and how long it takes."""
