"""The tourists' pages at /{lang}/…: home, the list of sites, one site."""

from __future__ import annotations

from flask import Blueprint, Flask

from app.web import context, home, sites
from app.web.errors import render_error

__all__ = ["init_app", "render_error"]


def init_app(app: Flask) -> None:
    """Mount the pages and give their templates what all of them use."""
    context.init_app(app)
    web = Blueprint("web", __name__)
    web.add_url_rule("/", "root", home.root)
    web.add_url_rule("/robots.txt", "robots", home.robots)
    web.add_url_rule("/<language>/", "home", home.home)
    web.add_url_rule("/<language>/sites", "sites", sites.list_sites, strict_slashes=False)
    web.add_url_rule("/<language>/sites/<slug>.jsonld", "site_jsonld", sites.show_jsonld)
    web.add_url_rule("/<language>/sites/<slug>", "site", sites.show_site)
    app.register_blueprint(web)
