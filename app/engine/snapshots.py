"""Reading everything as it stood at one moment, however long that takes and whoever writes meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from app.core.db import connect


@contextlib.contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection whose reads all see what was committed before the first of them; it writes nothing.

    SQLite's transactions are like that in any case; PostgreSQL's would look anew at every statement.
    """
    with connect(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection
