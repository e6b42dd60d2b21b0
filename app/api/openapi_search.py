"""What is ours, described in OpenAPI: `has`, `open_at`, `facets`, search across collections, suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.http.openapi import BOX, TEXT, query_parameter, reference
from app.publication.collections import COLLECTIONS
from app.publication.having import HAS, has_choices
from app.publication.openings import has_hours
from app.publication.schema import Collection
from app.publication.suggestions import MOST_SUGGESTIONS
from app.publication.tallies import facet_names

_LIST = {"style": "form", "explode": False}
_COUNT = {"type": "integer", "minimum": 0}


def _names(choices: Sequence[str]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(choices)}}


def extension_parameters(collection: Collection) -> list[dict[str, Any]]:
    """Describe the parameters of a collection's items that are ours."""
    found = [
        query_parameter("has", "What a feature must have, all of it.", _names(has_choices(collection)), **_LIST),
        query_parameter(
            "facets",
            "Properties whose values are counted over the whole result, in `facets`.",
            _names(facet_names(collection)),
            **_LIST,
        ),
    ]
    if has_hours(collection):
        instant = {"anyOf": [{"type": "string", "enum": ["now"]}, {"type": "string", "format": "date-time"}]}
        said = "Only what is open at an instant (RFC 3339) or `now`, by its published hours; unknown is not open."
        found.append(query_parameter("open_at", said, instant))
    return found


def search_parameters() -> list[dict[str, Any]]:
    """Describe the parameters of a search across collections."""
    facets = dict.fromkeys(name for collection in COLLECTIONS.values() for name in facet_names(collection))
    shared = [reference("parameters", name) for name in ("near", "radius", "limit", "cursor")]
    return [
        *suggestion_parameters(),
        query_parameter("bbox", "minlon,minlat,maxlon,maxlat (WGS 84).", BOX, **_LIST),
        *shared,
        query_parameter("within", "A unit by its code, old or new.", TEXT),
        query_parameter("has", "What a feature must have, all of it.", _names(list(HAS)), **_LIST),
        query_parameter("facets", "Properties whose values are counted.", _names(list(facets)), **_LIST),
    ]


def suggestion_parameters() -> list[dict[str, Any]]:
    """Describe what a search and suggestions are both asked."""
    words = "Words to look for, with or without Vietnamese marks; the last one may be unfinished."
    return [
        query_parameter("q", words, {"type": "string", "minLength": 1, "maxLength": 200})
        | {"required": True, "allowEmptyValue": False},
        query_parameter("collections", "Only in these.", _names(list(COLLECTIONS)), **_LIST),
    ]


def collection_members() -> dict[str, Any]:
    """Describe the members of a FeatureCollection that are ours."""
    return {
        "searched": {"type": "string", "description": "The words that were meant, where those of `q` find nothing."},
        "open_at": {"type": "string", "format": "date-time", "description": "The minute that `open_at` means."},
        "facets": {
            "type": "object",
            "description": "By property its values, the most frequent first; each property is counted without the "
            "filters by itself.",
            "additionalProperties": {"type": "array", "maxItems": 100, "items": reference("schemas", "facetValue")},
        },
    }


def search_schemas() -> dict[str, Any]:
    """Describe the answers of search and suggestions, and a facet's value."""
    suggestion = ("code", "collection", "name", "type_label", "url", "by", "matched")
    counted = {"id": TEXT, "title": TEXT, "numberMatched": _COUNT | {"description": "Absent beyond 1,000."}}
    return {
        "facetValue": {
            "type": "object",
            "required": ["value", "label", "count"],
            "properties": {"value": TEXT, "label": TEXT, "count": _COUNT},
        },
        "searchResult": {
            "allOf": [
                reference("schemas", "featureCollection"),
                {
                    "type": "object",
                    "required": ["collections"],
                    "properties": {
                        "collections": {
                            "type": "array",
                            "items": {"type": "object", "required": ["id", "title"], "properties": counted},
                        }
                    },
                },
            ]
        },
        "suggestions": {
            "type": "object",
            "required": ["suggestions"],
            "properties": {
                "searched": {"type": "string", "description": "The words that were meant, where others were typed."},
                "suggestions": {
                    "type": "array",
                    "maxItems": MOST_SUGGESTIONS,
                    "items": {
                        "type": "object",
                        "required": list(suggestion),
                        "properties": dict.fromkeys(suggestion, TEXT),
                    },
                },
            },
        },
    }
