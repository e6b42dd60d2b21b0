"""Pages as files: a record, or all that a list holds up to a number, as GPX and KML; and the way to them as data."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from app.http.caching import cached, is_fresh
from app.http.i18n import content_language, current_language
from app.http.mapfiles import FORMS, answer_file
from app.http.parameters import MOST_LIMIT
from app.http.reading import reading
from app.publication.links import API, item_path
from app.publication.queries import Item, read_number
from app.web.context import page_etag
from app.web.features import load_feature
from app.web.lists import Asked, read


def item_file(form: str, item: Item) -> Response:
    """Give a record's file, named by its code."""
    feature = load_feature(item.feature)
    told = feature["properties"]
    etag = page_etag(form, item.code, item.version)
    return answer_file(form, [feature], etag, name=item.code, title=told["name"], path=told["url"])


def item_data(collection: str, item: Item) -> BaseResponse:
    """Lead to a record in the public API, which is the one document of it."""
    asked = urlencode({"f": "json", "lang": content_language()})
    return redirect(f"{item_path(collection, item.code)}?{asked}", 302)


def list_data(collection: str, asked: Asked, active: list[dict[str, Any]]) -> BaseResponse:
    """Lead to what a list holds in the public API, with its words and its filters."""
    pairs = [("f", "json"), ("lang", content_language()), *((chip["asks"], chip["code"]) for chip in active)]
    pairs += [("q", asked["q"])] if asked["q"] else []
    return redirect(f"{API}/collections/{collection}/items?{urlencode(pairs)}", 302)


def list_file(
    form: str,
    collection: str,
    title: str,
    asked: Asked,
    chosen: tuple[list[dict[str, Any]], list[str]],
    *,
    lasting_on: dt.date | None = None,
) -> BaseResponse:
    """Give the file of what a list holds, up to 1,000; `chosen` are its active filters and what is wrong with it.

    What cannot be read is told on the list's page, whereto such a request is led.
    """
    active, errors = chosen
    etag = page_etag(form, read_number(reading(), collection), lasting_on, asked.key)
    if is_fresh(etag):
        return cached(Response("", mimetype=FORMS[form].media_type), etag)
    page, _, _ = read(collection, asked, active, errors, lasting_on=lasting_on, limit=MOST_LIMIT)
    address = asked.address(current_language())
    if errors:
        return redirect(address, 303)
    features = map(load_feature, page.features)
    return answer_file(form, features, etag, name=asked.page, title=title, path=address)
