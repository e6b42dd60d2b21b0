"""Shapefiles (Esri, 1998), packed into one ZIP archive with their tables, systems and encodings."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pyproj
import shapefile
import shapely

from app.core.errors import InvalidInput
from app.exchange.formats.raw import WGS84, Budget, RawFeature, damaged, name_of, short_properties

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
# What a program writes as the encoding, where it is no name that Python knows.
_ENCODINGS = {"65001": "utf-8", "1258": "cp1258", "1252": "cp1252", "ansi 1252": "cp1252", "ansi 1258": "cp1258"}


def read(archive: zipfile.ZipFile, most_bytes: int, budget: Budget) -> Iterator[RawFeature]:
    """Read the shapefiles of an archive, each a layer; raises `InvalidInput` where a part is missing or too large."""
    parts = {info.filename: info for info in archive.infolist() if info.filename.lower().endswith(_PARTS)}
    if sum(info.file_size for info in parts.values()) > most_bytes:
        raise InvalidInput("What is packed in “%(file)s” is too large. Split it, or leave something out.")
    for name in sorted(name for name in parts if name.lower().endswith(".shp")):
        yield from _layer(archive, parts, name, budget)


def _layer(
    archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], name: str, budget: Budget
) -> Iterator[RawFeature]:
    stem = name[:-4]
    held = {part: _part(archive, parts, stem + part) for part in _PARTS}
    if held[".dbf"] is None:
        raise InvalidInput(
            "The table of “%(name)s” is missing: pack its .shp, .shx, .dbf and .prj into one ZIP archive.",
            name=name[:100],
        )
    crs = _system(held[".prj"], name)
    given = (held[".cpg"] or b"").decode("ascii", "replace").strip().lower()
    encoding = _ENCODINGS.get(given, given or "utf-8")
    streams = {part[1:]: io.BytesIO(data) for part in (".shp", ".shx", ".dbf") if (data := held[part]) is not None}
    try:
        with shapefile.Reader(**streams, encoding=encoding) as reader:
            for found in reader.iterShapeRecords():
                budget.take_feature()
                properties = short_properties(_plain(found.record.as_dict()), budget.text_length)
                feature = RawFeature(stem.rpartition("/")[2][:200], name_of(properties), properties, None, crs)
                _place(feature, found.shape, budget)
                yield feature
    except (UnicodeDecodeError, LookupError) as error:
        raise InvalidInput(
            "The texts of “%(name)s” are not in the encoding that it names. Export it in UTF-8, or as GeoPackage.",
            name=name[:100],
        ) from error
    except (shapefile.ShapefileException, ValueError, IndexError, KeyError, TypeError, OSError) as error:
        raise damaged(str(error)) from error


def _part(archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], name: str) -> bytes | None:
    info = next((parts[each] for each in parts if each.lower() == name.lower()), None)
    return None if info is None else archive.read(info)


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value.isoformat() if isinstance(value, dt.date) else value for key, value in record.items()}


def _place(feature: RawFeature, shape: Any, budget: Budget) -> None:
    if shape.shapeType == shapefile.NULL:
        feature.problem = "It has no geometry."
        return
    budget.take_vertices(len(shape.points))
    made = shapely.from_geojson(json.dumps(shape.__geo_interface__))
    feature.geometry = shapely.force_2d(made)


def _system(projection: bytes | None, name: str) -> str:
    """Give the EPSG code of a projection's text; without a text the coordinates are degrees, or nobody can tell."""
    if projection is None:
        return WGS84
    try:
        found = pyproj.CRS.from_wkt(projection.decode("utf-8", "replace"))
    except pyproj.exceptions.CRSError as error:
        raise damaged(f"the system of {name} cannot be read") from error
    code = found.to_epsg(min_confidence=60)
    if code is None:
        raise InvalidInput(
            "“%(name)s” is in a coordinate system (%(srs)s) that has no EPSG code. Export it in EPSG:4326 (WGS 84) or "
            "in a VN-2000 grid with its EPSG code, such as EPSG:5899.",
            name=name[:100],
            srs=found.name[:60],
        )
    return f"EPSG:{code}"
