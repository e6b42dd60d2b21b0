"""The public API at /api/v1: OGC API – Features over the publication, one file per resource."""

from __future__ import annotations

from flask import Blueprint, Flask

from app.api import collections, items, landing, openapi, search


def init_app(app: Flask) -> None:
    """Mount the API."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    for rule, name, view in (
        ("/", "landing", landing.landing),
        ("/conformance", "conformance", landing.conformance),
        ("/openapi.json", "openapi", openapi.openapi),
        ("/search", "search", search.search),
        ("/suggest", "suggest", search.suggest),
        ("/collections", "collections", collections.list_collections),
        ("/collections/<name>", "collection", collections.show_collection),
        ("/collections/<name>/queryables", "queryables", collections.queryables),
        ("/collections/<name>/schema", "schema", collections.schema),
        ("/collections/<name>/items", "items", items.list_items),
        ("/collections/<name>/items/<code>", "item", items.show_item),
    ):
        api.add_url_rule(rule, name, view, strict_slashes=False, methods=["GET"])
    app.register_blueprint(api)
