"""Where SQLite and PostGIS differ, and nothing else: geometry type, questions, and how each engine answers them."""
