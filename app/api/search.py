"""Search across the collections, and suggestions while somebody types."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from flask import Response, json
from sqlalchemy.sql.expression import ColumnElement
from werkzeug.datastructures import MultiDict

from app.api.answers import (
    GEOJSON,
    JSON,
    answer_text,
    api_path,
    begin,
    collect,
    link,
    localized,
    not_modified,
    to_page,
    wants_page,
)
from app.api.cursors import bind_cursor, unbind_cursor
from app.api.extensions import find_unit, read_facets_asked, read_has, read_list
from app.core.errors import InvalidInput
from app.http import parameters
from app.http.caching import make_etag
from app.http.i18n import current_language
from app.http.reading import reading
from app.http.settings import RELEASE, absolute, current_settings
from app.publication.collections import COLLECTIONS
from app.publication.facets import FacetValue, read_facets
from app.publication.models import ITEMS
from app.publication.queries import read_values
from app.publication.search import (
    Found,
    SearchQuery,
    count_by_collection,
    newest_number,
    search_conditions,
    search_items,
)
from app.publication.suggestions import suggest_items

SEARCH_PARAMETERS = ("q", "collections", "bbox", "near", "radius", "within", "has", "facets", "limit", "cursor")
SUGGEST_PARAMETERS = ("q", "collections")
# Beyond it a collection's count is absent, as in lists.
_MOST_COUNTED = 1000
# How many units a mistyped one is compared with.
_MOST_UNITS = 2000


def search() -> Response:
    """Give a page of what words find in all collections, or in some, in one order."""
    asked = begin(SEARCH_PARAMETERS)
    query = _read_query(asked)
    facets = _read_facets(query, asked)
    if wants_page():
        return to_page(f"/{current_language()}/sites?{urlencode({'q': query.text})}")
    # Names of units stand in facets.
    number = newest_number(reading(), (*query.collections, "admin-units"))
    etag = make_etag("search", RELEASE, number, current_language(), absolute("/"), sorted(asked.items()))
    return not_modified(GEOJSON, etag) or answer_text(_page_text(query, facets, asked), GEOJSON, etag)


def suggest() -> Response:
    """Give at most ten things whose names or codes begin as what has been typed."""
    asked = begin(SUGGEST_PARAMETERS)
    wants_page(has_page=False)
    collections, text = _read_collections(asked), _read_text(asked)
    number = newest_number(reading(), collections)
    etag = make_etag("suggest", RELEASE, number, current_language(), sorted(asked.items()))
    return not_modified(JSON, etag) or answer_text(_suggestions_text(collections, text), JSON, etag)


def _suggestions_text(collections: tuple[str, ...], text: str) -> str:
    language = current_language()
    found, searched = suggest_items(reading(), collections, language, text, languages=current_settings().languages)
    body: dict[str, Any] = {"suggestions": [asdict(one) for one in found]}
    if searched != text:
        body["searched"] = searched
    return json.dumps(body, ensure_ascii=False)


def _read_text(asked: MultiDict[str, str]) -> str:
    text = asked.get("q")
    if not text:
        raise InvalidInput("q: say what to look for, for example q=my son.", field="q", value="")
    return parameters.parse_text(text)


def _read_collections(asked: MultiDict[str, str]) -> tuple[str, ...]:
    given = asked.get("collections")
    return read_list("collections", given, COLLECTIONS) if given else tuple(COLLECTIONS)


def _read_query(asked: MultiDict[str, str]) -> SearchQuery:
    given = {key: value for key, value in asked.items() if value}
    collections = _read_collections(asked)
    if ("near" in given) != ("radius" in given):
        raise InvalidInput(
            "near and radius go together here: near=lon,lat&radius=metres.",
            field="near" if "near" in given else "radius",
            value=given.get("near", given.get("radius", ""))[:60],
        )
    filters = read_has([COLLECTIONS[name] for name in collections], given["has"]) if "has" in given else ()
    if "within" in given:
        filters = (*filters, ("within", _read_unit(given["within"])))
    return SearchQuery(
        collections=collections,
        language=current_language(),
        text=_read_text(asked),
        limit=parameters.parse_limit(given.get("limit")),
        boxes=parameters.parse_bbox(given["bbox"]) if "bbox" in given else (),
        near=parameters.parse_near(given["near"], current_settings().plausible_box) if "near" in given else None,
        radius_m=parameters.parse_radius(given["radius"]) if "radius" in given else 0,
        filters=filters,
        cursor=unbind_cursor(given["cursor"], _list_of(collections)) if "cursor" in given else None,
    )


def _list_of(collections: tuple[str, ...]) -> tuple[str, ...]:
    """Name the list whose cursors a search has: that of these collections, however they were named."""
    return ("search", *sorted(collections))


def _read_unit(text: str) -> str:
    if unit := find_unit(text):
        return unit
    return parameters.check_choice("within", text, read_values(reading(), "admin-units", "code", _MOST_UNITS))


def _read_facets(query: SearchQuery, asked: MultiDict[str, str]) -> tuple[str, ...]:
    given = asked.get("facets")
    return read_facets_asked([COLLECTIONS[name] for name in query.collections], given) if given else ()


def _page_text(query: SearchQuery, facets: tuple[str, ...], asked: MultiDict[str, str]) -> bytes:
    """Write a FeatureCollection around finished features, with what each collection holds of them."""
    found = search_items(reading(), query)
    is_mended, query = found.asked is not query, found.asked
    head: dict[str, Any] = {"type": "FeatureCollection", "links": _links(found, asked)}
    if is_mended:
        head["searched"] = query.text
    head["numberReturned"] = len(found.features)
    counts = count_by_collection(reading(), query, _MOST_COUNTED)
    if None not in counts.values():
        head["numberMatched"] = sum(count or 0 for count in counts.values())
    head["collections"] = [_counted(name, count) for name, count in counts.items() if count != 0]
    if facets:
        head["facets"] = _facets(query, facets)
    return collect(head, found.features)


def _counted(name: str, count: int | None) -> dict[str, Any]:
    counted = {"id": name, "title": localized(dict(COLLECTIONS[name].title))}
    return counted if count is None else {**counted, "numberMatched": count}


def _facets(query: SearchQuery, names: tuple[str, ...]) -> dict[str, list[FacetValue]]:
    def criteria(own: str) -> list[ColumnElement[Any]]:
        return search_conditions(query, ITEMS, without=own)

    return read_facets(
        reading(),
        query.collections,
        names,
        criteria,
        filtered={name for name, _ in query.filters},
        language=query.language,
        languages=current_settings().languages,
    )


def _links(found: Found, asked: MultiDict[str, str]) -> list[dict[str, str]]:
    given = {key: value for key, value in asked.items() if value and key != "lang"} | {"lang": current_language()}
    links = [link("self", api_path(f"/search?{urlencode(given)}"), GEOJSON)]
    if found.next_cursor:
        # With the words that were meant, so that the next page need not find them again.
        cursor = bind_cursor(found.next_cursor, _list_of(found.asked.collections))
        following = {**given, "q": found.asked.text, "cursor": cursor}
        links.append(link("next", api_path(f"/search?{urlencode(following)}"), GEOJSON))
    return links
