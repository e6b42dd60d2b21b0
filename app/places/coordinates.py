"""Coordinates as people enter them, in degrees or in metres on a VN-2000 grid, read into WGS 84 and checked."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput
from app.core.text import excerpt
from app.places.markers import split_marker
from app.places.pairs import Pair, read_pairs
from app.places.validity import refuse_invalid

WGS84 = "EPSG:4326"
WAS_SWAPPED = "The two values were read in the other order: as written they lie outside the area of the register."

VN2000 = 4756  # its geographic system, EPSG
_LONGEST_PAIR = 200
_LONGEST_GEOMETRY = 2_000_000
_DEEPEST = 12
_MOST_CORNERS = 5_000


@dataclass(frozen=True, slots=True)
class Box:
    """A box of longitudes and latitudes, degrees WGS 84, sides included, in which a typed coordinate is believed."""

    west: float
    south: float
    east: float
    north: float

    def contains(self, lon: float, lat: float) -> bool:
        """Say whether a place lies in the box; a value that is no number does not."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box: longitude, latitude."""
        return (self.west + self.east) / 2, (self.south + self.north) / 2


@dataclass(frozen=True, slots=True)
class Entered:
    """A place as it was entered, and where that is.

    `text` is kept untouched, `crs` is its EPSG code, `lon` and `lat` are degrees WGS 84 rounded to 1e-9 (0.1 mm).
    `is_swapped` says that the values made sense in the other order only; `notes` are sentences for whoever entered it.
    """

    text: str
    crs: str
    lon: float
    lat: float
    is_swapped: bool
    notes: tuple[str, ...]


class GridPoint(NamedTuple):
    """A place on a grid, metres rounded to 0.1 mm; Vietnamese sheets call `north_m` X and `east_m` Y."""

    east_m: float
    north_m: float


class Placed(NamedTuple):
    """A shape in WGS 84, longitude first; `is_swapped` says that the values made sense in the other order only."""

    geometry: BaseGeometry
    is_swapped: bool


class Marker(NamedTuple):
    """A boundary marker: its name and note as written, and its place in degrees WGS 84."""

    name: str
    lon: float
    lat: float
    note: str
    is_swapped: bool


class _System(NamedTuple):
    code: str
    is_geographic: bool
    to_wgs84: pyproj.Transformer
    from_wgs84: pyproj.Transformer


def parse_coordinates(text: str, crs: str, *, plausible: Box, grid: str = "EPSG:5899") -> Entered:
    """Read a place as people write it.

    Degrees (`crs` EPSG:4326 or EPSG:4756): `15.8774, 108.3288`, latitude first; `15,8774 108,3288`;
    `15°52'37.5"N 108°19'33.8"E`, with any sort of prime. Metres (`crs` a projected VN-2000 or WGS 84 zone):
    `1756063.592 561494.291`, north first as on Vietnamese sheets, or with `X=` (north) and `Y=` (east), or `N` and `E`;
    thousands set off by blanks, dots or commas where only one reading lies in the box. Words may stand before or after
    their values: N, B, Bắc north; E, Đ, Đông east; S, Nam south; W, T, Tây west; the letter N is never Nam.

    Values that lie in `plausible` in the other order only are taken in that order, with `is_swapped` and a note. `grid`
    is named to whoever entered metres as degrees. Raises `InvalidInput`, naming the value and how to mend it, for text
    that is no pair, has more than one reading, lies outside `plausible` in both orders, or belongs to another system.
    """
    system = _system(crs)
    if len(text) > _LONGEST_PAIR:
        raise _unreadable(text, system, plausible)
    pairs = read_pairs(text, is_geographic=system.is_geographic)
    found = {place: pair for pair in pairs if (place := _place(pair, system, plausible))}
    if len(found) == 1:
        ((lon, lat, is_swapped),) = found
        return Entered(text, system.code, lon, lat, is_swapped, (WAS_SWAPPED,) if is_swapped else ())
    if found:
        raise InvalidInput(
            "“%(value)s” can be read in more than one way. Write a decimal point and no marks between thousands.",
            value=excerpt(text),
        )
    _refuse_other_system(text, system, grid)
    if not pairs:
        raise _unreadable(text, system, plausible)
    raise _outside(text, pairs[0], system, plausible)


def to_grid(lon: float, lat: float, crs: str) -> GridPoint:
    """Give the place of a WGS 84 longitude and latitude (degrees) on the grid of `crs`, in metres.

    Raises `InvalidInput` when `crs` is no projected system that is read here, or the grid does not reach the place.
    """
    system = _system(crs)
    if system.is_geographic:
        raise _not_a_system(crs)
    east, north = system.from_wgs84.transform(lon, lat)
    if not (math.isfinite(east) and math.isfinite(north)):
        raise InvalidInput(
            "%(value)s has no place on the grid %(crs)s. Choose another grid.", value=f"{lat}, {lon}", crs=system.code
        )
    return GridPoint(round(east, 4), round(north, 4))


def parse_geometry(text: str, crs: str, plausible: Box) -> BaseGeometry:
    """Read a point, line or polygon (or several of one sort) into WGS 84, longitude first.

    `text` is WKT or GeoJSON with coordinates of `crs`, x (east) before y; or the corners of one polygon, a line each,
    as `read_markers` reads them; the first corner need not come again. Heights are dropped, shells run anticlockwise
    (RFC 7946, 3.1.6). Coordinates that lie in `plausible` only when all are exchanged are exchanged. Raises
    `InvalidInput` for text that cannot be read, for a polygon that crosses or touches itself (`place` says where, as
    `say_place` writes it, `lon` and `lat` in degrees), and for what does not lie in `plausible` as a whole.
    """
    return _read_shape(text, crs, plausible).geometry


def read_place(text: str, crs: str, *, plausible: Box, grid: str = "EPSG:5899") -> Placed:
    """Read what the field of a location or boundary holds: one pair of values is a point, else `parse_geometry`.

    Raises `InvalidInput` as `parse_coordinates` and `parse_geometry` do.
    """
    bare = text.strip()
    if _ONE_PAIR.fullmatch(bare):
        place = parse_coordinates(bare, crs, plausible=plausible, grid=grid)
        return Placed(shapely.Point(place.lon, place.lat), place.is_swapped)
    return _read_shape(text, crs, plausible)


def read_markers(text: str, crs: str, plausible: Box) -> list[Marker]:
    """Read boundary markers, a line each: a name if you like, the two values, a note after `#` or in a fourth cell.

    The values are read as `parse_coordinates` reads them, all in the same order. Raises `InvalidInput`, with the number
    of the line in `line` where it is one line's fault.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(lines) > _MOST_CORNERS:
        raise _too_large(text)
    markers = []
    for number, line in lines:
        name, values, note = split_marker(line)
        try:
            place = parse_coordinates(values, crs, plausible=plausible)
        except InvalidInput as error:
            raise InvalidInput(error.message, **{**error.params, "line": number}) from error
        markers.append(Marker(name, place.lon, place.lat, note, place.is_swapped))
    if len({marker.is_swapped for marker in markers}) > 1:
        raise InvalidInput(
            "The corners do not all have their values in the same order. Write X (north) before Y (east)."
        )
    return markers


def is_geographic(crs: str) -> bool:
    """Tell whether a system counts degrees; raises `InvalidInput` for one that is not read here."""
    return _system(crs).is_geographic


def in_system(shape: BaseGeometry, crs: str) -> BaseGeometry:
    """Give a shape of WGS 84 in the coordinates of `crs`, x (east, longitude) before y."""
    system = _system(crs)
    # Any: the stubs of shapely know only functions of one array.
    move: Any = system.from_wgs84.transform
    return shape if system.code == WGS84 else shapely.transform(shape, move, interleaved=False)


def say_place(x: float, y: float, crs: str) -> str:
    """Write a place of `crs` as people here do: latitude, longitude; or X (north) and Y (east) in metres."""
    return f"{y:.6f}, {x:.6f}" if is_geographic(crs) else f"X={y:.2f} Y={x:.2f}"


def _read_shape(text: str, crs: str, plausible: Box) -> Placed:
    system = _system(crs)
    if len(text) > _LONGEST_GEOMETRY or _depth(text) > _DEEPEST:
        raise _too_large(text)
    if _FORMAL.match(text.lstrip()):
        shape = _formal(text)
        refuse_invalid(shape, lambda x, y: say_place(x, y, system.code), system.to_wgs84.transform)
        placed = _placed(shape, system, plausible)
    else:
        placed = _polygon(text, system.code, plausible)
    refuse_invalid(placed.geometry, lambda lon, lat: say_place(*system.from_wgs84.transform(lon, lat), crs=system.code))
    return Placed(shapely.orient_polygons(placed.geometry), placed.is_swapped)


@lru_cache(maxsize=32)
def _system(crs: str) -> _System:
    # Always by EPSG code: operation 6960 is good to a metre, the towgs84 strings that go about are 0.6 to 225 m off.
    # One Transformer serves all threads (since pyproj 3.1).
    code = crs.strip().upper()
    if not _CODE.fullmatch(code):
        raise _not_a_system(crs)
    try:
        found = pyproj.CRS.from_user_input(code)
    except pyproj.exceptions.CRSError as error:
        raise _not_a_system(crs) from error
    base = found.geodetic_crs.to_epsg() if found.geodetic_crs else None
    is_plane = found.is_projected and {axis.unit_name for axis in found.axis_info} == {"metre"}
    if base not in (4326, VN2000) or not (found.is_geographic or is_plane):
        raise _not_a_system(crs)
    to_wgs84 = pyproj.Transformer.from_crs(found, WGS84, always_xy=True)
    from_wgs84 = pyproj.Transformer.from_crs(WGS84, found, always_xy=True)
    return _System(code, found.is_geographic, to_wgs84, from_wgs84)


def _place(pair: Pair, system: _System, plausible: Box) -> tuple[float, float, bool] | None:
    """Give longitude, latitude and whether the pair had to be swapped; None when neither order lies in the box."""
    for is_swapped, (north, east) in ((False, pair), (True, reversed(pair))):
        lon, lat = system.to_wgs84.transform(east, north)
        if plausible.contains(lon, lat):
            return round(lon, 9), round(lat, 9), is_swapped
    return None


_CODE = re.compile(r"EPSG:\d{4,6}")
# A line of numbers and letters: no WKT, no GeoJSON, no list of corners.
_ONE_PAIR = re.compile(r"[^\n{(]+")
# Patterns that meet text of any length have no two neighbours that can share characters: those take quadratic time.
_FORMAL = re.compile(r"\{|SRID\b|[A-Z]+\s{0,9}(?:Z?M?\s{0,9})(?:\(|EMPTY\b)", re.IGNORECASE)
_ABSURD = re.compile(r"\d{40}|[eE]\+?\d{3}")
_KINDS = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}


def _depth(text: str) -> int:
    """Count how deep brackets nest: GEOS recurses, and some 10,000 open ones end the whole process."""
    steps = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
    return max(itertools.accumulate(steps.get(character, 0) for character in text), default=0)


def _formal(text: str) -> BaseGeometry:
    read = shapely.from_geojson if text.lstrip().startswith("{") else shapely.from_wkt
    try:
        # shapely warns, rather than fails, at a number that a float cannot hold.
        shape = None if _ABSURD.search(text) else read(text)
    except (shapely.errors.ShapelyError, NotImplementedError):
        shape = None
    if shape is None:
        raise InvalidInput(
            "“%(value)s” is neither WKT nor GeoJSON that can be read. Write for example POINT (east north), "
            "and close every ring with its first corner.",
            value=excerpt(text),
        )
    if shape.geom_type not in _KINDS or any(part.is_empty for part in shapely.get_parts(shape)) or shape.is_empty:
        raise InvalidInput(
            "“%(value)s” is not a point, a line or a polygon. Send one of these, or several of one sort.",
            value=excerpt(text),
        )
    return shapely.force_2d(shape)


def _polygon(text: str, crs: str, plausible: Box) -> Placed:
    markers = read_markers(text, crs, plausible)
    if len({(marker.lon, marker.lat) for marker in markers}) < 3:
        raise InvalidInput(
            "“%(value)s” has fewer than three different corners. Write at least three, a line each.",
            value=excerpt(text),
        )
    return Placed(shapely.Polygon([(marker.lon, marker.lat) for marker in markers]), markers[0].is_swapped)


def _placed(shape: BaseGeometry, system: _System, plausible: Box) -> Placed:
    transform = system.to_wgs84.transform
    # Any: the stubs of shapely know only functions of one array.
    moves: tuple[Any, ...] = (transform, lambda east, north: transform(north, east))
    for is_swapped, move in enumerate(moves):
        placed = shapely.transform(shape, move, interleaved=False)
        west, south, east, north = placed.bounds
        if plausible.contains(west, south) and plausible.contains(east, north):
            return Placed(placed, bool(is_swapped))
    east, north = shapely.get_coordinates(shape)[0].tolist()
    raise _outside(f"{east} {north}", Pair(north, east), system, plausible)


def _too_large(text: str) -> InvalidInput:
    return InvalidInput("“%(value)s” is too large for a geometry. Import it as a file.", value=excerpt(text))


def _not_a_system(crs: str) -> InvalidInput:
    return InvalidInput(
        "“%(value)s” is not a coordinate system that is read here. Write EPSG:4326 (degrees, WGS 84), EPSG:4756 "
        "(degrees, VN-2000) or the code of a VN-2000 or UTM grid, such as EPSG:5899.",
        value=excerpt(crs),
    )


def _refuse_other_system(text: str, system: _System, grid: str) -> None:
    pairs = read_pairs(text, is_geographic=not system.is_geographic)
    if system.is_geographic and any(min(pair) > 100_000 for pair in pairs):
        raise InvalidInput(
            "“%(value)s” is in metres, not in degrees. Choose the grid of the sheet, such as %(grid)s.",
            value=excerpt(text),
            grid=grid,
        )
    if not system.is_geographic and any(max(pair) <= 360 for pair in pairs):
        raise InvalidInput(
            "“%(value)s” is in degrees, not in metres. Choose degrees as coordinate system, such as %(grid)s.",
            value=excerpt(text),
            grid=WGS84,
        )


def _example(system: _System, plausible: Box) -> str:
    lon, lat = plausible.centre
    if system.is_geographic:
        return f"{lat:.6f}, {lon:.6f}"
    east, north = system.from_wgs84.transform(lon, lat)
    return f"X={north:.3f} Y={east:.3f}"


def _unreadable(text: str, system: _System, plausible: Box) -> InvalidInput:
    return InvalidInput(
        "“%(value)s” cannot be read as a place in %(crs)s. Write it like %(example)s.",
        value=excerpt(text),
        crs=system.code,
        example=_example(system, plausible),
    )


def _outside(text: str, pair: Pair, system: _System, plausible: Box) -> InvalidInput:
    readings = []
    for north, east in (pair, reversed(pair)):
        lon, lat = system.to_wgs84.transform(east, north)
        is_place = abs(lat) <= 90 and abs(lon) <= 360
        readings.append(f"{lat:.5f}, {lon:.5f}" if is_place else "—")
    return InvalidInput(
        "“%(value)s” lies outside the area of the register: as written at latitude, longitude %(direct)s; with its "
        "values exchanged at %(swapped)s. Check the digits and the coordinate system (%(crs)s). "
        "A place here is %(example)s.",
        value=excerpt(text),
        direct=readings[0],
        swapped=readings[1],
        crs=system.code,
        example=_example(system, plausible),
    )


def transformer_to_wgs84(crs: str) -> pyproj.Transformer:
    """Give what turns x (east, longitude) and y of `crs` into longitude and latitude, degrees WGS 84.

    Raises `InvalidInput` when `crs` is no system that is read here.
    """
    return _system(crs).to_wgs84
