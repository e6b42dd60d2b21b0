"""Reading the publication page by page: finished features in a total order.

Five orders, each with a keyset cursor: `crawl` by the immutable id, `box` by quadkey, `near` by distance, `text` by
tier, weight and code, and whichever is asked for by properties (`app.publication.sorting`). Only `crawl` promises no
duplicate and no gap while records move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.core.paging import Key, read_cursor, write_cursor
from app.core.text import query_tiers
from app.engine.questions import distance_metres, matches_text, nearest
from app.publication.collections import COLLECTIONS
from app.publication.conditions import ItemQuery, conditions, scoped
from app.publication.finished import add_property
from app.publication.models import ITEMS, TEXTS, PublishedCollection
from app.publication.quadkeys import ranges
from app.publication.sorting import read_sorted


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
    rows = _sorted(session, query) if query.sort else _ORDERS[query.order](session, query)
    page = rows[: query.limit]
    features = _features(session, query.language, page)
    more = len(rows) > query.limit
    return Page(features, write_cursor(query.order, *page[-1].keys) if more else None)


def count_matches(session: Session, query: ItemQuery, most: int) -> int | None:
    """Count what a query finds, cursor and limit aside, up to `most`; None beyond."""
    if query.text and not query_tiers(query.text):
        return 0
    if query.is_whole:
        return (
            session.scalar(
                sa.select(PublishedCollection.item_count).where(PublishedCollection.name == query.collection)
            )
            or 0
        )
    found = sa.select(ITEMS.c.id).where(*conditions(query, ITEMS)).limit(most + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    return count if count <= most else None


def _crawl(session: Session, query: ItemQuery) -> list[_Row]:
    statement = sa.select(ITEMS.c.id).where(*conditions(query, ITEMS)).order_by(ITEMS.c.id).limit(query.limit + 1)
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
        .where(*conditions(query, ITEMS), *further)
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
    found = sa.select(ITEMS.c.id, ITEMS.c.code, distance.label("distance")).where(*conditions(query, ITEMS))
    if query.radius_m is None:
        # The next page needs those before it counted in.
        count = min(seen, _MOST_NEAR) + query.limit + 1
        found = found.where(nearest(ITEMS, point, count, lambda items: conditions(query, items)))
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
    tiers = [scoped(tier, query) for tier in query_tiers(query.text or "")]
    start = min(max(int(after[0]), 0), len(tiers)) if after else 0
    rows: list[_Row] = []
    for index in range(start, len(tiers)):
        missing = query.limit + 1 - len(rows)
        if missing <= 0:
            break
        statement = (
            sa.select(ITEMS.c.id, ITEMS.c.weight, ITEMS.c.code)
            .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
            .where(*conditions(query, ITEMS), TEXTS.c.language == query.language, matches_text(TEXTS, tiers[index]))
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


def _sorted(session: Session, query: ItemQuery) -> list[_Row]:
    return [_Row(item_id, keys) for item_id, keys in read_sorted(session, query)]


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
    return feature if distance_m is None else add_property(feature, "distance_m", round(distance_m))
