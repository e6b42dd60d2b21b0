"""The collections: what there is, by what it can be asked, and of what shape its features are."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.answers import (
    GEOJSON,
    HTML,
    JSON,
    SCHEMA,
    answer_json,
    api_path,
    begin,
    link,
    localized,
    to_page,
    wants_page,
)
from app.core.errors import NotFound
from app.http.answers import CRS84, JSON_SCHEMA, QUERYABLES, SORTABLES, TILESETS
from app.http.crs import systems
from app.http.i18n import current_language
from app.http.parameters import suggest
from app.http.reading import reading
from app.http.settings import absolute, current_settings
from app.publication.collections import COLLECTIONS
from app.publication.queries import read_concepts
from app.publication.schema import Collection, Property


def find_collection(name: str) -> Collection:
    """Give a collection by name; raises `NotFound` naming the nearest."""
    collection = COLLECTIONS.get(name)
    if collection is None:
        raise NotFound(
            "There is no collection “%(value)s”; did you mean “%(nearest)s”?",
            value=name[:60],
            nearest=suggest(name, COLLECTIONS) or next(iter(COLLECTIONS)),
        )
    return collection


def describe(collection: Collection) -> dict[str, Any]:
    """Describe a collection (OGC 17-069r4, 7.13; OGC 18-058r1, 6.3)."""
    base = api_path(f"/collections/{collection.name}")
    return {
        "id": collection.name,
        "title": localized(dict(collection.title)),
        "description": localized(dict(collection.description)),
        "itemType": "feature",
        "extent": {"spatial": {"bbox": [list(current_settings().plausible_box)], "crs": CRS84}},
        "crs": list(systems()),
        "storageCrs": CRS84,
        "links": [
            link("self", base, JSON),
            link("items", f"{base}/items", GEOJSON, "The features"),
            link("alternate", page_of(collection), HTML, "The pages"),
            link("describedby", f"{base}/schema", SCHEMA, "The features' properties"),
            link(QUERYABLES, f"{base}/queryables", SCHEMA, "What can be asked"),
            link(SORTABLES, f"{base}/sortables", SCHEMA, "In which order it can come"),
            link(TILESETS, f"{base}/tiles", JSON, "Vector tiles"),
        ],
    }


def page_of(collection: Collection, query: str = "") -> str:
    """Give the path of the page that shows a collection; protection zones and units stand with the sites."""
    return f"/{current_language()}/{collection.page or 'sites'}{query}"


def list_collections() -> Response:
    """List the collections."""
    begin(())
    if wants_page():
        return to_page(f"/{current_language()}/")
    body = {
        "links": [link("self", api_path("/collections"), JSON)],
        "crs": list(systems()),
        "collections": [describe(collection) for collection in COLLECTIONS.values()],
    }
    return answer_json(body)


def show_collection(name: str) -> Response:
    """Describe one collection."""
    begin(())
    collection = find_collection(name)
    if wants_page():
        return to_page(page_of(collection))
    return answer_json(describe(collection))


def _property_schema(found: Property) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": found.name, "description": found.description, "type": found.type}
    if found.type == "array":
        schema["items"] = {"type": found.items}
    if found.format:
        schema["format"] = found.format
    return schema


def _value_schema(found: Property) -> dict[str, Any]:
    """Describe one value of a property, as it is compared; of a list, or of something named by its code, a text."""
    schema = _property_schema(found)
    schema.pop("items", None)
    schema["type"] = "string" if found.type in ("array", "object") else found.type
    if found.scheme:
        concepts = read_concepts(reading(), found.scheme)
        schema["oneOf"] = [
            {"const": code, "title": localized({"en": code, **label})} for code, label in concepts.items()
        ]
    return schema


def _geometry_schema(collection: Collection) -> dict[str, Any]:
    geometry = "point" if collection.geometry == "point" else "any"
    return {"format": f"geometry-{geometry}", "x-ogc-role": "primary-geometry"}


def _schema_document(collection: Collection, resource: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": JSON_SCHEMA,
        "$id": absolute(api_path(f"/collections/{collection.name}/{resource}")),
        "type": "object",
        "title": localized(dict(collection.title)),
        "properties": properties,
    }


def schema(name: str) -> Response:
    """Give the JSON Schema of a collection's properties; any of them may be null."""
    begin(())
    wants_page(has_page=False)
    collection = find_collection(name)
    shown = {found.name: _property_schema(found) for found in collection.properties if not found.is_filter_only}
    properties = {"geometry": _geometry_schema(collection), **shown}
    return answer_json(_schema_document(collection, "schema", properties), SCHEMA)


def queryables(name: str) -> Response:
    """Give what features are filtered by (OGC 19-079r2, 6.2), with the values of vocabularies and their labels."""
    begin(())
    wants_page(has_page=False)
    collection = find_collection(name)
    asked = {found.name: _value_schema(found) for found in collection.queryables}
    properties = {"geometry": _geometry_schema(collection), **asked}
    return answer_json(_schema_document(collection, "queryables", properties) | {"additionalProperties": False}, SCHEMA)


def sortables(name: str) -> Response:
    """Give what features can be put in the order of."""
    begin(())
    wants_page(has_page=False)
    collection = find_collection(name)
    properties = {found.name: _value_schema(found) for found in collection.sortables}
    return answer_json(_schema_document(collection, "sortables", properties) | {"additionalProperties": False}, SCHEMA)
