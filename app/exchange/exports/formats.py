"""FORMATS: the one list of what a list or a selection is exported as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.exchange.exports.context import Context
from app.exchange.exports.gathering import Gathered
from app.exchange.exports.geodata import write_geojson, write_geopackage, write_kml
from app.exchange.exports.linked import write_jsonld
from app.exchange.exports.spreadsheets import write_csv, write_xlsx


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its title (a msgid), the ending of its files, their media type, and what writes one."""

    name: str
    title: str
    ending: str
    media_type: str
    write: Callable[[Path, Gathered, Context], None]


FORMATS: dict[str, Format] = {
    found.name: found
    for found in (
        Format(
            "xlsx",
            "Excel (XLSX)",
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            write_xlsx,
        ),
        Format("csv", "Tables (CSV in a ZIP)", "csv.zip", "application/zip", write_csv),
        Format("gpkg", "GeoPackage", "gpkg", "application/geopackage+sqlite3", write_geopackage),
        Format("geojson", "GeoJSON", "geojson", "application/geo+json", write_geojson),
        Format("kml", "KML", "kml", "application/vnd.google-earth.kml+xml", write_kml),
        Format("jsonld", "JSON-LD", "jsonld", "application/ld+json", write_jsonld),
    )
}
