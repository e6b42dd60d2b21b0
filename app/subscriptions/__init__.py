"""API keys and quotas: who may ask how much of the public API, and the counts that all processes share."""
