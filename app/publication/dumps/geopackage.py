"""Dumps as GeoPackage 1.3 (OGC 12-128r17): one table of features with its R*Tree, and what each column says."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyproj
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.publication.dumps.rows import Row, Table
from app.publication.schema import Property

# West, south, east, north.
Box: TypeAlias = tuple[float, float, float, float]

_APPLICATION_ID = 0x47504B47  # "GPKG" (clause 1.1.1.1.1)
_VERSION = 10300
_SRID = 4326
_SPEC = "http://www.geopackage.org/spec130/#"
_JSON = "application/json"

# Clauses 1.1.2 and 1.1.3, 2.1.5, 2.3.2 and F.9; what the standard lets be absent and nothing here needs is left out.
_FRAME = """
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY NOT NULL, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN,
  max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""

# Clause F.3: they keep the index right for whoever edits a copy, with the functions that every reader brings.
_TRIGGERS = """
CREATE TRIGGER {rtree}_insert AFTER INSERT ON {table}
  WHEN (NEW.geom NOT NULL AND NOT ST_IsEmpty(NEW.geom)) BEGIN INSERT OR REPLACE INTO {rtree} VALUES {bounds}; END;
CREATE TRIGGER {rtree}_update1 AFTER UPDATE OF geom ON {table}
  WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN INSERT OR REPLACE INTO {rtree} VALUES {bounds}; END;
CREATE TRIGGER {rtree}_update2 AFTER UPDATE OF geom ON {table}
  WHEN OLD.fid = NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM {rtree} WHERE id = OLD.fid; END;
CREATE TRIGGER {rtree}_update3 AFTER UPDATE ON {table}
  WHEN OLD.fid != NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM {rtree} WHERE id = OLD.fid; INSERT OR REPLACE INTO {rtree} VALUES {bounds}; END;
CREATE TRIGGER {rtree}_update4 AFTER UPDATE ON {table}
  WHEN OLD.fid != NEW.fid AND (NEW.geom ISNULL OR ST_IsEmpty(NEW.geom))
  BEGIN DELETE FROM {rtree} WHERE id IN (OLD.fid, NEW.fid); END;
CREATE TRIGGER {rtree}_delete AFTER DELETE ON {table}
  WHEN OLD.geom NOT NULL BEGIN DELETE FROM {rtree} WHERE id = OLD.fid; END;
"""
_BOUNDS = "(NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom))"

_TYPES = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "BOOLEAN"}
_DATES = {"date": "DATE", "date-time": "DATETIME"}


class GeoPackageWriter:
    """Writes a table named like the collection (`-` becomes `_`), with `fid`, `geom` (WGS 84) and all properties.

    Lists and objects are JSON, and so declared. The same publication gives the same bytes.
    """

    def __init__(self, path: Path, table: Table) -> None:
        self._columns = table.columns
        self._table = table.collection.name.replace("-", "_")
        self._rtree = f"rtree_{self._table}_geom"
        self._count = 0
        self._boxes: list[Box] = []
        # Nobody reads the file before it is whole, so nothing of it need survive an accident.
        self._file = sqlite3.connect(path, isolation_level=None)
        for pragma in (f"application_id = {_APPLICATION_ID}", f"user_version = {_VERSION}", "synchronous = off"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute("PRAGMA journal_mode = off")
        self._file.execute("BEGIN")
        self._run(_FRAME)
        self._make_table()
        self._describe(table)

    def _run(self, script: str) -> None:
        """Run statements within the transaction, which `executescript` would end."""
        statement = ""
        for line in script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self._file.execute(statement)
                statement = ""

    def _make_table(self) -> None:
        columns = ", ".join(f'"{found.name}" {_type(found)}' for found in self._columns)
        self._file.execute(
            f'CREATE TABLE "{self._table}" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom GEOMETRY, {columns})'
        )
        self._file.execute(f'CREATE VIRTUAL TABLE "{self._rtree}" USING rtree(id, minx, maxx, miny, maxy)')

    def _describe(self, table: Table) -> None:
        """Fill the frame: systems of reference, the table, its geometry, its columns, the extensions in use."""
        system = pyproj.CRS.from_epsg(_SRID).to_wkt("WKT1_GDAL")
        title, said = (
            _in(dict(text), table.language) for text in (table.collection.title, table.collection.description)
        )
        geometry = "POINT" if table.collection.geometry == "point" else "GEOMETRY"
        name = self._table
        for into, rows in (
            (
                "gpkg_spatial_ref_sys",
                (
                    ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", None),
                    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
                    ("WGS 84", _SRID, "EPSG", _SRID, system, "longitude, latitude in degrees"),
                ),
            ),
            ("gpkg_contents", ((name, "features", title, said, _instant(table.changed_at), *[None] * 4, _SRID),)),
            ("gpkg_geometry_columns", ((name, "geom", geometry, _SRID, 0, 0),)),
            (
                "gpkg_extensions",
                (
                    (name, "geom", "gpkg_rtree_index", f"{_SPEC}extension_rtree", "write-only"),
                    ("gpkg_data_columns", None, "gpkg_schema", f"{_SPEC}extension_schema", "read-write"),
                    ("gpkg_data_column_constraints", None, "gpkg_schema", f"{_SPEC}extension_schema", "read-write"),
                ),
            ),
            (
                "gpkg_data_columns",
                [
                    (name, found.name, found.name, None, found.description, None if _is_flat(found) else _JSON, None)
                    for found in self._columns
                ],
            ),
        ):
            places = ", ".join("?" * len(rows[0]))
            self._file.executemany(f"INSERT INTO {into} VALUES ({places})", rows)  # noqa: S608 (the standard's names)

    def add(self, rows: Sequence[Row]) -> None:
        """Write some features more, and their bounds into the R*Tree."""
        features: list[tuple[Any, ...]] = []
        bounds: list[tuple[int, float, float, float, float]] = []
        for row in rows:
            self._count += 1
            found = row.feature["geometry"]
            geometry = shape(found) if found else None
            values = (_value(one, row.feature["properties"].get(one.name)) for one in self._columns)
            features.append((self._count, _binary(geometry), *values))
            if geometry is not None:
                west, south, east, north = geometry.bounds
                bounds.append((self._count, west, east, south, north))
        names = "".join(f', "{one.name}"' for one in self._columns)
        places = ", ".join("?" * (len(self._columns) + 2))
        self._file.executemany(
            f'INSERT INTO "{self._table}" (fid, geom{names}) VALUES ({places})',  # noqa: S608 (our own names)
            features,
        )
        self._file.executemany(f'INSERT INTO "{self._rtree}" VALUES (?, ?, ?, ?, ?)', bounds)  # noqa: S608 (the same)
        boxes = [(west, south, east, north) for _, west, east, south, north in bounds]
        self._boxes = _around(self._boxes + boxes)

    def close(self) -> None:
        """Write the bounds of all, and the triggers, which must not see the rows that are written here."""
        try:
            if self._boxes:
                set_bounds = "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?"
                self._file.execute(set_bounds, self._boxes[0])
            self._run(_TRIGGERS.format(rtree=self._rtree, table=self._table, bounds=_BOUNDS))
            self._file.execute("COMMIT")
        finally:
            self._file.close()


def _around(boxes: list[Box]) -> list[Box]:
    """Give the one box around some, none around none."""
    if not boxes:
        return []
    west, south, east, north = zip(*boxes, strict=True)
    return [(min(west), min(south), max(east), max(north))]


def _in(text: dict[str, str], language: str) -> str:
    return text.get(language) or text["en"]


def _is_flat(found: Property) -> bool:
    return found.type in _TYPES


def _type(found: Property) -> str:
    return _DATES.get(found.format or "") or _TYPES.get(found.type, "TEXT")


def _value(found: Property, value: Any) -> Any:
    """Give a property's value as its column holds it."""
    if value is not None and not _is_flat(found):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _instant(value) if value and found.format == "date-time" else value


def _instant(text: str) -> str:
    """Write an instant of RFC 3339, whole seconds in UTC, as the standard has it (table 1, DATETIME)."""
    return f"{text[:19]}.000Z"


def _binary(geometry: BaseGeometry | None) -> bytes | None:
    """Write a geometry as a GeoPackageBinary (clause 2.1.3): little-endian, with an envelope unless it is a point."""
    if geometry is None:
        return None
    wkb = shapely.to_wkb(geometry, byte_order=1, output_dimension=2)
    if geometry.geom_type == "Point":
        return struct.pack("<2sBBi", b"GP", 0, 0b0001, _SRID) + wkb
    west, south, east, north = geometry.bounds
    return struct.pack("<2sBBi4d", b"GP", 0, 0b0011, _SRID, west, east, south, north) + wkb
