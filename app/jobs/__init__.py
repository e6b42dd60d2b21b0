"""Work that outlives a request: wishes in a table of our own, claimed by a worker and run at least once."""
