"""Answers in RDF: JSON-LD as it was made, or the same in Turtle."""

from __future__ import annotations

from typing import Any

from flask import Response, json, request

from app.api.answers import JSON, answer_text, not_modified
from app.http.caching import make_etag
from app.http.negotiation import choose_type
from app.http.parameters import check_choice
from app.http.settings import RELEASE

JSON_LD = "application/ld+json"
TURTLE = "text/turtle"
# What `f` calls them.
FORMATS = {"jsonld": JSON_LD, "json": JSON, "ttl": TURTLE}


def choose_format() -> str:
    """Choose the media type: by `f`, else by Accept; JSON-LD for whoever does not mind.

    Raises `InvalidInput` for another f.
    """
    asked = request.args.get("f")
    if asked:
        return FORMATS[check_choice("f", asked, FORMATS)]
    return choose_type((JSON_LD, JSON, TURTLE), JSON_LD)


def answer_rdf(document: dict[str, Any], media_type: str) -> Response:
    """Answer with a JSON-LD document, in Turtle where that is asked for."""
    text = json.dumps(document, ensure_ascii=False)
    etag = make_etag(RELEASE, media_type, text)
    if media_type != TURTLE:
        return answer_text(text, media_type, etag)
    return not_modified(TURTLE, etag) or answer_text(_turtle(text), TURTLE, etag)


def _turtle(text: str) -> str:
    """Write JSON-LD in Turtle; its context must be in it, for nothing is fetched."""
    # Imported by who needs it first: it takes half a second and 17 MB, and most processes never do.
    from rdflib import Graph  # noqa: PLC0415 (see above)

    return Graph().parse(data=text, format="json-ld").serialize(format="turtle")
