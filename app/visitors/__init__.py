"""What the public sends: reports that something is wrong with a place or with what is said of it."""
