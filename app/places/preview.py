"""What a typed place comes to, before anything is kept: where it is in every system, how large, how precise."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import pyproj
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from app.config import Settings
from app.core.errors import InvalidInput
from app.places.coordinates import (
    VN2000,
    WGS84,
    Box,
    in_system,
    is_geographic,
    read_markers,
    read_place,
    to_grid,
)

POINT, LINE, POLYGON, ANY = "point", "line", "polygon", "any"
SORTS = {
    "Point": POINT,
    "MultiPoint": POINT,
    "LineString": LINE,
    "MultiLineString": LINE,
    "Polygon": POLYGON,
    "MultiPolygon": POLYGON,
}
_WRONG_SORT = {
    POINT: "This is a line or an area; a point is asked for here. Write one pair of coordinates.",
    LINE: "This is no line; a line is asked for here. Draw one, or write it as LINESTRING.",
    POLYGON: "This is no area; an area is asked for here. Write at least three corners, a line each.",
}
# VN-2000 in degrees, its 3° zones at 105°, 107°45′ and 108°, its 6° zones, and UTM on WGS 84: what sheets here are in.
_SYSTEMS = ("EPSG:4756", "EPSG:5899", "EPSG:5897", "EPSG:5898", "EPSG:3405", "EPSG:3406", "EPSG:32648", "EPSG:32649")
_GEOD = pyproj.Geod(ellps="WGS84")
_METRES_OF_A_DEGREE = 111_320.0
_MOST_MARKERS = 500


class Reading(NamedTuple):
    """The same place in one system: its EPSG code, how it is written (`decimal`, `dms`, `grid`), and the text."""

    crs: str
    style: str
    text: str


class System(NamedTuple):
    """A system of coordinates: its EPSG code, and its name as a sentence with its values."""

    code: str
    message: str
    params: dict[str, object]


class Row(NamedTuple):
    """A boundary marker as a table shows it: name, X (north or latitude), Y (east or longitude), note."""

    name: str
    x: str
    y: str
    note: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a text in a system comes to.

    `geometry` is in WGS 84, longitude first; `sort` is point, line or polygon. Areas are square metres and lengths
    metres (of an area: all its rings), once on the ellipsoid and once on the local grid, where sheets measure.
    `precision_m` is what one unit of the last digit typed means, of a point only. `readings` say the point (of anything
    else: a point on it) in every system; `rows` are its corners as markers when it is one area without holes.
    """

    geometry: BaseGeometry
    crs: str
    sort: str
    is_swapped: bool
    area_m2: float | None
    grid_area_m2: float | None
    length_m: float | None
    grid_length_m: float | None
    precision_m: float | None
    readings: tuple[Reading, ...]
    rows: tuple[Row, ...]

    @property
    def corners(self) -> int:
        """How many different vertices it has."""
        parts = [part for part in shapely.get_parts(self.geometry) if isinstance(part, Polygon)]
        rings = sum(1 + len(part.interiors) for part in parts)
        return int(shapely.get_num_coordinates(self.geometry)) - rings


def preview_geometry(text: str, crs: str, settings: Settings, *, allowed: str = ANY) -> Preview:
    """Read a text as a record's field would, and say what it comes to.

    `allowed` is point, line, polygon or any. Raises `InvalidInput` for what cannot be kept: text that is no place, a
    shape that is not valid (with `place`, `lon` and `lat`), another sort than allowed.
    """
    box = Box(*settings.plausible_box)
    placed = read_place(text, crs, plausible=box, grid=settings.grid)
    geometry = placed.geometry
    sort = SORTS[geometry.geom_type]
    if allowed not in (ANY, sort):
        raise InvalidInput(_WRONG_SORT.get(allowed, "“%(value)s” is no sort of shape."), value=allowed)
    on_grid = in_system(geometry, settings.grid)
    is_area, is_point = sort == POLYGON, sort == POINT
    return Preview(
        geometry=geometry,
        crs=crs.strip().upper(),
        sort=sort,
        is_swapped=placed.is_swapped,
        area_m2=geodesic_area(geometry) if is_area else None,
        grid_area_m2=float(on_grid.area) if is_area else None,
        length_m=None if is_point else float(_GEOD.geometry_length(geometry)),
        grid_length_m=None if is_point else float(on_grid.length),
        precision_m=_precision(text, crs) if geometry.geom_type == "Point" else None,
        readings=readings(geometry, settings),
        rows=_rows(text, crs, geometry, box),
    )


def geodesic_area(geometry: BaseGeometry) -> float:
    """Give an area in square metres on the ellipsoid; holes do not count."""
    return abs(float(_GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))


def readings(geometry: BaseGeometry, settings: Settings) -> tuple[Reading, ...]:
    """Say a point, or one on a shape, in decimal degrees, in degrees, minutes, seconds, and on the local grid."""
    at = geometry if isinstance(geometry, Point) else shapely.point_on_surface(geometry)
    lon, lat = shapely.get_coordinates(at)[0].tolist()
    place = to_grid(lon, lat, settings.grid)
    return (
        Reading(WGS84, "decimal", f"{lat:.7f}, {lon:.7f}"),
        Reading(WGS84, "dms", f"{_sexagesimal(lat, 'N', 'S')} {_sexagesimal(lon, 'E', 'W')}"),
        Reading(settings.grid, "grid", f"X={place.north_m:.3f} Y={place.east_m:.3f}"),
    )


def write_geometry(geometry: BaseGeometry, crs: str) -> str:
    """Write a shape of WGS 84 as text in a system, to be read again by `read_place`.

    A point is a pair; one area without holes its corners, a numbered line each; all else WKT. Degrees have 7 decimals
    (1 cm), metres 3.
    """
    shape = in_system(geometry, crs)
    if isinstance(shape, Point):
        return ", ".join(_pair(shape.x, shape.y, crs)) if is_geographic(crs) else " ".join(_pair(shape.x, shape.y, crs))
    if isinstance(shape, Polygon) and not shape.interiors:
        corners = shape.exterior.coords[:-1]
        return "\n".join(f"{n}: {' '.join(_pair(x, y, crs))}" for n, (x, y) in enumerate(corners, start=1))
    return shapely.to_wkt(shape, rounding_precision=7 if is_geographic(crs) else 3)


@lru_cache(maxsize=8)
def coordinate_systems(grid: str) -> tuple[System, ...]:
    """List the systems that a form offers: degrees first, then the local grid, then others that sheets have."""
    return tuple(_name_system(code) for code in dict.fromkeys((WGS84, grid, *_SYSTEMS)))


def _name_system(code: str) -> System:
    crs = pyproj.CRS.from_user_input(code)
    datum = "VN-2000" if crs.geodetic_crs and crs.geodetic_crs.to_epsg() == VN2000 else "WGS 84"
    if crs.is_geographic:
        return System(code, "%(datum)s: degrees (decimal, or degrees, minutes, seconds)", {"datum": datum})
    values = {p.name: float(p.value) for p in crs.coordinate_operation.params} if crs.coordinate_operation else {}
    degrees, sixtieths = divmod(round(values["Longitude of natural origin"] * 60), 60)
    width = 3 if values["Scale factor at natural origin"] > 0.9998 else 6
    params = {"datum": datum, "meridian": f"{degrees}°{sixtieths:02d}′", "width": width}
    return System(code, "%(datum)s: X, Y in metres, central meridian %(meridian)s, zone of %(width)s°", params)


def _rows(text: str, crs: str, geometry: BaseGeometry, box: Box) -> tuple[Row, ...]:
    """Give the corners as a table of markers, with the names and notes of the text, else numbered."""
    if not isinstance(geometry, Polygon) or geometry.interiors or len(geometry.exterior.coords) > _MOST_MARKERS:
        return ()
    if any(mark in text for mark in "({"):
        drawn = shapely.get_coordinates(in_system(geometry, crs))[:-1].tolist()
        places = [(str(n), x, y, "") for n, (x, y) in enumerate(drawn, start=1)]
    else:
        markers = read_markers(text, crs, box)
        line = in_system(LineString([(marker.lon, marker.lat) for marker in markers]), crs)
        corners = shapely.get_coordinates(line).tolist()
        places = [(marker.name, x, y, marker.note) for marker, (x, y) in zip(markers, corners, strict=True)]
    return tuple(Row(name, *_pair(x, y, crs), note) for name, x, y, note in places)


def _pair(x: float, y: float, crs: str) -> tuple[str, str]:
    """Write north before east, as on Vietnamese sheets."""
    return (f"{y:.7f}", f"{x:.7f}") if is_geographic(crs) else (f"{y:.3f}", f"{x:.3f}")


def _sexagesimal(degrees: float, positive: str, negative: str) -> str:
    """Write degrees, minutes and seconds; rounding never gives 60 seconds."""
    hundredths = round(abs(degrees) * 360_000)
    minutes, hundredths = divmod(hundredths, 6000)
    whole, minutes = divmod(minutes, 60)
    return f"{whole}°{minutes:02d}′{hundredths / 100:05.2f}″{positive if degrees >= 0 else negative}"


_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SECONDS = re.compile(r"\d+(?:[.,](\d+))?\s*(?:\"|″|”|''|giây)")
_MINUTES = re.compile(r"\d+(?:[.,](\d+))?\s*(?:'|′|’|phút)")


def _precision(text: str, crs: str) -> float | None:
    """Give what one unit of the last digit typed is worth, in metres; the coarser of the two values counts."""
    unit = _METRES_OF_A_DEGREE if is_geographic(crs) else 1.0
    for pattern, parts in ((_SECONDS, 3600), (_MINUTES, 60)):
        if found := pattern.findall(text):
            return unit / parts * 10.0 ** -min(len(decimals) for decimals in found)
    decimals = [_decimals(number) for number in _NUMBER.findall(text)]
    return unit * 10.0 ** -min(decimals) if decimals and math.isfinite(unit) else None


def _decimals(number: str) -> int:
    """Count the digits after the decimal mark; a mark that comes twice sets thousands apart."""
    marks = re.findall(r"[.,]", number)
    if not marks or marks.count(marks[-1]) > 1:
        return 0
    return len(re.split(r"[.,]", number)[-1])
