"""The public API at /api/v1: OGC API – Features over the publication, one file per resource."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request

from app.api import collections, items, landing, openapi


def init_app(app: Flask) -> None:
    """Mount the API."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    for rule, name, view in (
        ("/", "landing", landing.landing),
        ("/conformance", "conformance", landing.conformance),
        ("/openapi.json", "openapi", openapi.openapi),
        ("/collections", "collections", collections.list_collections),
        ("/collections/<name>", "collection", collections.show_collection),
        ("/collections/<name>/queryables", "queryables", collections.queryables),
        ("/collections/<name>/schema", "schema", collections.schema),
        ("/collections/<name>/items", "items", items.list_items),
        ("/collections/<name>/items/<code>", "item", items.show_item),
    ):
        api.add_url_rule(rule, name, view, strict_slashes=False, methods=["GET"])
    app.register_blueprint(api)
    app.after_request(_share)


def _share(response: Response) -> Response:
    """Let any page on the web read the API, errors included, without credentials (Fetch standard, CORS)."""
    if request.path.startswith("/api"):
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = "Link, ETag, Content-Language, Retry-After, X-Request-Id"
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
            headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, If-None-Match, X-API-Key, X-Request-Id"
            headers["Access-Control-Max-Age"] = "86400"
    return response
