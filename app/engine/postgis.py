"""PostGIS's answers: GiST on the place and on its geography, GIN on the tokens, through GeoAlchemy2's functions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from geoalchemy2 import functions as geo
from geoalchemy2.types import Geography
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement

from app.engine.questions import (
    CountMatching,
    DistanceMetres,
    FirstInSpans,
    FirstMatches,
    LatestMatches,
    LikePattern,
    MatchesText,
    Nearest,
    Related,
    Utf8,
    WithinMetres,
)
from app.engine.types import SRID

# ST_DWithin finds the candidates by the index; the rounded distance decides, so it may let in a little more.
_SLACK_M = 1.0
_READ_ONLY = "SET default_transaction_read_only = on"


def configure(engine: sa.Engine) -> None:
    """Prepare every connection of a PostgreSQL engine: instants in UTC, whatever the server's zone."""
    event.listen(engine, "connect", _on_connect)


def configure_reading(engine: sa.Engine) -> None:
    """Prepare every connection of a PostgreSQL engine that only reads."""
    # The preparation that all connections have comes second, and makes this last.
    event.listen(engine, "connect", lambda connection, _: connection.execute(_READ_ONLY))
    event.listen(engine, "connect", _on_connect)


class _BytesOfText(Loader):
    """Gives the bytes of a text as the server sends them."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def _on_connect(connection: Any, _record: Any) -> None:
    # No column has this type: a text that is cast to it, which changes nothing in the server, is wanted as bytes.
    connection.adapters.register_loader("bpchar", _BytesOfText)
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _place(table: sa.FromClause) -> ColumnElement[Any]:
    """Give a row's place as PostGIS sees it; the migrations index exactly this expression, and its geography."""
    return geo.ST_SetSRID(geo.ST_MakePoint(table.c.lon, table.c.lat), sa.literal_column(str(SRID)))


def _geography(place: ColumnElement[Any]) -> ColumnElement[Any]:
    return sa.func.geography(place, type_=Geography)


def _point(distance: DistanceMetres) -> ColumnElement[Any]:
    return geo.ST_SetSRID(geo.ST_MakePoint(distance.lon, distance.lat), sa.literal_column(str(SRID)))


@compiles(DistanceMetres, "postgresql")
def _distance_metres(element: DistanceMetres, compiler: SQLCompiler, **kw: Any) -> str:
    metres = geo.ST_Distance(_geography(_place(element.table)), _geography(_point(element)))
    text = compiler.process(metres, **kw)
    return f"(floor({text} * 1000 + 0.5) / 1000::double precision)"


@compiles(WithinMetres, "postgresql")
def _within_metres(element: WithinMetres, compiler: SQLCompiler, **kw: Any) -> str:
    distance, radius = element.distance, element.radius_m
    found = geo.ST_DWithin(_geography(_place(element.table)), _geography(_point(distance)), radius + _SLACK_M)
    return compiler.process(sa.and_(found, distance <= radius), **kw)


@compiles(Nearest, "postgresql")
def _nearest(element: Nearest, compiler: SQLCompiler, **kw: Any) -> str:
    # Degrees are not metres: the planar neighbours are not the nearest, but the furthest of them bounds those.
    table, distance = element.counted, element.distance
    neighbours = (
        sa.select(table.c.lon, table.c.lat)
        .where(table.c.lon.is_not(None), *element.criteria)
        .order_by(_place(table).op("<->")(_point(distance)))
        .limit(element.count)
        .subquery()
    )
    furthest = sa.select(sa.func.max(distance.from_(neighbours))).select_from(neighbours).scalar_subquery()
    found = geo.ST_DWithin(_geography(_place(distance.table)), _geography(_point(distance)), furthest + _SLACK_M)
    return compiler.process(found, **kw)


@compiles(Related, "postgresql")
def _related(element: Related, compiler: SQLCompiler, **kw: Any) -> str:
    ask = getattr(geo, f"ST_{element.relation.capitalize()}")
    geometry = sa.type_coerce(element.table.c.geom, sa.types.NullType())
    return compiler.process(ask(geometry, geo.ST_GeomFromEWKB(element.shape)), **kw)


@compiles(LikePattern, "postgresql")
def _like_pattern(element: LikePattern, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.text.like(element.pattern, escape="\\"), **kw)


@compiles(FirstInSpans, "postgresql")
def _first_in_spans(element: FirstInSpans, compiler: SQLCompiler, **kw: Any) -> str:
    """Walk the index span by span: each gives its rows in order, and the walk ends when there are enough."""
    span = sa.func.json_array_elements(sa.cast(element.spans, sa.types.JSON)).table_valued("value")
    first, last = (sa.cast(span.c.value.op("->>")(sa.literal_column(end)), sa.BigInteger) for end in "01")
    table = element.counted
    rows = (
        sa.select(table.c.id)
        .where(table.c.qkey.between(first, last), *element.criteria)
        .order_by(table.c.qkey, table.c.id)
        .limit(element.count)
        .lateral()
    )
    found = sa.select(rows.c.id).select_from(span.join(rows, sa.true())).limit(element.count)
    # As an array, for which the planner goes by the key; joined, it may read a small table through instead.
    walked = compiler.process(found.scalar_subquery(), **kw)
    return f"{compiler.process(element.table.c.id, **kw)} = ANY (ARRAY{walked})"


def _matching(table: sa.FromClause, query: Any) -> ColumnElement[Any]:
    tokens = sa.type_coerce(table.c.tokens, sa.types.NullType())
    return tokens.op("@@")(sa.cast(query, TSQUERY))


@compiles(MatchesText, "postgresql")
def _matches_text(element: MatchesText, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(_matching(element.table, element.query), **kw)


@compiles(CountMatching, "postgresql")
def _count_matching(element: CountMatching, compiler: SQLCompiler, **kw: Any) -> str:
    """Count up to `most`, unless a look at a few rows shows that there are very many: an index of words cannot stop.

    Fifteen of three hundred rows looked at stand for very many; of a small table too few are looked at to tell. Whole
    pages are looked at, and neighbours are alike: a few pages at the least.
    """
    table, few = element.counted, element.sampled
    hits = sa.func.count().filter(_matching(few, element.query), *element.sampled_scope)
    enough = sa.and_(sa.func.count() >= sa.literal_column("300"), hits >= sa.literal_column("15"))
    are_many = sa.select(enough).select_from(few).scalar_subquery()
    met = sa.select(table.c.id).where(_matching(table, element.query), *element.scope)
    counted = sa.select(sa.func.count()).select_from(met.limit(element.most).subquery()).scalar_subquery()
    return compiler.process(sa.case((are_many, element.most), else_=counted), **kw)


@compiles(FirstMatches, "postgresql")
def _first_matches(element: FirstMatches, compiler: SQLCompiler, **kw: Any) -> str:
    table = element.counted
    # The planner takes a word that it never met for one in two hundred, and would walk all keys for those that are not
    # there: adding nothing to the key keeps it to the index of words.
    key = table.c.id + sa.literal_column("0")
    found = sa.select(table.c.id).where(_matching(table, element.query), *element.scope, *element.criteria)
    return compiler.process(element.asked.in_(found.order_by(key).limit(element.count)), **kw)


@compiles(LatestMatches, "postgresql")
def _latest_matches(element: LatestMatches, compiler: SQLCompiler, **kw: Any) -> str:
    table = element.table.alias()
    found = (
        sa.select(table.c.id)
        .where(_matching(table, element.query), *element.criteria(table))
        .order_by(table.c.id.desc())
        .limit(element.count)
    )
    return compiler.process(element.table.c.id.in_(found), **kw)


@compiles(Utf8, "postgresql")
def _utf8(element: Utf8, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.text, **kw)} AS bpchar)"
