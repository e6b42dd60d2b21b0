"""The list of sites, and one site."""

from __future__ import annotations

from typing import Any

from flask import Response, json, redirect
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from app.core import clock
from app.core.errors import NotFound
from app.core.text import fold
from app.http.caching import cached, make_etag
from app.http.i18n import content_language
from app.http.reading import reading
from app.http.settings import absolute
from app.publication.collections import COLLECTIONS
from app.publication.queries import Item, count_values, find_code, read_features, read_item, read_number, read_standings
from app.web.around import read_held, read_near
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.facts import label_of
from app.web.features import load_feature, page_paths
from app.web.files import item_data, item_file, list_data, list_file
from app.web.items import notices_about, title_of
from app.web.jsonld import describe_site, script_text
from app.web.lists import Asked, Choices, concept_choices, list_values, read, read_filters
from app.web.sharing import share_values
from app.web.visiting import read_visiting
from app.web.visits import show_of

# The filters of the list; `rank` takes in the inscriptions, as visitors do, though World Heritage is no rank.
_FILTERS = ("type", "rank", "unit")
_INSCRIPTIONS = "inscriptions"


def list_sites(language: str) -> Response:
    """Show the sites that meet the search and the filters, a page at a time; parameters nobody knows are ignored."""
    enter(language)
    reads = reading()
    asked = Asked("sites", _FILTERS)
    etag = page_etag("sites", read_number(reads, "sites"), read_number(reads, "admin-units"), asked.key)
    if had := unchanged(etag):
        return had
    filters, active, errors = read_filters(asked, _choices(asked))
    page, total, searched = read("sites", asked, active, errors)
    return render_page(
        "web/sites.html",
        etag,
        asked.addresses(),
        features=[load_feature(feature) for feature in page.features],
        filters={name: {**choice, "label": label_of(name)} for name, choice in filters.items()},
        active=active,
        unit_label=next((chip["label"] for chip in active if chip["name"] == "unit"), ""),
        errors=errors,
        **list_values(asked, page, total, searched),
    )


def _choices(asked: Asked) -> Choices:
    return {"type": type_choices(), "rank": rank_choices(), "unit": _unit_choices(asked["unit"])}


def show_list_file(language: str, form: str) -> BaseResponse:
    """Give the sites that meet the search and the filters as a file for map applications."""
    enter(language)
    asked = Asked("sites", _FILTERS)
    _, active, errors = read_filters(asked, _choices(asked))
    return list_file(form, "sites", title_of(COLLECTIONS["sites"]), asked, (active, errors))


def type_choices() -> list[dict[str, Any]]:
    """Give the types that sites have."""
    return concept_choices("sites", "type", "site_types")


def rank_choices() -> list[dict[str, Any]]:
    """Give the inscriptions and ranks that sites have, World Heritage first."""
    return concept_choices("sites", "inscription", _INSCRIPTIONS) + concept_choices("sites", "rank", "levels")


def _unit_choices(selected: str) -> list[dict[str, Any]]:
    """Give the units in which sites lie today, and the one selected, which may be a former one."""
    reads, language = reading(), content_language()
    here = count_values(reads, "sites", "unit")
    held = count_values(reads, "sites", "within")
    features = read_features(reads, "admin-units", language, [*here, *([selected] if selected else [])])
    options = []
    for code, feature in features.items():
        unit = load_feature(feature)["properties"]
        label = unit["name"] if unit["is_in_force"] else f"{unit['name']} (–{unit['valid_to'][:4]})"
        options.append({"code": code, "label": label, "count": held.get(code, 0), "asks": "within"})
    return sorted(options, key=lambda option: fold(str(option["label"])))


def show_site(language: str, slug: str) -> BaseResponse:
    """Show a site; only the code at the slug's end decides, an outdated slug leads to the present one."""
    enter(language)
    item = find_site(slug)
    if item.slug != slug:
        return redirect(f"/{language}/sites/{item.slug}", 301)
    show_of(item.code)
    standings = read_standings(reading())
    feature = load_feature(item.feature)
    site = feature["properties"]
    notices = notices_about(site)
    visiting = read_visiting(site, notices)
    # What is open changes by the minute, and what is near or belongs to it with any of the collections.
    etag = page_etag("site", item.code, item.version, sorted(standings.items()), clock.today(), visiting)
    if had := unchanged(etag):
        return had
    return render_page(
        "web/site.html",
        etag,
        page_paths(feature),
        site=site,
        geometry=feature["geometry"],
        notices=notices,
        visiting=visiting,
        near=read_near(feature),
        held=read_held("sites", item.code),
        jsonld=Markup(script_text(describe_site(feature))),  # noqa: S704 (escaped there)
        url=absolute(site["url"]),
        share=share_values("sites", feature, item),
    )


def show_jsonld(language: str, slug: str) -> Response:
    """Give a site as JSON-LD (schema.org)."""
    enter(language)
    item = find_site(slug)
    text = json.dumps(describe_site(load_feature(item.feature)), ensure_ascii=False)
    return cached(Response(text, mimetype="application/ld+json"), make_etag("jsonld", language, item.version, text))


def show_file(language: str, slug: str, form: str) -> Response:
    """Give a site as a file for map applications."""
    enter(language)
    return item_file(form, find_site(slug))


def show_data(language: str, slug: str) -> BaseResponse:
    """Lead to a site as data."""
    enter(language)
    return item_data("sites", find_site(slug))


def show_list_data(language: str) -> BaseResponse:
    """Lead to the sites that meet the search and the filters as data."""
    enter(language)
    asked = Asked("sites", _FILTERS)
    _, active, _ = read_filters(asked, _choices(asked))
    return list_data("sites", asked, active)


def find_site(slug: str) -> Item:
    """Read the site whose code a slug ends in; raises `Gone` where it was withdrawn, `NotFound`."""
    try:
        return read_item(reading(), "sites", find_code(reading(), "sites", slug), content_language())
    except NotFound as error:
        raise NotFound("There is no site at this address. Search for its name, or look through the list.") from error
