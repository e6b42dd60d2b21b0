"""Records taken in from tables: columns mapped to fields, every line judged, what is right written as one changeset."""
