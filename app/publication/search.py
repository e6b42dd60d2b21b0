"""Searching all collections at once: one list in the order of every search, whatever the kind of thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.paging import read_cursor, write_cursor
from app.core.text import TokenQuery, query_tiers
from app.engine.questions import Point, distance_metres, matches_text, within_metres
from app.publication.collections import COLLECTIONS
from app.publication.conditions import NEAR_PRECISION_M, Box, in_box
from app.publication.finished import add_property
from app.publication.models import ITEMS, TEXTS, VALUES, PublishedCollection
from app.publication.typos import Search, mend

_ORDER = "search"


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is looked for in collections; all conditions hold together.

    `filters` are pairs of a property's name and its value. `near` comes with `radius_m`; the order stays the search's.
    """

    collections: tuple[str, ...]
    language: str
    text: str
    limit: int = 50
    boxes: tuple[Box, ...] = ()
    near: Point | None = None
    radius_m: float = 0
    filters: tuple[tuple[str, str], ...] = ()
    cursor: str | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether there are conditions beside the words."""
        return bool(self.boxes or self.near or self.filters)


class Found(NamedTuple):
    """A page of finished features, each with its `collection`; the next page's cursor; what was looked for."""

    features: list[str]
    next_cursor: str | None
    asked: SearchQuery


def search_items(reads: Reads, query: SearchQuery) -> Found:
    """Read a page of what words find: by tier, then weight, collection and code; where nothing, of those meant.

    Raises `InvalidInput` for a cursor of another list.
    """
    rows = _read_rows(reads, query)
    if not rows and not query.cursor:
        where = narrowing(query, ITEMS)
        mended = mend(reads, Search(query.collections, query.language, query.text, where, query.is_narrowed))
        if mended:
            query = replace(query, text=mended)
            rows = _read_rows(reads, query)
    page = rows[: query.limit]
    last = page[-1] if len(rows) > query.limit else None
    cursor = write_cursor(_ORDER, last.tier, last.weight, last.position, last.code) if last else None
    return Found(_features(reads, query.language, page), cursor, query)


def narrowing(query: SearchQuery, items: sa.FromClause, *, without: str = "") -> list[ColumnElement[Any]]:
    """Give the conditions on items beside the words; `without` names a property whose filters are left out."""
    found: list[ColumnElement[Any]] = [items.c.collection.in_(query.collections)]
    if query.boxes:
        found.append(sa.or_(*(_in_any_box(name, query.boxes, items) for name in query.collections)))
    for name, value in query.filters:
        if name != without:
            held = sa.select(VALUES.c.item_id).where(VALUES.c.collection.in_(query.collections))
            found.append(items.c.id.in_(held.where(VALUES.c.name == name, VALUES.c.value == value)))
    if query.near:
        found.append(items.c.precision_m <= max(query.radius_m, NEAR_PRECISION_M))
        found.append(within_metres(items, query.near, query.radius_m))
    return found


def _in_any_box(collection: str, boxes: Sequence[Box], items: sa.FromClause) -> ColumnElement[Any]:
    return sa.and_(items.c.collection == collection, sa.or_(*(in_box(collection, items, box) for box in boxes)))


def search_conditions(query: SearchQuery, items: sa.FromClause, *, without: str = "") -> list[ColumnElement[Any]]:
    """Give all conditions on items that a search finds, for counting; `without` as in `narrowing`."""
    texts = TEXTS.alias()
    tiers = query_tiers(query.text)
    if not tiers:
        return [sa.false()]
    matches = matches_text(texts, _scoped(query, tiers[-1]))
    found = sa.select(texts.c.item_id).where(texts.c.language == query.language, matches)
    return [*narrowing(query, items, without=without), items.c.id.in_(found)]


class _Row(NamedTuple):
    id: int
    tier: int
    weight: int
    position: int
    code: str
    collection: str
    distance_m: float | None


def _scoped(query: SearchQuery, tier: TokenQuery, without: Sequence[TokenQuery] = ()) -> TokenQuery:
    scope = Search(query.collections, query.language, query.text, (), is_narrowed=False).scope
    return TokenQuery((*tier.terms, *scope), tier.prefix, tuple(without))


def _read_rows(reads: Reads, query: SearchQuery) -> list[_Row]:
    after = read_cursor(query.cursor, _ORDER, (int, int, int, str)) if query.cursor else None
    tiers = query_tiers(query.text)
    start = min(int(after[0]), len(tiers)) if after else 0
    distance = distance_metres(ITEMS, query.near) if query.near else sa.null()
    keys = (ITEMS.c.weight, position_of(ITEMS), ITEMS.c.code)
    rows: list[_Row] = []
    for index in range(start, len(tiers)):
        missing = query.limit + 1 - len(rows)
        if missing <= 0:
            break
        statement = (
            sa.select(ITEMS.c.id, sa.literal(index, sa.Integer), *keys, ITEMS.c.collection, distance.label("distance"))
            .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
            .where(*narrowing(query, ITEMS), TEXTS.c.language == query.language)
            .where(matches_text(TEXTS, _scoped(query, tiers[index], tiers[:index])))
            .order_by(*keys)
            .limit(missing)
        )
        if after and index == start:
            statement = statement.where(_beyond(int(after[1]), int(after[2]), str(after[3])))
        rows += [_Row(*row) for row in reads.execute(statement)]
    return rows


def position_of(items: sa.FromClause) -> ColumnElement[int]:
    """Give the place of an item's collection among the collections: of equal things, sites come first."""
    return sa.case({name: place for place, name in enumerate(COLLECTIONS)}, value=items.c.collection)


def _beyond(weight: int, position: int, code: str) -> ColumnElement[bool]:
    least, place = sa.literal(weight, sa.BigInteger), position_of(ITEMS)
    in_later = sa.or_(place > position, sa.and_(place == position, ITEMS.c.code > code))
    return sa.or_(ITEMS.c.weight > least, sa.and_(ITEMS.c.weight == least, in_later))


def _features(reads: Reads, language: str, rows: Sequence[_Row]) -> list[str]:
    statement = sa.select(TEXTS.c.item_id, TEXTS.c.feature).where(
        TEXTS.c.item_id.in_([row.id for row in rows]), TEXTS.c.language == language
    )
    texts = {row.item_id: row.feature for row in reads.execute(statement)} if rows else {}
    found = []
    for row in rows:
        # An item may go between the two statements, as in every list.
        if row.id in texts:
            feature = add_property(texts[row.id], "collection", row.collection)
            near = row.distance_m
            found.append(feature if near is None else add_property(feature, "distance_m", round(near)))
    return found


def count_by_collection(reads: Reads, query: SearchQuery, most: int) -> dict[str, int | None]:
    """Count what a search finds in each collection, up to `most`; None beyond."""
    counted = []
    for name in query.collections:
        within = replace(query, collections=(name,))
        found = sa.select(ITEMS.c.id).where(*search_conditions(within, ITEMS)).limit(most + 1).subquery()
        counted.append(sa.select(sa.literal(name), sa.func.count()).select_from(found))
    counts = {row[0]: row[1] for row in reads.execute(sa.union_all(*counted))}
    return {name: counts[name] if counts[name] <= most else None for name in COLLECTIONS if name in counts}


def newest_number(reads: Reads, collections: Sequence[str]) -> int:
    """Give the number of the newest change in some collections; read it before the rows it vouches for."""
    newest = sa.select(sa.func.max(PublishedCollection.number)).where(PublishedCollection.name.in_(collections))
    return reads.scalar(newest) or 0
