"""Features: a page of them, and one."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from flask import Response, json
from werkzeug.datastructures import MultiDict

from app.api.answers import (
    GEOJSON,
    HTML,
    answer_text,
    api_path,
    begin,
    link,
    not_modified,
    to_page,
    wants_page,
)
from app.api.collections import find_collection, page_of
from app.core.errors import InvalidInput
from app.http import parameters
from app.http.caching import make_etag
from app.http.i18n import current_language
from app.http.reading import reading
from app.http.settings import RELEASE, absolute, current_settings
from app.publication.conditions import ItemQuery
from app.publication.pages import count_matches, read_page
from app.publication.queries import has_value, read_concepts, read_item, read_number, read_values
from app.publication.schema import Collection, Property

PARAMETERS = ("bbox", "datetime", "limit", "cursor", "q", "near", "radius")
# What counting further would cost is nobody's wish; beyond it `numberMatched` is absent.
_MOST_COUNTED = 1000
# What the pages' lists ask as well; anything else they ignore.
_KEPT = ("q", "type", "rank", "unit", "category", "mode", "difficulty", "notice_kind", "severity")
# How many values a mistyped one is compared with.
_MOST_SUGGESTED = 500


def list_items(name: str) -> Response:
    """Give a page of features that meet all conditions (OGC 17-069r4, 7.15 and 7.16)."""
    collection = find_collection(name)
    names = [found.name for found in collection.queryables]
    asked = begin((*PARAMETERS, *names))
    if wants_page():
        _read_query(collection, asked)
        kept = {key: value for key, value in asked.items() if key in _KEPT and collection.page}
        return to_page(page_of(collection, f"?{urlencode(kept)}" if kept else ""))
    number = read_number(reading(), name)
    etag = make_etag(RELEASE, number, current_language(), absolute("/"), sorted(asked.items()))
    # Who has this page asked rightly once: nothing further is looked up for them.
    if had := not_modified(GEOJSON, etag):
        return had
    return answer_text(_page_text(collection, _read_query(collection, asked), asked), GEOJSON, etag)


def _read_query(collection: Collection, asked: MultiDict[str, str]) -> ItemQuery:
    # A parameter without a value asks nothing: forms send those.
    given = {key: value for key, value in asked.items() if value}
    if "radius" in given and "near" not in given:
        raise InvalidInput("radius needs a place to measure from: near=lon,lat.", field="radius", value=given["radius"])
    if "datetime" in given:
        parameters.check_datetime(given["datetime"])
    filters = [
        (found.name, _check_value(collection, found, given[found.name]))
        for found in collection.queryables
        if found.name in given
    ]
    return ItemQuery(
        collection=collection.name,
        language=current_language(),
        limit=parameters.parse_limit(given.get("limit")),
        boxes=parameters.parse_bbox(given["bbox"]) if "bbox" in given else (),
        near=parameters.parse_near(given["near"], current_settings().plausible_box) if "near" in given else None,
        radius_m=parameters.parse_radius(given["radius"]) if "radius" in given else None,
        text=parameters.parse_text(given["q"]) if "q" in given else None,
        filters=tuple(filters),
        cursor=given.get("cursor"),
    )


def _check_value(collection: Collection, found: Property, value: str) -> str:
    """Give a filter's value if anything can have it; raises `InvalidInput` naming the nearest."""
    if found.type == "boolean":
        return parameters.check_choice(found.name, value.lower(), ("true", "false"))
    if found.name == "code":
        # A code that no feature has is an empty answer, not a mistake in the request.
        return value
    reads = reading()
    if has_value(reads, collection.name, found.name, value):
        return value
    choices = list(read_concepts(reads, found.scheme)) if found.scheme else []
    if value in choices:
        return value
    return parameters.check_choice(
        found.name, value, choices or read_values(reads, collection.name, found.name, _MOST_SUGGESTED)
    )


def _page_text(collection: Collection, query: ItemQuery, asked: MultiDict[str, str]) -> str:
    """Write a FeatureCollection around finished features."""
    reads = reading()
    page = read_page(reads, query)
    if page.next_cursor is None and query.cursor is None:
        matched: int | None = len(page.features)
    elif query.boxes or query.near:
        matched = None
    else:
        matched = count_matches(reads, query, _MOST_COUNTED)
    base = api_path(f"/collections/{collection.name}")
    here = {"cursor": query.cursor} if query.cursor else {}
    links = [link("self", _address(f"{base}/items", asked, **here), GEOJSON)]
    links.append(link("alternate", page_of(collection), HTML))
    links.append(link("collection", base, "application/json"))
    if page.next_cursor:
        links.append(link("next", _address(f"{base}/items", asked, cursor=page.next_cursor), GEOJSON))
    head = {"type": "FeatureCollection", "links": links, "numberReturned": len(page.features)}
    if matched is not None:
        head["numberMatched"] = matched
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [' + ",".join(page.features) + "]}"


def _address(path: str, asked: MultiDict[str, str], **changed: str) -> str:
    pairs = dict(_kept(asked), **changed)
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _kept(asked: MultiDict[str, str]) -> Iterator[tuple[str, str]]:
    """Keep what was asked, and the language in words, so that a page and the next are in the same."""
    for key, value in asked.items():
        if value and key not in ("cursor", "lang"):
            yield key, value
    yield "lang", current_language()


def show_item(name: str, code: str) -> Response:
    """Give one feature; 410 once it has been withdrawn."""
    begin(())
    collection = find_collection(name)
    item = read_item(reading(), name, code, current_language())
    if wants_page():
        return to_page(str(json.loads(item.feature)["properties"]["url"]))
    etag = make_etag(RELEASE, item.code, item.version, current_language(), collection.name)
    return answer_text(item.feature, GEOJSON, etag)
