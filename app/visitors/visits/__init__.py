"""How often records are looked at: by day, record, language and source, and nothing else."""
