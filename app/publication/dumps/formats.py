"""FORMATS: the one list of what a collection is dumped as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.publication.dumps.geopackage import GeoPackageWriter
from app.publication.dumps.rows import Table, Writer
from app.publication.dumps.texts import CsvWriter, GeoJsonWriter


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its files' ending, its media type, its code in the EU's list of file types, and its standard."""

    ending: str
    media_type: str
    file_type: str
    standard: str
    write: Callable[[Path, Table], Writer]


FORMATS: dict[str, Format] = {
    found.ending: found
    for found in (
        Format("geojson", "application/geo+json", "GEOJSON", "https://www.rfc-editor.org/rfc/rfc7946", GeoJsonWriter),
        Format("csv", "text/csv", "CSV", "https://www.rfc-editor.org/rfc/rfc4180", CsvWriter),
        Format(
            "gpkg",
            "application/geopackage+sqlite3",
            "GPKG",
            "http://www.opengis.net/doc/IS/geopackage/1.3",
            GeoPackageWriter,
        ),
    )
}
