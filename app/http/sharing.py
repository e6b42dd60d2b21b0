"""What any page on the web may read of ours: the public API, files and feeds, errors included, no credentials."""

from __future__ import annotations

from flask import Flask, Response, request

from app.http.security import is_desk, is_register

_SHARED = ("/api", "/iiif", "/media/", "/q/", "/oembed")
# What pages have beside them for machines.
_FOR_MACHINES = (".json", ".jsonld", ".geojson", ".gpx", ".kml", ".ics")
_EXPOSED = (
    "Link, ETag, Content-Crs, Content-Language, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy, Deprecation, "
    "Sunset"
)
_ANSWERED = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, If-None-Match, Range, X-API-Key, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}


def init_app(app: Flask) -> None:
    """Answer preflights, and set the headers."""
    app.before_request(_answer_preflight)
    app.after_request(_share)


def _is_shared(path: str) -> bool:
    if path.startswith(_SHARED):
        return True
    return path.endswith(_FOR_MACHINES) and not is_desk(path) and not is_register(path)


def _answer_preflight() -> Response | None:
    """Say yes before an address is looked at: only then may the page read that there is nothing at it."""
    is_asked = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
    return Response(status=204) if is_asked and _is_shared(request.path) else None


def _share(response: Response) -> Response:
    """Let any page read the answer (Fetch standard, CORS)."""
    if _is_shared(request.path):
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = _EXPOSED
        if request.method == "OPTIONS":
            headers.update(_ANSWERED)
    return response
