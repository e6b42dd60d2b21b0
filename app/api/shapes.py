"""Geometries in filters: GeoJSON or a box as CQL2 JSON has them, turned to longitude and latitude and checked."""

from __future__ import annotations

import json
from typing import Any

import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput
from app.core.text import excerpt
from app.http.parameters import check_choice

# How deep a type's positions are nested (RFC 7946, 3.1).
_DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}
# The reference systems a filter's geometries may be in, and whether latitude comes first in them.
FILTER_CRS = {
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84": False,
    "http://www.opengis.net/def/crs/EPSG/0/4326": True,
}


def check_filter_crs(name: str) -> str:
    """Give the reference system of a filter's geometries if it is one that is read; raises `InvalidInput` else."""
    return check_choice("filter-crs", name, FILTER_CRS)


def is_shape(node: Any) -> bool:
    """Tell whether an argument is a geometry, right or wrong."""
    return isinstance(node, dict) and ("bbox" in node or ("type" in node and "op" not in node))


def read_shapes(node: dict[str, Any], crs: str) -> list[BaseGeometry]:
    """Read a geometry in one of `FILTER_CRS`: one shape, or those of a collection; raises `InvalidInput`.

    Heights are left out. A box whose first longitude exceeds the second crosses the antimeridian.
    """
    if "bbox" in node:
        return [_read_box(node["bbox"], is_latitude_first=FILTER_CRS[crs])]
    if node.get("type") == "GeometryCollection":
        parts = node.get("geometries")
        if not isinstance(parts, list) or not parts or any(not isinstance(part, dict) for part in parts):
            raise _no_shape(node)
        return [_read_one(part, is_latitude_first=FILTER_CRS[crs]) for part in parts]
    return [_read_one(node, is_latitude_first=FILTER_CRS[crs])]


def _read_one(node: dict[str, Any], *, is_latitude_first: bool) -> BaseGeometry:
    depth = _DEPTHS.get(str(node.get("type")))
    coordinates = node.get("coordinates")
    if depth is None or not _are_positions(coordinates, depth):
        raise _no_shape(node)
    try:
        shape = shapely.force_2d(shapely.from_geojson(json.dumps({"type": node["type"], "coordinates": coordinates})))
    except shapely.errors.ShapelyError as error:
        raise _no_shape(node) from error
    if is_latitude_first:
        shape = shapely.transform(shape, lambda places: places[:, ::-1])
    _check_degrees(shape)
    if not shape.is_valid:
        raise InvalidInput(
            "filter: the geometry “%(value)s” crosses itself or does not close (%(reason)s); mend it.",
            field="filter",
            value=excerpt(shape.wkt),
            reason=shapely.is_valid_reason(shape),
        )
    return shape


def _are_positions(found: Any, depth: int) -> bool:
    if not isinstance(found, list) or not found:
        return False
    if depth:
        return all(_are_positions(part, depth - 1) for part in found)
    return len(found) in (2, 3) and all(map(_is_number, found))


def _is_number(found: Any) -> bool:
    return isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < 1e9


def _read_box(sides: Any, *, is_latitude_first: bool) -> BaseGeometry:
    if not isinstance(sides, list) or len(sides) not in (4, 6) or not all(map(_is_number, sides)):
        raise _no_shape({"bbox": sides})
    low, high = sides[:2], sides[len(sides) // 2 :][:2]
    west, south, east, north = [*low[::-1], *high[::-1]] if is_latitude_first else [*low, *high]
    if south > north:
        raise _no_shape({"bbox": sides})
    box = _box(west, south, east, north)
    if west > east:
        box = shapely.union_all([_box(west, south, 180.0, north), _box(-180.0, south, east, north)])
    _check_degrees(box)
    return box


def _box(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Make a box; one without an area is a line or a point, as the relations want it."""
    if west == east or south == north:
        return Point(west, south) if (west, south) == (east, north) else LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def _check_degrees(shape: BaseGeometry) -> None:
    west, south, east, north = shape.bounds
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise InvalidInput(
            "filter: the geometry “%(value)s” lies outside the Earth's degrees; longitude comes first, unless "
            "filter-crs says otherwise.",
            field="filter",
            value=excerpt(shape.wkt),
        )


def _no_shape(node: dict[str, Any]) -> InvalidInput:
    return InvalidInput(
        "filter: “%(value)s” is no geometry; write POINT(108.3 15.9), POLYGON((…)) or BBOX(108, 15, 109, 16), or "
        "GeoJSON with filter-lang=cql2-json.",
        field="filter",
        value=excerpt(json.dumps(node, ensure_ascii=False)),
    )
