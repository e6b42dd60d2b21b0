"""The list of sites, and one site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, json, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.core.localized import pick
from app.core.text import fold
from app.http import parameters
from app.http.caching import cached, make_etag
from app.http.i18n import current_language, sentence
from app.http.settings import absolute, current_settings
from app.publication.queries import (
    Item,
    ItemQuery,
    Page,
    count_matches,
    count_values,
    find_code,
    read_concepts,
    read_features,
    read_item,
    read_number,
    read_page,
)
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.jsonld import describe_site

_PAGE = 24
_MOST_COUNTED = 1000
# The filters of the list; `rank` takes in the inscriptions, as visitors do, though World Heritage is no rank.
_FILTERS = ("type", "rank", "unit")
_INSCRIPTIONS = "inscriptions"


def list_sites(language: str) -> Response:
    """Show the sites that meet the search and the filters, a page at a time; parameters nobody knows are ignored."""
    enter(language)
    session = db.session()
    asked = {name: request.args.get(name, "").strip() for name in ("q", "cursor", *_FILTERS)}
    etag = page_etag("sites", read_number(session, "sites"), read_number(session, "admin-units"), sorted(asked.items()))
    if had := unchanged(etag):
        return had
    filters, active, errors = _read_filters(asked)
    query, page = _read(asked, active, errors)
    total = count_matches(session, query, _MOST_COUNTED)
    return render_page(
        "web/sites.html",
        etag,
        {code: _address(asked, code) for code in current_settings().languages},
        features=[json.loads(feature) for feature in page.features],
        filters=filters,
        active=active,
        total=total,
        total_is_capped=total is None,
        unit_label=next((chip["label"] for chip in active if chip["name"] == "unit"), ""),
        next_url=_address(asked, language, cursor=page.next_cursor) if page.next_cursor else None,
        first_url=_address(asked, language) if asked["cursor"] else None,
        errors=errors,
    )


def _read(asked: dict[str, str], active: list[dict[str, Any]], errors: list[str]) -> tuple[ItemQuery, Page]:
    """Read the page; what cannot be read is said in `errors` and left out, for a visitor can mend it there."""
    text, cursor = asked["q"], asked["cursor"] or None
    if text:
        try:
            parameters.parse_text(text)
        except InvalidInput as error:
            errors.append(sentence(error))
            text = ""
    query = ItemQuery(
        "sites",
        current_language(),
        limit=_PAGE,
        text=text or None,
        filters=tuple((chip["asks"], chip["code"]) for chip in active),
        cursor=cursor,
    )
    try:
        return query, read_page(db.session(), query)
    except InvalidInput as error:
        errors.append(sentence(error))
        query = ItemQuery("sites", query.language, limit=_PAGE, text=query.text, filters=query.filters)
        return query, read_page(db.session(), query)


def _read_filters(asked: dict[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]], list[str]]:
    """Give the filters' choices, those in use as chips with the address without them, and what is wrong."""
    choices = {"type": type_choices(), "rank": rank_choices(), "unit": _unit_choices(asked["unit"])}
    filters: dict[str, Any] = {}
    active: list[dict[str, Any]] = []
    errors: list[str] = []
    for name, options in choices.items():
        chosen = next((option for option in options if option["code"] == asked[name]), None)
        if chosen:
            remove = _address({**asked, name: ""}, current_language())
            active.append({**chosen, "name": name, "remove_url": remove})
        elif asked[name]:
            try:
                parameters.check_choice(name, asked[name], [option["code"] for option in options])
            except InvalidInput as error:
                errors.append(sentence(error))
        filters[name] = {"selected": chosen["code"] if chosen else "", "options": options}
    return filters, active, errors


def type_choices() -> list[dict[str, Any]]:
    """Give the types that sites have."""
    return _concept_choices("type", "site_types")


def rank_choices() -> list[dict[str, Any]]:
    """Give the inscriptions and ranks that sites have, World Heritage first."""
    return _concept_choices("inscription", _INSCRIPTIONS) + _concept_choices("rank", "levels")


def _concept_choices(asks: str, scheme: str) -> list[dict[str, Any]]:
    """Give the values of a property that sites have: code, label, count, and the property that `asks` for it."""
    language, languages = current_language(), current_settings().languages
    counts = count_values(db.session(), "sites", asks)
    found = {code: pick(label, language, languages) for code, label in read_concepts(db.session(), scheme).items()}
    return [
        {"code": code, "label": label[0] if label else code, "count": counts[code], "asks": asks}
        for code, label in found.items()
        if counts.get(code)
    ]


def _unit_choices(selected: str) -> list[dict[str, Any]]:
    """Give the units in which sites lie today, and the one selected, which may be a former one."""
    session, language = db.session(), current_language()
    here = count_values(session, "sites", "unit")
    held = count_values(session, "sites", "within")
    features = read_features(session, "admin-units", language, [*here, *([selected] if selected else [])])
    options = []
    for code, feature in features.items():
        unit = json.loads(feature)["properties"]
        label = unit["name"] if unit["is_in_force"] else f"{unit['name']} (–{unit['valid_to'][:4]})"
        options.append({"code": code, "label": label, "count": held.get(code, 0), "asks": "within"})
    return sorted(options, key=lambda option: fold(str(option["label"])))


def _address(asked: dict[str, str], language: str, cursor: str | None = None) -> str:
    pairs = {name: value for name, value in asked.items() if value and name != "cursor"}
    if cursor:
        pairs["cursor"] = cursor
    return f"/{language}/sites" + (f"?{urlencode(pairs)}" if pairs else "")


def show_site(language: str, slug: str) -> BaseResponse:
    """Show a site; only the code at the slug's end decides, an outdated slug leads to the present one."""
    enter(language)
    item = _find(language, slug)
    if item.slug != slug:
        return redirect(f"/{language}/sites/{item.slug}", 301)
    etag = page_etag("site", item.code, item.version)
    if had := unchanged(etag):
        return had
    feature = json.loads(item.feature)
    site = feature["properties"]
    paths = {link["hreflang"]: link["href"] for link in feature["links"] if link["type"] == "text/html"}
    return render_page(
        "web/site.html",
        etag,
        paths,
        site=site,
        geometry=feature["geometry"],
        # Inside a script element only these could end it; JSON takes the escapes.
        jsonld=Markup(_json(describe_site(feature)).replace("<", "\\u003c").replace("&", "\\u0026")),  # noqa: S704
        url=absolute(site["url"]),
    )


def show_jsonld(language: str, slug: str) -> Response:
    """Give a site as JSON-LD (schema.org)."""
    enter(language)
    item = _find(language, slug)
    text = _json(describe_site(json.loads(item.feature)))
    response = cached(Response(text, mimetype="application/ld+json"), make_etag("jsonld", language, item.version, text))
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _find(language: str, slug: str) -> Item:
    try:
        return read_item(db.session(), "sites", find_code(db.session(), "sites", slug), language)
    except NotFound as error:
        raise NotFound("There is no site at this address. Search for its name, or look through the list.") from error


def _json(body: dict[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False)
