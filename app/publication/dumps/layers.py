"""Writing GeoPackage 1.3 (OGC 12-128r17): layers of features with their R*Trees, tables without places."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

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

_SET_BOUNDS = "UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?"

_TYPES = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "BOOLEAN"}
_DATES = {"date": "DATE", "date-time": "DATETIME"}


@dataclass
class Layer:
    """A table of a GeoPackage: its name, its titles, its columns, when its newest row was changed (RFC 3339).

    `geometry` is the sort of its geometries (clause 2.1.5), None for a table of things that lie nowhere (clause 2.4).
    """

    name: str
    title: str
    description: str
    columns: Sequence[Property]
    changed_at: str
    geometry: str | None = "GEOMETRY"
    count: int = 0
    boxes: list[Box] = field(default_factory=list)

    @property
    def rtree(self) -> str:
        """The name of its index."""
        return f"rtree_{self.name}_geom"


class GeoPackage:
    """A GeoPackage on its way to a file: layers are added, rows written into them as they come, none kept in memory.

    A layer has `fid`, `geom` (WGS 84) unless it lies nowhere, and its columns; lists and objects are JSON, and so
    declared. The same rows give the same bytes. Nothing is whole before `close`.
    """

    def __init__(self, path: Path) -> None:
        # Nobody reads the file before it is whole, so nothing of it need survive an accident.
        self._file = sqlite3.connect(path, isolation_level=None)
        self._layers: list[Layer] = []
        for pragma in (f"application_id = {_APPLICATION_ID}", f"user_version = {_VERSION}", "synchronous = off"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute("PRAGMA journal_mode = off")
        self._file.execute("BEGIN")
        self._run(_FRAME)
        system = pyproj.CRS.from_epsg(_SRID).to_wkt("WKT1_GDAL")
        self._fill(
            "gpkg_spatial_ref_sys",
            (
                ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", None),
                ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
                ("WGS 84", _SRID, "EPSG", _SRID, system, "longitude, latitude in degrees"),
            ),
        )
        self._fill(
            "gpkg_extensions",
            (
                ("gpkg_data_columns", None, "gpkg_schema", f"{_SPEC}extension_schema", "read-write"),
                ("gpkg_data_column_constraints", None, "gpkg_schema", f"{_SPEC}extension_schema", "read-write"),
            ),
        )

    def _run(self, script: str) -> None:
        """Run statements within the transaction, which `executescript` would end."""
        statement = ""
        for line in script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                self._file.execute(statement)
                statement = ""

    def _fill(self, into: str, rows: Sequence[Sequence[Any]]) -> None:
        places = ", ".join("?" * len(rows[0]))
        self._file.executemany(f"INSERT INTO {into} VALUES ({places})", rows)  # noqa: S608 (the standard's names)

    def add_layer(self, layer: Layer) -> None:
        """Add a layer; its name, which no other has, is of letters, digits and `_`."""
        self._layers.append(layer)
        name, srid = layer.name, None if layer.geometry is None else _SRID
        columns = "".join(f', "{found.name}" {_type(found)}' for found in layer.columns)
        geometry = "" if layer.geometry is None else ", geom GEOMETRY"
        self._file.execute(f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL{geometry}{columns})')
        sort = "attributes" if layer.geometry is None else "features"
        contents = (name, sort, layer.title, layer.description, _instant(layer.changed_at), *[None] * 4, srid)
        self._fill("gpkg_contents", (contents,))
        if layer.geometry is not None:
            self._file.execute(f'CREATE VIRTUAL TABLE "{layer.rtree}" USING rtree(id, minx, maxx, miny, maxy)')
            self._fill("gpkg_geometry_columns", ((name, "geom", layer.geometry, _SRID, 0, 0),))
            index = (name, "geom", "gpkg_rtree_index", f"{_SPEC}extension_rtree", "write-only")
            self._fill("gpkg_extensions", (index,))
        self._fill(
            "gpkg_data_columns",
            [
                (name, found.name, found.name, None, found.description, None if _is_flat(found) else _JSON, None)
                for found in layer.columns
            ],
        )

    def add(self, layer: Layer, rows: Iterable[tuple[BaseGeometry | None, Mapping[str, Any]]]) -> None:
        """Write some rows more, each its place in WGS 84 and what its columns say, with their bounds."""
        features: list[tuple[Any, ...]] = []
        bounds: list[tuple[int, float, float, float, float]] = []
        for geometry, properties in rows:
            layer.count += 1
            values = (_value(one, properties.get(one.name)) for one in layer.columns)
            place = () if layer.geometry is None else (_binary(geometry),)
            features.append((layer.count, *place, *values))
            if geometry is not None and layer.geometry is not None:
                west, south, east, north = geometry.bounds
                bounds.append((layer.count, west, east, south, north))
        geom = "" if layer.geometry is None else ", geom"
        names = "".join(f', "{one.name}"' for one in layer.columns)
        places = ", ".join("?" * (len(layer.columns) + (1 if layer.geometry is None else 2)))
        self._file.executemany(
            f'INSERT INTO "{layer.name}" (fid{geom}{names}) VALUES ({places})',  # noqa: S608 (our own names)
            features,
        )
        if bounds:
            self._file.executemany(f'INSERT INTO "{layer.rtree}" VALUES (?, ?, ?, ?, ?)', bounds)  # noqa: S608 (the same)
            boxes = [(west, south, east, north) for _, west, east, south, north in bounds]
            layer.boxes = _around(layer.boxes + boxes)

    def close(self) -> None:
        """Write the bounds of all, and the triggers, which must not see the rows that are written here."""
        try:
            for layer in self._layers:
                if layer.boxes:
                    self._file.execute(_SET_BOUNDS, (*layer.boxes[0], layer.name))
                if layer.geometry is not None:
                    self._run(_TRIGGERS.format(rtree=layer.rtree, table=layer.name, bounds=_BOUNDS))
            self._file.execute("COMMIT")
        finally:
            self._file.close()


def _around(boxes: list[Box]) -> list[Box]:
    """Give the one box around some, none around none."""
    if not boxes:
        return []
    west, south, east, north = zip(*boxes, strict=True)
    return [(min(west), min(south), max(east), max(north))]


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
