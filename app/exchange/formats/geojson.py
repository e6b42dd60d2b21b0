"""GeoJSON (RFC 7946), and the member `crs` of its forerunner of 2008."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput
from app.exchange.formats.raw import WGS84, Budget, RawFeature, damaged, make_shape, name_of, short_properties

_CRS = re.compile(r"(?:urn:ogc:def:crs:)?EPSG:(?:[\d.]*:)?(\d{4,6})", re.IGNORECASE)
_CRS84 = re.compile(r"(?:urn:ogc:def:crs:)?OGC:(?:[\d.]*:)?CRS84", re.IGNORECASE)
_NESTING = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}


def read(data: bytes, budget: Budget) -> Iterator[RawFeature]:
    """Read the features of a FeatureCollection, a Feature, or a bare geometry."""
    # Each position has a bracket, and there are at most as many others: too many need not be read first.
    budget.foresee_vertices(data.count(b"[") // 2)
    try:
        root = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise damaged("it is not in UTF-8") from error
    except RecursionError as error:
        raise damaged("it nests too deep") from error
    except ValueError as error:
        raise damaged(str(error)) from error
    if not isinstance(root, dict):
        raise damaged("it is not a JSON object")
    crs = _crs(root)
    kind = root.get("type")
    if kind == "FeatureCollection":
        rows = root.get("features")
    elif kind == "Feature":
        rows = [root]
    else:
        rows = [{"type": "Feature", "geometry": root}]
    if not isinstance(rows, list):
        raise damaged("it has no list of features")
    for row in rows:
        budget.take_feature()
        yield _feature(row, str(root.get("name") or ""), crs, budget)


def _refuse_constant(name: str) -> float:
    raise damaged(f"{name} is no number of JSON")


def _crs(root: dict[str, Any]) -> str:
    given = root.get("crs")
    if given is None:
        return WGS84
    properties = given.get("properties") if isinstance(given, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if isinstance(name, str) and _CRS84.fullmatch(name):
        return WGS84
    found = _CRS.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise InvalidInput(
            "“%(file)s” is in a coordinate system that it does not name by an EPSG code. "
            "Export it in EPSG:4326 (WGS 84) or in a VN-2000 grid with its EPSG code."
        )
    return f"EPSG:{found[1]}"


def _feature(row: Any, layer: str, crs: str, budget: Budget) -> RawFeature:
    if not isinstance(row, dict) or row.get("type") != "Feature":
        raise damaged("something in its list is no feature")
    given = row.get("properties")
    properties = short_properties(given if isinstance(given, dict) else {}, budget.text_length)
    feature = RawFeature(layer, name_of(properties), properties, None, crs)
    if row.get("geometry") is None:
        feature.problem = "It has no geometry."
        return feature
    feature.geometry = _geometry(row["geometry"], budget, 1)
    if feature.geometry is None:
        feature.problem = "Its geometry has too few points, or something in it is no number."
    return feature


def _geometry(given: Any, budget: Budget, depth: int) -> BaseGeometry | None:
    budget.check_depth(depth)
    if not isinstance(given, dict):
        raise damaged("a geometry is no object")
    kind = given.get("type")
    if kind == "GeometryCollection":
        members = given.get("geometries")
        if not isinstance(members, list):
            raise damaged("a collection has no geometries")
        shapes = [_geometry(member, budget, depth + 1) for member in members]
        return shapely.GeometryCollection([shape for shape in shapes if shape is not None])
    if kind not in _NESTING:
        raise damaged(f"{kind!r} is no geometry")
    coordinates = _positions(given.get("coordinates"), _NESTING[kind], budget)
    return None if coordinates is None else make_shape(kind, coordinates)


def _positions(given: Any, nesting: int, budget: Budget) -> Any:
    """Copy coordinates, each position as two numbers; None where something is not as it must be."""
    if not isinstance(given, list) or not given:
        return None
    if nesting > 1:
        parts = [_positions(part, nesting - 1, budget) for part in given]
        return None if any(part is None for part in parts) else parts
    positions = given if nesting else [given]
    budget.take_vertices(len(positions))
    try:
        plane = [(float(position[0]), float(position[1])) for position in positions]
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        return None
    return plane if nesting else plane[0]
