"""How many visitors a place had in a month, as it was reported: entered or imported, corrected, never overwritten."""
