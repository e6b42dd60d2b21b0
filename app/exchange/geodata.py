"""Reading an uploaded file of geodata (GeoJSON, KML, KMZ, GPX, GeoPackage) in a process of its own, within limits."""

from __future__ import annotations

import dataclasses
import json
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from app.config import Settings
from app.core import sealed
from app.core.errors import DisanError, InvalidInput

# In one process of the server; more would only take each other's memory.
_AT_ONCE = threading.BoundedSemaphore(2)
_READER = "app.exchange.geodata_worker"


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be, and what its reader may use: memory and answer in bytes, times in seconds.

    Of a property so many characters are kept.
    """

    file_bytes: int = 20_000_000
    features: int = 5_000
    vertices: int = 200_000
    depth: int = 32
    zip_ratio: int = 100
    memory_bytes: int = 768_000_000
    cpu_s: int = 20
    wall_s: float = 30.0
    answer_bytes: int = 40_000_000
    text_length: int = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to look at, as a sentence with its values, and where it is (degrees WGS 84) if it is at a place."""

    message: str
    params: Mapping[str, Any]
    lon: float | None = None
    lat: float | None = None

    @property
    def sentence(self) -> DisanError:
        """The sentence, for an audience to translate."""
        return DisanError(self.message, **self.params)


@dataclass(frozen=True, slots=True)
class GeodataFeature:
    """One feature of a file, in the file's order, `number` counted from 1 through all layers.

    `geometry` is in WGS 84, longitude first, without heights; it may be invalid, then a problem says where; None when
    no geometry could be made of it. `entered_text` is the same as WKT in the coordinates of the file, whose system is
    `entered_crs` (an EPSG code): what a record keeps as entered. `is_swapped` says that the two values made sense in
    the other order only, and were taken so in `geometry`.
    """

    number: int
    layer: str
    name: str
    properties: Mapping[str, str]
    geometry: BaseGeometry | None
    entered_text: str
    entered_crs: str
    is_swapped: bool
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class GeodataReport:
    """What a file holds: its format (`geojson`, `kml`, `kmz`, `gpx`, `gpkg`), features, and notes on the whole."""

    name: str
    format: str
    features: tuple[GeodataFeature, ...]
    notes: tuple[Problem, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GeodataReport:
        """Make a report of what `to_json` gave."""
        features = tuple(
            GeodataFeature(
                **{
                    **row,
                    "geometry": _shape(row["geometry"]),
                    "problems": tuple(Problem(**problem) for problem in row["problems"]),
                }
            )
            for row in data["features"]
        )
        return cls(data["name"], data["format"], features, tuple(Problem(**note) for note in data["notes"]))

    def to_json(self) -> dict[str, Any]:
        """Give the report as JSON, geometries as in GeoJSON: what a wish keeps as its result."""
        features = []
        for feature in self.features:
            row = {field.name: getattr(feature, field.name) for field in dataclasses.fields(feature)}
            row["geometry"] = None if feature.geometry is None else json.loads(shapely.to_geojson(feature.geometry))
            row["problems"] = [dataclasses.asdict(problem) for problem in feature.problems]
            features.append(row)
        notes = [dataclasses.asdict(note) for note in self.notes]
        return {"name": self.name, "format": self.format, "features": features, "notes": notes}


def _shape(given: Any) -> BaseGeometry | None:
    """Read a geometry: hexadecimal WKB from the reading process, GeoJSON from a wish's result."""
    if given is None:
        return None
    return shapely.from_wkb(given) if isinstance(given, str) else shapely.from_geojson(json.dumps(given))


def read_geodata(path: Path, name: str, *, settings: Settings, limits: Limits | None = None) -> GeodataReport:
    """Read a file whose type its content decides; `name` is what its owner calls it, for sentences only.

    The reading is done by another process that has no network, writes nothing, and is ended when it takes more memory
    or time than `limits` allow. Raises `InvalidInput` with a sentence that says what to do when the file is none of the
    formats, is damaged, too large, hostile, or in a coordinate system that is not known.
    """
    limits = limits or Limits(file_bytes=settings.geodata_max_mb * 1_000_000)
    if path.stat().st_size > limits.file_bytes:
        raise too_large(name, limits)
    with _AT_ONCE:
        answer = _ask(path, name, limits, settings)
    if "refused" in answer:
        raise InvalidInput(answer["refused"], field="file", **{"file": name, **answer["params"]})
    return GeodataReport.from_json({"name": name, **answer})


def is_packed_geodata(path: Path) -> bool:
    """Tell whether a ZIP archive holds KML or a shapefile, by the names in its list."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.lower().endswith((".kml", ".shp")) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def too_large(name: str, limits: Limits) -> InvalidInput:
    """Say that a file exceeds what may be uploaded."""
    return InvalidInput(
        "“%(file)s” is larger than %(most)s MB. Split it, or leave out what you do not need.",
        field="file",
        file=name,
        most=limits.file_bytes // 1_000_000,
    )


def _ask(path: Path, name: str, limits: Limits, settings: Settings) -> dict[str, Any]:
    """Let the reading process do its work and give its answer, or a refusal when it was ended."""
    bounds = sealed.Bounds(limits.memory_bytes, limits.cpu_s, limits.wall_s, limits.answer_bytes)
    asked = {"limits": dataclasses.asdict(limits), "box": settings.plausible_box}
    try:
        return dict(json.loads(sealed.ask(_READER, path, name, asked, bounds)))
    except sealed.Ended as ended:
        return {"refused": TOO_LONG if ended.is_late else TOO_MUCH, "params": {}}


NO_GEOMETRY = "It has no geometry."
TOO_LONG = "Reading “%(file)s” takes too long. Simplify it, or split it into smaller files."
TOO_MUCH = "“%(file)s” cannot be read: it is damaged, or takes too much memory. Export it anew, or split it."
