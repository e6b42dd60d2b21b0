"""The API described in OpenAPI 3.0, from the same lists that the views read."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.answers import GEOJSON, JSON, OPENAPI, SCHEMA, api_path, begin, wants_page
from app.api.openapi_search import (
    collection_members,
    extension_parameters,
    search_parameters,
    search_schemas,
    suggestion_parameters,
)
from app.http.answers import openapi_response
from app.http.caching import cached, make_etag
from app.http.openapi import (
    BOX,
    LINKS,
    UNEXPLODED,
    path_parameter,
    problem_responses,
    query_parameter,
    reference,
    standard_schemas,
)
from app.http.parameters import DEFAULT_LIMIT, LONGEST_TEXT, MOST_LIMIT, MOST_RADIUS_M
from app.http.settings import absolute, current_settings
from app.publication.collections import COLLECTIONS
from app.publication.conditions import NEAR_PRECISION_M
from app.publication.openings import has_hours
from app.publication.schema import Collection, Property


def openapi() -> Response:
    """Give the description; its media type is the one that OWSLib and QGIS look for."""
    begin(())
    wants_page(has_page=False)
    response, text = openapi_response(describe_api())
    return cached(response, make_etag(text))


def describe_api() -> dict[str, Any]:
    """Describe every path, parameter and answer."""
    settings = current_settings()
    paths: dict[str, Any] = {
        "/": _get("landing", "The landing page", JSON, {"$ref": "#/components/schemas/landing"}),
        "/conformance": _get(
            "conformance", "What the API conforms to", JSON, {"$ref": "#/components/schemas/conformance"}
        ),
        "/openapi.json": _get("openapi", "This description", OPENAPI, {"type": "object"}),
        "/collections": _get("collections", "The collections", JSON, {"$ref": "#/components/schemas/collections"}),
    }
    found, suggested = (reference("schemas", name) for name in ("searchResult", "suggestions"))
    asked = tuple(search_parameters())
    paths["/search"] = _get("search", "Search in all collections", GEOJSON, found, parameters=asked)
    asked = tuple(suggestion_parameters())
    paths["/suggest"] = _get("suggest", "Names and codes that begin so", JSON, suggested, parameters=asked)
    for collection in COLLECTIONS.values():
        paths |= _collection_paths(collection)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"Di Sản – {settings.attribution}",
            "version": "1.0.0",
            "description": "Heritage sites with the decisions they stand on, protection zones, events, itineraries, "
            "visitor places, notices, administrative units. "
            "Within v1 keys are added, never renamed or removed.",
            "license": {"name": settings.licence},
        },
        "servers": [{"url": absolute(api_path())}],
        "paths": paths,
        "components": {"parameters": _parameters(), "schemas": _schemas(), "responses": _problems()},
    }


def _get(
    operation: str,
    summary: str,
    media_type: str,
    schema: dict[str, Any],
    *,
    parameters: tuple[dict[str, Any], ...] = (),
    refused: tuple[str, ...] = ("400",),
) -> dict[str, Any]:
    common = ({"$ref": "#/components/parameters/f"}, {"$ref": "#/components/parameters/lang"})
    responses: dict[str, Any] = {
        "200": {"description": summary, "content": {media_type: {"schema": schema}}},
        "303": {"description": "To the page for people: f=html, or a browser's Accept."},
        "304": {"description": "Not changed: If-None-Match names the present ETag."},
    }
    responses |= {status: {"$ref": f"#/components/responses/{status}"} for status in refused}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [*parameters, *common],
            "responses": responses,
        }
    }


def _collection_paths(collection: Collection) -> dict[str, Any]:
    name, title = collection.name, collection.title["en"]
    base = f"/collections/{name}"
    shared = tuple(
        {"$ref": f"#/components/parameters/{parameter}"}
        for parameter in ("bbox", "datetime", "limit", "cursor", "q", "near", "radius")
    )
    filters = (*extension_parameters(collection), *(_filter(found) for found in collection.queryables))
    code = path_parameter("code", "The feature's id.")
    feature = {"$ref": f"#/components/schemas/{name}"}
    many = {
        "allOf": [
            {"$ref": "#/components/schemas/featureCollection"},
            {"type": "object", "properties": {"features": {"type": "array", "items": feature}}},
        ]
    }
    return {
        base: _get(
            f"{name}.collection", f"About the collection: {title}", JSON, {"$ref": "#/components/schemas/collection"}
        ),
        f"{base}/queryables": _get(f"{name}.queryables", f"What can be asked: {title}", SCHEMA, {"type": "object"}),
        f"{base}/schema": _get(f"{name}.schema", f"Properties: {title}", SCHEMA, {"type": "object"}),
        f"{base}/items": _get(f"{name}.items", title, GEOJSON, many, parameters=(*shared, *filters)),
        f"{base}/items/{{code}}": _get(
            f"{name}.item",
            f"One feature: {title}",
            GEOJSON,
            feature,
            parameters=(code,),
            refused=("400", "404", "410"),
        ),
    }


def _filter(found: Property) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "boolean" if found.type == "boolean" else "string"}
    return {
        "name": found.name,
        "in": "query",
        "required": False,
        "description": f"Only features with this value. {found.description}",
        "schema": schema,
    }


def _parameters() -> dict[str, Any]:
    languages = list(current_settings().languages)
    pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    found = (
        query_parameter("f", "json, or html to be led to the page.", {"type": "string", "enum": ["json", "html"]}),
        query_parameter("lang", "Language of texts; before Accept-Language.", {"type": "string", "enum": languages}),
        query_parameter(
            "bbox", "minlon,minlat,maxlon,maxlat (WGS 84). The page comes in spatial order.", BOX, **UNEXPLODED
        ),
        query_parameter(
            "datetime",
            "Instant or interval (RFC 3339). It is checked and narrows nothing yet.",
            {"type": "string"},
        ),
        query_parameter(
            "limit",
            f"Features a page; more than {MOST_LIMIT} is served as {MOST_LIMIT}.",
            {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": DEFAULT_LIMIT},
        ),
        query_parameter("cursor", "Where a page begins; take it from a `next` link.", {"type": "string"}),
        query_parameter(
            "q",
            "Words to look for, with or without Vietnamese marks; the last one may be unfinished. Names come before "
            "places, places before other text, exact marks before folded ones. Where nothing is found, words with one "
            "typo are mended: see `searched`.",
            {"type": "string", "maxLength": LONGEST_TEXT},
        ),
        query_parameter(
            "near",
            "lon,lat: nearest first, with `distance_m`. Only places known to within the radius, or within "
            f"{NEAR_PRECISION_M} m where that is more.",
            pair,
            **UNEXPLODED,
        ),
        query_parameter(
            "radius",
            "Metres about `near`.",
            {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": MOST_RADIUS_M},
        ),
    )
    return {parameter["name"]: parameter for parameter in found}


def _property(found: Property) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": found.type, "nullable": True, "description": found.description}
    if found.type == "array":
        schema["items"] = {"type": found.items, "nullable": True}
    if found.format:
        schema["format"] = found.format
    return schema


def _schemas() -> dict[str, Any]:
    schemas = standard_schemas() | search_schemas()
    schemas["featureCollection"]["properties"] |= collection_members()
    for collection in COLLECTIONS.values():
        schemas[collection.name] = _feature(collection)
    return schemas


def _feature(collection: Collection) -> dict[str, Any]:
    shown = {found.name: _property(found) for found in collection.properties if not found.is_filter_only}
    shown["distance_m"] = {"type": "integer", "description": "Metres from `near`."}
    if has_hours(collection):
        verified = "With `open_at`: since when its hours are known to be true; null where nobody verified them."
        shown["hours_verified_on"] = {"type": "string", "format": "date", "nullable": True, "description": verified}
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"type": "object", "nullable": True},
            "links": LINKS,
            "properties": {"type": "object", "properties": shown},
        },
    }


def _problems() -> dict[str, Any]:
    said = {
        "400": "A parameter or its value is not known; the detail names the nearest one.",
        "404": "There is no such feature.",
        "410": "The feature was withdrawn.",
    }
    return problem_responses(said)
