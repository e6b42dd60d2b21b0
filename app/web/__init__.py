"""The tourists' pages at /{lang}/…: home, the list and the page of every collection that has pages."""

from __future__ import annotations

from flask import Blueprint, Flask

from app.http.mapfiles import FORMS
from app.web import (
    calendars,
    context,
    developers,
    feeds,
    guides,
    home,
    items,
    itineraries,
    maps,
    media,
    near,
    offline,
    plans,
    plaque,
    privacy,
    qr,
    reports,
    saved,
    search,
    sharing,
    sitemap,
    sites,
    style,
    visits,
)
from app.web.errors import render_error

__all__ = ["init_app", "render_error"]
# What follows the address of a page that is wanted as data.
_DATA = ("json", "geojson")


def init_app(app: Flask, describe_api: guides.Describe) -> None:
    """Mount the pages and give their templates what all of them use; `describe_api` makes the API's description."""
    context.init_app(app)
    guides.init_app(app, describe_api)
    itineraries.init_app(app)
    web = Blueprint("web", __name__)
    visits.init_app(app, web)
    web.add_url_rule("/", "root", home.root)
    web.add_url_rule("/favicon.ico", "favicon", home.favicon)
    web.add_url_rule("/media/<name>", "media", media.show_file)
    web.add_url_rule("/q/<code>", "code", qr.lead)
    web.add_url_rule("/q/<code>.svg", "code_svg", qr.show_svg)
    web.add_url_rule("/q/<code>.png", "code_png", qr.show_png)
    web.add_url_rule("/<language>/", "home", home.home)
    web.add_url_rule("/<language>/style", "style", style.show_style)
    web.add_url_rule("/<language>/privacy", "privacy", privacy.show_privacy)
    asked = ["GET", "POST"]
    web.add_url_rule("/<language>/developers", "developers", developers.show_developers, methods=asked)
    web.add_url_rule("/<language>/developers/key", "key", developers.show_key, methods=asked)
    web.add_url_rule("/<language>/developers/reference", "reference", guides.show_reference)
    web.add_url_rule("/<language>/developers/<guide>", "guide", guides.show_guide)
    _mount_sites(web)
    _mount_items(web)
    for room in (calendars, feeds, maps, near, offline, plans, reports, saved, search, sharing, sitemap):
        room.init_routes(web)
    app.register_blueprint(web)


def _mount_sites(web: Blueprint) -> None:
    """Mount the list and the page of sites, each with its files and its data beside it."""
    web.add_url_rule("/<language>/sites", "sites", sites.list_sites, strict_slashes=False)
    web.add_url_rule("/<language>/sites/<slug>.jsonld", "site_jsonld", sites.show_jsonld)
    web.add_url_rule("/<language>/sites/<slug>", "site", sites.show_site)
    web.add_url_rule("/<language>/sites/<slug>/plaque", "plaque", plaque.show_sheet)
    for form in FORMS:
        which = {"form": form}
        web.add_url_rule(f"/<language>/sites.{form}", f"sites_{form}", sites.show_list_file, defaults=which)
        web.add_url_rule(f"/<language>/sites/<slug>.{form}", f"site_{form}", sites.show_file, defaults=which)
    for form in _DATA:
        web.add_url_rule(f"/<language>/sites.{form}", f"sites_{form}", sites.show_list_data)
        web.add_url_rule(f"/<language>/sites/<slug>.{form}", f"site_{form}", sites.show_data)


def _mount_items(web: Blueprint) -> None:
    """Mount the list and the page of every other collection in the same way."""
    for page in items.PAGES:
        which = {"page": page}
        for form in _DATA:
            web.add_url_rule(f"/<language>/{page}.{form}", f"{page}_{form}", items.show_list_data, defaults=which)
            web.add_url_rule(
                f"/<language>/{page}/<slug>.{form}", f"{page}_item_{form}", items.show_data, defaults=which
            )
        web.add_url_rule(f"/<language>/{page}", page, items.list_items, defaults=which, strict_slashes=False)
        web.add_url_rule(f"/<language>/{page}/<slug>.jsonld", f"{page}_jsonld", items.show_jsonld, defaults=which)
        web.add_url_rule(f"/<language>/{page}/<slug>", f"{page}_item", items.show_item, defaults=which)
        for form in FORMS:
            both = {"page": page, "form": form}
            web.add_url_rule(f"/<language>/{page}.{form}", f"{page}_{form}", items.show_list_file, defaults=both)
            web.add_url_rule(f"/<language>/{page}/<slug>.{form}", f"{page}_item_{form}", items.show_file, defaults=both)
