"""What lies around a point, of several collections in one list, nearest first; and what may lie there as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.paging import read_cursor, write_cursor
from app.engine.circles import boxes_around
from app.engine.questions import Point, distance_metres, first_in_spans, nearest, utf8, within_metres
from app.publication.conditions import NEAR_PRECISION_M, ItemQuery, conditions, known_near
from app.publication.models import ITEMS, TEXTS
from app.publication.quadkeys import ranges
from app.publication.queries import read_standings

_ORDER = "around"
# Somebody who stands somewhere needs no count beyond this.
MOST_COUNTED = 1000
# A cursor says how many came before; a forged one must not make the search as wide as the table.
_MOST_SEEN = 100_000
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
    reads: Reads, queries: Sequence[ItemQuery], counts: Mapping[str, int], *, limit: int, cursor: str | None = None
) -> tuple[list[Around], str | None]:
    """Read a page of what queries about several collections find near the point that they share, and the next cursor.

    It comes by distance, then code; `counts` is what `count_around` gives for the queries. Raises `InvalidInput` for a
    cursor of another list.
    """
    if not queries:
        return [], None
    metres, code, seen = read_cursor(cursor, _ORDER, (float, str, int)) if cursor else (0.0, "", 0)
    # The next page needs those before it counted in; in round numbers, for each is compiled into a statement.
    wanted = 1 << (min(int(seen), _MOST_SEEN) + limit).bit_length()
    rows = sa.union_all(*(_within(one, wanted, counts.get(one.collection, 0)) for one in queries)).subquery()
    found = sa.select(rows)
    if cursor:
        beyond = sa.and_(rows.c.metres == metres, rows.c.code > code)
        found = found.where(sa.or_(rows.c.metres > metres, beyond))
    read = _read(reads, found, queries[0].language, limit + 1)
    page = read[:limit]
    last = page[-1] if len(read) > limit else None
    following = write_cursor(_ORDER, last[0].metres, last[1], int(seen) + limit) if last else None
    return [row for row, _ in page], following


def count_around(reads: Reads, queries: Sequence[ItemQuery]) -> dict[str, int]:
    """Count what queries find near their point, by collection, each up to one more than `MOST_COUNTED`.

    Those that find nothing are left out.
    """
    if not queries:
        return {}
    rows = sa.union_all(*(sa.select(ITEMS.c.collection).where(_in_circle(query)) for query in queries)).subquery()
    counted = sa.select(rows.c.collection, sa.func.count()).group_by(rows.c.collection)
    return {name: int(count) for name, count in reads.execute(counted)}


def read_nearest(reads: Reads, queries: Sequence[ItemQuery]) -> Around | None:
    """Read what is nearest to the point of queries without a radius, however far it is."""
    sizes = {name: items for name, (_, items) in read_standings(reads).items() if items}
    parts = [_measured(one, *_nearest(one, 1, sizes[one.collection])) for one in queries if one.collection in sizes]
    if not parts:
        return None
    found = _read(reads, sa.select(sa.union_all(*parts).subquery()), queries[0].language, 1)
    return found[0][0] if found else None


def read_maybe_around(reads: Reads, queries: Sequence[ItemQuery], *, limit: int) -> list[Around]:
    """Read what may lie within the radius, for its place is known only to within a commune or so.

    That is whatever is too vague to be near and lies, with all that its point may be off by, within reach. It comes by
    the distance of its point, then code.
    """
    queries = [query for query in queries if (query.radius_m or 0.0) < MOST_VAGUE_M]
    if not queries:
        return []
    rows = sa.union_all(*(_vague(query) for query in queries)).subquery()
    return [row for row, _ in _read(reads, sa.select(rows), queries[0].language, limit)]


def _near(query: ItemQuery) -> Point:
    if query.near is None:
        raise ValueError(query)
    return query.near


def _measured(query: ItemQuery, *met: ColumnElement[Any]) -> sa.Select[Any]:
    metres = distance_metres(ITEMS, _near(query)).label("metres")
    return sa.select(ITEMS.c.id, ITEMS.c.collection, ITEMS.c.code, ITEMS.c.lon, ITEMS.c.lat, metres).where(*met)


def _within(query: ItemQuery, wanted: int, count: int) -> sa.Select[Any]:
    """Give what a circle holds: of many the nearest, as many as are wanted; few are all measured."""
    if count <= MOST_COUNTED:
        return _measured(query, _in_circle(query))
    return _measured(query, *_nearest(query, wanted, count), distance_metres(ITEMS, _near(query)) <= query.radius_m)


def _in_circle(query: ItemQuery) -> ColumnElement[Any]:
    """Say that an item is among the first that a circle holds, one more than `MOST_COUNTED`."""
    near, radius = _near(query), query.radius_m or 0.0
    spans = sorted(span for box in boxes_around(near, radius) for span in ranges(box))

    def held(items: sa.FromClause) -> list[ColumnElement[Any]]:
        return [*_asked(query, items), distance_metres(items, near) <= radius]

    return first_in_spans(ITEMS, spans, MOST_COUNTED + 1, held)


def _nearest(query: ItemQuery, wanted: int, count: int) -> list[ColumnElement[Any]]:
    """Say that an item may be one of the nearest; where there are few, each may be, and nothing else is asked."""
    found = _asked(query, ITEMS)
    if count > MOST_COUNTED:
        found.append(nearest(ITEMS, _near(query), wanted, partial(_asked, query)))
    return found


def _asked(query: ItemQuery, items: sa.FromClause) -> list[ColumnElement[Any]]:
    """Give what an item meets that a query finds, wherever it lies; where that is, is asked in other ways."""
    return [*conditions(replace(query, near=None, radius_m=None), items), *known_near(query, items)]


def _vague(query: ItemQuery) -> sa.Select[Any]:
    near, radius = _near(query), query.radius_m or 0.0
    return _measured(
        query,
        *conditions(replace(query, near=None, radius_m=None), ITEMS),
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
