"""Records as GeoJSON Features: the payload with what the register knows of it, and the place."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from marshmallow import Schema, fields
from shapely.geometry.base import BaseGeometry

from app.config import Settings
from app.core.errors import InvalidInput
from app.core.fields import Localized
from app.http.answers import GEOJSON, JSON
from app.http.crs import System, write_geometry
from app.http.settings import current_settings
from app.places.entries import read_geometry
from app.records.kinds import Kind
from app.records.shapes import main_entry
from app.register_api.access import item_path, register_path
from app.register_api.standing import Standing

# What the register says of a record beside its payload: JSON type, format, description. Nothing of it can be written.
KNOWN: dict[str, tuple[str, str | None, str]] = {
    "review_state": (
        "string",
        None,
        "accepted, or that of your own revision: draft, in_review, rejected",
    ),
    "visibility": ("string", None, "internal or public"),
    "version": ("integer", None, "version of the accepted state; 0 before the first"),
    "revision": ("integer", None, "number of your own revision that is shown; null for the accepted state"),
    "base_version": ("integer", None, "version that your revision rests on"),
    "saved": ("integer", None, "how often your draft has been written"),
    "changeset": ("integer", None, "the changeset of your revision; what it holds is submitted and accepted together"),
    "modified_at": ("string", "date-time", "when what is shown was last written"),
    "withheld": ("array", None, "fields left out, for they tell a sensitive place"),
    "etag": ("string", None, "the ETag of what is shown; a PUT may send it back instead of If-Match"),
}


def make_feature(standing: Standing, system: System) -> dict[str, Any]:
    """Write a record as the actor sees it (RFC 7946), its place in a coordinate system."""
    hidden = standing.hidden
    path = item_path(standing.kind, standing.code)
    return {
        "type": "Feature",
        "id": standing.code,
        "links": [
            {"rel": "self", "type": GEOJSON, "href": path},
            {"rel": "collection", "type": JSON, "href": register_path(f"/collections/{standing.kind.plural}")},
            {"rel": "version-history", "type": JSON, "href": f"{path}/revisions"},
        ],
        "geometry": None if hidden else write_geometry(shape_of(standing.payload, current_settings()), system),
        "properties": {**written(standing.kind, standing.payload, hidden), **_known(standing, hidden)},
    }


def written(kind: Kind, payload: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    """Give a payload with every field of its schema, what it does not state empty, and without what is hidden."""
    empty = {name: _empty(field) for name, field in _schema(kind.schema).fields.items()}
    return {name: value for name, value in {**empty, **payload}.items() if name not in hidden}


@lru_cache
def _schema(schema: type[Schema]) -> Schema:
    return schema()


def _empty(field: fields.Field[Any]) -> Any:
    if isinstance(field, fields.List):
        return []
    if isinstance(field, Localized):
        return {}
    return False if isinstance(field, fields.Boolean) else None


def _known(standing: Standing, hidden: frozenset[str]) -> dict[str, Any]:
    record, draft = standing.record, standing.draft
    at = draft.saved_at if draft is not None else record.updated_at if record is not None else None
    return {
        "review_state": draft.state if draft is not None else "accepted",
        "visibility": record.visibility if record is not None else "internal",
        "version": standing.version,
        "revision": draft.number if draft is not None else None,
        "base_version": draft.base_version if draft is not None else None,
        "saved": draft.saved if draft is not None else None,
        "changeset": draft.changeset_id if draft is not None else None,
        "modified_at": at.isoformat() if at else None,
        "withheld": sorted(hidden),
        "etag": standing.etag,
    }


def shape_of(payload: Mapping[str, Any], settings: Settings) -> BaseGeometry | None:
    """Give where a payload lies as a whole, in WGS 84; None for nowhere, and for what cannot be read."""
    entry = main_entry(payload)
    if entry is None:
        return None
    try:
        return _derive(entry.text, entry.crs, settings.plausible_box, settings.grid)
    except InvalidInput:
        return None


@lru_cache(maxsize=8192)
def _derive(text: str, crs: str, box: tuple[float, float, float, float], grid: str) -> BaseGeometry:
    return read_geometry(Settings(plausible_box=box, grid=grid), text, crs, "geometry")
