"""Readers of formats of geodata; they run in the reading process alone, on input that may be hostile."""
