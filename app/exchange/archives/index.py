"""What lies in a bag, by path: in a file that is nobody's, since a bag may hold more names than memory should."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from app.core.errors import InvalidInput


class Filed(NamedTuple):
    """A file of a bag: its path within, the SHA-256 of its content in hexadecimal, how many bytes (-1: not known)."""

    path: str
    sha256: str
    byte_count: int


class Index:
    """The files of a bag; each path once."""

    def __init__(self) -> None:
        # A name that is empty is a file that SQLite deletes at the end, and mostly keeps in memory.
        self._rows = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._rows.execute("CREATE TABLE files (path TEXT PRIMARY KEY, sha256 TEXT, bytes INTEGER) WITHOUT ROWID")

    def add(self, filed: Filed) -> None:
        """Add a file; raises `InvalidInput` when its path is there already."""
        try:
            self._rows.execute("INSERT INTO files VALUES (?, ?, ?)", filed)
        except sqlite3.IntegrityError as error:
            raise InvalidInput("This archive names “%(path)s” twice. It cannot be trusted.", path=filed.path) from error

    def find(self, path: str) -> Filed | None:
        """Give the file at a path."""
        row = self._rows.execute("SELECT path, sha256, bytes FROM files WHERE (path = ?)", (path,)).fetchone()
        return Filed(*row) if row else None

    def under(self, folder: str = "") -> Iterator[Filed]:
        """Give the files whose paths begin like that, by path."""
        last = ""
        query = (
            "SELECT path, sha256, bytes FROM files WHERE path > ? AND substr(path, 1, ?) = ? ORDER BY path LIMIT 500"
        )
        while rows := self._rows.execute(query, (max(last, folder), len(folder), folder)).fetchall():
            yield from (Filed(*row) for row in rows)
            last = rows[-1][0]

    def totals(self, folder: str = "") -> tuple[int, int]:
        """Give how many files begin like that, and how many bytes they are together."""
        query = "SELECT count(*), coalesce(sum(bytes), 0) FROM files WHERE (substr(path, 1, ?) = ?)"
        count, size = self._rows.execute(query, (len(folder), folder)).fetchone()
        return int(count), int(size)

    def close(self) -> None:
        """Forget everything."""
        self._rows.close()
