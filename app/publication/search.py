"""Searching all collections at once: one list in the order of every search, whatever the kind of thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.paging import read_cursor, write_cursor
from app.core.text import query_tiers
from app.engine.questions import Point, matches_text, within_metres
from app.publication.collections import COLLECTIONS
from app.publication.conditions import NEAR_PRECISION_M, Box, in_box
from app.publication.finished import add_property
from app.publication.keys import collection_of
from app.publication.matches import Match, Tiers, matches_statement, read_matches, search_tiers
from app.publication.models import ITEMS, VALUES, WORDS, PublishedCollection
from app.publication.scopes import Scope
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
    def scope(self) -> Scope:
        """Where the words are looked for."""
        return Scope(self.collections, self.language)

    @property
    def is_narrowed(self) -> bool:
        """Whether there are conditions beside the words."""
        return bool(self.boxes or self.near or self.filters)


class Found(NamedTuple):
    """A page of finished features, each with its `collection`; the next page's cursor; what was looked for."""

    features: list[bytes]
    next_cursor: str | None
    asked: SearchQuery


def search_items(reads: Reads, query: SearchQuery) -> Found:
    """Read a page of what words find: by tier, then key; where nothing, of those meant.

    Raises `InvalidInput` for a cursor of another list.
    """
    matches = _read_matches(reads, query)
    if not matches and not query.cursor:
        where = narrowing(query, ITEMS)
        mended = mend(reads, Search(query.collections, query.language, query.text, where, query.is_narrowed))
        if mended:
            query = replace(query, text=mended)
            matches = _read_matches(reads, query)
    page = matches[: query.limit]
    last = page[-1] if len(matches) > query.limit else None
    cursor = write_cursor(_ORDER, last.tier, last.key) if last else None
    return Found([_write(match) for match in page], cursor, query)


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
    texts = WORDS.alias()
    tiers = query_tiers(query.text)
    if not tiers:
        return [sa.false()]
    scope = query.scope
    matches = [matches_text(texts, scope.bind(tiers[-1])), *scope.conditions(texts)]
    found = sa.select(texts.c.item_id).where(*matches)
    return [*narrowing(query, items, without=without), items.c.id.in_(found)]


def _read_matches(reads: Reads, query: SearchQuery) -> list[Match]:
    after: Any = read_cursor(query.cursor, _ORDER, (int, int)) if query.cursor else None
    tiers = Tiers(search_tiers(query.text), query.scope, after)

    def criteria(texts: sa.FromClause) -> list[ColumnElement[Any]]:
        untold = query.scope.untold(texts)
        if not query.is_narrowed:
            return untold
        return [*untold, sa.exists().where(ITEMS.c.id == texts.c.item_id, *narrowing(query, ITEMS)).correlate(texts)]

    make = partial(matches_statement, scope=query.scope, criteria=criteria, near=query.near)
    return read_matches(reads, tiers, query.limit + 1, make)


def _write(match: Match) -> bytes:
    """Give a feature with what a search adds to it."""
    feature = add_property(match.feature, "collection", collection_of(match.key))
    return feature if match.metres is None else add_property(feature, "distance_m", round(match.metres))


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
