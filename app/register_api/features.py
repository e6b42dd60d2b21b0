"""Records as GeoJSON Features: the payload with what the register knows of it, and the place."""

from __future__ import annotations

from typing import Any

from app.http.answers import GEOJSON, JSON
from app.http.crs import System, write_geometry
from app.http.settings import current_settings
from app.places.entries import shape_of
from app.records.payloads import fill
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
    "as_of": (
        "string",
        "date",
        "the day that was asked for by `at`, at whose end this was the accepted state; else null",
    ),
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
        "properties": {**fill(standing.kind.schema, standing.payload, hidden), **_known(standing, hidden)},
    }


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
        "as_of": None,
    }
