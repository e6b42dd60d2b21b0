"""What the pages of what is near and of the map have in common: kinds, words, what is open; queries and addresses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request

from app.core import clock
from app.core.db import now
from app.core.errors import InvalidInput
from app.engine.questions import Point
from app.http import parameters
from app.http.i18n import content_language, current_language, sentence
from app.http.reading import reading
from app.http.settings import current_settings
from app.publication.around import Around
from app.publication.collections import COLLECTIONS
from app.publication.comparisons import relate_time
from app.publication.conditions import NEAR_PRECISION_M, ItemQuery
from app.publication.filters import HasValue
from app.publication.openings import find_opening, has_hours
from app.publication.values import SPAN, day_number
from app.web.compass import say_direction
from app.web.facts import badges, card_lines
from app.web.features import load_feature, word
from app.web.items import coming

# What has a page and a place.
KINDS = tuple(
    name for name, found in COLLECTIONS.items() if found.page and found.geometry == "point" and name != "notices"
)
# An event is shown from so many days before it is held.
SOON = dt.timedelta(days=30)
# Degrees to about eleven metres: all that an address says of where somebody stands.
PLACES_KEPT = 4
# As far as a visitor sees at a glance, how uncertain a place may be included.
_HERE_M = 50
_MOST_SAID = 80


class Sought:
    """What a visitor looks for: kinds, words, whether it must be open, and the page's own values; the rest is ignored.

    `errors` are the sentences about what cannot be read, which is then left out; what was typed stays in `values`.
    """

    def __init__(self, page: str, own: tuple[str, ...]) -> None:
        self.page = page
        self.errors: list[str] = []
        self.values = {name: request.args.get(name, "").strip() for name in (*own, "q", "open", "cursor")}
        asked = [kind for kind in request.args.getlist("kind") if kind]
        self.kinds = tuple(name for name in KINDS if name in asked)
        for kind in dict.fromkeys(asked):
            if kind not in KINDS:
                self.check(parameters.check_choice, "kind", kind, KINDS)
        if self["q"]:
            self.check(parameters.parse_text, self["q"])
        self.text = self["q"] if self["q"] and not self.errors else None
        self.is_open = self["open"] not in ("", "0")

    def __getitem__(self, name: str) -> str:
        """Give what is asked by a name; empty where nothing is."""
        return self.values[name]

    def check(self, read: Any, *given: Any) -> Any:
        """Give what a reader of parameters makes of a value; None where it cannot be read, which is said."""
        try:
            return read(*given)
        except InvalidInput as error:
            self.errors.append(sentence(error))
            return None

    def address(self, language: str | None = None, *, page: str | None = None, **changed: Any) -> str:
        """Give the address of the same question in a language, on a page; None leaves a value out."""
        pairs: dict[str, Any] = {**self.values, "kind": self.kinds, "open": "1" if self.is_open else "", "cursor": ""}
        pairs |= changed
        said = urlencode({name: value for name, value in pairs.items() if value}, doseq=True, safe=",")
        return f"/{language or current_language()}/{page or self.page}" + (f"?{said}" if said else "")

    def addresses(self) -> dict[str, str]:
        """Give the address of the page by language."""
        return {code: self.address(code) for code in current_settings().page_languages}

    def choices(self, counts: Mapping[str, int] | None, most: int) -> list[dict[str, Any]]:
        """Give the kinds to choose from, with how many there are of each where that was counted, up to `most`."""
        return [
            {"code": name, "label": word(COLLECTIONS[name].title), "is_chosen": name in self.kinds}
            | ({} if counts is None else _capped(counts.get(name, 0), most))
            for name in KINDS
        ]

    def chosen(self, queries: Sequence[ItemQuery]) -> list[ItemQuery]:
        """Give those of the queries about all kinds that are about the kinds asked for."""
        return [query for query in queries if query.collection in (self.kinds or KINDS)]

    def queries(self, **where: Any) -> list[ItemQuery]:
        """Give the queries for each of the kinds, asked for or not; without those that cannot be open where it must."""
        names = [name for name in KINDS if not self.is_open or has_hours(COLLECTIONS[name])]
        return [self._query(name, where) for name in names]

    def sum(self, counts: Mapping[str, int], most: int) -> dict[str, Any]:
        """Give how many there are of the kinds asked for, where each kind was counted up to `most`."""
        found = [count for name, count in counts.items() if name in (self.kinds or KINDS)]
        return _capped(most + 1 if any(count > most for count in found) else sum(found), most)

    def _query(self, name: str, where: dict[str, Any]) -> ItemQuery:
        opening = None
        if self.is_open:
            west, south, east, north = current_settings().plausible_box
            opening = find_opening(reading(), name, now(), ((west + east) / 2, (south + north) / 2))
        soon = None
        if name == "events":
            first, last = day_number(clock.today()), day_number(clock.today() + SOON)
            soon = HasValue((SPAN,), relate_time("t_intersects", first, last, is_span=True))
        return ItemQuery(name, content_language(), text=self.text, opening=opening, where=soon, **where)

    @property
    def removals(self) -> list[dict[str, str]]:
        """What narrows the question, each with a label and the address without it."""
        found = [
            {
                "label": word(COLLECTIONS[kind].title),
                "remove_url": self.address(kind=[one for one in self.kinds if one != kind]),
            }
            for kind in self.kinds
        ]
        if self.text:
            found.append({"label": f"“{self.text[:_MOST_SAID]}”", "remove_url": self.address(q=None)})
        return found


@dataclass(frozen=True, slots=True)
class Card:
    """What a list shows of something found: its properties, lines and badges, how far it is and in which direction.

    `close_m` is how far it may be at most, where that is all that can be said.
    """

    item: dict[str, Any]
    kind: str
    lines: list[str]
    badges: list[str]
    next: dict[str, Any] | None
    metres: float
    direction: str
    is_here: bool
    close_m: float | None

    @property
    def is_vague(self) -> bool:
        """Whether its place is known too badly to be near anything."""
        return (self.item.get("location_precision_m") or 0) > NEAR_PRECISION_M


def _capped(count: int, most: int) -> dict[str, Any]:
    return {"count": min(count, most), "is_more": count > most}


def make_card(found: Around, here: Point) -> Card:
    """Tell of something found as seen from a place; within its own precision it has no direction."""
    item = load_feature(found.feature)["properties"]
    collection = COLLECTIONS[found.collection]
    precision = item.get("location_precision_m") or 0
    is_close = found.metres <= max(precision, 10)
    is_here = is_close and found.metres + precision <= _HERE_M
    upcoming = coming(item, clock.today().isoformat())
    return Card(
        item=item,
        kind=word(collection.title),
        lines=item["type_labels"] if found.collection == "sites" else card_lines(collection, item),
        badges=badges(collection, item),
        next=upcoming[0] if upcoming else None,
        metres=found.metres,
        direction="" if is_close else say_direction(here, Point(found.lon, found.lat)),
        is_here=is_here,
        close_m=found.metres + precision if is_close and not is_here else None,
    )


def write_at(point: Point) -> str:
    """Write a position for an address: latitude, then longitude, rounded."""
    return f"{round(point.lat, PLACES_KEPT)},{round(point.lon, PLACES_KEPT)}"


def read_at(text: str) -> Point:
    """Read a position as maps say it, latitude first, in degrees; raises `InvalidInput`."""
    numbers = parameters.parse_numbers(text)
    if len(numbers) != 2:
        raise InvalidInput(
            "The position “%(value)s” cannot be read. Write latitude and longitude with a comma between them, as in "
            "%(example)s, or type the name of a place.",
            field="at",
            value=text[:60],
            example=_example(),
        )
    lat, lon = numbers
    if turned(Point(lon, lat)):
        raise InvalidInput(
            "The position “%(value)s” lies far away; latitude comes first. Is it the one below?", value=text[:60]
        )
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise InvalidInput(
            "The position “%(value)s” is not on the Earth. Latitude comes first, as in %(example)s.",
            field="at",
            value=text[:60],
            example=_example(),
        )
    return Point(lon, lat)


def turned(point: Point) -> Point | None:
    """Give a position the other way round where only that is plausible: longitude was written first."""
    west, south, east, north = current_settings().plausible_box

    def is_plausible(lon: float, lat: float) -> bool:
        return west <= lon <= east and south <= lat <= north

    if is_plausible(point.lat, point.lon) and not is_plausible(point.lon, point.lat):
        return Point(point.lat, point.lon)
    return None


def _example() -> str:
    west, south, east, north = current_settings().plausible_box
    return f"{round((south + north) / 2, 3)},{round((west + east) / 2, 3)}"


def by_unit(cards: Sequence[Card]) -> list[tuple[str, list[Card]]]:
    """Put cards together by the unit that they lie in, the first unit first; the last group has none."""
    groups: dict[str, list[Card]] = {}
    for card in cards:
        groups.setdefault(card.item.get("unit_name") or "", []).append(card)
    return sorted(groups.items(), key=lambda group: not group[0])
