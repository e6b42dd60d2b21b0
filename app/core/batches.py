"""Working through long lists in chunks, so that no statement grows with the register."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

T = TypeVar("T")

# SQLite takes 32,766 parameters a statement, PostgreSQL 65,535; planners like far fewer.
CHUNK = 500


def batches(rows: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """Give `rows` in order in chunks of `size`, the last one shorter."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def keys_where(session: Session, wanted: Any, column: Any, values: Iterable[int]) -> set[int]:
    """Give the keys in `wanted` of rows whose `column` is among `values`, however many those are; no null."""
    found: set[int] = set()
    for chunk in batches(sorted(values)):
        found.update(session.scalars(sa.select(wanted).where(column.in_(chunk), wanted.is_not(None))))
    return found
