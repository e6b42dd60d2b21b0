"""The collections: every kind of record, by what it can be asked, and of what shape its records are."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.catalogue import KINDS
from app.core.db import db
from app.http.answers import CRS84, GEOJSON, JSON, JSON_SCHEMA, QUERYABLES, SCHEMA, begin, link
from app.http.crs import systems
from app.http.i18n import catalogue, current_language
from app.http.settings import absolute, current_settings
from app.records.jsonschema import describe_object
from app.records.kinds import Kind
from app.records.shapes import has_shape
from app.register_api.access import answer, check_format, find_kind, register_path
from app.register_api.features import KNOWN
from app.register_api.items import STATES, filter_names


def title_of(kind: Kind) -> str:
    """Name a kind in the request's language."""
    return catalogue(current_language()).gettext(kind.title)


def describe(kind: Kind) -> dict[str, Any]:
    """Describe a collection (OGC 17-069r4, 7.13; OGC 18-058r1, 6.3)."""
    base = register_path(f"/collections/{kind.plural}")
    return {
        "id": kind.plural,
        "title": title_of(kind),
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [list(current_settings().plausible_box)], "crs": CRS84}},
        "crs": list(systems()),
        "storageCrs": CRS84,
        "links": [
            link("self", base, JSON),
            link("items", f"{base}/items", GEOJSON, "The records"),
            link("describedby", f"{base}/schema", SCHEMA, "The records' properties"),
            link(QUERYABLES, f"{base}/queryables", SCHEMA, "What can be asked"),
        ],
    }


def list_collections() -> Response:
    """List the collections."""
    begin(())
    check_format()
    return answer(
        {
            "links": [link("self", register_path("/collections"), JSON)],
            "crs": list(systems()),
            "collections": [describe(kind) for kind in KINDS.values()],
        }
    )


def show_collection(name: str) -> Response:
    """Describe one collection."""
    begin(())
    check_format()
    return answer(describe(find_kind(name)))


def describe_record(kind: Kind) -> dict[str, Any]:
    """Describe a record's properties, those that only the register writes included (OGC 23-058, `x-ogc-role`)."""
    described = describe_object(kind.schema())
    described["properties"]["code"]["x-ogc-role"] = "id"
    for name, (sort, form, text) in KNOWN.items():
        said: dict[str, Any] = {"type": sort, "description": text, "readOnly": True}
        if form:
            said["format"] = form
        if sort == "array":
            said["items"] = {"type": "string"}
        described["properties"][name] = said
    return described


def schema(name: str) -> Response:
    """Give the JSON Schema of a kind's records."""
    begin(())
    check_format()
    kind = find_kind(name)
    described = describe_record(kind)
    if has_shape(kind.schema):
        place = {"geometry": {"format": "geometry-any", "x-ogc-role": "primary-geometry"}}
        described["properties"] = place | described["properties"]
    body = {
        "$schema": JSON_SCHEMA,
        "$id": absolute(register_path(f"/collections/{name}/schema")),
        "title": title_of(kind),
        **described,
    }
    return answer(body, media_type=SCHEMA)


def queryables(name: str) -> Response:
    """Give what `name=value` filters by."""
    begin(())
    check_format()
    kind = find_kind(name)
    properties: dict[str, Any] = {found: {"title": found, "type": "string"} for found in filter_names(db.session())}
    if "state" in properties:
        properties["state"]["enum"] = list(STATES)
    body = {
        "$schema": JSON_SCHEMA,
        "$id": absolute(register_path(f"/collections/{name}/queryables")),
        "type": "object",
        "title": title_of(kind),
        "additionalProperties": False,
        "properties": properties,
    }
    return answer(body, media_type=SCHEMA)
