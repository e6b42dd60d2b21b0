"""The process that reads geodata: sealed off, then the file's format by its content, then each feature placed."""

from __future__ import annotations

import gc
import io
import json
import math
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput
from app.core.sealed import answer, seal
from app.exchange.formats import geojson, geopackage, gpx, kml, shapefiles
from app.exchange.formats.markup import elements
from app.exchange.formats.raw import KINDS, Budget, RawFeature, damaged
from app.places.coordinates import WAS_SWAPPED, Box, transformer_to_wgs84

_KINDS = {*KINDS, "GeometryCollection"}
_SIZE_UNCHECKED = 1_000_000
_UNPACKING = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)
_REASON = re.compile(r"(?P<what>[^\[]+)\[(?P<x>[-\d.e+]+) (?P<y>[-\d.e+]+)")
# GEOS's reasons → our sentences; any other is told as it is.
_REASONS = {
    "Self-intersection": "Its boundary crosses itself at %(place)s. Move the corners so that it does not.",
    "Ring Self-intersection": "Its boundary touches itself at %(place)s. Move the corners so that it does not.",
    "Hole lies outside shell": "A hole lies outside its polygon at %(place)s. Move it inside, or delete it.",
    "Holes are nested": "A hole lies in another at %(place)s. Delete one of them.",
    "Nested shells": "A polygon lies in another of the same feature at %(place)s. Delete one, or make it a hole.",
    "Interior is disconnected": "Holes cut the polygon in two at %(place)s. Draw two polygons instead.",
    "Too few points in geometry component": "A ring or line has too few points at %(place)s.",
    "Duplicate Rings": "The same ring stands twice at %(place)s. Delete one.",
}


def main(arguments: Sequence[str]) -> None:
    """Read the file that the first argument names, as the second (JSON) tells; write the answer to standard output.

    The answer is `{"format", "features", "notes"}`, geometries as WKB in hexadecimal, or for a file that is not to be
    read `{"refused", "params"}`.
    """
    path, asked = Path(arguments[0]), json.loads(arguments[1])
    limits = asked["limits"]
    # What is read stays to the end; looking for what could go would take most of the time.
    gc.disable()
    seal(asked["bounds"], asked["parent"])
    try:
        found = _read(path, limits, Box(*asked["box"]))
    except InvalidInput as error:
        found = {"refused": error.message, "params": error.params}
    except (MemoryError, RecursionError):
        sys.exit(1)
    answer(found)


def _read(path: Path, limits: dict[str, Any], box: Box) -> dict[str, Any]:
    budget = Budget(limits["features"], limits["vertices"], limits["depth"], limits["text_length"])
    format_, raw = _open(path, limits, budget)
    features = [_place(number, feature, box) for number, feature in enumerate(raw, start=1)]
    if not features:
        raise InvalidInput("“%(file)s” holds no feature. Export one that has points, lines or polygons.")
    notes = [{"message": note, "params": {}} for note in budget.notes]
    return {"format": format_, "features": features, "notes": notes}


def _open(path: Path, limits: dict[str, Any], budget: Budget) -> tuple[str, Iterator[RawFeature]]:
    """Find out a file's format from its first bytes, and begin to read it."""
    with path.open("rb") as file:
        head = file.read(100)
    if head.startswith(b"SQLite format 3\x00"):
        if head[68:72] not in geopackage.APPLICATION_IDS:
            raise InvalidInput("“%(file)s” is an SQLite database, but no GeoPackage. Export it as GeoPackage.")
        return "gpkg", geopackage.read(path, budget)
    data = path.read_bytes()
    if head.startswith(b"PK\x03\x04"):
        return _packed(data, limits, budget)
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return "geojson", geojson.read(data, budget)
    if start.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\x00<")):
        return _markup(data, budget)
    raise InvalidInput(
        "“%(file)s” is none of GeoJSON, KML, KMZ, GPX, GeoPackage and Shapefile (ZIP). "
        "Export it as one of these; GeoPackage keeps VN-2000."
    )


def _packed(data: bytes, limits: dict[str, Any], budget: Budget) -> tuple[str, Iterator[RawFeature]]:
    """Read what a ZIP archive holds: shapefiles where it has any, else KML."""
    if b".shp" in data.lower():
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
            if any(name.lower().endswith(".shp") for name in archive.namelist()):
                return "shp", _unpacking(shapefiles.read(archive, limits["file_bytes"] * 10, budget))
        except _UNPACKING as error:
            raise damaged(str(error)) from error
    return "kmz", kml.read(_unzip(data, limits), budget)


def _unpacking(features: Iterator[RawFeature]) -> Iterator[RawFeature]:
    """Give features from an archive, which may prove to be damaged on the way."""
    try:
        yield from features
    except _UNPACKING as error:
        raise damaged(str(error)) from error


def _markup(data: bytes, budget: Budget) -> tuple[str, Iterator[RawFeature]]:
    _, root, _ = next(elements(data, Budget(0, 0, budget.depth)))
    if root == "kml":
        return "kml", kml.read(data, budget)
    if root == "gpx":
        return "gpx", gpx.read(data, budget)
    raise InvalidInput(
        "“%(file)s” is XML, but neither KML nor GPX (it begins with <%(root)s>). Export it as one of them.",
        root=root[:60],
    )


def _unzip(data: bytes, limits: dict[str, Any]) -> bytes:
    """Give the KML document of a KMZ (OGC 12-007r2: the first .kml), unpacked no further than the limits allow."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry = next((info for info in archive.infolist() if info.filename.lower().endswith(".kml")), None)
            if entry is None:
                raise InvalidInput(
                    "“%(file)s” is a ZIP archive without KML or a shapefile. "
                    "Upload GeoJSON, KML, KMZ, GPX, GeoPackage or Shapefile."
                )
            most = limits["file_bytes"]
            is_bomb = entry.file_size > max(_SIZE_UNCHECKED, entry.compress_size * limits["zip_ratio"])
            with archive.open(entry) as packed:
                unpacked = b"" if is_bomb else packed.read(most + 1)
            if is_bomb or len(unpacked) > most:
                raise InvalidInput("What is packed in “%(file)s” is too large. Split it, or leave something out.")
            return unpacked
    except _UNPACKING as error:
        raise damaged(str(error)) from error


def _place(number: int, feature: RawFeature, box: Box) -> dict[str, Any]:
    """Turn a feature into a row of the answer, with its shape in WGS 84 and what is wrong with it."""
    row: dict[str, Any] = {
        "number": number,
        "layer": feature.layer,
        "name": feature.name,
        "properties": feature.properties,
        "geometry": None,
        "entered_text": "",
        "entered_crs": feature.crs,
        "is_swapped": False,
        "problems": [],
    }
    feature.crs = _without_heights(feature.crs)
    transformer = transformer_to_wgs84(feature.crs)
    shape = feature.geometry
    problem = feature.problem
    if shape is not None and (shape.is_empty or shape.geom_type not in _KINDS):
        problem = (
            "It has no geometry." if shape.is_empty else "Arcs and surfaces are not read. Turn it into lines first."
        )
    if shape is None or problem:
        row["problems"].append({"message": problem or "It has no geometry.", "params": {}})
        return row
    shape = shapely.force_2d(shape)
    placed, is_swapped = _in_wgs84(shape, transformer, box)
    if not all(math.isfinite(bound) for bound in placed.bounds):
        row["problems"].append({"message": "Its coordinates have no place on the Earth.", "params": {}})
        return row
    decimals = 9 if feature.crs in ("EPSG:4326", "EPSG:4756") else 4
    row["entered_text"] = shapely.to_wkt(shape, rounding_precision=decimals, trim=True)
    row["geometry"] = shapely.to_wkb(placed, hex=True)
    row["is_swapped"] = is_swapped
    row["problems"] = _problems(placed, is_swapped=is_swapped, box=box)
    return row


@lru_cache
def _without_heights(crs: str) -> str:
    """Give the code of a system's plane part, for one that counts heights as well, such as EPSG:4979."""
    try:
        found = pyproj.CRS.from_user_input(crs)
        flat = found.to_2d().to_epsg() if len(found.axis_info) == 3 and found.is_geographic else None
    except pyproj.exceptions.CRSError:
        return crs
    return f"EPSG:{flat}" if flat else crs


def _in_wgs84(shape: BaseGeometry, transformer: pyproj.Transformer, box: Box) -> tuple[BaseGeometry, bool]:
    """Place a shape as written or, where only that lies in the box, with its two values exchanged."""
    # Any: the stubs of shapely know only functions of one array.
    as_written: Any = lambda x, y: _rounded(transformer.transform(x, y))  # noqa: E731
    exchanged: Any = lambda x, y: _rounded(transformer.transform(y, x))  # noqa: E731
    placed = shapely.transform(shape, as_written, interleaved=False)
    if not _is_within(placed, box):
        other = shapely.transform(shape, exchanged, interleaved=False)
        if _is_within(other, box):
            return other, True
    return placed, False


def _rounded(places: tuple[Any, Any]) -> tuple[Any, Any]:
    return places[0].round(9), places[1].round(9)


def _is_within(shape: BaseGeometry, box: Box) -> bool:
    west, south, east, north = shape.bounds
    return box.contains(west, south) and box.contains(east, north)


def _problems(placed: BaseGeometry, *, is_swapped: bool, box: Box) -> list[dict[str, Any]]:
    """Say what a person should look at."""
    found: list[dict[str, Any]] = []
    if is_swapped:
        found.append({"message": WAS_SWAPPED, "params": {}})
    elif not _is_within(placed, box):
        found.append({"message": "It lies outside the area of the register, or partly so.", "params": {}})
    reason = shapely.is_valid_reason(placed)
    if reason != "Valid Geometry":
        match = _REASON.match(reason)
        what = (match["what"] if match else reason).strip()
        lon, lat = (float(match["x"]), float(match["y"])) if match else (None, None)
        place = f"{lat:.6f}, {lon:.6f}" if match else ""
        message = (
            _REASONS.get(what, "Its shape is not valid (%(reason)s).")
            if match
            else "Its shape is not valid (%(reason)s)."
        )
        found.append({"message": message, "params": {"place": place, "reason": what}, "lon": lon, "lat": lat})
    return found
