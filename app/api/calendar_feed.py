"""The events of the whole register as one calendar to subscribe to (iCalendar)."""

from __future__ import annotations

from flask import Response, json

from app.api.answers import begin, localized, wants_page
from app.http.caching import cached, is_fresh, make_etag
from app.http.i18n import current_language
from app.http.ical import Feed, answer_calendar, empty_answer
from app.http.parameters import MOST_LIMIT, check_choice
from app.http.reading import reading
from app.http.settings import RELEASE, absolute
from app.publication.called_off import read_called_off_among
from app.publication.collections import COLLECTIONS
from app.publication.conditions import ItemQuery
from app.publication.pages import read_page
from app.publication.queries import read_concepts, read_number, read_versions

# The vocabulary of what sorts of events there are.
CATEGORIES = "event_categories"
_EVENTS = "events"


def show_events() -> Response:
    """Give every day on which events are held, those of a category if one is asked for."""
    asked = begin(("category",))
    wants_page(has_page=False)
    category = asked.get("category") or None
    if category:
        check_choice("category", category, read_concepts(reading(), CATEGORIES))
    etag = make_etag("ics", RELEASE, read_number(reading(), _EVENTS), current_language(), absolute("/"), category or "")
    return cached(empty_answer(), etag) if is_fresh(etag) else answer_calendar(_feed(category), etag, name=_EVENTS)


def _feed(category: str | None) -> Feed:
    reads, narrowed = reading(), {"category": category} if category else {}
    query = ItemQuery(_EVENTS, current_language(), limit=MOST_LIMIT, filters=tuple(narrowed.items()))
    features = [json.loads(feature) for feature in read_page(reads, query).features]
    codes = [feature["id"] for feature in features]
    return Feed(
        localized(dict(COLLECTIONS[_EVENTS].title)),
        f"/{current_language()}/calendar",
        features,
        read_versions(reads, _EVENTS, codes),
        read_called_off_among(reads, codes, narrowed),
    )
