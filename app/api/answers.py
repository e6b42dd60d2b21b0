"""How every resource of the API answers: JSON with language and tag, and the way to the page for a browser."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Response, json, redirect, request

from app.http.answers import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, begin, link, localized
from app.http.caching import cached, is_fresh, make_etag
from app.http.i18n import current_language
from app.http.negotiation import choose_type
from app.http.parameters import check_choice
from app.publication.links import API

__all__ = [
    "GEOJSON",
    "HTML",
    "JSON",
    "OPENAPI",
    "SCHEMA",
    "answer_json",
    "answer_text",
    "api_path",
    "begin",
    "collect",
    "link",
    "localized",
    "not_modified",
    "to_page",
    "wants_page",
]


def wants_page(*, has_page: bool = True, further: Iterable[str] = ()) -> bool:
    """Tell whether the answer is a page: `f=html`, or a browser's Accept without `f`.

    Raises `InvalidInput` for an f that is neither that nor `json` nor one of the `further` forms there are.
    """
    asked = request.args.get("f")
    if asked:
        return check_choice("f", asked, ("json", *(("html",) if has_page else ()), *further)) == "html"
    if not has_page:
        return False
    # The first is what a client without a preference gets.
    return choose_type((GEOJSON, JSON, SCHEMA, HTML), JSON) == HTML


def to_page(path: str) -> Response:
    """Lead to the tourist page of the same thing."""
    response = redirect(path, 303)
    response.vary.update(("Accept", "Accept-Language"))
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Language"] = current_language()
    return Response(response.get_data(), 303, response.headers)


def answer_json(body: dict[str, Any], media_type: str = JSON) -> Response:
    """Answer with a small document whose tag is its content's."""
    text = json.dumps(body, ensure_ascii=False)
    return cached(Response(text, mimetype=media_type), make_etag(text))


def answer_text(text: str | bytes, media_type: str, etag: str) -> Response:
    """Answer with finished text under a tag made before the text was."""
    return cached(Response(text, mimetype=media_type), etag)


def collect(head: dict[str, Any], features: Iterable[bytes]) -> bytes:
    """Write a FeatureCollection: its other members, then finished features."""
    return json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "features": [' + b",".join(features) + b"]}"


def not_modified(media_type: str, etag: str) -> Response | None:
    """Answer 304 if the reader has it, before anything is read for the body."""
    return cached(Response("", mimetype=media_type), etag) if is_fresh(etag) else None


def api_path(path: str = "") -> str:
    """Give a path of the API."""
    return f"{API}{path}"
