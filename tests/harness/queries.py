"""Counting the SQL statements that a piece of code sends, so that a list cannot grow a query per row unseen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa


@contextlib.contextmanager
def count_queries() -> Iterator[list[str]]:
    """Collect what any engine executes meanwhile, in order; BEGIN, COMMIT and PRAGMA do not count."""
    statements: list[str] = []

    def note(*event: object) -> None:
        statement = str(event[2])
        if not statement.lstrip().upper().startswith(("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK")):
            statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
