"""The ways to what is written of the API for people: the reference, and what each kind of problem means."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from app.api.answers import HTML, begin, to_page
from app.core.errors import NotFound
from app.http.i18n import current_language
from app.http.openapi import TEXT, path_parameter, query_parameter, reference
from app.http.parameters import check_choice
from app.http.problem_types import PROBLEM_TYPES


def lead_to_reference() -> Response:
    """Lead to the reference in the reader's language (OGC 17-069r4, 7.2: `service-doc`)."""
    _begin()
    return to_page(f"/{current_language()}/developers/reference")


def lead_to_problem(code: str) -> Response:
    """Lead to what the catalogue says of a kind of problem; its address is the problem's `type` (RFC 9457, 3.1.1).

    Raises `NotFound` for a code that no problem has.
    """
    _begin()
    if code not in PROBLEM_TYPES:
        raise NotFound("There is nothing at this address.")
    return to_page(f"/{current_language()}/developers/errors#{code.lower()}")


def _begin() -> None:
    begin(())
    if asked := request.args.get("f"):
        check_choice("f", asked, ("html",))


def describe_documentation() -> dict[str, Any]:
    """Describe both paths."""
    code = path_parameter("code", "The problem's code.", {"type": "string", "enum": list(PROBLEM_TYPES)})
    return {
        "/docs": _describe("docs", "This description for people", []),
        "/problems/{code}": _describe("problem", "What a kind of problem means", [code], "404"),
    }


def _describe(operation: str, summary: str, parameters: list[dict[str, Any]], *refused: str) -> dict[str, Any]:
    form = query_parameter("f", "A page.", {"type": "string", "enum": ["html"]})
    responses: dict[str, Any] = {
        "303": {"description": "To the page, in the reader's language.", "content": {HTML: {"schema": TEXT}}}
    }
    responses |= {status: reference("responses", status) for status in ("400", *refused, "401", "406", "429")}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [*parameters, form, reference("parameters", "lang")],
            "responses": responses,
        }
    }
