"""What the descriptions of both APIs have in common, in OpenAPI 3.0: parameters, the standard's documents, problems."""

from __future__ import annotations

from typing import Any

from app.http.answers import PROBLEM

UNEXPLODED = {"style": "form", "explode": False}
BOX = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
TEXT = {"type": "string"}
LINKS = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}


def query_parameter(name: str, description: str, schema: dict[str, Any], **further: Any) -> dict[str, Any]:
    """Describe a parameter of the query, which may be left out; an empty one, as forms send it, asks nothing either."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "allowEmptyValue": True,
        "description": description,
        "schema": schema,
        **further,
    }


def path_parameter(name: str, description: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """Describe a part of the path."""
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema or TEXT}


def reference(part: str, name: str) -> dict[str, str]:
    """Refer to a part of the description's components."""
    return {"$ref": f"#/components/{part}/{name}"}


def problem_responses(said: dict[str, str]) -> dict[str, Any]:
    """Describe refusals by status; each is a problem (RFC 9457)."""
    content = {PROBLEM: {"schema": reference("schemas", "problem")}}
    return {status: {"description": text, "content": content} for status, text in said.items()}


def standard_schemas() -> dict[str, Any]:
    """Describe the documents that OGC API – Features names: landing page, collections, features, and problems."""
    strings = {"type": "array", "items": TEXT}
    return {
        "link": {
            "type": "object",
            "required": ["href", "rel"],
            "properties": {"href": TEXT, "rel": TEXT, "type": TEXT, "title": TEXT, "hreflang": TEXT},
        },
        "landing": {"type": "object", "required": ["links"], "properties": {"title": TEXT, "links": LINKS}},
        "conformance": {"type": "object", "required": ["conformsTo"], "properties": {"conformsTo": strings}},
        "collection": {
            "type": "object",
            "required": ["id", "links"],
            "properties": {"id": TEXT, "title": TEXT, "description": TEXT, "itemType": TEXT, "links": LINKS},
        },
        "collections": {
            "type": "object",
            "required": ["links", "collections"],
            "properties": {
                "links": LINKS,
                "collections": {"type": "array", "items": {"$ref": "#/components/schemas/collection"}},
            },
        },
        "featureCollection": _feature_collection(),
        "problem": _problem(),
    }


def _problem() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["title", "status", "detail", "code", "description"],
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "code": TEXT,
            "description": TEXT,
            "parameter": TEXT,
            "value": {},
            "nearest": TEXT,
        },
    }


def _feature_collection() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "links": LINKS,
            "numberReturned": {"type": "integer", "minimum": 0},
            "numberMatched": {"type": "integer", "minimum": 0, "description": "Absent where counting is dear."},
            "features": {"type": "array", "items": {"type": "object"}},
        },
    }
