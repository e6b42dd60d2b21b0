"""The questions whose answer each engine finds in its own way, as SQL expressions; `sqlite` and `postgis` compile them.

A place is a pair of columns `lon` and `lat` (WGS 84, degrees). Distances are metres on the WGS 84 ellipsoid, rounded to
whole millimetres so that both engines order alike; ties are the caller's to break (by code).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.visitors import InternalTraversal

from app.core.text import TokenQuery
from app.engine.types import SRID, like_pattern_type, spans_type, token_query_type


@dataclass(frozen=True, slots=True)
class Point:
    """A place to measure from: degrees in WGS 84."""

    lon: float
    lat: float


# What has a value from Python's side and goes to the database as a parameter, whichever it is.
Parameter: TypeAlias = sa.BindParameter[Any]
Criteria: TypeAlias = Callable[[sa.FromClause], Sequence[ColumnElement[Any]]]


class Question(ColumnElement[Any]):
    """Base of the expressions below; its type is the null type, for a Boolean would render as `… = 1` on SQLite.

    A question says in `_traverse_internals` what it consists of, and what changes from one time to the next is a
    parameter: SQLAlchemy then compiles the same question once. One that compiles Python's values into its text says
    nothing, and is compiled each time.
    """

    type: sa.types.TypeEngine[Any] = sa.types.NullType()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep a question out of SQLAlchemy's cache of statements unless it says what it consists of."""
        cls.inherit_cache = "_traverse_internals" in cls.__dict__
        super().__init_subclass__(**kwargs)


def _parameter(value: Any, type_: sa.types.TypeEngine[Any]) -> Parameter:
    """Make a value a parameter; a statement that is kept brings parameters of its own in the places of values."""
    return value if isinstance(value, sa.BindParameter) else sa.bindparam(None, value, type_, unique=True)


def _count(count: int) -> ColumnElement[int]:
    """Write how many into the text: behind a parameter a planner would have to guess."""
    return sa.literal_column(str(int(count)), sa.Integer)


_TABLE = ("table", InternalTraversal.dp_clauseelement)
_LON = ("lon", InternalTraversal.dp_clauseelement)
_LAT = ("lat", InternalTraversal.dp_clauseelement)
_DISTANCE = ("distance", InternalTraversal.dp_clauseelement)
# Rows counted in an alias of their own, under which further conditions, and up to how many.
_COUNTED = (
    ("counted", InternalTraversal.dp_clauseelement),
    ("criteria", InternalTraversal.dp_clauseelement_list),
    ("count", InternalTraversal.dp_clauseelement),
)


class DistanceMetres(Question):
    """The distance from a row's place to a point: metres, whole millimetres, a float."""

    _traverse_internals = [_TABLE, _LON, _LAT]
    type: sa.types.TypeEngine[Any] = sa.Float()

    def __init__(self, table: sa.FromClause, point: Point) -> None:
        self.table = table
        self.lon = _parameter(point.lon, sa.Double())
        self.lat = _parameter(point.lat, sa.Double())

    def from_(self, table: sa.FromClause) -> DistanceMetres:
        """Give the same distance from another table's rows."""
        other = copy.copy(self)
        other.table = table
        return other


class WithinMetres(Question):
    """Whether a row's place lies within `radius_m` metres of a point, the edge included."""

    _traverse_internals = [
        _TABLE,
        ("distance", InternalTraversal.dp_clauseelement),
        ("radius_m", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, table: sa.FromClause, point: Point, radius_m: float) -> None:
        self.table = table
        self.distance = DistanceMetres(table, point)
        self.radius_m = _parameter(radius_m, sa.Double())


class Nearest(Question):
    """Whether a row is a candidate for the `count` nearest to a point: surely true of those, and of not many more.

    `criteria(table)` gives the further conditions that a row must meet to be counted; the caller asks them again,
    orders by `distance_metres` and takes the first `count`.
    """

    _traverse_internals = [_DISTANCE, *_COUNTED]

    def __init__(self, table: sa.FromClause, point: Point, count: int, criteria: Criteria) -> None:
        self.distance = DistanceMetres(table, point)
        self.counted = table.alias()
        self.criteria = [*criteria(self.counted)]
        self.count = _count(count)


class FirstInSpans(Question):
    """Whether a row is among the first `count` whose `qkey` lies in one of some spans, by `qkey` and `id`.

    The spans (first, last) are ascending and apart; they are walked in turn until there are enough. `criteria(table)`
    gives the further conditions that a row must meet to be counted.
    """

    _traverse_internals = [_TABLE, *_COUNTED, ("spans", InternalTraversal.dp_clauseelement)]

    def __init__(self, table: sa.FromClause, spans: Sequence[tuple[int, int]], count: int, criteria: Criteria) -> None:
        self.table = table
        self.counted = table.alias()
        self.criteria = [*criteria(self.counted)]
        self.count = _count(count)
        self.spans = _parameter(spans, spans_type())


Relation: TypeAlias = Literal["intersects", "within", "contains", "equals", "touches", "crosses", "overlaps"]


class Related(Question):
    """Whether a row's geometry, in the column `geom`, stands in a relation to a shape (OGC 06-103r4, 6.1.15.3).

    None of the relations holds where the two share no point.
    """

    _traverse_internals = [
        _TABLE,
        ("relation", InternalTraversal.dp_string),
        ("shape", InternalTraversal.dp_clauseelement),
        ("bounds", InternalTraversal.dp_clauseelement_list),
    ]

    def __init__(self, table: sa.FromClause, relation: Relation, shape: BaseGeometry) -> None:
        self.table = table
        self.relation = relation
        # As EWKB, whose system PostGIS compares and shapely passes over.
        self.shape = _parameter(shapely.to_wkb(shapely.set_srid(shape, SRID), include_srid=True), sa.LargeBinary())
        self.bounds = [_parameter(edge, sa.Double()) for edge in shape.bounds]


class LikePattern(Question):
    """Whether a text matches a pattern letter by letter: `%` any letters, `_` one, a backslash takes either as itself.

    SQLite's own LIKE does not tell small letters from capitals.
    """

    _traverse_internals = [
        ("text", InternalTraversal.dp_clauseelement),
        ("pattern", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, text: ColumnElement[Any], pattern: str) -> None:
        self.text = text
        self.pattern = _parameter(pattern, like_pattern_type())


class MatchesText(Question):
    """Whether a row's search tokens, in the column `tokens`, hold every term of a query, the last one as a prefix.

    What the query's scope stands for is the caller's to ask as well.
    """

    _traverse_internals = [_TABLE, ("query", InternalTraversal.dp_clauseelement)]

    def __init__(self, table: sa.FromClause, query: TokenQuery) -> None:
        self.table = table
        self.query = _parameter(query, token_query_type())


class LatestMatches(Question):
    """Whether a row is among the `count` of highest id whose tokens match a query; the caller orders them by id, down.

    `criteria(table)` gives the further conditions that a row must meet to be counted.
    """

    def __init__(self, table: sa.FromClause, query: TokenQuery, count: int, criteria: Criteria) -> None:
        self.table = table
        self.query = _parameter(query, token_query_type())
        self.count = count
        self.criteria = criteria


class FirstMatches(Question):
    """Whether a key is among the first `count` ids, behind `after`, of the rows whose search tokens match a query.

    `criteria(table)` gives the further conditions that a row must meet to be counted, `scope(table)` those that the
    query's own scope stands for.
    """

    _traverse_internals = [
        ("asked", InternalTraversal.dp_clauseelement),
        *_COUNTED,
        ("query", InternalTraversal.dp_clauseelement),
        ("scope", InternalTraversal.dp_clauseelement_list),
    ]

    def __init__(
        self,
        asked: ColumnElement[int],
        table: sa.FromClause,
        query: TokenQuery,
        count: int,
        criteria: Criteria,
        *,
        scope: Criteria,
        after: Parameter | None = None,
    ) -> None:
        self.asked = asked
        self.counted = table.alias()
        beyond = [] if after is None else [self.counted.c.id > after]
        self.criteria = [*beyond, *criteria(self.counted)]
        self.count = _count(count)
        self.query = _parameter(query, token_query_type())
        self.scope = [*scope(self.counted)]


class CountMatching(Question):
    """How many rows have search tokens that match a query, up to `most`; `scope(table)` is what its scope says."""

    _traverse_internals = [
        _TABLE,
        ("query", InternalTraversal.dp_clauseelement),
        ("most", InternalTraversal.dp_clauseelement),
        ("counted", InternalTraversal.dp_clauseelement),
        ("scope", InternalTraversal.dp_clauseelement_list),
        ("sampled", InternalTraversal.dp_clauseelement),
        ("sampled_scope", InternalTraversal.dp_clauseelement_list),
    ]
    type: sa.types.TypeEngine[Any] = sa.Integer()

    def __init__(self, table: sa.FromClause, query: TokenQuery, most: int, *, scope: Criteria) -> None:
        self.table = table
        self.counted = table.alias()
        self.scope = [*scope(self.counted)]
        # Three rows in ten thousand, always the same (SQL:2003, 7.6), for engines that cannot stop counting.
        self.sampled = table.tablesample(sa.func.system(sa.literal_column("0.03")), seed=sa.literal_column("1"))
        self.sampled_scope = [*scope(self.sampled)]
        self.query = _parameter(query, token_query_type())
        self.most = _count(most)


class Utf8(Question):
    """A text as the bytes of its UTF-8: what goes out as it is need not be decoded and encoded again."""

    _traverse_internals = [("text", InternalTraversal.dp_clauseelement)]

    def __init__(self, text: ColumnElement[str]) -> None:
        self.text = text


def intersects(table: sa.FromClause, shape: BaseGeometry) -> Related:
    """Ask whether a row's geometry, in the column `geom`, shares a point with a shape."""
    return Related(table, "intersects", shape)


distance_metres = DistanceMetres
within_metres = WithinMetres
nearest = Nearest
first_in_spans = FirstInSpans
related = Related
like_pattern = LikePattern
matches_text = MatchesText
latest_matches = LatestMatches
first_matches = FirstMatches
count_matching = CountMatching
utf8 = Utf8
