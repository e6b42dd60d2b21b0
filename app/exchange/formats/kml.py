"""KML 2.2 (OGC 07-147r2): placemarks with points, lines, polygons, and tracks of Google's extension."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import shapely
from shapely.geometry.base import BaseGeometry

from app.exchange.formats.markup import child_text, elements, local
from app.exchange.formats.raw import Budget, RawFeature, damaged, make_shape, short_properties

_GEOMETRIES = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack"}
# Some programs put blanks after the commas of a position.
_LOOSE_COMMA = re.compile(r",[ \t]+")

Positions = list[tuple[float, float]]


def read(data: bytes, budget: Budget) -> Iterator[RawFeature]:
    """Read the placemarks in the file's order; the layer is the innermost folder's name."""
    folders: list[str] = []
    names: list[str] = []
    in_placemark = 0
    for is_start, name, element in elements(data, budget):
        names = [*names, name] if is_start else names[:-1]
        if name in ("Folder", "Document"):
            folders = [*folders, ""] if is_start else folders[:-1]
        elif name == "Placemark":
            in_placemark += 1 if is_start else -1
        if is_start:
            continue
        if name == "name" and not in_placemark and folders and names and names[-1] in ("Folder", "Document"):
            folders[-1] = (element.text or "").strip()[:200]
        elif name == "Placemark":
            budget.take_feature()
            yield _placemark(element, folders[-1] if folders else "", budget)
        elif name == "NetworkLink":
            budget.note("Links to other files in it were not followed. Export what they show into the file itself.")
        if not in_placemark:
            element.clear()


def _placemark(element: Element, layer: str, budget: Budget) -> RawFeature:
    told = {"name": child_text(element, "name"), "description": child_text(element, "description")}
    for part in element.iter():
        if local(part) == "Data":
            told[part.attrib.get("name", "")] = child_text(part, "value")
        elif local(part) == "SimpleData":
            told[part.attrib.get("name", "")] = part.text or ""
    properties = short_properties(told, budget.text_length)
    feature = RawFeature(layer, properties.get("name", ""), properties, None)
    shapes = [child for child in element if local(child) in _GEOMETRIES]
    if not shapes:
        feature.problem = "It has no geometry."
        return feature
    try:
        feature.geometry = _geometry(shapes[0], budget)
    except (ValueError, IndexError):
        feature.geometry = None
    if feature.geometry is None:
        feature.problem = "Its geometry has too few points, or something in it is no number."
    return feature


def _geometry(element: Element, budget: Budget) -> BaseGeometry | None:
    kind = local(element)
    if kind == "Point":
        return make_shape("Point", _positions(element, budget)[0])
    if kind == "LineString":
        return make_shape("LineString", _positions(element, budget))
    if kind == "LinearRing":
        return make_shape("Polygon", [_positions(element, budget)])
    if kind == "Track":
        return make_shape("LineString", _track(element, budget))
    if kind == "Polygon":
        outer = [ring for part in element if local(part) == "outerBoundaryIs" for ring in part]
        inner = [ring for part in element if local(part) == "innerBoundaryIs" for ring in part]
        if len(outer) != 1:
            raise damaged("a polygon has not one outer boundary")
        return make_shape("Polygon", [_positions(ring, budget) for ring in (*outer, *inner)])
    parts = [_geometry(part, budget) for part in element if local(part) in _GEOMETRIES]
    shapes = [part for part in parts if part is not None]
    return _gathered(shapes) if shapes and len(shapes) == len(parts) else None


def _gathered(shapes: list[BaseGeometry]) -> BaseGeometry:
    """Make one geometry of several: of their own sort if they are of one."""
    many: dict[str, Any] = {
        "Point": shapely.MultiPoint,
        "LineString": shapely.MultiLineString,
        "Polygon": shapely.MultiPolygon,
    }
    kinds = {shape.geom_type for shape in shapes}
    make = many.get(kinds.pop()) if len(kinds) == 1 else None

    return make(shapes) if make else shapely.GeometryCollection(shapes)


def _positions(element: Element, budget: Budget) -> Positions:
    """Read `lon,lat[,height] lon,lat …`."""
    text = child_text(element, "coordinates")
    budget.take_vertices(text.count(",") // 2 or 1)
    places = [word.split(",") for word in _LOOSE_COMMA.sub(",", text).split()]
    return [(float(place[0]), float(place[1])) for place in places]


def _track(element: Element, budget: Budget) -> Positions:
    """Read gx:coord: `lon lat height`."""
    places = [(part.text or "").split() for part in element if local(part) == "coord"]
    budget.take_vertices(len(places))
    return [(float(place[0]), float(place[1])) for place in places]
