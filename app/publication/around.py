"""What lies around a point, of several collections in one list, nearest first; and what may lie there as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.core.db import Reads
from app.core.paging import read_cursor, write_cursor
from app.engine.questions import Point, distance_metres, nearest, utf8, within_metres
from app.publication.conditions import NEAR_PRECISION_M, ItemQuery, conditions
from app.publication.models import ITEMS, TEXTS

_ORDER = "around"
# What is known less well may lie in half the province: that it may lie here says nothing.
MOST_VAGUE_M = 6000


class Around(NamedTuple):
    """A finished feature of a collection: its published point in degrees, and how far that is in metres."""

    collection: str
    feature: bytes
    lon: float
    lat: float
    metres: float


def read_around(
    reads: Reads, queries: Sequence[ItemQuery], *, limit: int, cursor: str | None = None
) -> tuple[list[Around], str | None]:
    """Read a page of what queries about several collections find near the point that they share, and the next cursor.

    It comes by distance, then code. Raises `InvalidInput` for a cursor of another list.
    """
    if not queries:
        return [], None
    rows = sa.union_all(*(_measured(query, _near(query)) for query in queries)).subquery()
    found = sa.select(rows)
    if cursor:
        metres, code = read_cursor(cursor, _ORDER, (float, str))
        beyond = sa.and_(rows.c.metres == metres, rows.c.code > code)
        found = found.where(sa.or_(rows.c.metres > metres, beyond))
    read = _read(reads, found, queries[0].language, limit + 1)
    page = read[:limit]
    last = page[-1] if len(read) > limit else None
    return [row for row, _ in page], write_cursor(_ORDER, last[0].metres, last[1]) if last else None


def count_around(reads: Reads, queries: Sequence[ItemQuery]) -> dict[str, int]:
    """Count what queries find near their point, by collection; those that find nothing are left out."""
    if not queries:
        return {}
    rows = sa.union_all(*(_measured(query, _near(query)) for query in queries)).subquery()
    counted = sa.select(rows.c.collection, sa.func.count()).group_by(rows.c.collection)
    return {name: int(count) for name, count in reads.execute(counted)}


def read_nearest(reads: Reads, queries: Sequence[ItemQuery]) -> Around | None:
    """Read what is nearest to the point of queries without a radius, however far it is."""
    if not queries:
        return None
    parts = [_measured(one, _near(one), nearest(ITEMS, _near(one), 1, partial(conditions, one))) for one in queries]
    found = _read(reads, sa.select(sa.union_all(*parts).subquery()), queries[0].language, 1)
    return found[0][0] if found else None


def read_maybe_around(reads: Reads, queries: Sequence[ItemQuery], *, limit: int) -> list[Around]:
    """Read what may lie within the radius, for its place is known only to within a commune or so.

    That is whatever is too vague to be near and lies, with all that its point may be off by, within reach. It comes by
    the distance of its point, then code.
    """
    if not queries:
        return []
    rows = sa.union_all(*(_vague(query) for query in queries)).subquery()
    return [row for row, _ in _read(reads, sa.select(rows), queries[0].language, limit)]


def _near(query: ItemQuery) -> Point:
    if query.near is None:
        raise ValueError(query)
    return query.near


def _measured(query: ItemQuery, near: Point, *further: Any) -> sa.Select[Any]:
    return sa.select(
        ITEMS.c.id,
        ITEMS.c.collection,
        ITEMS.c.code,
        ITEMS.c.lon,
        ITEMS.c.lat,
        distance_metres(ITEMS, near).label("metres"),
    ).where(*conditions(query, ITEMS), *further)


def _vague(query: ItemQuery) -> sa.Select[Any]:
    near, radius = _near(query), query.radius_m or 0
    return _measured(
        replace(query, near=None, radius_m=None),
        near,
        ITEMS.c.precision_m > max(radius, NEAR_PRECISION_M),
        ITEMS.c.precision_m <= MOST_VAGUE_M,
        within_metres(ITEMS, near, radius + MOST_VAGUE_M),
        distance_metres(ITEMS, near) <= ITEMS.c.precision_m + radius,
    )


def _read(reads: Reads, found: sa.Select[Any], language: str, limit: int) -> list[tuple[Around, str]]:
    """Give the nearest rows with their texts, and their codes; texts are joined to those alone."""
    page = found.order_by("metres", "code").limit(limit).subquery()
    statement = (
        sa.select(page.c.collection, utf8(TEXTS.c.feature), page.c.lon, page.c.lat, page.c.metres, page.c.code)
        .select_from(page)
        .join(TEXTS, sa.and_(TEXTS.c.item_id == page.c.id, TEXTS.c.language == language))
        .order_by(page.c.metres, page.c.code)
    )
    return [(Around(*row[:5]), row[5]) for row in reads.execute(statement)]
