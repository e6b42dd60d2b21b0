"""GPX 1.0 and 1.1: waypoints as points, routes and tracks as lines."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import shapely

from app.exchange.formats.markup import child_text, elements
from app.exchange.formats.raw import Budget, RawFeature, damaged, short_properties

_TOLD = ("name", "desc", "cmt", "type", "sym", "time", "ele")
_LAYERS = {"wpt": "waypoints", "rte": "routes", "trk": "tracks"}


def read(data: bytes, budget: Budget) -> Iterator[RawFeature]:
    """Read the features in the file's order."""
    lines: list[list[tuple[float, float]]] = []
    for is_start, name, element in elements(data, budget):
        if is_start:
            if name in ("rte", "trkseg"):
                lines.append([])
            elif name == "trk":
                lines = []
            continue
        if name in ("rtept", "trkpt") and lines:
            budget.take_vertices(1)
            lines[-1].append(_position(element))
            element.clear()
        elif name == "wpt":
            budget.take_feature()
            budget.take_vertices(1)
            yield _feature(element, "wpt", [[_position(element)]], budget)
            element.clear()
        elif name in ("rte", "trk"):
            budget.take_feature()
            yield _feature(element, name, lines, budget)
            lines = []
            element.clear()


def _position(element: Element) -> tuple[float, float]:
    try:
        return float(element.attrib["lon"]), float(element.attrib["lat"])
    except (KeyError, ValueError) as error:
        raise damaged("a point has no lon and lat") from error


def _feature(element: Element, kind: str, lines: list[list[tuple[float, float]]], budget: Budget) -> RawFeature:
    told = {name: child_text(element, name) for name in _TOLD}
    properties = short_properties(told, budget.text_length)
    feature = RawFeature(_LAYERS[kind], properties.get("name", ""), properties, None)
    if kind == "wpt":
        feature.geometry = shapely.Point(lines[0][0])
        return feature
    long_enough = [line for line in lines if len(line) > 1]
    if not long_enough:
        feature.problem = "Its line has fewer than two points."
    elif len(long_enough) == 1:
        feature.geometry = shapely.LineString(long_enough[0])
    else:
        feature.geometry = shapely.MultiLineString(long_enough)
    return feature
