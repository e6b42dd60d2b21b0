"""Reading the publication: pages of features in a total order, one feature, counts and labels.

Four orders, each with a keyset cursor: `crawl` by the immutable id, `box` by quadkey, `near` by distance, `text` by
tier, weight and code. Only `crawl` promises no duplicate and no gap while records move.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import shapely
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.core.errors import Gone, NotFound
from app.core.paging import Key, read_cursor, write_cursor
from app.core.text import TokenQuery, query_tiers
from app.engine.questions import Point, distance_metres, intersects, matches_text, nearest, within_metres
from app.publication.collections import COLLECTIONS
from app.publication.models import (
    PublishedCollection,
    PublishedConcept,
    PublishedFile,
    PublishedItem,
    PublishedText,
    PublishedValue,
    Tombstone,
)
from app.publication.quadkeys import ranges

Box: TypeAlias = tuple[float, float, float, float]

# A point known only to within a commune is not near anything, unless the circle is as wide as that.
NEAR_PRECISION_M = 500

ITEMS = PublishedItem.__table__
TEXTS = PublishedText.__table__
VALUES = PublishedValue.__table__


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """What a reader asks of a collection; all conditions hold together.

    `boxes` are parts of one bbox (two where it crosses the antimeridian). `filters` are pairs of a queryable's name and
    its value. `radius_m` goes with `near`; without it the nearest are given however far they are. `lasting_on` leaves
    out what is over by that day: it has a value `until` that lies before.
    """

    collection: str
    language: str
    limit: int = 50
    boxes: tuple[Box, ...] = ()
    near: Point | None = None
    radius_m: float | None = None
    text: str | None = None
    filters: tuple[tuple[str, str], ...] = ()
    lasting_on: dt.date | None = None
    cursor: str | None = None

    @property
    def order(self) -> str:
        """The name of the order in which the page comes."""
        if self.near:
            return "near"
        if self.text:
            return "text"
        return "box" if self.boxes else "crawl"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of finished features (GeoJSON text) and the cursor of the next one, None on the last."""

    features: list[str]
    next_cursor: str | None


class _Row(NamedTuple):
    """An item on a page: its id, the keys of its place in the order, its distance where that is asked."""

    id: int
    keys: tuple[Key, ...]
    distance_m: float | None = None


def read_page(session: Session, query: ItemQuery) -> Page:
    """Read a page of at most `limit` features; raises `InvalidInput` for a cursor of another list."""
    if query.text and not query_tiers(query.text):
        return Page([], None)
    rows = _ORDERS[query.order](session, query)
    page = rows[: query.limit]
    features = _features(session, query.language, page)
    more = len(rows) > query.limit
    return Page(features, write_cursor(query.order, *page[-1].keys) if more else None)


def count_matches(session: Session, query: ItemQuery, most: int) -> int | None:
    """Count what a query finds, cursor and limit aside, up to `most`; None beyond."""
    if query.text and not query_tiers(query.text):
        return 0
    if not (query.boxes or query.near or query.text or query.filters or query.lasting_on):
        return (
            session.scalar(
                sa.select(PublishedCollection.item_count).where(PublishedCollection.name == query.collection)
            )
            or 0
        )
    found = sa.select(ITEMS.c.id).where(*_conditions(query, ITEMS)).limit(most + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    return count if count <= most else None


def _conditions(query: ItemQuery, items: sa.FromClause) -> list[ColumnElement[Any]]:
    conditions: list[ColumnElement[Any]] = [items.c.collection == query.collection]
    if query.boxes:
        conditions.append(sa.or_(*(_in_box(query.collection, items, box) for box in query.boxes)))
    for name, value in query.filters:
        conditions.append(
            items.c.id.in_(
                sa.select(VALUES.c.item_id).where(
                    VALUES.c.collection == query.collection, VALUES.c.name == name, VALUES.c.value == value
                )
            )
        )
    if query.lasting_on:
        of_collection = (VALUES.c.collection == query.collection, VALUES.c.name == "until")
        over = sa.select(VALUES.c.item_id).where(*of_collection, VALUES.c.value < query.lasting_on.isoformat())
        conditions.append(items.c.id.not_in(over))
    if query.near:
        reach = max(query.radius_m or 0, NEAR_PRECISION_M)
        conditions += [items.c.lon.is_not(None), items.c.precision_m <= reach]
        if query.radius_m is not None:
            conditions.append(within_metres(items, query.near, query.radius_m))
    if query.text:
        texts = TEXTS.alias()
        # The last tier finds whatever an earlier one finds.
        found = matches_text(texts, _scoped(query_tiers(query.text)[-1], query))
        conditions.append(items.c.id.in_(sa.select(texts.c.item_id).where(texts.c.language == query.language, found)))
    return conditions


def _in_box(collection: str, items: sa.FromClause, box: Box) -> ColumnElement[Any]:
    if COLLECTIONS[collection].geometry == "area":
        return intersects(items, shapely.box(*box))
    return sa.and_(items.c.lon.between(box[0], box[2]), items.c.lat.between(box[1], box[3]))


def _scoped(tier: TokenQuery, query: ItemQuery) -> TokenQuery:
    """Bind a tier to the query's collection and language, which every text's tokens name."""
    scope = (f"k_{query.collection.replace('-', '_')}", f"l_{query.language}")
    return TokenQuery((*tier.terms, *scope), tier.prefix)


def _crawl(session: Session, query: ItemQuery) -> list[_Row]:
    statement = sa.select(ITEMS.c.id).where(*_conditions(query, ITEMS)).order_by(ITEMS.c.id).limit(query.limit + 1)
    if query.cursor:
        (last,) = read_cursor(query.cursor, "crawl", (int,))
        statement = statement.where(ITEMS.c.id > sa.literal(last, sa.BigInteger))
    return [_Row(item_id, (item_id,)) for item_id in session.scalars(statement)]


def _box(session: Session, query: ItemQuery) -> list[_Row]:
    after = read_cursor(query.cursor, "box", (int, int)) if query.cursor else None
    last_key, last_id = (int(after[0]), int(after[1])) if after else (-1, -1)
    beyond = sa.or_(
        ITEMS.c.qkey > last_key,
        sa.and_(ITEMS.c.qkey == last_key, ITEMS.c.id > sa.literal(last_id, sa.BigInteger)),
    )
    pages = []
    if COLLECTIONS[query.collection].geometry == "area":
        pages.append(_box_page(query, [beyond]))
    else:
        spans = sorted(span for box in query.boxes for span in ranges(box))
        for first, last in spans:
            # The cursor's range is cut here: a row comparison beside a lower bound would lose the index.
            if last >= last_key:
                span = ITEMS.c.qkey.between(max(first, last_key), last)
                pages.append(_box_page(query, [span, beyond] if first <= last_key else [span]))
    if not pages:
        return []
    united = sa.union(*(sa.select(page.subquery()) for page in pages)).subquery()
    statement = sa.select(united.c.id, united.c.qkey).order_by(united.c.qkey, united.c.id).limit(query.limit + 1)
    return [_Row(item_id, (key, item_id)) for item_id, key in session.execute(statement)]


def _box_page(query: ItemQuery, further: Sequence[ColumnElement[Any]]) -> sa.Select[Any]:
    return (
        sa.select(ITEMS.c.id, ITEMS.c.qkey)
        .where(*_conditions(query, ITEMS), *further)
        .order_by(ITEMS.c.qkey, ITEMS.c.id)
        .limit(query.limit + 1)
    )


def _near(session: Session, query: ItemQuery) -> list[_Row]:
    point = query.near
    if point is None:
        raise ValueError(query)
    after = read_cursor(query.cursor, "near", (float, str, int)) if query.cursor else None
    seen = int(after[2]) if after else 0
    distance = distance_metres(ITEMS, point)
    found = sa.select(ITEMS.c.id, ITEMS.c.code, distance.label("distance")).where(*_conditions(query, ITEMS))
    if query.radius_m is None:
        # The next page needs those before it counted in.
        count = min(seen, _MOST_NEAR) + query.limit + 1
        found = found.where(nearest(ITEMS, point, count, lambda items: _conditions(query, items)))
    rows = found.subquery()
    statement = sa.select(rows.c.id, rows.c.code, rows.c.distance)
    if after:
        metres, code = after[0], after[1]
        statement = statement.where(
            sa.or_(rows.c.distance > metres, sa.and_(rows.c.distance == metres, rows.c.code > code))
        )
    statement = statement.order_by(rows.c.distance, rows.c.code).limit(query.limit + 1)
    return [
        _Row(item_id, (float(metres), code, seen + index), metres)
        for index, (item_id, code, metres) in enumerate(session.execute(statement), 1)
    ]


# A cursor says how many came before; a forged one must not make the search as wide as the table.
_MOST_NEAR = 100_000


def _text(session: Session, query: ItemQuery) -> list[_Row]:
    after = read_cursor(query.cursor, "text", (int, int, str)) if query.cursor else None
    tiers = [_scoped(tier, query) for tier in query_tiers(query.text or "")]
    start = min(max(int(after[0]), 0), len(tiers)) if after else 0
    rows: list[_Row] = []
    for index in range(start, len(tiers)):
        missing = query.limit + 1 - len(rows)
        if missing <= 0:
            break
        statement = (
            sa.select(ITEMS.c.id, ITEMS.c.weight, ITEMS.c.code)
            .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
            .where(*_conditions(query, ITEMS), TEXTS.c.language == query.language, matches_text(TEXTS, tiers[index]))
            .where(*(sa.not_(sa.func.coalesce(matches_text(TEXTS, tier), sa.false())) for tier in tiers[:index]))
            .order_by(ITEMS.c.weight, ITEMS.c.code)
            .limit(missing)
        )
        if after and index == start:
            weight, code = sa.literal(after[1], sa.BigInteger), after[2]
            statement = statement.where(
                sa.or_(ITEMS.c.weight > weight, sa.and_(ITEMS.c.weight == weight, ITEMS.c.code > code))
            )
        rows += [_Row(item_id, (index, weight, code)) for item_id, weight, code in session.execute(statement)]
    return rows


_ORDERS = {"crawl": _crawl, "box": _box, "near": _near, "text": _text}


def _features(session: Session, language: str, rows: Sequence[_Row]) -> list[str]:
    statement = sa.select(TEXTS.c.item_id, TEXTS.c.feature).where(
        TEXTS.c.item_id.in_([row.id for row in rows]), TEXTS.c.language == language
    )
    texts = {row.item_id: row.feature for row in session.execute(statement)}
    # An item may go between the two statements; it is then left out of the page, as if it had gone before.
    return [_with_distance(texts[row.id], row.distance_m) for row in rows if row.id in texts]


def _with_distance(feature: str, distance_m: float | None) -> str:
    """Put the distance, in whole metres, at the end of a finished feature's properties."""
    return feature if distance_m is None else f'{feature[:-2]},"distance_m":{round(distance_m)}}}}}'


@dataclass(frozen=True, slots=True)
class Item:
    """One finished feature with what tells whether it is still the same."""

    code: str
    version: int
    slug: str
    feature: str


def read_item(session: Session, collection: str, code: str, language: str) -> Item:
    """Read one feature by its code, in capitals or not; raises `Gone` when it was withdrawn, `NotFound` otherwise."""
    row = session.execute(
        sa.select(ITEMS.c.code, ITEMS.c.version, TEXTS.c.slug, TEXTS.c.feature)
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection == collection, ITEMS.c.code_key == code.lower(), TEXTS.c.language == language)
    ).first()
    if row:
        return Item(*row)
    raise missing_item(session, collection, code)


def missing_item(session: Session, collection: str, code: str) -> Gone | NotFound:
    """Give the error for what is not public: `Gone` when it was withdrawn."""
    tombstone = session.get(Tombstone, (collection, code.lower()))
    if tombstone:
        return Gone(
            "%(code)s was withdrawn on %(at)s.",
            code=tombstone.code,
            at=tombstone.at.date().isoformat(),
            when=tombstone.at,
        )
    return NotFound("There is no “%(code)s” in %(collection)s.", code=code[:80], collection=collection)


def read_features(session: Session, collection: str, language: str, codes: Sequence[str]) -> dict[str, str]:
    """Give the finished features of many codes at once, by code; codes that nothing has are left out."""
    statement = (
        sa.select(ITEMS.c.code, TEXTS.c.feature)
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection == collection, ITEMS.c.code_key.in_([code.lower() for code in codes]))
        .where(TEXTS.c.language == language)
    )
    return {row.code: row.feature for row in session.execute(statement)}


def find_code(session: Session, collection: str, slug: str) -> str:
    """Give the code that a slug ends in: the longest that is, or was, public; raises `NotFound`."""
    parts = slug.lower().split("-")[-8:]
    candidates = ["-".join(parts[start:]) for start in range(len(parts))]
    known = set(
        session.scalars(
            sa.select(ITEMS.c.code_key)
            .where(ITEMS.c.collection == collection, ITEMS.c.code_key.in_(candidates))
            .union(
                sa.select(Tombstone.code_key).where(
                    Tombstone.collection == collection, Tombstone.code_key.in_(candidates)
                )
            )
        )
    )
    for candidate in candidates:
        if candidate in known:
            return candidate
    raise NotFound("There is no “%(code)s” in %(collection)s.", code=slug[:80], collection=collection)


def read_number(session: Session, collection: str) -> int:
    """Give the collection's number, which moves with every change; read it before the rows it vouches for."""
    return session.scalar(sa.select(PublishedCollection.number).where(PublishedCollection.name == collection)) or 0


def read_standings(session: Session) -> dict[str, tuple[int, int]]:
    """Give every collection's number and how many items it has, by name."""
    statement = sa.select(PublishedCollection.name, PublishedCollection.number, PublishedCollection.item_count)
    return {row.name: (row.number, row.item_count) for row in session.execute(statement)}


def has_value(session: Session, collection: str, name: str, value: str) -> bool:
    """Tell whether any item of a collection has a value."""
    held = sa.select(VALUES.c.item_id).where(
        VALUES.c.collection == collection, VALUES.c.name == name, VALUES.c.value == value
    )
    return session.scalar(held.limit(1)) is not None


def read_values(session: Session, collection: str, name: str, most: int) -> list[str]:
    """Give some of the values that a property has, at most `most`, in their order."""
    held = sa.select(VALUES.c.value).where(VALUES.c.collection == collection, VALUES.c.name == name)
    return list(session.scalars(held.distinct().order_by(VALUES.c.value).limit(most)))


def count_values(session: Session, collection: str, name: str) -> dict[str, int]:
    """Count a collection's items by the values of a property."""
    statement = (
        sa.select(VALUES.c.value, sa.func.count().label("items"))
        .where(VALUES.c.collection == collection, VALUES.c.name == name)
        .group_by(VALUES.c.value)
    )
    return {row.value: row.items for row in session.execute(statement)}


def read_concepts(session: Session, scheme: str) -> dict[str, dict[str, str]]:
    """Give the labels by language of a vocabulary's terms, in its order."""
    statement = (
        sa.select(PublishedConcept.code, PublishedConcept.label)
        .where(PublishedConcept.scheme == scheme)
        .order_by(PublishedConcept.position, PublishedConcept.code)
    )
    return {row.code: row.label for row in session.execute(statement)}


def published_files(session: Session, names: Collection[str]) -> set[str]:
    """Give those of some renditions, by their names, that any public item shows."""
    named = sa.select(PublishedFile.name).where(PublishedFile.name.in_(names)).distinct()
    return set(session.scalars(named)) if names else set()
