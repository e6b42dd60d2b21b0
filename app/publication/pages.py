"""Reading the publication page by page: finished features in a total order.

Five orders, each with a keyset cursor: `crawl` by the immutable id, `box` by quadkey, `near` by distance, `text` by
tier and key, and whichever is asked for by properties (`app.publication.sorting`). Only `crawl` promises no
duplicate and no gap while records move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial, wraps
from typing import Any, NamedTuple, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.paging import Key, read_cursor, write_cursor
from app.core.text import query_tiers
from app.engine.questions import distance_metres, first_in_spans, nearest, utf8
from app.engine.types import spans_type
from app.publication.collections import COLLECTIONS
from app.publication.conditions import ItemQuery, conditions, having, named, take_apart
from app.publication.finished import add_property
from app.publication.matches import Form, Tiers, count_words, matches_statement, read_matches, search_tiers
from app.publication.models import ITEMS, TEXTS, VALUES, PublishedCollection
from app.publication.quadkeys import ranges
from app.publication.queries import count_ahead
from app.publication.sorting import read_sorted

# Statements are kept by what is asked, whatever the values; whoever asks for ever other things finds no more room.
_MOST_KEPT = 200


Made = TypeVar("Made", bound=Callable[..., sa.Select[Any]])


def _kept(make: Made) -> Made:
    """Keep the statements that questions come to whose values are all parameters; others are made each time."""
    remembered = lru_cache(_MOST_KEPT)(make)

    @wraps(make)
    def give(query: ItemQuery, *further: Any, **named: Any) -> sa.Select[Any]:
        return (remembered if query.is_a_form else make)(query, *further, **named)

    return cast("Made", give)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of finished features (GeoJSON, in UTF-8) and the cursor of the next one, None on the last."""

    features: list[bytes]
    next_cursor: str | None


class _Row(NamedTuple):
    """A feature on a page: the keys of its place in the order, its distance where that is asked."""

    feature: bytes
    keys: tuple[Key, ...]
    distance_m: float | None = None


def read_page(reads: Reads, query: ItemQuery) -> Page:
    """Read a page of at most `limit` features; raises `InvalidInput` for a cursor of another list."""
    if query.text and not query_tiers(query.text):
        return Page([], None)
    rows = _sorted(reads, query) if query.sort else _ORDERS[query.order](reads, query)
    page = rows[: query.limit]
    more = len(rows) > query.limit
    features = [_with_distance(row.feature, row.distance_m) for row in page]
    return Page(features, write_cursor(query.order, *page[-1].keys) if more else None)


def count_matches(reads: Reads, query: ItemQuery, most: int) -> int | None:
    """Count what a query finds, cursor and limit aside, up to `most`; None beyond."""
    if query.text and not query_tiers(query.text):
        return 0
    if query.is_whole:
        return _count_all(reads, query.collection)
    if query.text and replace(query, text=None).is_whole:
        tiers = Tiers(search_tiers(query.text), query.scope)
        count = count_words(reads, tiers, most + 1)
        return count if count <= most else None
    asked, values = take_apart(query)
    count = reads.scalar(_count_statement(asked, most), values) or 0
    return count if count <= most else None


def count_at_hand(reads: Reads, query: ItemQuery, most: int) -> int | None:
    """Count as `count_matches` does, unless more than `most` items have the rarest value that is asked for; else None.

    A single value is given however many have it, if that is counted ahead of time. What words find is not counted in a
    large collection.
    """
    if query.text and _count_all(reads, query.collection) > _MOST_SOUGHT:
        return None
    rarest = query.weights[0] if query.weights else 0
    is_alone = len(query.filters) == 1 and replace(query, filters=()).is_whole
    if is_alone and 0 < rarest <= most:
        return rarest
    if rarest > most:
        return count_ahead(reads, query.collection, query.filters[0]) if is_alone else None
    return count_matches(reads, query, most)


# In larger collections it takes about as long to count what words find as to find the best of it.
_MOST_SOUGHT = 20_000


def _count_all(reads: Reads, collection: str) -> int:
    return reads.scalar(_COUNT, {"collection": collection}) or 0


@_kept
def _count_statement(query: ItemQuery, most: int) -> sa.Select[Any]:
    found, _ = _by_id(query)
    return sa.select(sa.func.count()).select_from(found.limit(_exactly(most + 1)).subquery())


_COUNT = sa.select(PublishedCollection.item_count).where(PublishedCollection.name == sa.bindparam("collection"))


def _exactly(count: int) -> ColumnElement[int]:
    """Write how many into a statement: behind a parameter, PostgreSQL would plan for a tenth of the table."""
    return sa.literal_column(str(count), sa.Integer)


def _finished(found: sa.Select[Any], query: ItemQuery, *order: str) -> sa.Select[Any]:
    """Add their texts to the items that `found` gives, whose columns are `id` and the keys named in `order`.

    Which items is settled before any text is read: joined first, the texts of all that match would be.
    """
    page = found.order_by(*order).limit(_exactly(query.limit + 1)).subquery()
    return (
        sa.select(utf8(TEXTS.c.feature), *(page.c[name] for name in order))
        .select_from(page)
        .join(TEXTS, sa.and_(TEXTS.c.item_id == page.c.id, TEXTS.c.language == query.language))
        .order_by(*(page.c[name] for name in order))
    )


# Where a page begins, and the spans of a box; the statements below are kept, and get their values when they are run.
_AFTER_ID = sa.bindparam("after_id", type_=sa.BigInteger())
_AFTER_KEY = sa.bindparam("after_key", type_=sa.BigInteger())
_AFTER_CODE = sa.bindparam("after_code", type_=sa.String())
_AFTER_METRES: Any = sa.bindparam("after_metres", type_=sa.Double())
_SPANS: Any = sa.bindparam("spans", type_=spans_type())


def _crawl(reads: Reads, query: ItemQuery) -> list[_Row]:
    asked, values = take_apart(query)
    if query.cursor:
        (values["after_id"],) = read_cursor(query.cursor, "crawl", (int,))
    found = reads.execute(_crawl_statement(asked, is_later=query.cursor is not None), values).all()
    return [_Row(feature, (item,)) for feature, item in found]


@_kept
def _crawl_statement(query: ItemQuery, *, is_later: bool) -> sa.Select[Any]:
    found, key = _by_id(query)
    return _finished(found.where(key > _AFTER_ID) if is_later else found, query, "id")


def _by_id(query: ItemQuery) -> tuple[sa.Select[Any], ColumnElement[int]]:
    """Give the query for the ids of items, and the column by whose order an index gives them.

    With filters that is the first one's, which the fewest meet: their ids stand there in order.
    """
    if not query.filters:
        return sa.select(ITEMS.c.id).where(*conditions(query, ITEMS)), ITEMS.c.id
    first, *others = query.filters
    values = VALUES.alias()
    key = values.c.item_id
    found = sa.select(key.label("id")).where(*named(query.collection, values, first))
    further = replace(query, filters=(), weights=())
    if not further.is_whole:
        found = found.join(ITEMS, ITEMS.c.id == key).where(*conditions(further, ITEMS))
    return found.where(*having(key, query.collection, others)), key


def _box(reads: Reads, query: ItemQuery) -> list[_Row]:
    asked, values = take_apart(query)
    if query.cursor:
        values["after_key"], values["after_id"] = read_cursor(query.cursor, "box", (int, int))
    if COLLECTIONS[query.collection].geometry == "point":
        # The cursor's span is cut here: a row comparison beside a lower bound would lose the index.
        later = values.get("after_key", 0)
        spans = sorted(span for box in query.boxes for span in ranges(box))
        values["spans"] = [(max(first, later), last) for first, last in spans if last >= later]
    found = reads.execute(_box_statement(asked, is_later=query.cursor is not None), values).all()
    return [_Row(feature, (key, item)) for feature, key, item in found]


@_kept
def _box_statement(query: ItemQuery, *, is_later: bool) -> sa.Select[Any]:
    def wanted(items: sa.FromClause) -> list[ColumnElement[Any]]:
        found = conditions(query, items)
        if is_later:
            beyond = sa.and_(items.c.qkey == _AFTER_KEY, items.c.id > _AFTER_ID)
            found.append(sa.or_(items.c.qkey > _AFTER_KEY, beyond))
        return found

    is_point = COLLECTIONS[query.collection].geometry == "point"
    met = [first_in_spans(ITEMS, _SPANS, query.limit + 1, wanted)] if is_point else wanted(ITEMS)
    return _finished(sa.select(ITEMS.c.id, ITEMS.c.qkey).where(*met), query, "qkey", "id")


def _near(reads: Reads, query: ItemQuery) -> list[_Row]:
    asked, values = take_apart(query)
    seen = 0
    if query.cursor:
        metres, values["after_code"], count = read_cursor(query.cursor, "near", (float, str, int))
        values["after_metres"], seen = float(metres), int(count)
    # The next page needs those before it counted in; in round numbers, for each is compiled into a statement.
    wanted = 1 << (min(seen, _MOST_NEAR) + query.limit).bit_length() if query.radius_m is None else None
    found = reads.execute(_near_statement(asked, wanted, is_later=query.cursor is not None), values).all()
    return [
        _Row(feature, (float(metres), code, seen + index), metres)
        for index, (feature, metres, code) in enumerate(found, 1)
    ]


@_kept
def _near_statement(query: ItemQuery, wanted: int | None, *, is_later: bool) -> sa.Select[Any]:
    if query.near is None:
        raise ValueError(query)
    distance = distance_metres(ITEMS, query.near)
    candidates = sa.select(ITEMS.c.id, ITEMS.c.code, distance.label("distance")).where(*conditions(query, ITEMS))
    if wanted is not None:
        candidates = candidates.where(nearest(ITEMS, query.near, wanted, partial(conditions, query)))
    rows = candidates.subquery()
    found = sa.select(rows.c.id, rows.c.code, rows.c.distance)
    if is_later:
        beyond = sa.and_(rows.c.distance == _AFTER_METRES, rows.c.code > _AFTER_CODE)
        found = found.where(sa.or_(rows.c.distance > _AFTER_METRES, beyond))
    return _finished(found, query, "distance", "code")


# A cursor says how many came before; a forged one must not make the search as wide as the table.
_MOST_NEAR = 100_000


def _text(reads: Reads, query: ItemQuery) -> list[_Row]:
    after: Any = read_cursor(query.cursor, "text", (int, int)) if query.cursor else None
    # What texts are asked by their tokens need not be asked of the items.
    asked, values = take_apart(replace(query, text=None))
    tiers = Tiers(search_tiers(query.text or ""), query.scope, after)
    found = read_matches(reads, tiers, query.limit + 1, partial(_text_statement, asked), values)
    return [_Row(match.feature, (match.tier, match.key)) for match in found]


@_kept
def _text_statement(query: ItemQuery, form: Form) -> sa.Select[Any]:
    def criteria(texts: sa.FromClause) -> list[ColumnElement[Any]]:
        if query.is_whole:
            return []
        return [sa.exists().where(ITEMS.c.id == texts.c.item_id, *conditions(query, ITEMS)).correlate(texts)]

    return matches_statement(form, query.scope, criteria)


def _sorted(reads: Reads, query: ItemQuery) -> list[_Row]:
    rows = read_sorted(reads, query)
    chosen = [item for item, _ in rows]
    statement = sa.select(TEXTS.c.item_id, utf8(TEXTS.c.feature)).where(
        TEXTS.c.item_id.in_(chosen), TEXTS.c.language == query.language
    )
    texts = dict(reads.execute(statement).all()) if rows else {}
    # An item may go between the two statements; it is then left out of the page, as if it had gone before.
    return [_Row(texts[item], keys) for item, keys in rows if item in texts]


_ORDERS = {"crawl": _crawl, "box": _box, "near": _near, "text": _text}


def _with_distance(feature: bytes, distance_m: float | None) -> bytes:
    """Put the distance, in whole metres, at the end of a finished feature's properties."""
    return feature if distance_m is None else add_property(feature, "distance_m", round(distance_m))
