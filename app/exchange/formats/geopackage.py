"""GeoPackage (OGC 12-128r19): the feature tables of an SQLite file that nobody vouches for."""

from __future__ import annotations

import re
import sqlite3
import urllib.parse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import shapely
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput
from app.exchange.formats.raw import Budget, RawFeature, damaged, name_of, short_properties

APPLICATION_IDS = (b"GPKG", b"GP10", b"GP11")
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
_PRAGMAS = {"table_xinfo"}
_VIRTUAL = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.IGNORECASE)
_LONGEST_VALUE = 20_000_000
# Sizes of the envelope by its code, clause 2.1.3.1.1.
_ENVELOPES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_TABLES = (
    "SELECT c.table_name, g.column_name, g.srs_id, s.organization, s.organization_coordsys_id "
    "FROM gpkg_contents c JOIN gpkg_geometry_columns g ON g.table_name = c.table_name "
    "LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id "
    "WHERE c.data_type = 'features' ORDER BY c.table_name LIMIT 100"
)


def read(path: Path, budget: Budget) -> Iterator[RawFeature]:
    """Read the rows of every feature table, tables in alphabetical order."""
    uri = f"file:{urllib.parse.quote(str(path))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            real = _prepare(connection)
            tables = connection.execute(_TABLES).fetchall()
            if not tables:
                raise InvalidInput(
                    "“%(file)s” has no layer of features. Export one that has points, lines or polygons."
                )
            for name, column, srs_id, organization, code in tables:
                if name not in real:
                    budget.note(
                        "A layer that is a view or a virtual table was left out. Save it as a table of its own."
                    )
                    continue
                yield from _rows(connection, name, column, _crs(srs_id, organization, code), budget)
    except sqlite3.Error as error:
        raise damaged(str(error)) from error


def _prepare(connection: sqlite3.Connection) -> set[str]:
    """Allow nothing but reading, and give the names of the tables that are neither views nor virtual.

    No function may be called, so that no view, generated column or default of the file's can do anything.
    """
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    for pragma in ("trusted_schema = off", "query_only = on", "cell_size_check = on", "mmap_size = 0"):
        connection.execute(f"PRAGMA {pragma}")
    schema = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    connection.set_authorizer(_authorize)
    real = {name for kind, name, sql in schema if kind == "table" and not _VIRTUAL.match(sql or "")}
    if not {"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} <= real:
        raise damaged("its tables of contents are missing")
    return real


def _authorize(action: int, first: str | None, _second: str | None, _database: str | None, _by: str | None) -> int:
    if action in _ALLOWED or (action == sqlite3.SQLITE_PRAGMA and first in _PRAGMAS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _crs(srs_id: int, organization: str | None, code: int | None) -> str:
    if isinstance(organization, str) and organization.upper() == "EPSG" and isinstance(code, int):
        return f"EPSG:{code}"
    raise InvalidInput(
        "“%(file)s” is in a coordinate system (%(srs)s) that it does not name by an EPSG code. "
        "Give its layers their system, such as EPSG:5899 (VN-2000), and export them again.",
        srs=f"{organization or '?'}:{code if code is not None else srs_id}"[:60],
    )


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _rows(connection: sqlite3.Connection, table: str, column: str, crs: str, budget: Budget) -> Iterator[RawFeature]:
    # Columns that are generated or hidden are not read.
    known = [row[1] for row in connection.execute(f"PRAGMA table_xinfo({_quote(table)})") if not row[6]]
    if column not in known:
        raise damaged(f"the table {table} has no column {column}")
    others = [name for name in known if name != column][:60]
    wanted = ", ".join(_quote(name) for name in (column, *others))
    for blob, *values in connection.execute(f"SELECT {wanted} FROM {_quote(table)}"):  # noqa: S608 (quoted names)
        budget.take_feature()
        properties = short_properties(dict(zip(others, values, strict=True)), budget.text_length)
        feature = RawFeature(table[:200], name_of(properties), properties, None, crs)
        if not isinstance(blob, bytes):
            feature.problem = "It has no geometry."
        else:
            feature.geometry = _shape(blob, budget)
            if feature.geometry is None:
                feature.problem = "Its geometry cannot be read."
        yield feature


def _shape(blob: bytes, budget: Budget) -> BaseGeometry | None:
    """Read a GeoPackageBinary: the header of clause 2.1.3, then WKB."""
    if len(blob) < 8 or blob[:2] != b"GP" or blob[2] != 0:
        return None
    flags = blob[3]
    envelope = _ENVELOPES.get((flags >> 1) & 0b111)
    is_extended = bool(flags & 0b100000)
    if envelope is None or is_extended:
        return None
    # A position takes at most 32 bytes: too many need not be read first.
    budget.foresee_vertices((len(blob) - 8 - envelope) // 32)
    try:
        shape = shapely.from_wkb(blob[8 + envelope :])
    except (shapely.errors.ShapelyError, ValueError):
        return None
    budget.take_vertices(int(shapely.get_num_coordinates(shape)))
    return shape
