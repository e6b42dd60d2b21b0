"""Tables as lines: read in one snapshot, a row at a time, and told apart by a digest that no order of rows changes."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeAlias

import sqlalchemy as sa

from app.core.db import Model
from app.engine.carrying import plain, read_as
from app.exchange.archives.format import SECRET_COLUMNS, SECRET_TABLES, Carried, Layout

_AT_ONCE = 500
_TOLD_EVERY = 5000
_MODULUS = 1 << 256
# Is told what is being done, how far it is, and of how many where that is known.
Tell: TypeAlias = Callable[[str, int, int | None], None]


def tell_nobody(_what: str, _done: int, _total: int | None) -> None:
    """Be told, and do nothing."""


@dataclass
class Digest:
    """What is known of lines that went by: how many, how many bytes, the sum of their checksums."""

    row_count: int = 0
    byte_count: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        """Take a line in, its end included."""
        self.row_count += 1
        self.byte_count += len(line)
        self.total = (self.total + int.from_bytes(hashlib.sha256(line).digest(), "big")) % _MODULUS

    @property
    def hexadecimal(self) -> str:
        """The sum."""
        return f"{self.total:064x}"

    def carried(self, layout: Layout) -> Carried:
        """Give what the schema says of a table with these lines."""
        return Carried(layout, self.row_count, self.byte_count, self.hexadecimal)


def read_lines(connection: sa.Connection, layout: Layout, *, is_for_others: bool = False) -> Iterator[bytes]:
    """Give a table's rows as lines of JSON, by primary key; a column without a value is not named in its line.

    For others than whoever runs the register, secrets are left out.
    """
    if is_for_others and layout.name in SECRET_TABLES:
        return
    table, dialect = Model.metadata.tables[layout.name], connection.dialect.name
    columns = [
        (name, form)
        for name, form in layout.columns.items()
        if not (is_for_others and (layout.name, name) in SECRET_COLUMNS)
    ]
    query = sa.select(*(read_as(table.c[name], form, dialect).label(name) for name, form in columns))
    query = query.order_by(*(table.c[name] for name in layout.key))
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        told = {name: plain(form, value) for (name, form), value in zip(columns, row, strict=True) if value is not None}
        yield write_line(told)


def write_line(told: Any) -> bytes:
    """Write a value as a line of JSON."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def stage_table(
    connection: sa.Connection, layout: Layout, path: Path, tell: Tell, *, is_for_others: bool = False
) -> Carried:
    """Write a table's lines to a file, and give what is to be told of it."""
    digest = Digest()
    with zipped(path) as file:
        for line in read_lines(connection, layout, is_for_others=is_for_others):
            file.write(line)
            digest.add(line)
            if digest.row_count % _TOLD_EVERY == 0:
                tell(layout.name, digest.row_count, None)
    return digest.carried(layout)


def zipped(path: Path) -> IO[bytes]:
    """Open a file to be written as gzip, the same bytes for the same content."""
    return gzip.GzipFile(path, "wb", compresslevel=5, mtime=0)  # type: ignore[return-value]


def digest_table(connection: sa.Connection, layout: Layout, *, is_for_others: bool = False) -> Carried:
    """Read a table and give what an archive would tell of it."""
    digest = Digest()
    for line in read_lines(connection, layout, is_for_others=is_for_others):
        digest.add(line)
    return digest.carried(layout)
