"""How every resource of the API answers: JSON with language and tag, and the way to the page for a browser."""

from __future__ import annotations

from typing import Any

from flask import Response, json, redirect, request
from werkzeug.datastructures import MultiDict

from app.core.errors import InvalidInput
from app.http.caching import cached, is_fresh, make_etag
from app.http.i18n import choose_language, current_language, set_language
from app.http.parameters import check_choice, suggest
from app.http.settings import absolute
from app.publication.links import API

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
# OWSLib compares this letter by letter.
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
HTML = "text/html"


def begin(allowed: tuple[str, ...]) -> MultiDict[str, str]:
    """Choose the language and check the names of the parameters; gives the parameters.

    Raises `InvalidInput` for an unknown one (OGC 17-069r4, /req/core/query-param-unknown), naming the nearest, and for
    one given twice.
    """
    set_language(choose_language(request.args.get("lang") or None))
    for name, values in request.args.lists():
        _check_name(name, ("lang", "f", *allowed))
        if len(values) > 1:
            raise InvalidInput("The parameter %(field)s is given %(count)s times.", field=name, count=len(values))
    return request.args


def _check_name(name: str, allowed: tuple[str, ...]) -> None:
    if name in allowed:
        return
    nearest = suggest(name, allowed)
    if nearest:
        raise InvalidInput(
            "There is no parameter “%(field)s” here; did you mean “%(nearest)s”?", field=name[:60], nearest=nearest
        )
    raise InvalidInput(
        "There is no parameter “%(field)s” here; there are: %(choices)s.", field=name[:60], choices=", ".join(allowed)
    )


def wants_page(*, has_page: bool = True) -> bool:
    """Tell whether the answer is a page: `f=html`, or a browser's Accept without `f`.

    Raises `InvalidInput` for another f.
    """
    asked = request.args.get("f")
    if asked:
        return check_choice("f", asked, ("json", "html") if has_page else ("json",)) == "html"
    if not has_page:
        return False
    # The first is what a client without a preference gets.
    best = request.accept_mimetypes.best_match([GEOJSON, JSON, SCHEMA, HTML], default=JSON)
    return best == HTML


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


def answer_text(text: str, media_type: str, etag: str) -> Response:
    """Answer with finished text under a tag made before the text was."""
    return cached(Response(text, mimetype=media_type), etag)


def not_modified(media_type: str, etag: str) -> Response | None:
    """Answer 304 if the reader has it, before anything is read for the body."""
    return cached(Response("", mimetype=media_type), etag) if is_fresh(etag) else None


def link(rel: str, path: str, media_type: str, title: str | None = None) -> dict[str, str]:
    """Write a link with an absolute address (RFC 8288)."""
    found = {"rel": rel, "type": media_type, "href": absolute(path)}
    if title:
        found["title"] = title
    return found


def api_path(path: str = "") -> str:
    """Give a path of the API."""
    return f"{API}{path}"


def localized(text: dict[str, str]) -> str:
    """Pick a text of our own in the request's language."""
    return text.get(current_language()) or text["en"]
