"""Vector tiles of the publication and of our own basemap: which tile is where, what it holds, and its bytes."""
