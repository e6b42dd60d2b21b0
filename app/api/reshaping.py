"""Features in another shape than the one they are stored in: another coordinate system, fewer properties, no geometry.

Finished text cannot serve these, so the features of one page are parsed and written anew. That is a second, slower
path: whoever asks for none of it is not made to wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from flask import json

from app.core.errors import InvalidInput
from app.http.answers import CRS84
from app.http.crs import System, read_system, write_geometries
from app.http.parameters import check_choice
from app.publication.hours import HOURS_VERIFIED_ON
from app.publication.openings import has_hours
from app.publication.schema import Collection

PARAMETERS = ("crs", "properties", "skipGeometry")
# What `near` and `open_at` add to a feature; it is not left out, for it was asked for.
_DISTANCE = "distance_m"
_ADDED = {_DISTANCE, HOURS_VERIFIED_ON}


@dataclass(frozen=True, slots=True)
class Shape:
    """In which shape features are wanted; `names` are those of the properties, None for all."""

    system: System
    names: frozenset[str] | None
    has_geometry: bool

    @property
    def changes(self) -> list[str]:
        """The parameters by which it differs from the finished text's."""
        made = (self.system.uri != CRS84, self.names is not None, not self.has_geometry)
        return [name for name, is_made in zip(PARAMETERS, made, strict=True) if is_made]


def property_names(collection: Collection) -> list[str]:
    """Name the properties that features of a collection show."""
    shown = (found.name for found in collection.properties if not found.is_filter_only)
    return [*shown, _DISTANCE, *([HOURS_VERIFIED_ON] if has_hours(collection) else [])]


def read_shape(collection: Collection, asked: Mapping[str, str]) -> Shape:
    """Read `crs` (OGC 18-058r1, 6.5), `properties` and `skipGeometry` (drafts OGC 24-019); empty ones ask nothing.

    Raises `InvalidInput` for a system or property there is not, naming those there are, or the nearest.
    """
    listed = [name.strip() for name in asked.get("properties", "").split(",") if name.strip()]
    shown = property_names(collection) if listed else []
    skips = check_choice("skipGeometry", asked.get("skipGeometry") or "false", ("true", "false"))
    return Shape(
        system=read_system("crs", asked.get("crs")),
        names=frozenset(check_choice("properties", name, shown) for name in listed) if listed else None,
        has_geometry=skips == "false",
    )


def refuse_in_file(changes: Sequence[str], form: str) -> None:
    """Raise `InvalidInput` where parameters change what another form than GeoJSON has no room for."""
    if changes:
        raise InvalidInput(
            "“%(field)s” changes GeoJSON only; leave out either it or f=%(form)s.", field=changes[0], form=form
        )


def reshape(features: Sequence[bytes], shape: Shape) -> list[bytes]:
    """Give finished features in a shape; `id` and `links` stay. Places among the properties are always WGS 84."""
    if not shape.changes:
        return list(features)
    found = [json.loads(feature) for feature in features]
    geometries: list[Any]
    if not shape.has_geometry:
        geometries = [None] * len(found)
    elif shape.system.uri == CRS84:
        geometries = [feature["geometry"] for feature in found]
    else:
        shapes = [shapely.geometry.shape(feature["geometry"]) if feature["geometry"] else None for feature in found]
        geometries = write_geometries(shapes, shape.system)
    for feature, geometry in zip(found, geometries, strict=True):
        feature["geometry"] = geometry
        if shape.names is not None:
            kept = shape.names | _ADDED
            feature["properties"] = {name: value for name, value in feature["properties"].items() if name in kept}
    texts = (json.dumps(feature, ensure_ascii=False, separators=(",", ":"), sort_keys=False) for feature in found)
    return [text.encode() for text in texts]
