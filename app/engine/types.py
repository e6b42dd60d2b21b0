"""Column types that give and take the same Python values on both engines: geometries and search tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry as PostgisGeometry
from shapely.geometry.base import BaseGeometry
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from app.core.text import TokenQuery

SRID = 4326


class _Written(sa.types.TypeDecorator[Any]):
    """Base of types whose values are written in another form on their way to the database; nothing stays nothing."""

    impl: Any = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        del dialect
        return None if value is None else self.write(value)

    def write(self, value: Any) -> Any:
        """Give a value as the database takes it."""
        raise NotImplementedError


class _WkbBlob(_Written):
    """A geometry in WGS 84 as WKB in a blob: SQLite's form."""

    impl = sa.LargeBinary
    cache_ok = True

    def write(self, value: BaseGeometry) -> bytes:
        return bytes(shapely.to_wkb(value))

    def process_result_value(self, value: bytes | None, dialect: sa.Dialect) -> BaseGeometry | None:
        del dialect
        return None if value is None else shapely.from_wkb(value)


class _Postgis(PostgisGeometry):
    """GeoAlchemy2's type with shapely going in and out; a TypeDecorator around it would break its DDL hooks."""

    cache_ok = True

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[BaseGeometry | None], bytes | None]:
        """Send WKB; GeoAlchemy2 wraps it in ST_GeomFromWKB with the SRID."""
        del dialect

        def process(value: BaseGeometry | None) -> bytes | None:
            return None if value is None else bytes(shapely.to_wkb(value))

        return process

    def result_processor(self, dialect: sa.Dialect, coltype: Any) -> Callable[[Any], BaseGeometry | None]:
        """Read the bytes of ST_AsEWKB."""
        del dialect, coltype

        def process(value: Any) -> BaseGeometry | None:
            if value is None:
                return None
            return shapely.set_srid(shapely.from_wkb(bytes(value)), 0)

        return process


def geometry_type() -> sa.types.TypeEngine[BaseGeometry]:
    """Give the column type of a geometry in WGS 84 (lon, lat); indexes are the migrations' business."""
    return _WkbBlob().with_variant(
        _Postgis(geometry_type="GEOMETRY", srid=SRID, spatial_index=False, from_text="ST_GeomFromWKB"), "postgresql"
    )


class _TokensText(_Written):
    """Search tokens as one line of text, which a trigger hands to FTS5: SQLite's form."""

    cache_ok = True

    def write(self, value: Iterable[str]) -> str:
        return " ".join(value)


class _TokensVector(_Written):
    """Search tokens as a tsvector without positions: PostgreSQL's form."""

    impl = TSVECTOR
    cache_ok = True

    def write(self, value: Iterable[str]) -> str:
        return " ".join(quote_token(token) for token in value)


def is_geometry(kind: sa.types.TypeEngine[Any]) -> bool:
    """Tell whether a column's type is that of geometries."""
    return isinstance(kind, _WkbBlob | _Postgis)


def is_tokens(kind: sa.types.TypeEngine[Any]) -> bool:
    """Tell whether a column's type is that of search tokens."""
    return isinstance(kind, _TokensText | _TokensVector)


def quote_token(token: str) -> str:
    """Quote a token as a lexeme of a tsvector or tsquery."""
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"


def tokens_type() -> sa.types.TypeEngine[list[str]]:
    """Give the column type of a record's search tokens (written only; questions read it)."""
    return _TokensText().with_variant(_TokensVector(), "postgresql")


class _Fts5Query(_Written):
    """A token query in FTS5's language; tokens are letters, digits and `_` only, quoting keeps words plain."""

    cache_ok = True

    def write(self, value: TokenQuery) -> str:
        return _fts5(value)


def _fts5(query: TokenQuery) -> str:
    terms = [f'"{term}"' for term in (*query.terms, *query.scope)]
    said = " AND ".join(terms if query.prefix is None else [*terms, f'"{query.prefix}" *'])
    return " NOT ".join(f"({part})" for part in (said, *map(_fts5, query.without))) if query.without else said


class _TsQuery(_Written):
    """A token query as the text of a tsquery."""

    impl = TSQUERY
    cache_ok = True

    def write(self, value: TokenQuery) -> str:
        return _tsquery(value)


def _tsquery(query: TokenQuery) -> str:
    # Without the scope: to meet lists of half of all rows is what costs most. Questions ask that of the columns.
    terms = [quote_token(term) for term in query.terms]
    said = " & ".join(terms if query.prefix is None else [*terms, f"{quote_token(query.prefix)}:*"])
    return " & !".join(f"({part})" for part in (said, *map(_tsquery, query.without)))


def token_query_type() -> sa.types.TypeEngine[TokenQuery]:
    """Give the type of a token query as a parameter of `matches_text`."""
    return _Fts5Query().with_variant(_TsQuery(), "postgresql")


class _SpansText(_Written):
    """Spans of numbers, (first, last) with both ends, as the text of a JSON array of pairs, which both engines read."""

    cache_ok = True

    def write(self, value: Sequence[tuple[int, int]]) -> str:
        return json.dumps(value)


def spans_type() -> sa.types.TypeEngine[Sequence[tuple[int, int]]]:
    """Give the type of spans of numbers as a parameter of `first_in_spans`."""
    return _SpansText()


class _GlobPattern(_Written):
    """A pattern of LIKE written for SQLite's GLOB, whose letters are compared as they are."""

    cache_ok = True

    def write(self, value: str) -> str:
        return _LIKE_SIGN.sub(lambda found: _GLOB_SIGNS.get(found[0], f"[{found[0][-1]}]"), value)


_LIKE_SIGN = re.compile(r"\\[%_\\]|[%_*?\[]")
_GLOB_SIGNS = {"%": "*", "_": "?", "\\\\": "\\"}


class _LikePattern(_Written):
    """A pattern of LIKE whose last backslash, which escapes nothing, is doubled: PostgreSQL refuses it else."""

    cache_ok = True

    def write(self, value: str) -> str:
        return value + "\\" if (len(value) - len(value.rstrip("\\"))) % 2 else value


def like_pattern_type() -> sa.types.TypeEngine[str]:
    """Give the type of a pattern as a parameter of `like_pattern`."""
    return _GlobPattern().with_variant(_LikePattern(), "postgresql")
