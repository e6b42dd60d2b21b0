"""SQLite's answers: its own R*Tree and FTS5 find the candidates, shapely and pyproj decide as SQL functions."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import pyproj
import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy import event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement

from app.engine.circles import Box, boxes_around, inner_box
from app.engine.questions import (
    CountMatching,
    DistanceMetres,
    FirstInSpans,
    FirstMatches,
    LatestMatches,
    LikePattern,
    MatchesText,
    Nearest,
    Point,
    Related,
    Utf8,
    WithinMetres,
)

_GEOD = pyproj.Geod(ellps="WGS84")
# No two places on the Earth are further apart than half its circumference.
_WHOLE_EARTH_M = 20_040_000.0
# Growing slower asks for more rings, faster for more distances beyond those that are wanted.
_RING_GROWTH = 1.5
_FIRST_RING_M, _LAST_RING_M = 250.0, 250.0 * _RING_GROWTH**22


def configure(engine: sa.Engine) -> None:
    """Prepare every connection of an SQLite engine: pragmas, SQL functions, and transactions that really begin."""
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def configure_reading(engine: sa.Engine) -> None:
    """Prepare every connection of an SQLite engine that only reads."""
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = on"))


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own habit of beginning late breaks transactional DDL and snapshots; `_on_begin` begins instead.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("PRAGMA synchronous = normal")
    connection.execute("PRAGMA foreign_keys = on")
    connection.execute("PRAGMA busy_timeout = 10000")
    connection.create_function("disan_distance_m", 4, distance_between, deterministic=True)
    connection.create_function("disan_edge", 4, _edge, deterministic=True)
    connection.create_function("disan_inner", 4, _inner_edge, deterministic=True)
    connection.create_function("disan_related", 3, _related, deterministic=True)


def _on_begin(connection: sa.Connection) -> None:
    is_write = connection.get_execution_options().get("disan_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def distance_between(lon: float | None, lat: float | None, to_lon: float, to_lat: float) -> float | None:
    """Measure between two places on the WGS 84 ellipsoid: metres, whole millimetres; None where a place is unknown."""
    if lon is None or lat is None:
        return None
    _, _, metres = _GEOD.inv(lon, lat, to_lon, to_lat)
    return float(math.floor(metres * 1000 + 0.5) / 1000.0)


@lru_cache(maxsize=64)
def _prepared(wkb: bytes) -> BaseGeometry:
    shape = shapely.from_wkb(wkb)
    shapely.prepare(shape)
    return shape


def _related(relation: str, geometry: bytes | None, shape: bytes) -> bool | None:
    """Tell how a geometry stands to a shape; of two that are alike, the prepared one is asked the inverse."""
    if geometry is None:
        return None
    inverse = _INVERSE.get(relation, relation)
    return bool(getattr(shapely, inverse)(_prepared(shape), shapely.from_wkb(geometry)))


_INVERSE = {"within": "contains", "contains": "within"}


# A box that holds nothing, where one is enough.
_NOWHERE = (1.0, 1.0, -1.0, -1.0)


@lru_cache(maxsize=256)
def _edges(lon: float, lat: float, radius_m: float) -> Sequence[float]:
    boxes = [*boxes_around(Point(lon, lat), radius_m), _NOWHERE]
    return (*boxes[0], *boxes[1])


def _edge(lon: float, lat: float, radius_m: float, number: int) -> float:
    """Give one of the edges of the two boxes around a circle: west, south, east and north of each."""
    return _edges(lon, lat, radius_m)[number]


@lru_cache(maxsize=256)
def _inner_edges(lon: float, lat: float, radius_m: float) -> Box:
    return inner_box(Point(lon, lat), radius_m)


def _inner_edge(lon: float, lat: float, radius_m: float, number: int) -> float:
    """Give one of the edges of the box within a circle: west, south, east, north."""
    return _inner_edges(lon, lat, radius_m)[number]


def _base_name(table: sa.FromClause) -> str:
    base = table.element if isinstance(table, sa.Alias) else table
    return cast("sa.Table", base).name


def _rtree(table: sa.FromClause) -> sa.TableClause:
    """Give the R*Tree of a table `t`: `t_rtree`, kept up by triggers."""
    columns: list[sa.ColumnClause[Any]] = [
        sa.column(name) for name in ("id", "min_lon", "max_lon", "min_lat", "max_lat")
    ]
    return sa.table(f"{_base_name(table)}_rtree", *columns)


def _meets(rtree: sa.TableClause, box: Sequence[Any]) -> list[ColumnElement[Any]]:
    west, south, east, north = box
    return [rtree.c.max_lon >= west, rtree.c.min_lon <= east, rtree.c.max_lat >= south, rtree.c.min_lat <= north]


@compiles(DistanceMetres, "sqlite")
def _distance_metres(element: DistanceMetres, compiler: SQLCompiler, **kw: Any) -> str:
    table = element.table
    return compiler.process(sa.func.disan_distance_m(table.c.lon, table.c.lat, element.lon, element.lat), **kw)


@compiles(WithinMetres, "sqlite")
def _within_metres(element: WithinMetres, compiler: SQLCompiler, **kw: Any) -> str:
    distance, radius = element.distance, element.radius_m
    found = sa.and_(_in_circle(element.table, distance, radius), distance <= radius)
    return compiler.process(found, **kw)


def _in_circle(table: sa.FromClause, distance: DistanceMetres, radius_m: ColumnElement[Any]) -> ColumnElement[Any]:
    """Say that a row's bounds meet one of the two boxes around a point, of which the second is mostly empty."""
    return table.c.id.in_(sa.union_all(*_around(table, distance, radius_m)))


def _around(
    table: sa.FromClause,
    distance: DistanceMetres,
    radius_m: ColumnElement[Any],
    circle: sa.TableClause | None = None,
) -> list[sa.Select[Any]]:
    """Give the queries for the rows whose bounds meet the boxes around a point; `circle` is where the radius stands."""
    rtree = _rtree(table)
    source = rtree if circle is None else rtree.join(circle, sa.literal_column("1"))
    edges = [_call("disan_edge", distance, radius_m, edge) for edge in range(8)]
    return [sa.select(rtree.c.id).select_from(source).where(*_meets(rtree, edges[at : at + 4])) for at in (0, 4)]


def _call(name: str, distance: DistanceMetres, radius_m: ColumnElement[Any], edge: int) -> ColumnElement[Any]:
    function = getattr(sa.func, name)
    called: ColumnElement[Any] = function(distance.lon, distance.lat, radius_m, sa.literal_column(str(edge)))
    return called


@compiles(Nearest, "sqlite")
def _nearest(element: Nearest, compiler: SQLCompiler, **kw: Any) -> str:
    """Take the first of growing circles whose inner box holds enough; the R*Tree counts without measuring.

    Written by hand, for SQLAlchemy puts recursive queries at the top of a statement, where this knows nothing of it.
    """
    count = compiler.process(element.count, **kw)
    grown = f"radius_m * {_RING_GROWTH}"
    first, wider = (compiler.process(_held(element, radius), **kw) for radius in (str(_FIRST_RING_M), grown))
    radius = sa.literal_column("circle.radius_m", sa.Float())
    boxes = _around(element.distance.table, element.distance, radius, sa.table("circle"))
    found = " UNION ALL ".join(compiler.process(box, **kw) for box in boxes)
    key = compiler.process(element.distance.table.c.id, **kw)
    return (
        f"{key} IN (WITH RECURSIVE ring (radius_m, held) AS (SELECT {_FIRST_RING_M}, {first} UNION ALL "  # noqa: S608 (what SQLAlchemy wrote)
        f"SELECT {grown}, {wider} FROM ring WHERE held < {count} AND radius_m < {_LAST_RING_M}), "
        f"circle (radius_m) AS MATERIALIZED (SELECT max(CASE WHEN held >= {count} THEN radius_m "
        f"WHEN radius_m >= {_LAST_RING_M} THEN {_WHOLE_EARTH_M} END) FROM ring) {found})"
    )


def _held(element: Nearest, radius_m: str) -> ColumnElement[Any]:
    """Count the rows, as far as is asked, that lie in the box within a circle."""
    table, rtree = element.counted, _rtree(element.counted)
    radius = sa.literal_column(radius_m, sa.Float())
    west, south, east, north = (_call("disan_inner", element.distance, radius, edge) for edge in range(4))
    within = [rtree.c.min_lon >= west, rtree.c.max_lon <= east, rtree.c.min_lat >= south, rtree.c.max_lat <= north]
    one: sa.Select[Any] = sa.select(sa.literal_column("1"))
    found = one.select_from(rtree.join(table, table.c.id == rtree.c.id)).where(*within, *element.criteria)
    return sa.select(sa.func.count()).select_from(found.limit(element.count).subquery()).scalar_subquery()


@compiles(FirstInSpans, "sqlite")
def _first_in_spans(element: FirstInSpans, compiler: SQLCompiler, **kw: Any) -> str:
    """Walk the index span by span, as the order of a CROSS JOIN has it, until there are enough."""
    # What is joined in here is nobody else's business: SQLAlchemy would miss a condition between it and the outside.
    kw.pop("from_linter", None)
    table = element.counted
    first, last = (sa.literal_column(f"spans.value ->> {end}", sa.BigInteger) for end in (0, 1))
    where = compiler.process(sa.and_(table.c.qkey.between(first, last), *element.criteria), **kw)
    spans, count = compiler.process(element.spans, **kw), compiler.process(element.count, **kw)
    name = compiler.process(table, asfrom=True, **kw)
    rows = compiler.process(table.c.id, **kw)
    key = compiler.process(element.table.c.id, **kw)
    walked = f"SELECT {rows} FROM json_each({spans}) AS spans CROSS JOIN {name} WHERE {where} LIMIT {count}"  # noqa: S608 (the same)
    return f"{key} IN ({walked})"


@compiles(Related, "sqlite")
def _related_to(element: Related, compiler: SQLCompiler, **kw: Any) -> str:
    table = element.table
    exact = sa.func.disan_related(
        element.relation,
        sa.type_coerce(table.c.geom, sa.LargeBinary),
        element.shape,
        type_=sa.types.NullType(),
    )
    # In parentheses, for it may come after NOT.
    rtree = _rtree(table)
    near = table.c.id.in_(sa.select(rtree.c.id).where(*_meets(rtree, element.bounds)))
    return f"({compiler.process(sa.and_(near, exact), **kw)})"


@compiles(LikePattern, "sqlite")
def _like_pattern(element: LikePattern, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.text.op("GLOB")(element.pattern), **kw)


def _fts(table: sa.FromClause) -> tuple[sa.TableClause, ColumnElement[Any]]:
    """Give the full-text index of a table `t`, which is `t_fts`, kept up by triggers; and what MATCH is asked of."""
    name = f"{_base_name(table)}_fts"
    fts = sa.table(name, sa.column("rowid", sa.BigInteger), sa.column(name))
    return fts, fts.c[name]


@compiles(MatchesText, "sqlite")
def _matches_text(element: MatchesText, compiler: SQLCompiler, **kw: Any) -> str:
    fts, words = _fts(element.table)
    found = sa.select(fts.c.rowid).where(words.op("MATCH")(element.query))
    return compiler.process(element.table.c.id.in_(found), **kw)


@compiles(CountMatching, "sqlite")
def _count_matching(element: CountMatching, compiler: SQLCompiler, **kw: Any) -> str:
    fts, words = _fts(element.table)
    found = sa.select(fts.c.rowid).where(words.op("MATCH")(element.query)).limit(element.most).subquery()
    return compiler.process(sa.select(sa.func.count()).select_from(found).scalar_subquery(), **kw)


@compiles(FirstMatches, "sqlite")
def _first_matches(element: FirstMatches, compiler: SQLCompiler, **kw: Any) -> str:
    """Walk the matches upwards, as FTS5 gives them, until there are enough."""
    table = element.counted
    fts, words = _fts(table)
    # Nothing is looked up in the table for a match unless there is something to be asked of it.
    source = fts.join(table, table.c.id == fts.c.rowid) if element.criteria else fts
    found = sa.select(fts.c.rowid).select_from(source).where(words.op("MATCH")(element.query), *element.criteria)
    return compiler.process(element.asked.in_(found.order_by(fts.c.rowid).limit(element.count)), **kw)


@compiles(LatestMatches, "sqlite")
def _latest_matches(element: LatestMatches, compiler: SQLCompiler, **kw: Any) -> str:
    """Walk the matches downwards, as FTS5 gives them, until there are enough."""
    fts, words = _fts(element.table)
    table = element.table.alias()
    found = (
        sa.select(fts.c.rowid)
        .select_from(fts.join(table, table.c.id == fts.c.rowid))
        .where(words.op("MATCH")(element.query), *element.criteria(table))
        .order_by(fts.c.rowid.desc())
        .limit(element.count)
    )
    return compiler.process(element.table.c.id.in_(found), **kw)


@compiles(Utf8, "sqlite")
def _utf8(element: Utf8, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.text, **kw)} AS BLOB)"
