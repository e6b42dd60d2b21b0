"""PostGIS's answers: GiST on the place and on its geography, GIN on the tokens, through GeoAlchemy2's functions."""

from __future__ import annotations

from typing import Any

import shapely
import sqlalchemy as sa
from geoalchemy2 import functions as geo
from geoalchemy2.types import Geography
from shapely.geometry.base import BaseGeometry
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement

from app.engine.questions import (
    DistanceMetres,
    LatestMatches,
    LikePattern,
    MatchesText,
    Nearest,
    Point,
    Related,
    WithinMetres,
    distance_metres,
)
from app.engine.types import SRID

# ST_DWithin finds the candidates by the index; the rounded distance decides, so it may let in a little more.
_SLACK_M = 1.0


def configure(engine: sa.Engine) -> None:
    """Prepare every connection of a PostgreSQL engine: instants in UTC, whatever the server's zone."""
    event.listen(engine, "connect", _on_connect)


def _on_connect(connection: Any, _record: Any) -> None:
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _place(table: sa.FromClause) -> ColumnElement[Any]:
    """Give a row's place as PostGIS sees it; the migrations index exactly this expression, and its geography."""
    return geo.ST_SetSRID(geo.ST_MakePoint(table.c.lon, table.c.lat), sa.literal_column(str(SRID)))


def _geography(place: ColumnElement[Any]) -> ColumnElement[Any]:
    return sa.func.geography(place, type_=Geography)


def _point(point: Point) -> ColumnElement[Any]:
    return geo.ST_SetSRID(geo.ST_MakePoint(point.lon, point.lat), sa.literal_column(str(SRID)))


@compiles(DistanceMetres, "postgresql")
def _distance_metres(element: DistanceMetres, compiler: SQLCompiler, **kw: Any) -> str:
    metres = geo.ST_Distance(_geography(_place(element.table)), _geography(_point(element.point)))
    text = compiler.process(metres, **kw)
    return f"(floor({text} * 1000 + 0.5) / 1000::double precision)"


@compiles(WithinMetres, "postgresql")
def _within_metres(element: WithinMetres, compiler: SQLCompiler, **kw: Any) -> str:
    table, point, radius = element.table, element.point, element.radius_m
    found = geo.ST_DWithin(_geography(_place(table)), _geography(_point(point)), radius + _SLACK_M)
    return compiler.process(sa.and_(found, distance_metres(table, point) <= radius), **kw)


@compiles(Nearest, "postgresql")
def _nearest(element: Nearest, compiler: SQLCompiler, **kw: Any) -> str:
    # Degrees are not metres: the planar neighbours are not the nearest, but the furthest of them bounds those.
    table = element.table.alias()
    neighbours = (
        sa.select(table.c.lon, table.c.lat)
        .where(table.c.lon.is_not(None), *element.criteria(table))
        .order_by(_place(table).op("<->")(_point(element.point)))
        .limit(element.count)
        .subquery()
    )
    furthest = (
        sa.select(sa.func.max(distance_metres(neighbours, element.point))).select_from(neighbours).scalar_subquery()
    )
    found = geo.ST_DWithin(_geography(_place(element.table)), _geography(_point(element.point)), furthest + _SLACK_M)
    return compiler.process(found, **kw)


@compiles(Related, "postgresql")
def _related(element: Related, compiler: SQLCompiler, **kw: Any) -> str:
    ask = getattr(geo, f"ST_{element.relation.capitalize()}")
    return compiler.process(ask(sa.type_coerce(element.table.c.geom, sa.types.NullType()), _shape(element.shape)), **kw)


def _shape(shape: BaseGeometry) -> ColumnElement[Any]:
    return geo.ST_GeomFromEWKB(bytes(shapely.to_wkb(shapely.set_srid(shape, SRID), include_srid=True)))


@compiles(LikePattern, "postgresql")
def _like_pattern(element: LikePattern, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.text.like(_unended(element.pattern), escape="\\"), **kw)


def _unended(pattern: str) -> str:
    """Double a backslash at the end of a pattern, which escapes nothing there: PostgreSQL refuses it."""
    return pattern + "\\" if (len(pattern) - len(pattern.rstrip("\\"))) % 2 else pattern


@compiles(MatchesText, "postgresql")
def _matches_text(element: MatchesText, compiler: SQLCompiler, **kw: Any) -> str:
    tokens = sa.type_coerce(element.table.c.tokens, sa.types.NullType())
    return compiler.process(tokens.op("@@")(sa.cast(element.query, TSQUERY)), **kw)


@compiles(LatestMatches, "postgresql")
def _latest_matches(element: LatestMatches, compiler: SQLCompiler, **kw: Any) -> str:
    table = element.table.alias()
    tokens = sa.type_coerce(table.c.tokens, sa.types.NullType())
    found = (
        sa.select(table.c.id)
        .where(tokens.op("@@")(sa.cast(element.query, TSQUERY)), *element.criteria(table))
        .order_by(table.c.id.desc())
        .limit(element.count)
    )
    return compiler.process(element.table.c.id.in_(found), **kw)
