"""Features as GPX 1.1 (topografix.com/GPX/1/1): places as waypoints, itineraries as routes, drawn ways as tracks."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from app.http.marks import Mark, Told

MEDIA_TYPE = "application/gpx+xml"
_NAMESPACE = "http://www.topografix.com/GPX/1/1"


def write_gpx(title: str, url: str, attribution: str, told: Sequence[Told]) -> str:
    """Write a file; of each feature it says the licence and whom to credit (`src`), the elements in the schema's order.

    The copyright of the whole names a licence where all features have the same.
    """
    gpx = ET.Element("gpx", {"xmlns": _NAMESPACE, "version": "1.1", "creator": "Di Sản"})
    metadata = ET.SubElement(gpx, "metadata")
    _add(metadata, "name", title)
    held = ET.SubElement(metadata, "copyright", {"author": attribution})
    licences = {one.licence_uri for one in told}
    _add(held, "license", next(iter(licences)) if len(licences) == 1 else None)
    _add_link(metadata, url, title)
    _add(metadata, "time", max((one.modified_at for one in told), default=None))
    for one in told:
        for mark in one.marks:
            _add_point(gpx, "wpt", mark, one)
    for one in told:
        if one.is_route and len(one.marks) > 1:
            route = ET.SubElement(gpx, "rte")
            _describe(route, one)
            for mark in one.marks:
                _add_point(route, "rtept", mark, one)
    for one in told:
        if one.ways:
            track = ET.SubElement(gpx, "trk")
            _describe(track, one)
            for way in one.ways:
                segment = ET.SubElement(track, "trkseg")
                for lon, lat in way:
                    ET.SubElement(segment, "trkpt", _place(lon, lat))
    return ET.tostring(gpx, encoding="unicode", xml_declaration=False)


def _describe(parent: ET.Element, one: Told) -> None:
    _add(parent, "name", one.name)
    _add(parent, "desc", one.text)
    _add(parent, "src", one.credit)
    _add_link(parent, one.url, one.name)
    _add(parent, "type", one.kind)


def _add_point(parent: ET.Element, tag: str, mark: Mark, one: Told) -> None:
    point = ET.SubElement(parent, tag, _place(mark.lon, mark.lat))
    _add(point, "name", mark.name)
    _add(point, "desc", mark.text)
    _add(point, "src", one.credit)
    _add_link(point, mark.url or one.url, mark.name)
    _add(point, "type", one.kind)


def _place(lon: float, lat: float) -> dict[str, str]:
    return {"lat": f"{lat:.7f}", "lon": f"{lon:.7f}"}


def _add(parent: ET.Element, tag: str, text: str | None) -> None:
    if text:
        ET.SubElement(parent, tag).text = text


def _add_link(parent: ET.Element, url: str, text: str) -> None:
    _add(ET.SubElement(parent, "link", {"href": url}), "text", text)
