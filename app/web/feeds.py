"""Events as calendars to subscribe to: one event, or what the list of events holds."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response as BaseResponse

from app.core.errors import Gone, InvalidInput
from app.http.caching import cached, is_fresh
from app.http.i18n import content_language
from app.http.ical import Feed, answer_calendar, empty_answer
from app.http.parameters import MOST_LIMIT
from app.http.reading import reading
from app.publication.called_off import read_called_off, read_called_off_among
from app.publication.queries import find_code, read_concepts, read_item, read_number, read_versions
from app.web.context import enter, page_etag
from app.web.features import load_feature, word
from app.web.items import PAGES, schemes_of, title_of
from app.web.lists import Asked, read, read_filters

_EVENTS = "events"


def init_routes(web: Blueprint) -> None:
    """Mount the calendars."""
    web.add_url_rule("/<language>/events.ics", "events_ics", show_list)
    web.add_url_rule("/<language>/events/<slug>.ics", "events_item_ics", show_event)


def show_event(language: str, slug: str) -> BaseResponse:
    """Give the days of an event; one that was withdrawn as called off, as long as any of its days is to come."""
    enter(language)
    reads = reading()
    code = find_code(reads, _EVENTS, slug)
    cancelled = read_called_off(reads, code)
    try:
        item = read_item(reads, _EVENTS, code, content_language())
    except Gone:
        if not cancelled:
            raise
        etag = page_etag("ics", code, cancelled)
        gone = Feed(cancelled[0].code, f"/{language}/calendar", [], {}, cancelled)
        return answer_calendar(gone, etag, name=cancelled[0].code)
    feature = load_feature(item.feature)
    told = feature["properties"]
    feed = Feed(told["name"], told["url"], [feature], {item.code: item.version}, cancelled)
    return answer_calendar(feed, page_etag("ics", item.code, item.version, cancelled), name=item.code)


def show_list(language: str) -> BaseResponse:
    """Give the days of the events that meet the search and the filters, up to 1,000 events.

    Raises `InvalidInput` with what cannot be read: a program that subscribed would take a page for its calendar.
    """
    enter(language)
    collection = PAGES[_EVENTS]
    by_scheme = schemes_of(collection)
    asked = Asked(_EVENTS, tuple(by_scheme))
    etag = page_etag("ics", read_number(reading(), _EVENTS), asked.key)
    if is_fresh(etag):
        return cached(empty_answer(), etag)
    _, active, errors = read_filters(asked, {name: _terms(name, scheme) for name, scheme in by_scheme.items()})
    page, _, _ = read(_EVENTS, asked, active, errors, limit=MOST_LIMIT)
    if errors:
        raise InvalidInput(errors[0])
    features = [load_feature(feature) for feature in page.features]
    codes = [feature["id"] for feature in features]
    narrowed = {chip["asks"]: chip["code"] for chip in active} | ({"q": asked["q"]} if asked["q"] else {})
    feed = Feed(
        " – ".join([title_of(collection), *(chip["label"] for chip in active)]),
        asked.address(language),
        features,
        read_versions(reading(), _EVENTS, codes),
        read_called_off_among(reading(), codes, narrowed),
    )
    return answer_calendar(feed, etag, name=_EVENTS)


def _terms(name: str, scheme: str) -> list[dict[str, Any]]:
    """Give all terms of a vocabulary as filters: whoever subscribed goes on, though nothing has the term just now."""
    return [
        {"code": code, "label": word(label) or code, "asks": name}
        for code, label in read_concepts(reading(), scheme).items()
    ]
