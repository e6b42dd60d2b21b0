"""The questions whose answer each engine finds in its own way, as SQL expressions; `sqlite` and `postgis` compile them.

A place is a pair of columns `lon` and `lat` (WGS 84, degrees). Distances are metres on the WGS 84 ellipsoid, rounded to
whole millimetres so that both engines order alike; ties are the caller's to break (by code).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.sql.visitors import InternalTraversal

from app.core.text import TokenQuery
from app.engine.types import token_query_type


@dataclass(frozen=True, slots=True)
class Point:
    """A place to measure from: degrees in WGS 84."""

    lon: float
    lat: float


class Question(ColumnElement[Any]):
    """Base of the expressions below; its type is the null type, for a Boolean would render as `… = 1` on SQLite."""

    type: sa.types.TypeEngine[Any] = sa.types.NullType()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep a question out of SQLAlchemy's cache of statements unless it says what it consists of."""
        cls.inherit_cache = "_traverse_internals" in cls.__dict__
        super().__init_subclass__(**kwargs)


class DistanceMetres(Question):
    """The distance from a row's place to a point: metres, whole millimetres, a float."""

    type: sa.types.TypeEngine[Any] = sa.Float()

    def __init__(self, table: sa.FromClause, point: Point) -> None:
        self.table = table
        self.point = point


class WithinMetres(Question):
    """Whether a row's place lies within `radius_m` metres of a point, the edge included."""

    def __init__(self, table: sa.FromClause, point: Point, radius_m: float) -> None:
        self.table = table
        self.point = point
        self.radius_m = radius_m


class Nearest(Question):
    """Whether a row is a candidate for the `count` nearest to a point: surely true of those, and of not many more.

    `criteria(table)` gives the further conditions that a row must meet to be counted; the caller asks them again,
    orders by `distance_metres` and takes the first `count`.
    """

    def __init__(
        self,
        table: sa.FromClause,
        point: Point,
        count: int,
        criteria: Callable[[sa.FromClause], Sequence[ColumnElement[Any]]],
    ) -> None:
        self.table = table
        self.point = point
        self.count = count
        self.criteria = criteria


Relation: TypeAlias = Literal["intersects", "within", "contains", "equals", "touches", "crosses", "overlaps"]


class Related(Question):
    """Whether a row's geometry, in the column `geom`, stands in a relation to a shape (OGC 06-103r4, 6.1.15.3).

    None of the relations holds where the two share no point.
    """

    def __init__(self, table: sa.FromClause, relation: Relation, shape: BaseGeometry) -> None:
        self.table = table
        self.relation = relation
        self.shape = shape


class LikePattern(Question):
    """Whether a text matches a pattern letter by letter: `%` any letters, `_` one, a backslash takes either as itself.

    SQLite's own LIKE does not tell small letters from capitals.
    """

    def __init__(self, text: ColumnElement[Any], pattern: str) -> None:
        self.text = text
        self.pattern = pattern


class MatchesText(Question):
    """Whether a row's search tokens, in the column `tokens`, hold every term of a query, the last one as a prefix."""

    # The query is a parameter and the shape is always the same: of all questions this one is asked most.
    _traverse_internals = [
        ("table", InternalTraversal.dp_clauseelement),
        ("query", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, table: sa.FromClause, query: TokenQuery) -> None:
        self.table = table
        self.query = sa.bindparam(None, query, token_query_type(), unique=True)


class LatestMatches(Question):
    """Whether a row is among the `count` of highest id whose tokens match a query; the caller orders them by id, down.

    `criteria(table)` gives the further conditions that a row must meet to be counted.
    """

    def __init__(
        self,
        table: sa.FromClause,
        query: TokenQuery,
        count: int,
        criteria: Callable[[sa.FromClause], Sequence[ColumnElement[Any]]],
    ) -> None:
        self.table = table
        self.query = sa.bindparam(None, query, token_query_type(), unique=True)
        self.count = count
        self.criteria = criteria


def intersects(table: sa.FromClause, shape: BaseGeometry) -> Related:
    """Ask whether a row's geometry, in the column `geom`, shares a point with a shape."""
    return Related(table, "intersects", shape)


distance_metres = DistanceMetres
within_metres = WithinMetres
nearest = Nearest
related = Related
like_pattern = LikePattern
matches_text = MatchesText
latest_matches = LatestMatches
