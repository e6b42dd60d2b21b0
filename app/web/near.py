"""What is near me: around a position that the visitor gives, a place that was typed, or something in the register."""

from __future__ import annotations

import math
from typing import Any

from flask import Blueprint, redirect
from werkzeug.wrappers import Response as BaseResponse

from app.core import clock
from app.core.db import now
from app.core.errors import InvalidInput
from app.engine.questions import Point
from app.http import parameters
from app.http.i18n import content_language
from app.http.reading import reading
from app.publication.around import MOST_COUNTED, count_around, read_around, read_maybe_around, read_nearest
from app.publication.collections import COLLECTIONS
from app.publication.search import newest_number
from app.publication.whereabouts import Whereabouts, find_places, find_whereabouts
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.features import load_feature, word
from app.web.finding import PLACES_KEPT, Sought, by_unit, make_card, read_at, turned, write_at

RADII_M = (250, 500, 1000, 2000, 5000, 20_000)
_USUAL_M = 500
# The middle of a commune is no place to stand at: from there one looks further.
_USUAL_OF_UNIT_M = 5000
_PAGE = 24
_MOST_VAGUE = 24
_MOST_CANDIDATES = 10
_OWN = ("at", "around", "radius", "place")


def init_routes(web: Blueprint) -> None:
    """Mount the page."""
    web.add_url_rule("/<language>/near", "near", show_near)


def show_near(language: str) -> BaseResponse:
    """Show what lies around a place, nearest first; without one ask for it, and where several are meant, which."""
    enter(language)
    sought = Sought("near", _OWN)
    number = newest_number(reading(), tuple(COLLECTIONS))
    minute = int(now().timestamp() // 60) if sought.is_open else 0
    etag = page_etag("near", number, clock.today(), minute, sought.address(), sought["cursor"], sought.errors)
    if had := unchanged(etag):
        return _private(had)
    candidates: list[dict[str, Any]] = []
    if sought["place"]:
        if leads := _lead(sought, candidates):
            return _private(redirect(leads, 302))
        return _answer(sought, etag, candidates=candidates)
    here, name = _read_here(sought, candidates)
    if here and sought["at"] and sought["at"] != write_at(here):
        return _private(redirect(sought.address(at=write_at(here)), 302))
    return _answer(sought, etag, here=here, name=name, candidates=candidates)


def _lead(sought: Sought, candidates: list[dict[str, Any]]) -> str | None:
    """Give where a typed place leads, if one alone is meant; else collect those that may be."""
    typed = sought["place"]
    if len(parameters.parse_numbers(typed)) == 2:
        return sought.address(at=typed, place=None, around=None)
    if sought.check(parameters.parse_text, typed) is None:
        return None
    found = find_places(reading(), content_language(), typed, most=_MOST_CANDIDATES)
    candidates += [_candidate(sought, place) for place in found]
    return str(candidates[0]["url"]) if len(candidates) == 1 else None


def _candidate(sought: Sought, place: Whereabouts) -> dict[str, Any]:
    item = load_feature(place.feature)["properties"]
    radius = sought["radius"] or (_USUAL_OF_UNIT_M if place.is_unit else None)
    return {
        "url": sought.address(around=place.code, at=None, place=None, radius=radius),
        "name": item["name"],
        "lang": item.get("name_lang"),
        "kind": word(COLLECTIONS[place.collection].title),
        "where": item.get("unit_name") or item.get("parent_name") or "",
        "until": "" if item.get("is_in_force", True) else item["valid_to"],
    }


def _read_here(sought: Sought, candidates: list[dict[str, Any]]) -> tuple[Point | None, str]:
    """Read where to look around, and what that is called; what cannot be read is said."""
    if sought["at"]:
        here = sought.check(read_at, sought["at"])
        if here is None:
            candidates += _turned(sought)
        return (_rounded(here) if here else None), ""
    if sought["around"]:
        place = find_whereabouts(reading(), content_language(), sought["around"])
        if place is None:
            sought.check(_refuse_unknown, sought["around"])
            return None, ""
        return place.point, str(load_feature(place.feature)["properties"]["name"])
    return None, ""


def _rounded(point: Point) -> Point:
    return Point(round(point.lon, PLACES_KEPT), round(point.lat, PLACES_KEPT))


def _turned(sought: Sought) -> list[dict[str, Any]]:
    """Offer a position the other way round, where that is what was meant."""
    numbers = parameters.parse_numbers(sought["at"])
    point = turned(Point(numbers[1], numbers[0])) if len(numbers) == 2 else None
    if point is None:
        return []
    at = write_at(point)
    return [{"url": sought.address(at=at), "name": at, "kind": "", "where": "", "until": ""}]


def _refuse_unknown(code: str) -> None:
    raise InvalidInput(
        "There is no public place “%(value)s” that is known exactly enough to look around. Type the name of another.",
        value=code[:60],
    )


def _read_radius(sought: Sought) -> int:
    if not sought["radius"]:
        return _USUAL_M
    radius = sought.check(parameters.parse_radius, sought["radius"])
    return math.ceil(radius) if radius else _USUAL_M


def _answer(
    sought: Sought,
    etag: str,
    *,
    candidates: list[dict[str, Any]],
    here: Point | None = None,
    name: str = "",
) -> BaseResponse:
    radius = _read_radius(sought)
    shown: dict[str, Any] = {"cards": [], "maybe": []}
    counts: dict[str, int] | None = None
    if here:
        shown, counts = _look(sought, here, radius)
    response = render_page(
        "web/near.html",
        etag,
        sought.addresses(),
        sought=sought,
        here=here,
        name=name,
        at=write_at(here) if here else "",
        radius=radius,
        radii=sorted({*RADII_M, radius}),
        kinds=sought.choices(counts, MOST_COUNTED),
        candidates=candidates,
        errors=sought.errors,
        **shown,
    )
    return _private(response)


def _look(sought: Sought, here: Point, radius: int) -> tuple[dict[str, Any], dict[str, int]]:
    """Give what the template shows of what lies around a point, and how many there are of each kind."""
    reads = reading()
    everything = sought.queries(near=here, radius_m=float(radius))
    queries = sought.chosen(everything)
    counts = count_around(reads, everything)
    try:
        found, cursor = read_around(reads, queries, counts, limit=_PAGE, cursor=sought["cursor"] or None)
    except InvalidInput as error:
        sought.check(_raise, error)
        found, cursor = read_around(reads, queries, counts, limit=_PAGE)
    is_first = not sought["cursor"]
    maybe = read_maybe_around(reads, queries, limit=_MOST_VAGUE + 1) if is_first and not sought.is_open else []
    shown: dict[str, Any] = {
        "cards": [make_card(one, here) for one in found],
        "total": sought.sum(counts, MOST_COUNTED),
        "maybe": by_unit([make_card(one, here) for one in maybe[:_MOST_VAGUE]]),
        "is_more_vague": len(maybe) > _MOST_VAGUE,
        "next_url": sought.address(cursor=cursor) if cursor else None,
        "first_url": None if is_first else sought.address(),
        "map_url": sought.address(page="map", at=write_at(here), z=15, radius=None, around=None, place=None),
    }
    if not found:
        shown |= _widen(sought, here, radius)
    return shown, counts


def _raise(error: InvalidInput) -> None:
    raise error


def _widen(sought: Sought, here: Point, radius: int) -> dict[str, Any]:
    """Give what to try where nothing is near: the nearest there is, and the circle that holds it."""
    nearest = read_nearest(reading(), sought.chosen(sought.queries(near=here)))
    if nearest is None:
        return {"nearest": None, "wider": None}
    wide = next((one for one in RADII_M if one >= nearest.metres and one > radius), None)
    return {
        "nearest": make_card(nearest, here),
        "wider": {"radius": wide, "url": sought.address(radius=wide)} if wide else None,
    }


def _private(response: BaseResponse) -> BaseResponse:
    """Keep a page that tells where somebody stands to that somebody."""
    response.headers["Cache-Control"] = "private, max-age=60"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
