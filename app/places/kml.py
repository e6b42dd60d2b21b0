"""Geometries and texts as KML 2.2 (OGC 07-147r2) holds them: the elements that every file of ours is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

import shapely
from shapely.geometry.base import BaseGeometry

MEDIA_TYPE = "application/vnd.google-earth.kml+xml"
NAMESPACES = {"xmlns": "http://www.opengis.net/kml/2.2", "xmlns:atom": "http://www.w3.org/2005/Atom"}
# XML 1.0 knows no other characters, whatever they are written as.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean_xml(text: str) -> str:
    """Leave out of a text what no XML can hold."""
    return _NOT_IN_XML.sub("", text)


def add_text(parent: ET.Element, tag: str, text: str) -> None:
    """Add an element that holds a text."""
    ET.SubElement(parent, tag).text = text


def add_data(parent: ET.Element, pairs: Iterable[tuple[str, str | None]]) -> None:
    """Add what is known of a feature as `ExtendedData`; a pair that says nothing is left out."""
    data = ET.SubElement(parent, "ExtendedData")
    for key, value in pairs:
        if value:
            add_text(ET.SubElement(data, "Data", {"name": key}), "value", value)


def add_geometry(parent: ET.Element, shape: BaseGeometry) -> None:
    """Add a geometry with longitude before latitude, as KML has it whatever anyone asks for."""
    if isinstance(shape, shapely.Point | shapely.LineString):
        add_text(ET.SubElement(parent, shape.geom_type), "coordinates", _coordinates(shape.coords))
    elif isinstance(shape, shapely.Polygon):
        polygon = ET.SubElement(parent, "Polygon")
        for tag, ring in (
            ("outerBoundaryIs", shape.exterior),
            *(("innerBoundaryIs", hole) for hole in shape.interiors),
        ):
            linear = ET.SubElement(ET.SubElement(polygon, tag), "LinearRing")
            add_text(linear, "coordinates", _coordinates(ring.coords))
    else:
        several = ET.SubElement(parent, "MultiGeometry")
        for part in shapely.get_parts(shape):
            add_geometry(several, part)


def _coordinates(points: Iterable[Sequence[float]]) -> str:
    return " ".join(f"{point[0]:.7f},{point[1]:.7f}" for point in points)
