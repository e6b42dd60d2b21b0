"""Features: a page of them, and one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, json
from werkzeug.datastructures import MultiDict

from app.api import reshaping
from app.api.answers import (
    GEOJSON,
    HTML,
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
from app.api.collections import find_collection, page_of
from app.api.cursors import bind_cursor
from app.api.extensions import EXTENSIONS, NOW, count_facets, read_facets_asked, with_days
from app.api.item_queries import read_query
from app.api.reshaping import Shape, read_shape, refuse_in_file, reshape
from app.http.caching import keep_until, make_etag
from app.http.crs import say_system
from app.http.i18n import current_language
from app.http.mapfiles import FORMS, answer_file
from app.http.reading import reading
from app.http.settings import RELEASE, absolute
from app.publication.conditions import ItemQuery
from app.publication.pages import Page, count_at_hand
from app.publication.queries import read_item, read_number
from app.publication.schema import Collection
from app.publication.typos import read_mended

PARAMETERS = (
    *("bbox", "bbox-crs", "datetime", "limit", "cursor", "q", "near", "radius"),
    *("filter", "filter-lang", "filter-crs", "sortby"),
    *reshaping.PARAMETERS,
)
# What counting further would cost is nobody's wish: of more items, and where more have the rarest value that is asked
# for, `numberMatched` is absent, unless it is counted ahead of time.
_MOST_COUNTED = 1000
# What the pages' lists ask as well; anything else they ignore.
_KEPT = ("q", "type", "rank", "unit", "category", "mode", "difficulty", "notice_kind", "severity")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A list as it is wanted: of which features, in which shape, with which facets; `asked` are the parameters."""

    collection: Collection
    asked: MultiDict[str, str]
    query: ItemQuery
    shape: Shape
    facets: tuple[str, ...]

    @property
    def geojson_only(self) -> list[str]:
        """The parameters that files for map applications have no room for."""
        return [*self.shape.changes, *(["facets"] if self.facets else [])]

    def address(self, **changed: str) -> str:
        """Give the address of the list with other values of some parameters, from the first page or a cursor."""
        pairs = dict(_kept(self.asked), **changed)
        return api_path(f"/collections/{self.collection.name}/items?{urlencode(pairs)}")

    def following(self, page: Page, read: ItemQuery) -> str | None:
        """Give the address of the next page, with the words that were meant, so that they need not be found again."""
        if page.next_cursor is None:
            return None
        words = {"q": read.text or ""} if read is not self.query else {}
        return self.address(cursor=bind_cursor(page.next_cursor, (self.collection.name,)), **words)


def _kept(asked: MultiDict[str, str]) -> Iterator[tuple[str, str]]:
    """Keep what was asked, and the language in words, so that a page and the next are in the same."""
    for key, value in asked.items():
        if value and key not in ("cursor", "lang"):
            yield key, value
    yield "lang", current_language()


def list_items(name: str) -> Response:
    """Give a page of features that meet all conditions (OGC 17-069r4, 7.15 and 7.16)."""
    collection = find_collection(name)
    asked = begin((*PARAMETERS, *EXTENSIONS, *(found.name for found in collection.queryables)))
    # Before anything is read that they vouch for.
    numbers = [read_number(reading(), one) for one in (name, *_leaned_on(asked))]
    facets = read_facets_asked([collection], asked["facets"]) if asked.get("facets") else ()
    shape, is_page = read_shape(collection, asked), wants_page(further=FORMS)
    # What is open depends on the minute. For all else, whoever has had the list has it still: nothing is looked up.
    query = read_query(collection, asked) if is_page or asked.get("open_at") else None
    if is_page:
        kept = {key: value for key, value in asked.items() if key in _KEPT and collection.page}
        return to_page(page_of(collection, f"?{urlencode(kept)}" if kept else ""))
    opening = query.opening if query else None
    minute = opening.at if opening else None
    etag = make_etag(RELEASE, numbers, minute, current_language(), absolute("/"), sorted(asked.items()))
    form = FORMS.get(asked.get("f", ""))
    response = not_modified(form.media_type if form else GEOJSON, etag)
    if response is None:
        wanted = _Wanted(collection, asked, query or read_query(collection, asked), shape, facets)
        response = _page_file(wanted, etag) if form else answer_text(_page_text(wanted), GEOJSON, etag)
    if opening and asked["open_at"] == NOW:
        keep_until(response, opening.at + dt.timedelta(minutes=1))
    return response if form else say_system(response, shape.system)


def _leaned_on(asked: MultiDict[str, str]) -> Iterator[str]:
    """Give the other collections that an answer depends on: notices close things, and facets name units."""
    if asked.get("open_at"):
        yield "notices"
    if "unit" in asked.get("facets", ""):
        yield "admin-units"


def _page_file(wanted: _Wanted, etag: str) -> Response:
    """Give the same page for map applications; the way to the next one stands in the head."""
    collection, form = wanted.collection, wanted.asked["f"]
    refuse_in_file(wanted.geojson_only, form)
    page, read = read_mended(reading(), wanted.query)
    title = localized(dict(collection.title))
    features = map(json.loads, page.features)
    response = answer_file(form, features, etag, name=collection.name, title=title, path=page_of(collection))
    if following := wanted.following(page, read):
        response.headers["Link"] = f'<{absolute(following)}>; rel="next"; type="{FORMS[form].media_type}"'
    return response


def _page_text(wanted: _Wanted) -> bytes:
    """Write a FeatureCollection around finished features."""
    reads = reading()
    page, query = read_mended(reads, wanted.query)
    links = _links(wanted, page, query)
    head: dict[str, Any] = {"type": "FeatureCollection", "links": links, "numberReturned": len(page.features)}
    if page.next_cursor is None and query.cursor is None:
        head["numberMatched"] = len(page.features)
    elif not (query.boxes or query.near):
        matched = count_at_hand(reads, query, _MOST_COUNTED)
        head |= {} if matched is None else {"numberMatched": matched}
    if query is not wanted.query:
        head["searched"] = query.text
    if query.opening:
        head["open_at"] = query.opening.at.isoformat()
    if wanted.facets:
        head["facets"] = count_facets(query, wanted.facets)
    features = with_days(wanted.collection, page.features) if query.opening else page.features
    return collect(head, reshape(features, wanted.shape))


def _links(wanted: _Wanted, page: Page, read: ItemQuery) -> list[dict[str, str]]:
    collection = wanted.collection
    here = {"cursor": wanted.asked["cursor"]} if read.cursor else {}
    links = [link("self", wanted.address(**here), GEOJSON), link("alternate", page_of(collection), HTML)]
    links += [
        link("alternate", wanted.address(f=form, **here), FORMS[form].media_type)
        for form in FORMS
        if not wanted.geojson_only
    ]
    links.append(link("collection", api_path(f"/collections/{collection.name}"), "application/json"))
    if following := wanted.following(page, read):
        links.append(link("next", following, GEOJSON))
    return links


def show_item(name: str, code: str) -> Response:
    """Give one feature; 410 once it has been withdrawn."""
    asked = begin(reshaping.PARAMETERS)
    collection = find_collection(name)
    shape = read_shape(collection, asked)
    item = read_item(reading(), name, code, current_language())
    if wants_page(further=FORMS):
        return to_page(str(json.loads(item.feature)["properties"]["url"]))
    etag = make_etag(RELEASE, item.code, item.version, current_language(), collection.name, sorted(asked.items()))
    form = asked.get("f")
    if form in FORMS:
        refuse_in_file(shape.changes, form)
        feature = json.loads(item.feature)
        told = feature["properties"]
        return answer_file(form, [feature], etag, name=item.code, title=told["name"], path=told["url"])
    return say_system(answer_text(reshape([item.feature], shape)[0], GEOJSON, etag), shape.system)
