"""An itinerary as the plan of a chosen day, for calendars (iCalendar, RFC 5545)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

import icalendar
from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from app.core.errors import NotFound
from app.http.caching import cached, is_fresh
from app.http.i18n import catalogue, content_language, current_language
from app.http.reading import reading
from app.http.settings import absolute
from app.publication.queries import Item, find_code, read_item
from app.web.context import enter, page_etag
from app.web.features import load_feature
from app.web.itineraries import Halt, Route, format_minutes, read_route, read_start

_MEDIA_TYPE = "text/calendar"


def init_routes(web: Blueprint) -> None:
    """Add the address of an itinerary's plan."""
    web.add_url_rule("/<language>/itineraries/<slug>.ics", "itineraries_item_ics", show_plan)


def show_plan(language: str, slug: str) -> BaseResponse:
    """Give the plan of the day `on`, begun `at` an hour; where they cannot be read it leads to where that is told."""
    enter(language)
    found, start = _find(slug), read_start()
    if start.begins is None:
        asked = urlencode({"on": start.on, "at": start.at})
        return redirect(f"/{language}/itineraries/{found.slug}?{asked}#plan", 303)
    etag = page_etag("plan", found.code, found.version, start.begins.isoformat())
    if is_fresh(etag):
        return cached(Response("", mimetype=_MEDIA_TYPE), etag)
    item = load_feature(found.feature)["properties"]
    response = Response(write_plan(item, read_route(item), start.begins), mimetype=_MEDIA_TYPE)
    response.headers.set("Content-Disposition", "attachment", filename=f"{found.code}-{start.on}.ics")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return cached(response, etag)


def write_plan(item: dict[str, Any], route: Route, begins: dt.datetime) -> bytes:
    """Write the calendar: an entry for each stop where all times are known, else one with the stops in order.

    The one is as long as the itinerary says that it takes; where it does not say, it takes the day.
    """
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Di Sản//Itineraries//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", item["name"])
    entries = [_stay(item, halt, begins) for halt in route.halts] if route.is_timed else [_whole(item, route, begins)]
    for entry in entries:
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _stay(item: dict[str, Any], halt: Halt, begins: dt.datetime) -> icalendar.Event:
    stop = halt.stop
    starts = begins + dt.timedelta(minutes=halt.since_min or 0)
    entry = _entry(item, f"{item['code']}-{stop['position']}", begins)
    entry.add("summary", f"{stop['position']}. {stop['name']}")
    entry.add("dtstart", starts.astimezone(dt.UTC))
    entry.add("dtend", (starts + dt.timedelta(minutes=stop["dwell_min"])).astimezone(dt.UTC))
    lines = [stop["text"], _say("Times are estimates.") if halt.is_least else None]
    lines += [absolute(stop["url"]) if stop["url"] else None, f"{item['name']}: {absolute(item['url'])}"]
    entry.add("description", "\n".join(line for line in lines if line))
    entry.add("location", stop["name"])
    if halt.point:
        entry.add("geo", (stop["lat"], stop["lon"]))
    return entry


def _whole(item: dict[str, Any], route: Route, begins: dt.datetime) -> icalendar.Event:
    entry = _entry(item, item["code"], begins)
    entry.add("summary", item["name"])
    if item["duration_h"]:
        entry.add("dtstart", begins.astimezone(dt.UTC))
        entry.add("dtend", (begins + dt.timedelta(hours=item["duration_h"])).astimezone(dt.UTC))
    else:
        entry.add("dtstart", begins.date())
    lines = [item["date_rule"]]
    for halt in route.halts:
        stay = f" ({format_minutes(halt.stop['dwell_min'])})" if halt.stop["dwell_min"] else ""
        lines.append(f"{halt.stop['position']}. {halt.stop['name']}{stay}")
    lines.append(absolute(item["url"]))
    entry.add("description", "\n".join(line for line in lines if line))
    return entry


def _entry(item: dict[str, Any], name: str, begins: dt.datetime) -> icalendar.Event:
    """Begin an entry; the same itinerary on the same day is the same entry, however often it is taken."""
    entry = icalendar.Event()
    entry.add("uid", f"{name}-{begins:%Y%m%d}@{absolute('/').split('/')[2]}")
    entry.add("dtstamp", dt.datetime.fromisoformat(item["modified_at"]).astimezone(dt.UTC))
    entry.add("url", absolute(item["url"]))
    return entry


def _find(slug: str) -> Item:
    try:
        return read_item(reading(), "itineraries", find_code(reading(), "itineraries", slug), content_language())
    except NotFound as error:
        raise NotFound("There is nothing at this address. Look through the list, or search.") from error


def _say(text: str) -> str:
    return catalogue(current_language()).gettext(text)
