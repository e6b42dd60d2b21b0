"""What a client sends as a Feature, made into the payload that the register keeps."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import shapely
from marshmallow import fields
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput, NotAllowed
from app.core.fields import Localized
from app.http.crs import System, project, turn
from app.http.settings import current_settings
from app.places.entries import read_geometry, shape_of
from app.records.kinds import Kind
from app.records.shapes import CRS, LOCATIONS, TEXT, has_locations, has_shape, main_entry, main_position
from app.register_api.features import KNOWN
from app.register_api.pointers import refusal_at, refuse_at

_PLACE = ("geometry",)


def read_properties(kind: Kind, body: Mapping[str, Any]) -> dict[str, Any]:
    """Give a Feature's properties as the schema's source: without what only the register says, objects as objects.

    A GIS keeps an object or a list in a text field, as JSON; parts without a `uid` are new and get one.
    """
    properties = body.get("properties")
    if properties is None:
        return {}
    if not isinstance(properties, dict):
        refuse_at((), "`properties` is an object.")
    known = kind.schema().fields
    return {
        name: _give_uids(_unpack(known.get(name), value)) for name, value in properties.items() if name not in KNOWN
    }


def _unpack(field: fields.Field[Any] | None, value: Any) -> Any:
    if isinstance(field, fields.List | Localized) and isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(field, fields.List | Localized) and value is None:
        return [] if isinstance(field, fields.List) else {}
    return value


def _give_uids(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [
        {"uid": uuid.uuid4().hex[:12], **row} if isinstance(row, dict) and not row.get("uid") else row for row in value
    ]


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a merge patch (RFC 7396): objects are merged, null takes away, lists and all else are replaced whole."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def keep_hidden(payload: dict[str, Any], stored: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    """Put back what the writer may not see; raises `NotAllowed` where they write it all the same."""
    for name in hidden:
        if payload.get(name) not in (None, "", [], {}):
            raise NotAllowed(
                "“%(name)s” tells a sensitive place; it needs the permission “%(permission)s”.",
                name=name,
                permission="records:see_sensitive",
            )
        payload.pop(name, None)
        if name in stored:
            payload[name] = stored[name]
    return payload


def take_geometry(
    kind: Kind, payload: dict[str, Any], stored: Mapping[str, Any], geometry: Any, system: System
) -> dict[str, Any]:
    """Make a Feature's geometry what was entered as the record's main location or boundary.

    A geometry that is the stored one leaves the text as somebody entered it, and so does null. Where both the geometry
    and the text have changed they must say the same.
    """
    if geometry is None:
        return payload
    if not has_shape(kind.schema):
        refuse_at(_PLACE, "Records of this kind have no geometry.")
    sent = _read(geometry, system)
    settings = current_settings()
    if _is_same(sent, shape_of(payload, settings), system):
        return payload
    was, said = main_entry(stored), main_entry(payload)
    if said is not None and (was is None or (said.text, said.crs) != (was.text, was.crs)):
        if _is_same(sent, shape_of(stored, settings), system):
            return payload
        refuse_at(said.path, "This says another place than the Feature's geometry; send one of them.")
    return _put(kind, payload, _text(sent, system), system.code)


def _read(geometry: Any, system: System) -> BaseGeometry:
    """Read GeoJSON with coordinates in the order of the system's axes; gives x before y."""
    try:
        shape = shapely.from_geojson(json.dumps(geometry)) if isinstance(geometry, dict) else None
    except (shapely.errors.ShapelyError, ValueError):
        shape = None
    # No coordinate is as large; beyond it numbers warn, and then say nothing.
    if shape is None or shape.is_empty or not (abs(shapely.get_coordinates(shape)) < 1e9).all():
        refuse_at(_PLACE, "This is no geometry of GeoJSON: a point, a line or a polygon, or several of one sort.")
    found = turn(shapely.force_2d(shape), system)
    try:
        read_geometry(current_settings(), _text(found, system), system.code, "geometry")
    except InvalidInput as error:
        raise refusal_at(_PLACE, error) from error
    return found


def _text(shape: BaseGeometry, system: System) -> str:
    """Write a place as an officer might have typed it: latitude and longitude, or well-known text."""
    if shape.geom_type == "Point" and system.is_geographic:
        (place,) = shapely.get_coordinates(shape)
        return f"{_number(place[1], system)}, {_number(place[0], system)}"
    return str(shapely.to_wkt(shape, rounding_precision=system.decimals, trim=True))


def _number(value: float, system: System) -> str:
    return f"{value:.{system.decimals}f}".rstrip("0").rstrip(".")


def _is_same(sent: BaseGeometry, shape: BaseGeometry | None, system: System) -> bool:
    if shape is None:
        return False
    one, other = (_single(part).normalize() for part in (sent, project(shape, system)))
    return bool(one.equals_exact(other, system.tolerance))


def _single(shape: BaseGeometry) -> BaseGeometry:
    """Give the one part of a collection of one: some clients know multi-geometries only."""
    parts = shapely.get_parts(shape)
    return parts[0] if len(parts) == 1 else shape


def _put(kind: Kind, payload: dict[str, Any], text: str, crs: str) -> dict[str, Any]:
    entered = {TEXT: text, CRS: crs}
    if not has_locations(kind.schema):
        return {**payload, **entered}
    locations = list(payload.get(LOCATIONS) or [])
    position = main_position(payload)
    if position is None:
        locations.append({"uid": uuid.uuid4().hex[:12], "role": "main", **entered})
    elif not isinstance(locations[position], dict):
        refuse_at((LOCATIONS, str(position)), "This is no object.")
    else:
        locations[position] = {**locations[position], **entered}
    return {**payload, LOCATIONS: locations}
