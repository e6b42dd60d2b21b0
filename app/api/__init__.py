"""The public API at /api/v1: OGC API – Features and Tiles over the publication, one file per resource."""

from __future__ import annotations

from flask import Blueprint, Flask

from app.api import (
    calendar_feed,
    changes,
    collections,
    documentation,
    dumps,
    items,
    landing,
    openapi,
    search,
    tiles,
    vocabularies,
)


def init_app(app: Flask) -> None:
    """Mount the API."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    for rule, name, view in (
        ("/", "landing", landing.landing),
        ("/conformance", "conformance", landing.conformance),
        ("/openapi.json", "openapi", openapi.openapi),
        ("/docs", "docs", documentation.lead_to_reference),
        ("/problems/<code>", "problem", documentation.lead_to_problem),
        ("/changes", "changes", changes.list_changes),
        ("/search", "search", search.search),
        ("/suggest", "suggest", search.suggest),
        ("/events.ics", "events_ics", calendar_feed.show_events),
        ("/collections", "collections", collections.list_collections),
        ("/collections/<name>", "collection", collections.show_collection),
        ("/collections/<name>/queryables", "queryables", collections.queryables),
        ("/collections/<name>/sortables", "sortables", collections.sortables),
        ("/collections/<name>/schema", "schema", collections.schema),
        ("/collections/<name>/items", "items", items.list_items),
        ("/collections/<name>/items/<code>", "item", items.show_item),
        *tiles.ROUTES,
        ("/vocabularies", "vocabularies", vocabularies.list_vocabularies),
        ("/vocabularies/<scheme>", "vocabulary", vocabularies.show_vocabulary),
        ("/vocabularies/<scheme>/<code>", "concept", vocabularies.show_concept),
        ("/dumps", "dumps", dumps.list_dumps),
        ("/dumps/<file>", "dump", dumps.send_dump),
        ("/dcat.jsonld", "dcat", dumps.show_catalogue),
    ):
        api.add_url_rule(rule, name, view, strict_slashes=False, methods=["GET"])
    tiles.init_app(app)
    app.register_blueprint(api)
