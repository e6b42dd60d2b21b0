"""Features as KML 2.2 (OGC 07-147r2): a placemark each, an itinerary as a folder of its stops with the drawn way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

import shapely
from shapely.geometry.base import BaseGeometry

from app.http.marks import Mark, Told

MEDIA_TYPE = "application/vnd.google-earth.kml+xml"
_NAMESPACES = {"xmlns": "http://www.opengis.net/kml/2.2", "xmlns:atom": "http://www.w3.org/2005/Atom"}


def write_kml(title: str, url: str, attribution: str, told: Sequence[Told]) -> str:
    """Write a file; of each feature it says the licence and whom to credit, the elements in the schema's order."""
    kml = ET.Element("kml", _NAMESPACES)
    document = ET.SubElement(kml, "Document")
    _add(document, "name", title)
    _add(ET.SubElement(document, "atom:author"), "atom:name", attribution)
    ET.SubElement(document, "atom:link", {"href": url})
    for one in told:
        if one.is_route:
            folder = ET.SubElement(document, "Folder")
            _describe(folder, one.name, one.url, f"{one.text}\n{one.credit}".strip(), one)
            for mark in one.marks:
                _add_mark(folder, mark, one, shapely.Point(mark.lon, mark.lat))
            if one.ways:
                _add_mark(folder, Mark(0, 0, one.name, "", one.url), one, one.geometry)
        else:
            for mark in one.marks:
                _add_mark(document, mark, one, one.geometry)
    return ET.tostring(kml, encoding="unicode", xml_declaration=False)


def _add_mark(parent: ET.Element, mark: Mark, one: Told, shape: BaseGeometry) -> None:
    placemark = ET.SubElement(parent, "Placemark")
    _describe(placemark, mark.name, mark.url or one.url, f"{mark.text}\n{one.credit}".strip(), one)
    _add_geometry(placemark, shape)


def _describe(parent: ET.Element, name: str, url: str, text: str, one: Told) -> None:
    _add(parent, "name", name)
    ET.SubElement(parent, "atom:link", {"href": url})
    _add(parent, "description", text)
    data = ET.SubElement(parent, "ExtendedData")
    told = (("code", one.code), ("kind", one.kind), ("licence", one.licence_uri), ("modified_at", one.modified_at))
    for key, value in told:
        if value:
            _add(ET.SubElement(data, "Data", {"name": key}), "value", value)


def _add_geometry(parent: ET.Element, shape: BaseGeometry) -> None:
    """Add a geometry with longitude before latitude, as KML has it whatever anyone asks for."""
    if isinstance(shape, shapely.Point | shapely.LineString):
        _add(ET.SubElement(parent, shape.geom_type), "coordinates", _coordinates(shape.coords))
    elif isinstance(shape, shapely.Polygon):
        polygon = ET.SubElement(parent, "Polygon")
        for tag, ring in (
            ("outerBoundaryIs", shape.exterior),
            *(("innerBoundaryIs", hole) for hole in shape.interiors),
        ):
            linear = ET.SubElement(ET.SubElement(polygon, tag), "LinearRing")
            _add(linear, "coordinates", _coordinates(ring.coords))
    else:
        several = ET.SubElement(parent, "MultiGeometry")
        for part in shapely.get_parts(shape):
            _add_geometry(several, part)


def _coordinates(points: Iterable[Sequence[float]]) -> str:
    return " ".join(f"{point[0]:.7f},{point[1]:.7f}" for point in points)


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text
