"""The register's API at /register/v1: OGC API – Features with transactions, for officers' machines and GIS."""

from __future__ import annotations

from flask import Blueprint, Flask, Response

from app.http.i18n import current_language
from app.register_api import collections, items, landing, media, openapi, revisions, transitions, writes
from app.register_api.access import enter

_ITEM = "/collections/<name>/items/<code>"


def init_app(app: Flask) -> None:
    """Mount the API."""
    api = Blueprint("register", __name__, url_prefix="/register/v1")
    api.before_request(enter)
    api.after_request(_leave)
    for rule, name, view in (
        ("/", "landing", landing.landing),
        ("/conformance", "conformance", landing.conformance),
        ("/openapi.json", "openapi", openapi.openapi),
        ("/collections", "collections", collections.list_collections),
        ("/collections/<name>", "collection", collections.show_collection),
        ("/collections/<name>/queryables", "queryables", collections.queryables),
        ("/collections/<name>/schema", "schema", collections.schema),
        ("/collections/<name>/items", "items", items.list_items),
        (f"{_ITEM}/revisions", "revisions", revisions.list_revisions),
        (f"{_ITEM}/revisions/<int:number>", "revision", revisions.show_revision),
        (f"{_ITEM}/revisions/<int:before>...<int:after>", "changes", revisions.show_changes),
    ):
        api.add_url_rule(rule, name, view, strict_slashes=False, methods=["GET"])
    for rule, name, view, method in (
        ("/media", "media", media.add_medium, "POST"),
        ("/collections/<name>/items", "add", writes.add_item, "POST"),
        (f"{_ITEM}/transitions", "transitions", transitions.make_transition, "POST"),
        (_ITEM, "item", items.show_item, "GET"),
        (_ITEM, "replace", writes.replace_item, "PUT"),
        (_ITEM, "patch", writes.patch_item, "PATCH"),
        (_ITEM, "delete", writes.delete_item, "DELETE"),
    ):
        api.add_url_rule(rule, name, view, methods=[method], provide_automatic_options=rule != _ITEM)
    api.add_url_rule(_ITEM, "options", items.show_options, methods=["OPTIONS"])
    app.register_blueprint(api)


def _leave(response: Response) -> Response:
    """Keep the register out of caches and search engines."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers.setdefault("Content-Language", current_language())
    response.vary.update(("Accept-Language", "Authorization", "Cookie"))
    return response
