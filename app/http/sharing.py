"""What any page on the web may read of ours: the public API and the image service, errors included, no credentials."""

from __future__ import annotations

from flask import Flask, Response, request

_SHARED = ("/api", "/iiif")


def init_app(app: Flask) -> None:
    """Set the headers."""
    app.after_request(_share)


def _share(response: Response) -> Response:
    """Let any page read the answer (Fetch standard, CORS)."""
    if request.path.startswith(_SHARED):
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = (
            "Link, ETag, Content-Crs, Content-Language, Retry-After, X-Request-Id"
        )
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, If-None-Match, X-API-Key, X-Request-Id"
            headers["Access-Control-Max-Age"] = "86400"
    return response
