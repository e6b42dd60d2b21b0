"""What a reader asks of a collection, and the conditions on items that it comes to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.sql.expression import ColumnElement

from app.core.text import query_tiers
from app.engine.questions import Point, intersects, matches_text, within_metres
from app.publication.collections import COLLECTIONS
from app.publication.filters import Condition, criteria
from app.publication.models import VALUES, WORDS
from app.publication.openings import Opening, opening_conditions
from app.publication.scopes import Scope

Box: TypeAlias = tuple[float, float, float, float]

# A point known only to within a commune is not near anything, unless the circle is as wide as that.
NEAR_PRECISION_M = 500


@dataclass(frozen=True, slots=True)
class SortKey:
    """One property of an order: the name its values are kept under, whether they are text, and which way it goes."""

    name: str
    is_text: bool
    is_down: bool


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """What a reader asks of a collection; all conditions hold together.

    `boxes` are parts of one bbox (two where it crosses the antimeridian); `area` is its shape where it was given in a
    system whose boxes lie askew in degrees, and `boxes` then enclose it. `filters` are pairs of a queryable's name and
    its value. `radius_m` goes with `near`; without it the nearest are given however far they are. `lasting_on` leaves
    out what is over by that day: it has a value `until` that lies before. `opening` leaves only what is open. `where`
    is any further condition; `sort` puts what is found in the order of properties instead of the one that the question
    brings with it. `weights`, where `weigh` gave them, are how many items meet each filter.
    """

    collection: str
    language: str
    limit: int = 50
    boxes: tuple[Box, ...] = ()
    area: BaseGeometry | None = None
    near: Point | None = None
    radius_m: float | None = None
    text: str | None = None
    filters: tuple[tuple[str, str], ...] = ()
    lasting_on: dt.date | None = None
    opening: Opening | None = None
    where: Condition | None = None
    sort: tuple[SortKey, ...] = ()
    cursor: str | None = None
    weights: tuple[int, ...] = ()

    @property
    def order(self) -> str:
        """The name of the order in which the page comes."""
        if self.sort:
            return ",".join(["sort", *(f"{'-' if key.is_down else '+'}{key.name}" for key in self.sort)])
        if self.near:
            return "near"
        if self.text:
            return "text"
        return "box" if self.boxes else "crawl"

    @property
    def common(self) -> int:
        """How many filters, the last, so many items meet that each item is better asked than all of them looked up."""
        return sum(weight > _FEW for weight in self.weights)

    @property
    def scope(self) -> Scope:
        """Where its words are looked for."""
        return Scope((self.collection,), self.language)

    def without(self, name: str) -> ItemQuery:
        """Give the query without its filters by a property."""
        kept = [place for place, pair in enumerate(self.filters) if pair[0] != name]
        weights = tuple(self.weights[place] for place in kept) if self.weights else ()
        return replace(self, filters=tuple(self.filters[place] for place in kept), weights=weights)

    @property
    def is_a_form(self) -> bool:
        """Whether all values in it are parameters, as `take_apart` puts them there: it is asked again and again."""
        values = (self.area, self.text, self.opening, self.where)
        is_boxed = any(not isinstance(box[0], sa.BindParameter) for box in self.boxes)
        return not (is_boxed or any(one is not None for one in values))

    @property
    def is_whole(self) -> bool:
        """Whether the whole collection is asked for, in whatever order."""
        narrowing = (self.area, self.near, self.text, self.lasting_on, self.opening, self.where)
        return not (self.boxes or self.filters or any(one is not None for one in narrowing))


# Stand in for the values of a query, which goes to the database over and over in the same words.
_BOXES: Any = tuple(
    tuple(sa.bindparam(f"{side}_{number}", type_=sa.Double()) for side in ("west", "south", "east", "north"))
    for number in range(2)
)
_NEAR: Any = Point(*(sa.bindparam(name, type_=sa.Double()) for name in ("lon", "lat")))  # type: ignore[arg-type] # in the place of numbers
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
    # Of how many items meet a filter a statement knows only whether they are few.
    weights = tuple(0 if weight <= _FEW else _FEW + 1 for weight in query.weights)
    asked = replace(query, near=near, radius_m=radius, boxes=boxes, filters=filters, weights=weights, cursor=None)
    return asked, values


# Above this, looking up all items that meet a filter costs more than asking those that come along.
_FEW = 500


def weigh(query: ItemQuery, counted: Mapping[tuple[str, str], int]) -> ItemQuery:
    """Put the filters in order, those that the fewest items meet first; `counted` is how many meet each."""
    filters = tuple(sorted(query.filters, key=lambda pair: counted.get(pair, 0)))
    return replace(query, filters=filters, weights=tuple(counted.get(pair, 0) for pair in filters))


def conditions(query: ItemQuery, items: sa.FromClause) -> list[ColumnElement[Any]]:
    """Give the conditions that an item meets which a query finds, all together."""
    found: list[ColumnElement[Any]] = [items.c.collection == query.collection]
    if query.boxes:
        found.append(sa.or_(*(in_box(query.collection, items, box) for box in query.boxes)))
    if query.area is not None:
        found.append(intersects(items, query.area))
    rare = len(query.filters) - query.common
    sets = (sa.select(VALUES.c.item_id).where(*named(query.collection, VALUES, one)) for one in query.filters[:rare])
    found += [items.c.id.in_(one) for one in sets]
    found += having(items.c.id, query.collection, query.filters[rare:])
    if query.where:
        found += criteria(query.where, query.collection, items)
    if query.lasting_on:
        of_collection = (VALUES.c.collection == query.collection, VALUES.c.name == "until")
        over = sa.select(VALUES.c.item_id).where(*of_collection, VALUES.c.value < query.lasting_on.isoformat())
        found.append(items.c.id.not_in(over))
    if query.opening:
        found += opening_conditions(query.opening, query.collection, items)
    if query.near:
        if query.radius_m is not None:
            found.append(within_metres(items, query.near, query.radius_m))
        found += known_near(query, items)
    if query.text:
        texts = WORDS.alias()
        # The last tier finds whatever an earlier one finds.
        last = query_tiers(query.text)[-1]
        matches = [matches_text(texts, query.scope.bind(last)), *query.scope.conditions(texts)]
        found.append(items.c.id.in_(sa.select(texts.c.item_id).where(*matches)))
    return found


def known_near(query: ItemQuery, items: sa.FromClause) -> list[ColumnElement[Any]]:
    """Say that an item's place is known well enough to be near another, or to lie within as wide a circle."""
    known = items.c.precision_m <= NEAR_PRECISION_M
    if query.radius_m is not None:
        known = sa.or_(known, items.c.precision_m <= query.radius_m)
    return [items.c.lon.is_not(None), known]


def named(collection: str, values: sa.FromClause, pair: tuple[str, str]) -> list[ColumnElement[Any]]:
    """Say that a row of values is that of a property and its value."""
    return [values.c.collection == collection, values.c.name == pair[0], values.c.value == pair[1]]


def having(key: ColumnElement[Any], collection: str, pairs: Iterable[tuple[str, str]]) -> list[ColumnElement[Any]]:
    """Say of an item, by its key, that it has each of some properties' values: one look at the index for each."""
    found: list[ColumnElement[Any]] = []
    for pair in pairs:
        held = VALUES.alias()
        looked = sa.select(held.c.item_id).where(*named(collection, held, pair), held.c.item_id == key)
        # As a value, not as EXISTS: of that PostgreSQL makes a join, and of a join, for whatever value, a bad plan. The
        # key is another table's, whichever: nothing of that is to be searched here.
        found.append(looked.limit(sa.literal_column("1")).correlate_except(held).scalar_subquery().is_not(None))
    return found


def in_box(collection: str, items: sa.FromClause, box: Box) -> ColumnElement[Any]:
    """Say that an item lies in a box or, where the collection shows areas, meets it."""
    if COLLECTIONS[collection].geometry == "area":
        return intersects(items, shapely.box(*box))
    return sa.and_(items.c.lon.between(box[0], box[2]), items.c.lat.between(box[1], box[3]))
