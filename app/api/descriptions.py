"""What stands beside the collections, described in OpenAPI: the calendar, the vocabularies, dumps, the catalogue."""

from __future__ import annotations

from typing import Any

from app.api.answers import JSON
from app.api.calendar_feed import CATEGORIES
from app.api.rdf import FORMATS, JSON_LD, TURTLE
from app.http.ical import MEDIA_TYPE as CALENDAR
from app.http.openapi import LINKS, TEXT, path_parameter, query_parameter, reference
from app.http.parameters import MOST_LIMIT
from app.http.reading import reading
from app.publication.dumps.formats import FORMATS as DUMP_FORMATS
from app.publication.queries import read_concepts

_NUMBER = {"type": "integer", "minimum": 0}
_OBJECT = {"type": "object"}


def describe_vocabularies() -> dict[str, Any]:
    """Describe the paths of the vocabularies."""
    document = reference("parameters", "document")
    f = query_parameter("f", "JSON-LD, plain JSON or Turtle.", {"type": "string", "enum": list(FORMATS)})
    scheme = path_parameter("scheme", "The vocabulary's name.")
    code = path_parameter("code", "The concept's code.")
    linked = {JSON_LD: _OBJECT, JSON: _OBJECT, TURTLE: TEXT}
    listed = {
        "type": "object",
        "required": ["vocabularies"],
        "properties": {
            "links": LINKS,
            "vocabularies": _list({"id": TEXT, "concept_count": _NUMBER, "links": LINKS}, "id", "concept_count"),
        },
    }
    return {
        "/vocabularies": _get("vocabularies", "The vocabularies", {JSON: listed}, [document]),
        "/vocabularies/{scheme}": _get("vocabulary", "A vocabulary (SKOS)", linked, [scheme, f], "404"),
        "/vocabularies/{scheme}/{code}": _get("concept", "A concept (SKOS)", linked, [scheme, code, f], "404"),
    }


def describe_calendar() -> dict[str, Any]:
    """Describe the path of the calendar of events."""
    # An empty list would be no schema.
    terms = list(read_concepts(reading(), CATEGORIES))
    kinds = {"type": "string", "enum": terms} if terms else TEXT
    category = query_parameter("category", f"Only events of this kind, of the vocabulary `{CATEGORIES}`.", kinds)
    found = _get(
        "events.ics",
        "All events as a calendar to subscribe to",
        {CALENDAR: TEXT},
        [category, reference("parameters", "document")],
    )
    found["get"]["description"] = (
        f"iCalendar (RFC 5545) of at most {MOST_LIMIT} events: an entry for each time that one is held, from last year "
        "to five years ahead. `UID` stays the same on every host, `SEQUENCE` is the event's version. What was "
        "withdrawn or is held on other days now, comes as `STATUS:CANCELLED` until its days are over; days that are "
        "worked out from a rule, and not announced by the organiser, are `TENTATIVE`. What is held on one day at a "
        "known hour has its times in Vietnam's zone; all else lasts whole days, `DTEND` being the day after the last."
    )
    return {"/events.ics": found}


def describe_dumps() -> dict[str, Any]:
    """Describe the paths of the dumps and of the catalogue."""
    f = reference("parameters", "document")
    file = path_parameter("file", "A file's name, from the list.")
    version = query_parameter("v", "The beginning of the file's sha256: this content or none.", TEXT)
    content = {found.media_type: {"type": "string", "format": "binary"} for found in DUMP_FORMATS.values()}
    download = _get("dump", "A file of the dump", content, [file, version, f], "404", "410")
    download["get"]["responses"] |= {
        "206": {
            "description": "The range that was asked for.",
            "content": {name: {"schema": content[name]} for name in content},
        },
        "416": {"description": "The range begins behind the end."},
    }
    return {
        "/dumps": _get("dumps", "The newest dump of everything", {JSON: _manifest()}, [f]),
        "/dumps/{file}": download,
        "/dcat.jsonld": _get("dcat", "The catalogue (DCAT-AP 3)", {JSON_LD: _OBJECT}, [f]),
    }


def _manifest() -> dict[str, Any]:
    file = {
        "name": TEXT,
        "url": TEXT,
        "collection": TEXT,
        "language": TEXT,
        "format": {"type": "string", "enum": list(DUMP_FORMATS)},
        "media_type": TEXT,
        "byte_count": _NUMBER,
        "sha256": TEXT,
        "rows": _NUMBER,
        "licence": TEXT,
        "licences": {"type": "array", "items": TEXT},
        "attribution": TEXT,
    }
    return {
        "type": "object",
        "required": ["made_at", "files"],
        "properties": {
            "description": TEXT,
            "links": LINKS,
            "made_at": {"type": "string", "format": "date-time", "nullable": True},
            "journal": {**_NUMBER, "description": "The changes after this number are not in it."},
            "licence": TEXT,
            "attribution": TEXT,
            "collections": {"type": "array", "items": _OBJECT},
            "files": _list(file, *file),
        },
    }


def _list(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "required": list(required), "properties": properties}}


def _get(
    operation: str, summary: str, content: dict[str, Any], parameters: list[dict[str, Any]], *refused: str
) -> dict[str, Any]:
    responses: dict[str, Any] = {
        "200": {"description": summary, "content": {name: {"schema": schema} for name, schema in content.items()}},
        "304": {"description": "Not changed: If-None-Match names the present ETag."},
    }
    responses |= {status: reference("responses", status) for status in ("400", *refused)}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [*parameters, reference("parameters", "lang")],
            "responses": responses,
        }
    }
