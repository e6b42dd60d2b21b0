"""What every kind of record shares: identity, revisions, the workflow, history, tombstones."""
