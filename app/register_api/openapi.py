"""The register's API described in OpenAPI 3.0, from the lists that the views read."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.catalogue import KINDS
from app.core.db import db
from app.http.answers import GEOJSON, JSON, OPENAPI, SCHEMA, begin, openapi_response
from app.http.crs import crs_parameters
from app.http.openapi import (
    BOX,
    LINKS,
    TEXT,
    UNEXPLODED,
    path_parameter,
    problem_responses,
    query_parameter,
    reference,
    standard_schemas,
)
from app.http.parameters import DEFAULT_LIMIT, LONGEST_TEXT, MOST_LIMIT
from app.http.settings import absolute, current_settings
from app.records.kinds import Kind
from app.register_api.access import check_format, register_path
from app.register_api.collections import describe_record, title_of
from app.register_api.items import ORDERS, STATES, filter_names
from app.register_api.media import FIELDS, MULTIPART
from app.register_api.transitions import OF_RECORDS, OF_REVISIONS
from app.register_api.writes import MERGE_PATCH

_READ = ("400", "401", "403", "404")
_WRITE = (*_READ, "409", "410", "415", "422")
_REFUSALS = {
    "400": "A parameter or its value is not known, or the body is not JSON; the detail names what and the nearest.",
    "401": "No token in force was sent.",
    "403": "It is not yours to do.",
    "404": "There is no such record, or none for you.",
    "409": "Not in this state; with base, current and own where a revision was overtaken.",
    "410": "The record was deleted.",
    "412": "The record or your draft has changed since you read it.",
    "413": "What was sent is too large.",
    "415": "The body is of another media type.",
    "422": "Refused as it stands; `errors` has a JSON pointer for each place.",
    "428": "Send If-Match.",
}


def openapi() -> Response:
    """Give the description."""
    begin(())
    check_format()
    return openapi_response(describe_api())[0]


def describe_api() -> dict[str, Any]:
    """Describe every path, parameter and answer."""
    settings = current_settings()
    paths: dict[str, Any] = {
        "/": {"get": _operation("landing", "The landing page", JSON, reference("schemas", "landing"))},
        "/conformance": {"get": _operation("conformance", "Conformance", JSON, reference("schemas", "conformance"))},
        "/openapi.json": {"get": _operation("openapi", "This description", OPENAPI, {"type": "object"})},
        "/collections": {"get": _operation("collections", "Collections", JSON, reference("schemas", "collections"))},
    }
    paths["/media"] = {"post": _media_operation()}
    for kind in KINDS.values():
        paths |= _collection_paths(kind) | _item_paths(kind) | _revision_paths(kind)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"Di Sản – {settings.attribution}",
            "version": "1.0.0",
            "description": "The internal register: read what has been accepted, write drafts of your own, review, "
            "publish. Within v1 keys are added, never renamed or removed.",
        },
        "servers": [{"url": absolute(register_path())}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "parameters": _parameters(),
            "schemas": _schemas(),
            "responses": problem_responses(_REFUSALS),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    operation: str,
    summary: str,
    media_type: str,
    schema: dict[str, Any],
    *,
    parameters: tuple[dict[str, Any], ...] = (),
    body: dict[str, Any] | None = None,
    status: str = "200",
    refused: tuple[str, ...] = _READ,
) -> dict[str, Any]:
    content = {"content": {media_type: {"schema": schema}}} if status != "204" else {}
    described: dict[str, Any] = {
        "operationId": operation,
        "summary": summary,
        "parameters": [*parameters, reference("parameters", "f"), reference("parameters", "lang")],
        "responses": {status: {"description": summary, **content}}
        | {refusal: reference("responses", refusal) for refusal in refused},
    }
    if body is not None:
        described["requestBody"] = {"required": True, "content": body}
    return described


def _collection_paths(kind: Kind) -> dict[str, Any]:
    name, title = kind.plural, title_of(kind)
    base = f"/collections/{name}"
    documents = {"queryables": "What can be asked", "schema": "Properties"}
    about = _operation(f"{name}.collection", f"About: {title}", JSON, reference("schemas", "collection"))
    return {base: {"get": about}} | {
        f"{base}/{part}": {"get": _operation(f"{name}.{part}", f"{said}: {title}", SCHEMA, {"type": "object"})}
        for part, said in documents.items()
    }


def _item_paths(kind: Kind) -> dict[str, Any]:
    base = f"/collections/{kind.plural}/items"
    return {base: _list_operations(kind), f"{base}/{{code}}": _item_operations(kind)}


def _list_operations(kind: Kind) -> dict[str, Any]:
    name, title = kind.plural, title_of(kind)
    feature = reference("schemas", name)
    asked = ("bbox", "bbox-crs", "crs", "limit", "cursor", "q", "sortby", "at")
    filters = tuple(
        query_parameter(found, "Only records with this value.", _filter_schema(found))
        for found in filter_names(db.session())
    )
    many = {
        "allOf": [
            reference("schemas", "featureCollection"),
            {"type": "object", "properties": {"features": {"type": "array", "items": feature}}},
        ]
    }
    return {
        "get": _operation(f"{name}.items", title, GEOJSON, many, parameters=(*_refer(*asked), *filters)),
        "post": _operation(
            f"{name}.add",
            f"New: {title}",
            GEOJSON,
            feature,
            parameters=_refer("crs", "Content-Crs", "changeset"),
            body=_body(feature, GEOJSON, JSON),
            status="201",
            refused=_WRITE,
        ),
    }


def _item_operations(kind: Kind) -> dict[str, Any]:
    name, title = kind.plural, title_of(kind)
    feature = reference("schemas", name)
    guarded = (*_WRITE, "412", "428")
    read, written = _refer("code", "crs", "at"), _refer("code", "If-Match", "crs", "Content-Crs", "changeset", "onto")

    def write(operation: str, summary: str, body: dict[str, Any]) -> dict[str, Any]:
        return _operation(
            f"{name}.{operation}", summary, GEOJSON, feature, parameters=written, body=body, refused=guarded
        )

    return {
        "get": _operation(f"{name}.item", f"One: {title}", GEOJSON, feature, parameters=read, refused=(*_READ, "410")),
        "put": write("replace", f"Said anew: {title}", _body(feature, GEOJSON, JSON)),
        "patch": write("patch", f"Changed in part: {title}", _body({"type": "object"}, MERGE_PATCH, GEOJSON, JSON)),
        "delete": _operation(
            f"{name}.delete",
            f"Deleted: {title}",
            JSON,
            {},
            parameters=(*_refer("code", "If-Match"), query_parameter("comment", "Why.", TEXT)),
            status="204",
            refused=guarded,
        ),
    }


def _media_operation() -> dict[str, Any]:
    parts: dict[str, Any] = {"file": {"type": "string", "format": "binary"}} | dict.fromkeys(FIELDS, TEXT)
    return _operation(
        "media.send",
        "A file, and the draft of its record begun",
        GEOJSON,
        reference("schemas", KINDS["media"].plural),
        parameters=_refer("changeset", "crs"),
        body=_body({"type": "object", "required": ["file"], "properties": parts}, MULTIPART),
        status="201",
        refused=(*_WRITE, "413"),
    )


def _refer(*names: str) -> tuple[dict[str, Any], ...]:
    return tuple(reference("parameters", name) for name in names)


def _body(schema: dict[str, Any], *media_types: str) -> dict[str, Any]:
    return {media_type: {"schema": schema} for media_type in media_types}


def _filter_schema(name: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(STATES)} if name == "state" else TEXT


def _revision_paths(kind: Kind) -> dict[str, Any]:
    name, title = kind.plural, title_of(kind)
    base, code = f"/collections/{name}/items/{{code}}", reference("parameters", "code")
    one = reference("schemas", "revision")
    whole = {"type": "integer", "minimum": 1}
    number, before, after = (
        path_parameter(part, said, whole)
        for part, said in (("number", "Its number."), ("before", "The earlier one."), ("after", "The later one."))
    )
    many = {"type": "object", "properties": {"links": LINKS, "revisions": {"type": "array", "items": one}}}
    changes = reference("schemas", "changes")
    return {
        f"{base}/revisions": {
            "get": _operation(f"{name}.revisions", f"Revisions: {title}", JSON, many, parameters=(code,))
        },
        f"{base}/revisions/{{number}}": {
            "get": _operation(f"{name}.revision", f"One revision: {title}", JSON, one, parameters=(code, number))
        },
        f"{base}/revisions/{{before}}...{{after}}": {
            "get": _operation(
                f"{name}.changes", f"What differs: {title}", JSON, changes, parameters=(code, before, after)
            )
        },
        f"{base}/transitions": {
            "post": _operation(
                f"{name}.transitions",
                f"Led on: {title}",
                JSON,
                {"type": "object"},
                parameters=(code, reference("parameters", "changeset")),
                body={JSON: {"schema": reference("schemas", "transition")}},
                refused=(*_WRITE, "412"),
            )
        },
    }


def _parameters() -> dict[str, Any]:
    languages = {"type": "string", "enum": list(current_settings().languages)}
    found: tuple[dict[str, Any], ...] = (
        path_parameter("code", "The record's code."),
        query_parameter("f", "json.", {"type": "string", "enum": ["json"]}),
        query_parameter("lang", "Language of sentences.", languages),
        query_parameter("bbox", "Records whose accepted place meets the box.", BOX, **UNEXPLODED),
        *crs_parameters(),
        query_parameter(
            "limit",
            f"Records a page; more than {MOST_LIMIT} is served as {MOST_LIMIT}.",
            {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": DEFAULT_LIMIT},
        ),
        query_parameter("cursor", "Where a page begins; take it from a `next` link.", TEXT),
        query_parameter("q", "Words, with or without Vietnamese marks.", {"type": "string", "maxLength": LONGEST_TEXT}),
        query_parameter("sortby", "The order.", {"type": "string", "enum": list(ORDERS), "default": "code"}),
        query_parameter(
            "at",
            "A day (UTC+7), today or before: records as they were held at its end, 404 for one that was not there. "
            "In lists only `limit`, `cursor`, `crs` and `sortby=code` go with it.",
            {"type": "string", "format": "date"},
        ),
        query_parameter("changeset", "A changeset of yours that a new draft goes into.", {"type": "integer"}),
        query_parameter("onto", "The version that your draft, merged with it, rests on now.", {"type": "integer"}),
        {"name": "If-Match", "in": "header", "required": False, "description": "The ETag as read.", "schema": TEXT},
        {
            "name": "Content-Crs",
            "in": "header",
            "required": False,
            "description": "`<address>` of the system in which the geometry is sent; CRS84 without it.",
            "schema": TEXT,
        },
    )
    return {parameter["name"]: parameter for parameter in found}


def _schemas() -> dict[str, Any]:
    schemas = standard_schemas()
    error = {"type": "object", "properties": {"pointer": TEXT, "detail": TEXT, "record": TEXT}}
    schemas["problem"]["properties"] |= {
        "errors": {"type": "array", "items": error},
        **{name: {"type": "object"} for name in ("base", "current", "own", "merged")},
        "conflicts": {"type": "array", "items": TEXT},
    }
    schemas["revision"] = {"type": "object", "properties": {"revision": {"type": "integer"}, "state": TEXT}}
    change = {"type": "object", "properties": {"pointer": TEXT, "before": {}, "after": {}}}
    schemas["changes"] = {"type": "object", "properties": {"changes": {"type": "array", "items": change}}}
    schemas["transition"] = {
        "type": "object",
        "required": ["action"],
        "properties": {
            "action": {"type": "string", "enum": [*OF_REVISIONS, *OF_RECORDS]},
            "revision": {"type": "integer", "minimum": 1},
            "comment": TEXT,
        },
    }
    for kind in KINDS.values():
        schemas[kind.plural] = _feature(kind)
    return schemas


def _feature(kind: Kind) -> dict[str, Any]:
    described = describe_record(kind)
    described["properties"] = {name: {**said, "nullable": True} for name, said in described["properties"].items()}
    # A draft may be incomplete.
    del described["required"]
    return {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": TEXT,
            "geometry": {"type": "object", "nullable": True},
            "links": LINKS,
            "properties": described,
        },
    }
