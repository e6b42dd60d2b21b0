"""The whole register as one BagIt bag: written while others write, checked, read back into an empty place."""
