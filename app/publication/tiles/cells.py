"""Counts per cell, kept as items come, move and go: what tiles of low zooms show, and by what a tile is still the same.

A tile of zoom z is a cell of level z; at low zooms it shows the cells of level z + 6 in it, 64 × 64 of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.engine.locks import take_journal_lock
from app.publication.models import PublishedCollection
from app.publication.quadkeys import LEVELS

# The finest cells that are kept: about 600 metres.
FINEST = 16


class Move(NamedTuple):
    """Where an item lay, as a quadkey, and where it lies since it changed; None is nowhere that is told."""

    item_id: int
    before: int | None
    after: int | None


# Both engines read these as they stand. The last number that is written is the highest, for it is taken under a lock.
_ADD = sa.text(
    "INSERT INTO published_cells (collection, level, cell, n, item_sum, number) "
    "VALUES (:collection, :level, :cell, :n, :item_sum, :number) ON CONFLICT (collection, level, cell) DO UPDATE "
    "SET n = published_cells.n + excluded.n, item_sum = published_cells.item_sum + excluded.item_sum, "
    "number = excluded.number"
)


def count_moves(session: Session, collection: str, moves: Iterable[Move], number: int) -> None:
    """Count items that changed in the cells where they lay and lie, under the journal's lock.

    Cells of what changed and stayed where it was get the new number alone.
    """
    grown: dict[tuple[int, int], list[int]] = {}
    for item_id, before, after in moves:
        for key, sign in ((before, -1), (after, 1)):
            if key is None:
                continue
            for level in range(FINEST + 1):
                counted = grown.setdefault((level, key >> 2 * (LEVELS - level)), [0, 0])
                counted[0] += sign
                counted[1] += sign * item_id
    if not grown:
        return
    rows = [
        {"collection": collection, "level": level, "cell": cell, "n": n, "item_sum": item_sum, "number": number}
        for (level, cell), (n, item_sum) in sorted(grown.items())
    ]
    session.execute(_ADD, rows)


# 24 is twice what the finest cells are coarser by than quadkeys.
_FINEST_ROWS = (
    "SELECT qkey >> 24 AS cell, count(*) AS n, CAST(sum(id) AS BIGINT) AS item_sum "
    "FROM published_items WHERE collection = :collection AND qkey IS NOT NULL GROUP BY qkey >> 24"
)
_COARSER_ROWS = (
    "SELECT cell >> 2 AS cell, CAST(sum(n) AS INTEGER) AS n, CAST(sum(item_sum) AS BIGINT) AS item_sum "
    "FROM published_cells WHERE collection = :collection AND level = :level + 1 AND n <> 0 GROUP BY cell >> 2"
)
_MEND = (
    "INSERT INTO published_cells (collection, level, cell, n, item_sum, number) "
    "SELECT CAST(:collection AS VARCHAR(40)), CAST(:level AS INTEGER), counted.cell, counted.n, counted.item_sum, "
    "CAST(:number AS BIGINT) FROM ({rows}) AS counted WHERE true ON CONFLICT (collection, level, cell) DO UPDATE "
    "SET n = excluded.n, item_sum = excluded.item_sum, number = excluded.number "
    "WHERE published_cells.n <> excluded.n OR published_cells.item_sum <> excluded.item_sum"
)
_EMPTY = (
    "UPDATE published_cells SET n = 0, item_sum = 0, number = :number "
    "WHERE collection = :collection AND level = :level AND (n <> 0 OR item_sum <> 0) "
    "AND cell NOT IN (SELECT counted.cell FROM ({rows}) AS counted)"
)


def recount(session: Session, collection: str) -> None:
    """Count a collection's items anew; cells that are right stay as they are, with their numbers.

    Takes the journal's lock: what others publish is then counted wholly or not at all.
    """
    take_journal_lock(session)
    number = session.scalar(sa.select(PublishedCollection.number).where(PublishedCollection.name == collection)) or 0
    for level in range(FINEST, -1, -1):
        rows = _FINEST_ROWS if level == FINEST else _COARSER_ROWS
        values = {"collection": collection, "level": level, "number": number}
        for statement in (_MEND, _EMPTY):
            session.execute(sa.text(statement.format(rows=rows)), values)
