"""What a reader asks of a collection, and the conditions on items that it comes to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import shapely
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.text import TokenQuery, query_tiers
from app.engine.questions import Point, intersects, matches_text, within_metres
from app.publication.collections import COLLECTIONS
from app.publication.models import TEXTS, VALUES

Box: TypeAlias = tuple[float, float, float, float]

# A point known only to within a commune is not near anything, unless the circle is as wide as that.
NEAR_PRECISION_M = 500


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


# Stand in for the values of a query, which goes to the database over and over in the same words.
_BOXES: Any = tuple(
    tuple(sa.bindparam(f"{side}_{number}", type_=sa.Double()) for side in ("west", "south", "east", "north"))
    for number in range(2)
)
_NEAR: Any = Point(*(sa.bindparam(name, type_=sa.Double()) for name in ("lon", "lat")))  # type: ignore[arg-type]
_RADIUS: Any = sa.bindparam("radius_m", type_=sa.Double())
_VALUES: Any = tuple(sa.bindparam(f"value_{number}", type_=sa.String()) for number in range(20))


def take_apart(query: ItemQuery) -> tuple[ItemQuery, dict[str, Any]]:
    """Give a query with parameters in the places of its values, and the values by the parameters' names.

    Queries that differ in these alone come to the same one, whose statement can be kept. Limit, cursor, and all that
    is not named here stay or go as they are: the cursor is left out.
    """
    values: dict[str, Any] = {}
    near, radius, boxes, filters = query.near, query.radius_m, query.boxes, query.filters
    if near:
        values |= {"lon": near.lon, "lat": near.lat}
        near = _NEAR
    if radius is not None:
        values["radius_m"] = radius
        radius = _RADIUS
    if COLLECTIONS[query.collection].geometry == "point":
        for names, box in zip(_BOXES, boxes, strict=False):
            values |= {side.key: edge for side, edge in zip(names, box, strict=True)}
        boxes = _BOXES[: len(boxes)]
    if len(filters) <= len(_VALUES):
        values |= {_VALUES[number].key: value for number, (_, value) in enumerate(filters)}
        filters = tuple((name, _VALUES[number]) for number, (name, _) in enumerate(filters))
    return replace(query, near=near, radius_m=radius, boxes=boxes, filters=filters, cursor=None), values


def conditions(query: ItemQuery, items: sa.FromClause) -> list[ColumnElement[Any]]:
    """Give the conditions that an item meets which a query finds, all together."""
    found: list[ColumnElement[Any]] = [items.c.collection == query.collection]
    if query.boxes:
        found.append(sa.or_(*(_in_box(query.collection, items, box) for box in query.boxes)))
    for name, value in query.filters:
        found.append(
            items.c.id.in_(
                sa.select(VALUES.c.item_id).where(
                    VALUES.c.collection == query.collection, VALUES.c.name == name, VALUES.c.value == value
                )
            )
        )
    if query.lasting_on:
        of_collection = (VALUES.c.collection == query.collection, VALUES.c.name == "until")
        over = sa.select(VALUES.c.item_id).where(*of_collection, VALUES.c.value < query.lasting_on.isoformat())
        found.append(items.c.id.not_in(over))
    if query.near:
        known = items.c.precision_m <= NEAR_PRECISION_M
        if query.radius_m is not None:
            known = sa.or_(known, items.c.precision_m <= query.radius_m)
            found.append(within_metres(items, query.near, query.radius_m))
        found += [items.c.lon.is_not(None), known]
    if query.text:
        texts = TEXTS.alias()
        # The last tier finds whatever an earlier one finds.
        matches = matches_text(texts, scoped(query_tiers(query.text)[-1], query))
        found.append(items.c.id.in_(sa.select(texts.c.item_id).where(texts.c.language == query.language, matches)))
    return found


def _in_box(collection: str, items: sa.FromClause, box: Box) -> ColumnElement[Any]:
    if COLLECTIONS[collection].geometry == "area":
        return intersects(items, shapely.box(*box))
    return sa.and_(items.c.lon.between(box[0], box[2]), items.c.lat.between(box[1], box[3]))


def scoped(tier: TokenQuery, query: ItemQuery) -> TokenQuery:
    """Bind a tier to the query's collection and language, which every text's tokens name."""
    scope = (f"k_{query.collection.replace('-', '_')}", f"l_{query.language}")
    return TokenQuery((*tier.terms, *scope), tier.prefix)
