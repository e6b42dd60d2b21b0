"""Coordinate systems that both APIs speak: geometries written in them, in the order of their axes, and read back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyproj
import shapely
from flask import Response, request
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput
from app.http.answers import CRS84
from app.http.openapi import query_parameter
from app.http.parameters import parse_bbox, parse_numbers
from app.http.settings import current_settings

_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_WGS84 = "EPSG:4326"
_LONLAT = "OGC:CRS84"


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system: its address, the EPSG code under which what is entered is kept, its axes.

    `is_turned` says that its first axis points north (EPSG:4326), as OGC 18-058r1 has it written.
    """

    uri: str
    code: str
    is_turned: bool
    is_geographic: bool

    @property
    def tolerance(self) -> float:
        """Within how much of its unit two places are the same: a client that writes six decimals changes nothing."""
        return 6e-7 if self.is_geographic else 0.06

    @property
    def decimals(self) -> int:
        """How many decimals are written: a tenth of a millimetre."""
        return 9 if self.is_geographic else 4


@lru_cache
def _system(code: str) -> System:
    if code == _LONLAT:
        return System(CRS84, _WGS84, is_turned=False, is_geographic=True)
    found = pyproj.CRS.from_user_input(code)
    return System(
        _EPSG + code.removeprefix("EPSG:"),
        code,
        is_turned=found.axis_info[0].direction == "north",
        is_geographic=found.is_geographic,
    )


def systems() -> dict[str, System]:
    """Give the systems by address: longitude and latitude first, as everywhere without `crs`."""
    codes = dict.fromkeys((_LONLAT, _WGS84, "EPSG:3857", current_settings().grid))
    return {found.uri: found for found in map(_system, codes)}


def read_system(name: str, text: str | None) -> System:
    """Read a system's address, that of CRS84 if there is none; raises `InvalidInput` naming those there are."""
    known = systems()
    if not text:
        return known[CRS84]
    found = known.get(text) or next((system for system in known.values() if system.code == text.upper()), None)
    if found is None:
        raise InvalidInput(
            "%(field)s: there is no “%(value)s”; there are: %(choices)s.",
            field=name,
            value=text[:80],
            choices=", ".join(known),
        )
    return found


def content_system() -> System:
    """Give the system of the request's geometry: the header `Content-Crs` (OGC 20-002, 6.4), else CRS84."""
    return read_system("Content-Crs", request.headers.get("Content-Crs", "").strip().strip("<>"))


@lru_cache
def _transform(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def project(shape: BaseGeometry, system: System) -> BaseGeometry:
    """Give a shape of WGS 84 (lon, lat) in a system, x before y."""
    if system.code == _WGS84:
        return shape
    transform: Any = _transform(_WGS84, system.code).transform
    return shapely.transform(shape, transform, interleaved=False)


def write_geometry(shape: BaseGeometry | None, system: System) -> Mapping[str, Any] | None:
    """Write a shape of WGS 84 as GeoJSON in a system, in the order of its axes."""
    return write_geometries([shape], system)[0]


def write_geometries(shapes: Sequence[BaseGeometry | None], system: System) -> list[Mapping[str, Any] | None]:
    """Write shapes of WGS 84 as GeoJSON in a system, all at once; None for none, and where the system does not reach.

    The coordinates stand in the order of the system's axes (OGC 18-058r1, /req/crs/geojson).
    """

    def move(x: Any, y: Any) -> tuple[Any, Any]:
        if system.code != _WGS84:
            x, y = _transform(_WGS84, system.code).transform(x, y)
        x, y = x.round(system.decimals), y.round(system.decimals)
        return (y, x) if system.is_turned else (x, y)

    # Any: the stubs of shapely know only functions of one array.
    transform: Any = move
    placed: Any = shapely.transform(list(shapes), transform, interleaved=False)
    return [
        shapely.geometry.mapping(shape) if shape is not None and all(map(math.isfinite, shape.bounds)) else None
        for shape in placed
    ]


def turn(shape: BaseGeometry, system: System) -> BaseGeometry:
    """Give a shape whose coordinates stand in the order of the system's axes with x before y."""
    if not system.is_turned:
        return shape
    exchange: Any = lambda first, second: (second, first)  # noqa: E731 (shapely hands over arrays)
    return shapely.transform(shape, exchange, interleaved=False)


def read_box(text: str, system: System) -> BaseGeometry:
    """Read `bbox` in a system (OGC 18-058r1, 6.4) as a shape of WGS 84; raises `InvalidInput`."""
    if system.code == _WGS84:
        boxes = parse_bbox(text, is_latitude_first=system.is_turned)
        return shapely.union_all([shapely.box(*box) for box in boxes])
    wrong = InvalidInput(
        "%(field)s: “%(value)s” is not of the form %(example)s.",
        field="bbox",
        value=text[:80],
        example="min1,min2,max1,max2",
    )
    numbers = parse_numbers(text)
    # Nothing on the Earth has greater coordinates in any system.
    if len(numbers) not in (4, 6) or not all(abs(number) < 1e8 for number in numbers):
        raise wrong
    first, second, third, fourth = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    if first > third or second > fourth:
        raise wrong
    box = turn(shapely.box(first, second, third, fourth), system)
    transform: Any = _transform(system.code, _WGS84).transform
    found = shapely.transform(shapely.segmentize(box, max(box.length / 40, 1e-9)), transform, interleaved=False)
    if not all(abs(bound) <= 180 for bound in found.bounds) or not found.is_valid:
        raise wrong
    return found


def say_system(response: Response, system: System) -> Response:
    """Name the system of an answer's geometries in its head (OGC 18-058r1, /req/crs/ogc-crs-header)."""
    response.headers["Content-Crs"] = f"<{system.uri}>"
    return response


def crs_parameters() -> tuple[dict[str, Any], dict[str, Any]]:
    """Describe `bbox-crs` and `crs` in OpenAPI (OGC 18-058r1, /req/crs/fc-bbox-crs-definition, fc-crs-definition)."""
    addresses = {"type": "string", "format": "uri", "enum": list(systems()), "default": CRS84}
    return (
        query_parameter("bbox-crs", "In which system the box is given, in the order of its axes.", addresses),
        query_parameter("crs", "In which system geometries are answered, in the order of its axes.", addresses),
    )
