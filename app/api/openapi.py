"""The API described in OpenAPI 3.0, from the same lists that the views read."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api import items
from app.api.answers import GEOJSON, JSON, OPENAPI, SCHEMA, api_path, begin, wants_page
from app.api.descriptions import describe_calendar, describe_dumps, describe_vocabularies
from app.api.documentation import describe_documentation
from app.api.filter_parameters import filter_parameters, sortby
from app.api.openapi_search import (
    collection_members,
    extension_parameters,
    search_parameters,
    search_schemas,
    suggestion_parameters,
)
from app.api.openapi_tags import list_tags, tag
from app.api.reshaping import property_names
from app.api.tiles.description import describe_tiles
from app.http.answers import openapi_response
from app.http.caching import cached, make_etag
from app.http.crs import crs_parameters
from app.http.i18n import current_language
from app.http.mapfiles import FORMS
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

# Whatever is asked for.
_ALWAYS_REFUSED = ("401", "406", "429")
_SCHEMAS = {"queryables": "What can be asked", "sortables": "In which order", "schema": "Properties"}
_CHANGES = (
    query_parameter(
        "after", "Only changes behind this number; take it from `next`.", {"type": "integer", "minimum": 0}
    ),
    query_parameter("collection", "Only changes in this collection.", {"type": "string", "enum": list(COLLECTIONS)}),
    {"$ref": "#/components/parameters/limit"},
)


def openapi() -> Response:
    """Give the description; its media type is the one that OWSLib and QGIS look for."""
    begin(())
    wants_page(has_page=False)
    response, text = openapi_response(describe_api())
    return cached(response, make_etag(text))


def describe_api() -> dict[str, Any]:
    """Describe every path, parameter and answer."""
    settings = current_settings()
    paths = _documents() | _searches()
    for collection in COLLECTIONS.values():
        paths |= _collection_paths(collection)
    paths |= (
        describe_calendar() | describe_tiles() | describe_vocabularies() | describe_dumps() | describe_documentation()
    )
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
        # Without a key or with one.
        "security": [{}, {"apiKey": []}],
        "tags": list_tags(),
        "paths": tag(paths),
        "externalDocs": {"description": "Tutorial and cookbook", "url": absolute(f"/{current_language()}/developers")},
        "components": {
            "parameters": _parameters(),
            "schemas": _schemas(),
            "responses": _problems(),
            "securitySchemes": {"apiKey": _key_scheme()},
        },
    }


def _documents() -> dict[str, Any]:
    """Describe what stands beside the features: the ways in, and the feed of changes."""
    return {
        "/": _get("landing", "The landing page", JSON, {"$ref": "#/components/schemas/landing"}),
        "/conformance": _get(
            "conformance",
            "What the API conforms to",
            JSON,
            {"$ref": "#/components/schemas/conformance"},
            has_page=False,
        ),
        "/openapi.json": _get("openapi", "This description", OPENAPI, {"type": "object"}, has_page=False),
        "/changes": _get(
            "changes",
            "What changed, each item once, deletions included (RPDE)",
            JSON,
            {"$ref": "#/components/schemas/changes"},
            parameters=_CHANGES,
            has_page=False,
        ),
        "/collections": _get("collections", "The collections", JSON, {"$ref": "#/components/schemas/collections"}),
    }


def _searches() -> dict[str, Any]:
    found, suggested = (reference("schemas", name) for name in ("searchResult", "suggestions"))
    asked = tuple(search_parameters())
    typed = tuple(suggestion_parameters())
    said = "Names and codes that begin so"
    return {
        "/search": _get("search", "Search in all collections", GEOJSON, found, parameters=asked),
        "/suggest": _get("suggest", said, JSON, suggested, parameters=typed, has_page=False),
    }


def _get(
    operation: str,
    summary: str,
    media_type: str,
    schema: dict[str, Any],
    *,
    parameters: tuple[dict[str, Any], ...] = (),
    refused: tuple[str, ...] = ("400",),
    is_features: bool = False,
    has_page: bool = True,
) -> dict[str, Any]:
    common = (_refer("form" if is_features else "f" if has_page else "document"), _refer("lang"))
    found: dict[str, Any] = {"description": summary, "content": {media_type: {"schema": schema}}}
    if is_features:
        found["content"] |= {form.media_type: {"schema": {"type": "string"}} for form in FORMS.values()}
        found["headers"] = {
            "Content-Crs": {"description": "The system of the geometries.", "schema": {"type": "string"}}
        }
    page = {"303": {"description": "To the page for people: f=html, or a browser's Accept."}} if has_page else {}
    responses: dict[str, Any] = {
        "200": found,
        **page,
        "304": {"description": "Not changed: If-None-Match names the present ETag."},
    }
    responses |= {status: {"$ref": f"#/components/responses/{status}"} for status in (*refused, *_ALWAYS_REFUSED)}
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
    # What can be sorted by, and what can be left out, differs from collection to collection.
    shared = tuple(_refer(parameter) for parameter in items.PARAMETERS if parameter not in ("properties", "sortby"))
    shared += (_property_names(collection), sortby(collection))
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
        **{
            f"{base}/{resource}": _get(
                f"{name}.{resource}", f"{said}: {title}", SCHEMA, {"type": "object"}, has_page=False
            )
            for resource, said in _SCHEMAS.items()
        },
        f"{base}/items": _get(f"{name}.items", title, GEOJSON, many, parameters=(*shared, *filters), is_features=True),
        f"{base}/items/{{code}}": _get(
            f"{name}.item",
            f"One feature: {title}",
            GEOJSON,
            feature,
            parameters=(code, _refer("crs"), _refer("skipGeometry"), _property_names(collection)),
            refused=("400", "404", "410"),
            is_features=True,
        ),
    }


def _refer(parameter: str) -> dict[str, str]:
    return reference("parameters", parameter)


def _property_names(collection: Collection) -> dict[str, Any]:
    names = {"type": "string", "enum": property_names(collection)}
    said = "Only these properties; `id` and `links` stay. Unless told, all."
    return query_parameter("properties", said, {"type": "array", "items": names}, **UNEXPLODED)


def _filter(found: Property) -> dict[str, Any]:
    kind = "string" if found.type in ("array", "object") else found.type
    return query_parameter(
        found.name, f"Only features with this value. {found.description}", {"type": kind} | _format(found)
    )


def _format(found: Property) -> dict[str, str]:
    return {"format": found.format} if found.format in ("date", "date-time") else {}


def _parameters() -> dict[str, Any]:
    languages = list(current_settings().languages)
    pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
    found = (
        query_parameter("lang", "Language of texts; before Accept-Language.", {"type": "string", "enum": languages}),
        query_parameter(
            "bbox",
            "minlon,minlat,maxlon,maxlat (WGS 84, or as `bbox-crs` says). The page comes in spatial order.",
            BOX,
            **UNEXPLODED,
        ),
        *crs_parameters(),
        query_parameter("skipGeometry", "Whether geometries are left out.", {"type": "boolean", "default": False}),
        query_parameter(
            "datetime",
            "Day, instant or interval (RFC 3339), `..` for an open end: what lasts at some time of it (events by their "
            "occurrences, notices by `from` and `until`, units by `valid_from` and `valid_to`), and all else that has "
            "no time of its own.",
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
    return _forms() | {parameter["name"]: parameter for parameter in (*found, *filter_parameters())}


def _forms() -> dict[str, Any]:
    """Describe `f`, of three sorts: some documents have no page, and only features come as files for maps."""
    all_have, features_have = ["json", "html"], ["json", "html", *FORMS]
    return {
        "document": query_parameter("f", "json; there is no page of this.", {"type": "string", "enum": ["json"]}),
        "f": query_parameter("f", "json, or html to be led to the page.", {"type": "string", "enum": all_have}),
        "form": query_parameter(
            "f",
            "json, html to be led to the page, or a file for map applications.",
            {"type": "string", "enum": features_have},
        ),
    }


def _property(found: Property) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": found.type, "nullable": True, "description": found.description}
    if found.type == "array":
        schema["items"] = {"type": found.items, "nullable": True}
    if found.format:
        schema["format"] = found.format
    return schema


def _schemas() -> dict[str, Any]:
    schemas = {**standard_schemas(), **search_schemas(), "changes": _changes()}
    schemas["featureCollection"]["properties"] |= collection_members()
    for collection in COLLECTIONS.values():
        schemas[collection.name] = _feature(collection)
    return schemas


def _changes() -> dict[str, Any]:
    change = {
        "state": {"type": "string", "enum": ["updated", "deleted"]},
        "kind": {"type": "string", "enum": list(COLLECTIONS), "description": "The collection."},
        "id": {"type": "string", "description": "The feature's id."},
        "modified": {"type": "integer", "description": "The number of the change."},
        "version": {"type": "integer", "description": "How often the feature has changed."},
        "at": {"type": "string", "format": "date-time"},
        "data": {"type": "object", "description": "The feature as it is now; absent from a deletion."},
    }
    required = [name for name in change if name != "data"]
    return {
        "type": "object",
        "required": ["next", "items", "license"],
        "properties": {
            "next": {"type": "string", "format": "uri", "description": "The next page; ask it again after the last."},
            "items": {"type": "array", "items": {"type": "object", "required": required, "properties": change}},
            "license": {"type": "string"},
        },
    }


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
        "401": "The key in X-API-Key is unknown or was revoked.",
        "404": "There is nothing of that name.",
        "406": "Accept-Encoding takes no coding that there is.",
        "410": "It was withdrawn or replaced.",
        "429": "The quota of the minute is used up; Retry-After says for how many seconds, RateLimit where you stand.",
    }
    responses = problem_responses(said)
    seconds = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
    responses["429"]["headers"] = {"Retry-After": seconds}
    return responses


def _key_scheme() -> dict[str, Any]:
    text = f"A free key raises the quota; get one at {absolute(f'/{current_language()}/developers')}."
    return {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": text}
