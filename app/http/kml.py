"""Features as KML 2.2 (OGC 07-147r2): a placemark each, an itinerary as a folder of its stops with the drawn way."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

import shapely
from shapely.geometry.base import BaseGeometry

from app.http.marks import Mark, Told
from app.places.kml import NAMESPACES, add_data, add_geometry, add_text


def write_kml(title: str, url: str, attribution: str, told: Sequence[Told]) -> str:
    """Write a file; of each feature it says the licence and whom to credit, the elements in the schema's order."""
    kml = ET.Element("kml", NAMESPACES)
    document = ET.SubElement(kml, "Document")
    add_text(document, "name", title)
    add_text(ET.SubElement(document, "atom:author"), "atom:name", attribution)
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
    add_geometry(placemark, shape)


def _describe(parent: ET.Element, name: str, url: str, text: str, one: Told) -> None:
    add_text(parent, "name", name)
    ET.SubElement(parent, "atom:link", {"href": url})
    add_text(parent, "description", text)
    told = (("code", one.code), ("kind", one.kind), ("licence", one.licence_uri), ("modified_at", one.modified_at))
    add_data(parent, told)
