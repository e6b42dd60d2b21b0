"""What every reader gives, and how much it may give."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput
from app.core.text import excerpt

_NAMES = ("name", "ten", "title", "label")
_MOST_PROPERTIES = 60
_TAGS = re.compile(r"<[^>]{0,1000}>")
# Controls, marks that change the direction of what follows, and halves of characters.
_UNSEEN = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")
WGS84 = "EPSG:4326"


@dataclass(slots=True)
class RawFeature:
    """A feature as a file has it: coordinates of `crs`, x (east, longitude) first; None where no shape can be made."""

    layer: str
    name: str
    properties: dict[str, str]
    geometry: BaseGeometry | None
    crs: str = WGS84
    # A msgid that says why there is no geometry.
    problem: str | None = None


@dataclass(slots=True)
class Budget:
    """Counts what a file holds, and refuses it as soon as it is too much."""

    features: int
    vertices: int
    depth: int
    text_length: int = 200
    notes: list[str] = field(default_factory=list)
    _features: int = 0
    _vertices: int = 0

    def take_feature(self) -> None:
        """Count a feature; raises `InvalidInput`."""
        self._features += 1
        if self._features > self.features:
            raise InvalidInput(
                "“%(file)s” has more than %(most)s features. Upload only those that you need.", most=self.features
            )

    def take_vertices(self, count: int) -> None:
        """Count corners; raises `InvalidInput`."""
        self._vertices += count
        self.foresee_vertices(self._vertices)

    def foresee_vertices(self, count: int) -> None:
        """Refuse what must hold at least so many corners, before it is read; raises `InvalidInput`."""
        if count > self.vertices:
            raise InvalidInput(
                "“%(file)s” has more than %(most)s points. Simplify its lines, or split it.", most=self.vertices
            )

    def check_depth(self, depth: int) -> None:
        """Refuse what nests too deep; raises `InvalidInput`."""
        if depth > self.depth:
            raise damaged("it nests too deep")

    def note(self, message: str) -> None:
        """Note something about the whole file, once."""
        if message not in self.notes:
            self.notes.append(message)


def damaged(reason: str) -> InvalidInput:
    """Say that a file is not what it claims to be, with the reader's reason in English."""
    return InvalidInput("“%(file)s” is damaged (%(reason)s). Export it anew.", reason=excerpt(reason, 200))


def short_properties(properties: Mapping[Any, Any], length: int) -> dict[str, str]:
    """Give properties as short lines of text; whatever nests as JSON."""
    short: dict[str, str] = {}
    for key, value in list(properties.items())[:_MOST_PROPERTIES]:
        if value is None or isinstance(value, bytes):
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        if line := _line(text, length):
            short[_line(str(key), 60)] = line
    return short


def _line(text: str, length: int) -> str:
    """Make one clean line of text, tags left out; what is shown escapes it all the same."""
    return excerpt(_UNSEEN.sub(" ", _TAGS.sub(" ", text[: length * 5])), length)


def name_of(properties: Mapping[str, str]) -> str:
    """Find what a feature is called among its properties; empty when nothing looks like a name."""
    by_name = {key.lower(): value for key, value in properties.items()}
    exact = next((by_name[name] for name in _NAMES if name in by_name), "")
    return exact or next((value for key, value in by_name.items() if key.startswith(("name", "ten_", "tên"))), "")


def make_shape(kind: str, coordinates: Any) -> BaseGeometry | None:
    """Make a geometry of one of GeoJSON's kinds from its nested positions, rings closed; None when that cannot be."""
    try:
        made: BaseGeometry = _MAKERS[kind](coordinates)
    except (ValueError, TypeError, IndexError, shapely.errors.ShapelyError):
        return None
    return made


def _polygon(rings: Any) -> Any:
    return shapely.polygons(shapely.linearrings(rings[0]), [shapely.linearrings(ring) for ring in rings[1:]] or None)


# By whole arrays: corner by corner takes ten times as long.
_MAKERS: dict[str, Callable[[Any], Any]] = {
    "Point": shapely.points,
    "MultiPoint": lambda many: shapely.multipoints(shapely.points(many)),
    "LineString": shapely.linestrings,
    "MultiLineString": lambda many: shapely.multilinestrings([shapely.linestrings(one) for one in many]),
    "Polygon": _polygon,
    "MultiPolygon": lambda many: shapely.multipolygons([_polygon(one) for one in many]),
}
KINDS = tuple(_MAKERS)
