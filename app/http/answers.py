"""What both APIs say alike: media types, the names of parameters, links."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Response, json, request
from werkzeug.datastructures import MultiDict

from app.core.errors import InvalidInput
from app.core.text import excerpt
from app.http.i18n import choose_language, current_language, set_language
from app.http.parameters import suggest
from app.http.settings import absolute

JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
# OWSLib compares this letter by letter.
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
HTML = "text/html"
PROBLEM = "application/problem+json"

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SORTABLES = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
TILING_SCHEMES = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
STYLES = "http://www.opengis.net/def/rel/ogc/1.0/styles"


def begin(allowed: tuple[str, ...]) -> MultiDict[str, str]:
    """Choose the language and check the names of the parameters; gives the parameters.

    Raises `InvalidInput` for an unknown one (OGC 17-069r4, /req/core/query-param-unknown), naming the nearest, for one
    given twice, and for a value that is no text in UTF-8, or longer than any that means something.
    """
    set_language(choose_language(request.args.get("lang") or None))
    for name, values in request.args.lists():
        _check_name(name, ("lang", "f", *allowed))
        if len(values) > 1:
            raise InvalidInput("The parameter %(field)s is given %(count)s times.", field=name, count=len(values))
        _check_length(name, values[0])
    if b"%" in request.query_string:
        _check_encoding()
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


def _check_encoding() -> None:
    """Refuse bytes that are no UTF-8: werkzeug leaves them in the value, escaped as they came."""
    for pair in request.query_string.split(b"&"):
        name, _, value = pair.partition(b"=")
        try:
            unquote_to_bytes(value).decode()
        except UnicodeDecodeError as error:
            raise InvalidInput(
                "%(field)s: “%(value)s” is not written in UTF-8 from byte %(position)s on.",
                field=unquote_to_bytes(name).decode(errors="replace")[:60],
                value=excerpt(value.decode(errors="replace")),
                position=error.start + 1,
            ) from error


def _check_length(name: str, value: str) -> None:
    size = len(value.encode())
    if size > _MOST_BYTES and name not in _LONGER:
        raise InvalidInput(
            "%(field)s: it is %(count)s bytes long; %(most)s are read at most.",
            field=name,
            value=excerpt(value),
            count=size,
            most=_MOST_BYTES,
        )


_MOST_BYTES = 4096
# Whose readers have a limit of their own.
_LONGER = ("filter", "cursor")


def openapi_response(description: dict[str, Any]) -> tuple[Response, str]:
    """Make the answer that holds a description of an API, and its text; the type is what OWSLib and QGIS look for."""
    text = json.dumps(description, ensure_ascii=False)
    response = Response(text)
    response.headers["Content-Type"] = OPENAPI
    return response, text


def link(rel: str, path: str, media_type: str, title: str | None = None) -> dict[str, str]:
    """Write a link with an absolute address (RFC 8288)."""
    found = {"rel": rel, "type": media_type, "href": absolute(path)}
    if title:
        found["title"] = title
    return found


def localized(text: dict[str, str]) -> str:
    """Pick a text of our own in the request's language."""
    return text.get(current_language()) or text["en"]
