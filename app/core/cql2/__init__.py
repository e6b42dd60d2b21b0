"""CQL2 (OGC 21-065r2) read from text or JSON into one form: the dictionaries of CQL2 JSON."""

from __future__ import annotations

from app.core.cql2.documents import read_json
from app.core.cql2.limits import MOST_BYTES, MOST_LEVELS
from app.core.cql2.text import read_text

__all__ = ["MOST_BYTES", "MOST_LEVELS", "read_json", "read_text"]
