"""The list and the page of every collection that has pages, but for the sites, which have their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Response, json, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from app.core import clock
from app.core.errors import NotFound
from app.http.caching import cached, make_etag
from app.http.i18n import content_language
from app.http.reading import reading
from app.publication.collections import COLLECTIONS
from app.publication.conditions import ItemQuery
from app.publication.pages import read_page
from app.publication.queries import Item, find_code, read_item, read_number, read_standings
from app.publication.schema import Collection
from app.web.around import read_held, read_near
from app.web.calendar_query import calendar_address
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.event_days import coming_days
from app.web.facts import badges, card_lines, days_between, label_of, page_facts
from app.web.features import load_feature, page_paths, word
from app.web.files import item_data, item_file, list_data, list_file
from app.web.itineraries import read_route, show_stop
from app.web.jsonld import describe_item, script_text
from app.web.lists import Asked, Choices, concept_choices, list_values, read, read_filters
from app.web.sharing import share_values
from app.web.visiting import read_visiting
from app.web.visits import show_of

_MOST_NOTICES = 20
# What is asked of an itinerary's page: one of its stops, a day and an hour to set out.
_OF_ITINERARIES = ("stop", "on", "at")

PAGES: dict[str, Collection] = {
    collection.page: collection for collection in COLLECTIONS.values() if collection.page and collection.page != "sites"
}


def list_items(language: str, page: str) -> Response:
    """Show the items that meet the search and the filters, a page at a time; of the notices those that are not over."""
    enter(language)
    collection = PAGES[page]
    by_scheme = schemes_of(collection)
    asked = Asked(page, tuple(by_scheme))
    day = clock.today()
    etag = page_etag(page, read_number(reading(), collection.name), day, asked.key)
    if had := unchanged(etag):
        return had
    filters, active, errors = read_filters(asked, _choices(collection, by_scheme))
    found, total, searched = read(collection.name, asked, active, errors, lasting_on=day)
    return render_page(
        "web/items.html",
        etag,
        asked.addresses(),
        title=title_of(collection),
        introduction=word(collection.description),
        page=page,
        cards=[_card(collection, load_feature(feature)["properties"], day.isoformat()) for feature in found.features],
        filters={name: {**choice, "label": label_of(name)} for name, choice in filters.items()},
        active=active,
        errors=errors,
        calendar_url=calendar_address(asked) if page == "events" else None,
        **list_values(asked, found, total, searched),
    )


def schemes_of(collection: Collection) -> dict[str, str]:
    """Give the vocabularies by whose terms a list is filtered, by the name of the filter."""
    return {
        found.name: found.scheme for found in collection.queryables if found.scheme and found.name != "location_policy"
    }


def _choices(collection: Collection, by_scheme: Mapping[str, str]) -> Choices:
    choices = {name: concept_choices(collection.name, name, scheme) for name, scheme in by_scheme.items()}
    return {name: options for name, options in choices.items() if options}


def show_list_file(language: str, page: str, form: str) -> BaseResponse:
    """Give the items that meet the search and the filters as a file for map applications."""
    enter(language)
    collection = PAGES[page]
    by_scheme = schemes_of(collection)
    asked = Asked(page, tuple(by_scheme))
    _, active, errors = read_filters(asked, _choices(collection, by_scheme))
    return list_file(form, collection.name, title_of(collection), asked, (active, errors), lasting_on=clock.today())


def _card(collection: Collection, item: dict[str, Any], day: str) -> dict[str, Any]:
    upcoming = coming(item, day)
    return {
        "item": item,
        "lines": card_lines(collection, item),
        "badges": badges(collection, item),
        "next": upcoming[0] if upcoming else None,
    }


def title_of(collection: Collection) -> str:
    """Name a collection in the request's language."""
    return word(collection.title)


def coming(item: dict[str, Any], day: str, most: int = 1) -> list[dict[str, Any]]:
    """Give the next times that an event is held, those of today among them, from the days that are published."""
    ahead = [one for one in item.get("occurrences", ()) if one["ends_on"] >= day][:most]
    return [{**one, "days": days_between(one["starts_on"], one["ends_on"])} for one in ahead]


def show_item(language: str, page: str, slug: str) -> BaseResponse:
    """Show an item; only the code at the slug's end decides, an outdated slug leads to the present one."""
    enter(language)
    collection = PAGES[page]
    found = _find(collection, slug)
    if found.slug != slug:
        asked = urlencode({name: request.args[name] for name in _OF_ITINERARIES if name in request.args})
        query = f"?{asked}" if asked else ""
        return redirect(f"/{language}/{page}/{found.slug}{query}", 301)
    show_of(found.code)
    if page == "itineraries" and (shown := show_stop(found)):
        return shown
    day = clock.today().isoformat()
    standings = read_standings(reading())
    feature = load_feature(found.feature)
    item = feature["properties"]
    notices = [] if page == "notices" else notices_about(item)
    visiting = read_visiting(item, notices)
    given = [request.args.get(name) for name in _OF_ITINERARIES]
    etag = page_etag(page, found.code, found.version, sorted(standings.items()), day, visiting, given)
    if had := unchanged(etag):
        return had
    return render_page(
        "web/item.html",
        etag,
        page_paths(feature),
        item=item,
        collection=collection.name,
        title=title_of(collection),
        page=page,
        geometry=feature["geometry"],
        facts=page_facts(collection, item),
        badges=badges(collection, item),
        notices=notices,
        visiting=visiting,
        near=[] if page == "notices" else read_near(feature),
        held=read_held(collection.name, found.code),
        route=read_route(item) if "stops" in item else None,
        coming=coming_days(item, day) if page == "events" else [],
        is_over=bool(item.get("until")) and item["until"] < day,
        share=share_values(collection.name, feature, found),
        jsonld=Markup(script_text(describe_item(collection.name, feature, day))),  # noqa: S704 (escaped there)
    )


def show_jsonld(language: str, page: str, slug: str) -> Response:
    """Give an item as JSON-LD (schema.org)."""
    enter(language)
    collection = PAGES[page]
    found = _find(collection, slug)
    body = describe_item(collection.name, load_feature(found.feature), clock.today().isoformat())
    text = json.dumps(body, ensure_ascii=False)
    return cached(Response(text, mimetype="application/ld+json"), make_etag("jsonld", language, found.version, text))


def show_file(language: str, page: str, slug: str, form: str) -> Response:
    """Give an item as a file for map applications."""
    enter(language)
    return item_file(form, _find(PAGES[page], slug))


def show_data(language: str, page: str, slug: str) -> BaseResponse:
    """Lead to an item as data."""
    enter(language)
    return item_data(PAGES[page].name, _find(PAGES[page], slug))


def show_list_data(language: str, page: str) -> BaseResponse:
    """Lead to the items that meet the search and the filters as data."""
    enter(language)
    collection = PAGES[page]
    by_scheme = schemes_of(collection)
    asked = Asked(page, tuple(by_scheme))
    _, active, _ = read_filters(asked, _choices(collection, by_scheme))
    return list_data(collection.name, asked, active)


def _find(collection: Collection, slug: str) -> Item:
    try:
        return read_item(reading(), collection.name, find_code(reading(), collection.name, slug), content_language())
    except NotFound as error:
        raise NotFound("There is nothing at this address. Look through the list, or search.") from error


def notices_about(item: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Give the notices that are not over: about a site or what is at it, the site it is part of, or its unit.

    For None it is all of them.
    """
    codes = [] if item is None else _sites_of(item)
    filters: list[tuple[tuple[str, str], ...]] = [(("site", code),) for code in codes]
    if item is None:
        filters = [()]
    elif item.get("unit"):
        filters.append((("unit", item["unit"]),))
    day = clock.today()
    found: dict[str, dict[str, Any]] = {}
    for asked in filters:
        query = ItemQuery("notices", content_language(), limit=_MOST_NOTICES, filters=asked, lasting_on=day)
        for feature in read_page(reading(), query).features:
            notice = load_feature(feature)["properties"]
            # Of the unit's, those about another site in it are left to that site.
            if item is None or asked[0][0] == "site" or notice["site"] in (None, *codes):
                found[notice["code"]] = {**notice, "days": card_lines(COLLECTIONS["notices"], notice)}
    return list(found.values())


def _sites_of(item: dict[str, Any]) -> list[str]:
    """Give the codes of a site and the one it is part of; of anything else the site that it is at."""
    if "components" in item:
        return [item["code"], *([item["parent"]["code"]] if item["parent"] else [])]
    site = item.get("site")
    return [site] if isinstance(site, str) else []
