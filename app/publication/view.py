"""What lies in a part of a map, of several collections: each thing by itself, or counts where there is much."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import starmap
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.paging import read_cursor, write_cursor
from app.engine.questions import first_in_spans, utf8
from app.publication.collections import COLLECTIONS
from app.publication.conditions import NEAR_PRECISION_M, Box, ItemQuery, conditions
from app.publication.models import CELLS, ITEMS, MARKS, TEXTS
from app.publication.quadkeys import LEVELS, middle_of, place_of, quadkey, ranges
from app.publication.tiles.cells import FINEST

# More markers than these are no help to anybody, and too many for a cheap phone.
MOST_POINTS = 2000
_MOST_CELLS = 400
# A tile of 256 pixels is divided into 4 × 4 cells.
_FINER = 2
_ORDER = "view"
# The weight of an item is below this.
_WEIGHTS = 128


class Spot(NamedTuple):
    """Something on a map: its published point in degrees, to within how many metres, and its mark."""

    collection: str
    lon: float
    lat: float
    precision_m: int | None
    mark: dict[str, Any]


class Cluster(NamedTuple):
    """A cell's middle in degrees, and how many things lie in the cell."""

    lon: float
    lat: float
    n: int


class View(NamedTuple):
    """Spots in the order of the list, or clusters in the order of their cells: one of the two is empty."""

    spots: list[Spot]
    clusters: list[Cluster]


def read_view(reads: Reads, queries: Sequence[ItemQuery], box: Box, zoom: int) -> View:
    """Read what queries without a box find in one, for a map of a zoom: at most `MOST_POINTS` things, or else counts.

    Counts are of whole cells, of which the outermost reach beyond the box.
    """
    if not queries:
        return View([], [])
    found = sa.union_all(*(_in_view(query, box) for query in queries)).subquery()
    chosen = sa.select(found).limit(MOST_POINTS + 1).subquery()
    statement = (
        sa.select(chosen.c.collection, chosen.c.lon, chosen.c.lat, chosen.c.precision_m, MARKS.c.mark)
        .outerjoin(MARKS, sa.and_(MARKS.c.item_id == chosen.c.id, MARKS.c.language == queries[0].language))
        .order_by(chosen.c.rank, chosen.c.code)
    )
    if _is_too_much(reads, found):
        return View([], _read_clusters(reads, queries, box, zoom))
    rows = reads.execute(statement).all()
    # What was published before there were marks has none until the publication is rebuilt.
    return View([Spot(*row[:4], json.loads(row.mark)) for row in rows if row.mark], [])


def _is_too_much(reads: Reads, found: sa.Subquery) -> bool:
    counted = sa.select(sa.func.count()).select_from(sa.select(found.c.id).limit(MOST_POINTS + 1).subquery())
    return (reads.scalar(counted) or 0) > MOST_POINTS


def read_list(
    reads: Reads, queries: Sequence[ItemQuery], box: Box, *, limit: int, cursor: str | None = None
) -> tuple[list[tuple[str, bytes]], str | None]:
    """Read a page of what queries find in a box: its collection and finished feature; and the next page's cursor.

    What has an exact place comes first; then it goes by collection, by weight, by code. Raises `InvalidInput` for a
    cursor of another list.
    """
    if not queries:
        return [], None
    found = sa.union_all(*(_in_view(query, box) for query in queries)).subquery()
    page = sa.select(found.c.id, found.c.collection, found.c.rank, found.c.code)
    if cursor:
        rank, code = read_cursor(cursor, _ORDER, (int, str))
        beyond = sa.and_(found.c.rank == rank, found.c.code > code)
        page = page.where(sa.or_(found.c.rank > rank, beyond))
    best = page.order_by(found.c.rank, found.c.code).limit(limit + 1).subquery()
    statement = (
        sa.select(best.c.collection, utf8(TEXTS.c.feature), best.c.rank, best.c.code)
        .join(TEXTS, sa.and_(TEXTS.c.item_id == best.c.id, TEXTS.c.language == queries[0].language))
        .order_by(best.c.rank, best.c.code)
    )
    rows = reads.execute(statement).all()
    shown = [(row[0], row[1]) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return shown, write_cursor(_ORDER, last.rank, last.code) if last else None


def count_view(reads: Reads, queries: Sequence[ItemQuery], box: Box) -> dict[str, int]:
    """Count what queries find in a box, by collection, each up to one more than `MOST_POINTS`."""
    if not queries:
        return {}
    found = sa.union_all(*(_in_view(query, box) for query in queries)).subquery()
    counted = sa.select(found.c.collection, sa.func.count()).group_by(found.c.collection)
    return {name: int(count) for name, count in reads.execute(counted)}


def _in_view(query: ItemQuery, box: Box) -> sa.Select[Any]:
    """Give the items of a box: all, or the first by their places, one more than `MOST_POINTS`."""
    wanted = partial(conditions, replace(query, boxes=(box,)))
    met = first_in_spans(ITEMS, ranges(box), MOST_POINTS + 1, wanted)
    columns = (ITEMS.c.collection, ITEMS.c.code, ITEMS.c.lon, ITEMS.c.lat, ITEMS.c.precision_m)
    is_exact = ITEMS.c.precision_m <= NEAR_PRECISION_M
    of_kind = list(COLLECTIONS).index(query.collection) * _WEIGHTS
    first, last = _number(of_kind), _number(of_kind + len(COLLECTIONS) * _WEIGHTS)
    rank = ITEMS.c.weight + sa.case((is_exact, first), else_=last)
    return sa.select(ITEMS.c.id, *columns, rank.label("rank")).where(met)


def _number(number: int) -> ColumnElement[int]:
    return sa.literal_column(str(number), sa.Integer)


def _read_clusters(reads: Reads, queries: Sequence[ItemQuery], box: Box, zoom: int) -> list[Cluster]:
    level = min(zoom + _FINER, LEVELS)
    while level and _columns_by_rows(box, level) > _MOST_CELLS:
        level -= 1
    counts: dict[int, int] = {}
    for query in queries:
        for cell, n in reads.execute(_counted(query, box, level)):
            counts[cell] = counts.get(cell, 0) + int(n)
    west, north, east, south = _edges(box, level)
    seen = {cell: place_of(cell) for cell in sorted(counts)}
    return [
        Cluster(*middle_of(cell, level), counts[cell])
        for cell, (column, row) in seen.items()
        if west <= column <= east and north <= row <= south
    ]


def _counted(query: ItemQuery, box: Box, level: int) -> sa.Select[Any]:
    """Count by cells: as publishing keeps the counts where everything is asked for, else what conditions leave."""
    shift = 2 * (LEVELS - level)
    spans = [(first >> shift, last >> shift) for first, last in ranges(box)]
    if query.is_whole and level <= FINEST:
        kept = sa.or_(*(CELLS.c.cell.between(first, last) for first, last in spans))
        of_level = (CELLS.c.collection == query.collection, CELLS.c.level == level, CELLS.c.n > 0)
        return sa.select(CELLS.c.cell, CELLS.c.n).where(*of_level, kept)
    inside: list[ColumnElement[bool]] = list(
        starmap(ITEMS.c.qkey.between, ((first << shift, ((last + 1) << shift) - 1) for first, last in spans))
    )
    cell = ITEMS.c.qkey.bitwise_rshift(sa.literal_column(str(shift))).label("cell")
    return sa.select(cell, sa.func.count()).where(*conditions(query, ITEMS), sa.or_(*inside)).group_by(cell)


def _edges(box: Box, level: int) -> tuple[int, int, int, int]:
    """Give the westernmost column, the northernmost row, the easternmost column and the southernmost row of a box."""
    shift = 2 * (LEVELS - level)
    first = place_of(quadkey(box[0], box[3]) >> shift)
    last = place_of(quadkey(box[2], box[1]) >> shift)
    return (*first, *last)


def _columns_by_rows(box: Box, level: int) -> int:
    west, north, east, south = _edges(box, level)
    return (east - west + 1) * (south - north + 1)
