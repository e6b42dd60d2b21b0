"""Checksums of files in the storage as they were read once, so that the next backup need not read them again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from app.media.storage import Entry


class Known:
    """What is known of files by their keys; who writes a file again, even the same, makes it unknown."""

    def __init__(self, rows: sqlite3.Connection) -> None:
        self._rows = rows

    def find(self, entry: Entry) -> str | None:
        """Give the checksum of a file that has not been written since it was read."""
        query = "SELECT sha256 FROM known WHERE (key = ? AND bytes = ? AND written_at = ?)"
        row = self._rows.execute(query, (entry.key, entry.byte_count, entry.written_at.isoformat())).fetchone()
        return str(row[0]) if row else None

    def note(self, entry: Entry, sha256: str) -> None:
        """Note the checksum of a file."""
        row = (entry.key, entry.byte_count, entry.written_at.isoformat(), sha256)
        self._rows.execute("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)", row)


@contextlib.contextmanager
def known_files(path: Path) -> Iterator[Known]:
    """Open what is known, which is no more than a convenience: a file that cannot be read is begun anew."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        rows = _open(path)
    except sqlite3.DatabaseError:
        path.unlink(missing_ok=True)
        rows = _open(path)
    try:
        yield Known(rows)
    finally:
        rows.close()


def _open(path: Path) -> sqlite3.Connection:
    rows = sqlite3.connect(path, isolation_level=None, timeout=60)
    # Nothing of it need survive a cut of power.
    rows.execute("PRAGMA synchronous = off")
    rows.execute(
        "CREATE TABLE IF NOT EXISTS known (key TEXT PRIMARY KEY, bytes INTEGER, written_at TEXT, sha256 TEXT) "
        "WITHOUT ROWID"
    )
    return rows
