"""Features: a page of them, and one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

from flask import Response, json
from shapely.geometry.base import BaseGeometry
from werkzeug.datastructures import MultiDict

from app.api import reshaping
from app.api.answers import (
    GEOJSON,
    HTML,
    answer_text,
    api_path,
    begin,
    link,
    localized,
    not_modified,
    to_page,
    wants_page,
)
from app.api.collections import find_collection, page_of
from app.api.filters import FILTER_LANGUAGES, LANGUAGES, equals, read_filter
from app.api.reshaping import Shape, read_shape, refuse_shape, reshape
from app.api.shapes import check_filter_crs
from app.api.sorting import read_sort
from app.api.times import read_datetime
from app.core.db import db
from app.core.errors import InvalidInput
from app.http import parameters
from app.http.answers import CRS84
from app.http.caching import make_etag
from app.http.crs import System, read_box, read_system, say_system
from app.http.i18n import current_language
from app.http.mapfiles import FORMS, answer_file
from app.http.settings import RELEASE, absolute, current_settings
from app.publication.conditions import Box, ItemQuery
from app.publication.filters import AllOf, Condition
from app.publication.pages import count_matches, read_page
from app.publication.queries import has_value, read_concepts, read_item, read_number, read_values
from app.publication.schema import Collection, Property

PARAMETERS = (
    *("bbox", "bbox-crs", "datetime", "limit", "cursor", "q", "near", "radius"),
    *("filter", "filter-lang", "filter-crs", "sortby"),
    *reshaping.PARAMETERS,
)
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
    query = _read_query(collection, asked)
    shape = read_shape(collection, asked)
    if wants_page(further=FORMS):
        kept = {key: value for key, value in asked.items() if key in _KEPT and collection.page}
        return to_page(page_of(collection, f"?{urlencode(kept)}" if kept else ""))
    number = read_number(db.session(), name)
    etag = make_etag(RELEASE, number, current_language(), absolute("/"), sorted(asked.items()))
    if asked.get("f") in FORMS:
        return _page_file(collection, query, shape, asked, etag)
    answer = not_modified(GEOJSON, etag) or answer_text(_page_text(collection, query, shape, asked), GEOJSON, etag)
    return say_system(answer, shape.system)


def _page_file(
    collection: Collection, query: ItemQuery, shape: Shape, asked: MultiDict[str, str], etag: str
) -> Response:
    """Give the same page for map applications; the way to the next one stands in the head."""
    form = asked["f"]
    refuse_shape(shape, form)
    if had := not_modified(FORMS[form].media_type, etag):
        return had
    page = read_page(db.session(), query)
    title = localized(dict(collection.title))
    response = answer_file(form, page.features, etag, name=collection.name, title=title, path=page_of(collection))
    if page.next_cursor:
        after = _address(api_path(f"/collections/{collection.name}/items"), asked, cursor=page.next_cursor)
        response.headers["Link"] = f'<{absolute(after)}>; rel="next"; type="{FORMS[form].media_type}"'
    return response


def _read_query(collection: Collection, asked: MultiDict[str, str]) -> ItemQuery:
    # A parameter without a value asks nothing: forms send those.
    given = {key: value for key, value in asked.items() if value}
    if "radius" in given and "near" not in given:
        raise InvalidInput("radius needs a place to measure from: near=lon,lat.", field="radius", value=given["radius"])
    if "near" in given and "sortby" in given:
        raise InvalidInput(
            "sortby: near comes nearest first; leave one of the two out.", field="sortby", value=given["sortby"][:80]
        )
    filters = [
        (found.name, _check_value(collection, found, given[found.name]))
        for found in collection.queryables
        if found.name in given and not _is_typed(found)
    ]
    system = read_system("bbox-crs", given.get("bbox-crs"))
    boxes, area = _read_boxes(given["bbox"], system) if "bbox" in given else ((), None)
    return ItemQuery(
        collection=collection.name,
        language=current_language(),
        limit=parameters.parse_limit(given.get("limit")),
        boxes=boxes,
        area=area,
        near=parameters.parse_near(given["near"], current_settings().plausible_box) if "near" in given else None,
        radius_m=parameters.parse_radius(given["radius"]) if "radius" in given else None,
        text=parameters.parse_text(given["q"]) if "q" in given else None,
        filters=tuple(filters),
        where=_read_where(collection, given),
        sort=read_sort(collection, current_language(), given["sortby"]) if "sortby" in given else (),
        cursor=given.get("cursor"),
    )


def _is_typed(found: Property) -> bool:
    """Tell whether `name=value` takes any value of a type, not one of those that features have."""
    return found.is_localized or found.sort not in ("text", "boolean")


def _read_where(collection: Collection, given: Mapping[str, str]) -> Condition | None:
    """Read all that a filter or a typed value asks, together."""
    languages = list(current_settings().languages)
    parts = [
        equals(collection, languages, found.name, given[found.name])
        for found in collection.queryables
        if found.name in given and _is_typed(found)
    ]
    language = parameters.check_choice("filter-lang", given.get("filter-lang", LANGUAGES[0]), FILTER_LANGUAGES)
    crs = check_filter_crs(given.get("filter-crs", CRS84))
    if "filter" in given:
        parts.append(read_filter(collection, languages, given["filter"], filter_lang=language, filter_crs=crs))
    if "datetime" in given and (times := read_datetime(collection, given["datetime"])):
        parts.append(times)
    return AllOf(tuple(parts)) if parts else None


def _read_boxes(text: str, system: System) -> tuple[tuple[Box, ...], BaseGeometry | None]:
    """Read `bbox`: as boxes in degrees; of a grid, whose boxes lie askew there, with the shape they enclose."""
    if system.is_geographic:
        return parameters.parse_bbox(text, is_latitude_first=system.is_turned), None
    area = read_box(text, system)
    return (area.bounds,), area


def _check_value(collection: Collection, found: Property, value: str) -> str:
    """Give a filter's value if anything can have it; raises `InvalidInput` naming the nearest."""
    if found.type == "boolean":
        return parameters.check_choice(found.name, value.lower(), ("true", "false"))
    if found.name == "code":
        # A code that no feature has is an empty answer, not a mistake in the request.
        return value
    session = db.session()
    choices = list(read_concepts(session, found.scheme)) if found.scheme else []
    if value in choices or has_value(session, collection.name, found.name, value):
        return value
    return parameters.check_choice(
        found.name, value, choices or read_values(session, collection.name, found.name, _MOST_SUGGESTED)
    )


def _page_text(collection: Collection, query: ItemQuery, shape: Shape, asked: MultiDict[str, str]) -> str:
    """Write a FeatureCollection around finished features."""
    session = db.session()
    page = read_page(session, query)
    if page.next_cursor is None and query.cursor is None:
        matched: int | None = len(page.features)
    elif query.boxes or query.near:
        matched = None
    else:
        matched = count_matches(session, query, _MOST_COUNTED)
    base = api_path(f"/collections/{collection.name}")
    here = {"cursor": query.cursor} if query.cursor else {}
    links = [link("self", _address(f"{base}/items", asked, **here), GEOJSON)]
    links.append(link("alternate", page_of(collection), HTML))
    links += [
        link("alternate", _address(f"{base}/items", asked, f=form, **here), FORMS[form].media_type)
        for form in FORMS
        if not shape.changes
    ]
    links.append(link("collection", base, "application/json"))
    if page.next_cursor:
        links.append(link("next", _address(f"{base}/items", asked, cursor=page.next_cursor), GEOJSON))
    head = {"type": "FeatureCollection", "links": links, "numberReturned": len(page.features)}
    if matched is not None:
        head["numberMatched"] = matched
    return (
        json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [' + ",".join(reshape(page.features, shape)) + "]}"
    )


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
    asked = begin(reshaping.PARAMETERS)
    collection = find_collection(name)
    shape = read_shape(collection, asked)
    item = read_item(db.session(), name, code, current_language())
    if wants_page(further=FORMS):
        return to_page(str(json.loads(item.feature)["properties"]["url"]))
    etag = make_etag(RELEASE, item.code, item.version, current_language(), collection.name, sorted(asked.items()))
    form = asked.get("f")
    if form in FORMS:
        refuse_shape(shape, form)
        told = json.loads(item.feature)["properties"]
        return answer_file(form, [item.feature], etag, name=item.code, title=told["name"], path=told["url"])
    return say_system(answer_text(reshape([item.feature], shape)[0], GEOJSON, etag), shape.system)
