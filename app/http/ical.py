"""Events as iCalendar (RFC 5545, RFC 7986): an entry for each time that one is held, to be subscribed to or taken over.

What is written depends on what is published alone, never on the moment: an entry keeps its UID, its number rises with
the event's version, its stamp is when the event last changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from icalendar import Calendar, Timezone
from icalendar import Event as Entry

from app.core.lunar import format_lunar, parse_lunar
from app.core.text import fold
from app.http.caching import cached, make_etag
from app.http.i18n import catalogue, current_language
from app.http.kept import kept_answers
from app.http.settings import absolute, current_settings
from app.publication.called_off import Cancelled
from app.publication.conditions import NEAR_PRECISION_M

MEDIA_TYPE = "text/calendar"
_ZONE = "Asia/Ho_Chi_Minh"
# How often a calendar that subscribes should look: days of festivals change seldom, and are known long before.
_REFRESH = dt.timedelta(days=1)
_LONGEST_TEXT = 600
_MOST_SOURCES = 3


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar to be written: its name, the path of the page that shows the same, events and what is called off.

    `versions` are the events', by code.
    """

    title: str
    path: str
    features: Sequence[Mapping[str, Any]]
    versions: Mapping[str, int]
    cancelled: Sequence[Cancelled]


def answer_calendar(feed: Feed, etag: str, *, name: str) -> Response:
    """Answer with a calendar, as the process still has it if it wrote the same before: writing takes longest."""
    key = ("ics", make_etag(etag, feed))
    body = kept_answers().find(key)
    if body is None:
        body = write_calendar(feed)
        kept_answers().keep(key, body)
    response = empty_answer()
    response.set_data(body)
    response.headers.set("Content-Disposition", "inline", filename=f"{name}.ics")
    return cached(response, etag)


def empty_answer() -> Response:
    """Give an answer of the type of calendars, which any page on the web may read."""
    response = Response("", mimetype=MEDIA_TYPE)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def write_calendar(feed: Feed) -> bytes:
    """Write a calendar in the request's language, its entries by first day, then code."""
    calendar = Calendar()
    calendar.add("prodid", "-//Di San//Events//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    # RFC 7986, and what programs read that are older than it.
    title = f"{feed.title} – {current_settings().attribution}"
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("x-wr-timezone", _ZONE)
    calendar.add("url", absolute(feed.path))
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "P1D")
    by_code = {feature["properties"]["code"]: feature for feature in feed.features}
    entries = [entry for feature in feed.features for entry in _entries(feature, feed.versions)]
    entries += [
        (one.starts_on.isoformat(), one.code, _called_off(one, by_code.get(one.code))) for one in feed.cancelled
    ]
    if any(isinstance(entry.decoded("dtstart"), dt.datetime) for _, _, entry in entries):
        calendar.add_component(_timezone())
    for _, _, entry in sorted(entries, key=lambda row: row[:2]):
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


@lru_cache(maxsize=1)
def _timezone() -> Timezone:
    """Give Vietnam's time, the same since 1975; nothing before or after is among what is published."""
    zone: Timezone = Timezone.from_tzid(_ZONE, first_date=dt.date(2000, 1, 1), last_date=dt.date(2050, 1, 1))
    zone.pop("comment", None)
    return zone


def event_uid(code: str, starts_on: str) -> str:
    """Name a time that an event is held, the same on every host: by code, first day and the area of the register."""
    area = "-".join(fold(next(iter(current_settings().tenant_name.values()), "")).split())
    return f"{code}-{starts_on.replace('-', '')}@{area}.disan"


def _entries(feature: Mapping[str, Any], versions: Mapping[str, int]) -> Iterable[tuple[str, str, Entry]]:
    item = feature["properties"]
    told = _told(feature)
    for one in item["occurrences"]:
        entry = Entry()
        entry.add("uid", event_uid(item["code"], one["starts_on"]))
        # What was withdrawn meanwhile is told so the next time.
        _stamp(entry, dt.datetime.fromisoformat(item["modified_at"]), versions.get(item["code"], 0))
        _add_days(entry, item, one)
        for name, value in told:
            entry.add(name, value)
        _say(entry, "summary", item["name"], item["name_lang"])
        _say(entry, "description", _description(item, one), current_language())
        # Days that a rule gives are not announced; those of what is held once are.
        entry.add("status", "CONFIRMED" if item["recurrence"] == "once" else "TENTATIVE")
        entry.add("transp", "TRANSPARENT")
        yield one["starts_on"], item["code"], entry


def _told(feature: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Give what all entries of an event say alike, by the names of the properties."""
    item, place = feature["properties"], feature["geometry"]
    where = dict.fromkeys(text for text in (item["site_name"] or item["venue"], item["place"]) if text)
    told: list[tuple[str, Any]] = [("url", absolute(item["url"]))]
    if where:
        told.append(("location", ", ".join(where)))
    precision = item["location_precision_m"]
    if place and place["type"] == "Point" and precision is not None and precision <= NEAR_PRECISION_M:
        lon, lat = place["coordinates"][:2]
        told.append(("geo", (lat, lon)))
    if item["category_label"]:
        told.append(("categories", [item["category_label"]]))
    return told


def _stamp(entry: Entry, at: dt.datetime, version: int) -> None:
    entry.add("dtstamp", at.astimezone(dt.UTC).replace(microsecond=0))
    entry.add("last-modified", at.astimezone(dt.UTC).replace(microsecond=0))
    entry.add("sequence", version)


def _add_days(entry: Entry, item: Mapping[str, Any], one: Mapping[str, Any]) -> None:
    """Add the days; with its hours only what is held on one day, for those of several are each day's."""
    first, last = (dt.date.fromisoformat(one[name]) for name in ("starts_on", "ends_on"))
    if first == last and item["time_start"]:
        entry.add("dtstart", _at(first, item["time_start"]))
        if item["time_end"]:
            # What ends after midnight ends on the next day.
            is_later = item["time_end"] > item["time_start"]
            entry.add("dtend", _at(first if is_later else first + dt.timedelta(days=1), item["time_end"]))
        return
    entry.add("dtstart", first)
    entry.add("dtend", last + dt.timedelta(days=1))


def _at(day: dt.date, time: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(time), ZoneInfo(_ZONE))


def _description(item: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    language = current_language()
    hours = "–".join(item[name] for name in ("time_start", "time_end") if item[name])
    text = item["description"] or ""
    parts = [
        _("Lunar calendar: %(day)s") % {"day": format_lunar(parse_lunar(one["lunar"]), language)}
        if one["lunar"]
        else "",
        _("Main day: %(date)s") % {"date": one["main_on"]} if one["main_on"] else "",
        _("At %(hours)s on each day") % {"hours": hours} if hours and one["starts_on"] != one["ends_on"] else "",
        text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT].rsplit(maxsplit=1)[0]} …",
        ""
        if item["recurrence"] == "once"
        else _("The day is worked out from the rule that the sources give, and not announced by the organiser."),
        _sources(item),
        _("Licence: %(licence)s. Credit: “%(credit)s”.") % {"licence": item["licence"], "credit": item["attribution"]},
    ]
    return "\n".join(part for part in parts if part)


def _sources(item: Mapping[str, Any]) -> str:
    followed = [rule["source"] for rule in item["rules"] if rule["is_followed"] and rule["source"]]
    named = followed + [source["citation"] for source in item["sources"]]
    return _("Source: %(sources)s") % {"sources": "; ".join(named[:_MOST_SOURCES])} if named else ""


def _called_off(one: Cancelled, feature: Mapping[str, Any] | None) -> Entry:
    """Write that a time is called off; of an event that was withdrawn no more than its code is told."""
    entry = Entry()
    entry.add("uid", event_uid(one.code, one.starts_on.isoformat()))
    _stamp(entry, one.at, one.version)
    entry.add("dtstart", one.starts_on)
    entry.add("dtend", one.ends_on + dt.timedelta(days=1))
    if feature:
        _say(entry, "summary", feature["properties"]["name"], feature["properties"]["name_lang"])
        entry.add("url", absolute(feature["properties"]["url"]))
    else:
        _say(entry, "summary", _("Called off: %(code)s") % {"code": one.code}, current_language())
    entry.add("status", "CANCELLED")
    entry.add("transp", "TRANSPARENT")
    return entry


def _say(entry: Entry, name: str, text: str, language: str) -> None:
    entry.add(name, text, parameters={"LANGUAGE": language})


def _(text: str) -> str:
    return catalogue(current_language()).gettext(text)
