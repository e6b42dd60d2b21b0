"""An itinerary stop by stop: how to get from each to the next, when one is there, and the page of a single stop."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyproj
from babel.numbers import format_decimal
from babel.units import format_unit
from flask import Flask, Response, request

from app.core import clock
from app.http.i18n import catalogue, content_language, current_language
from app.http.reading import reading
from app.publication.queries import Item, read_features, read_number
from app.web.context import page_etag, render_page, unchanged
from app.web.features import load_feature, page_paths

_GEOD = pyproj.Geod(ellps="WGS84")
# What an unhurried visitor does in an hour, in kilometres; of boats and cars nobody can say without a road.
SPEEDS_KMH = {"walk": 4, "bike": 12}
_USUAL_START = "08:00"
# A place known less well is nothing to navigate by, as `app/http/marks.py` has it for files.
_ROUGH_M = 500


def _(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return text


_WINDS = (
    _("to the north"),
    _("to the north-east"),
    _("to the east"),
    _("to the south-east"),
    _("to the south"),
    _("to the south-west"),
    _("to the west"),
    _("to the north-west"),
)


@dataclass(frozen=True, slots=True)
class Way:
    """How to get from one stop to the next.

    `basis` is `straight` where only the two places are known, `drawn` where an officer drew the way, `routed` where a
    routing engine found it (`source`, `found_on`). The distance is in metres; `doubt_m` is how far the two places may
    be off together, and `wind` says in words where a straight line leads, where that is beyond doubt. `minutes` is
    estimated from the usual speed, or is the engine's; None where nobody can tell.
    """

    basis: str
    distance_m: float
    doubt_m: float
    wind: str | None
    minutes: int | None
    source: str | None = None
    found_on: str | None = None

    @property
    def is_near(self) -> bool:
        """Tell whether the two places are as near to each other as they are uncertain."""
        return self.basis == "straight" and self.distance_m <= self.doubt_m

    @property
    def most_m(self) -> float:
        """How far it is at most in a straight line, in metres."""
        return self.distance_m + self.doubt_m


@dataclass(frozen=True, slots=True)
class Halt:
    """A stop as it is followed: what is published of it, the way to it, and how long after the start one is there.

    `since_min` is None from the first stop on before which a way or a stay is not known; it `is_least` where a way
    before it is longer than the straight line that was counted.
    """

    stop: Mapping[str, Any]
    way: Way | None
    since_min: int | None
    is_least: bool

    @property
    def point(self) -> str | None:
        """Where it is, as latitude and longitude for a map application; None where that is not told exactly enough."""
        precision = self.stop["location_precision_m"]
        if self.stop["lon"] is None or precision is None or precision > _ROUGH_M:
            return None
        digits = 6 if precision <= 10 else 5 if precision <= 100 else 4
        return f"{self.stop['lat']:.{digits}f},{self.stop['lon']:.{digits}f}"


@dataclass(frozen=True, slots=True)
class Start:
    """The day and the hour at which somebody wants to set out, as typed; `begins` is None where that is no instant."""

    on: str
    at: str
    begins: dt.datetime | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """An itinerary to be followed; `error` says what is wrong with the stop that was asked for."""

    halts: tuple[Halt, ...]
    speed_kmh: int | None
    start: Start
    error: str | None = None

    @property
    def has_straight(self) -> bool:
        """Tell whether any of its ways is only a straight line."""
        return any(halt.way.basis == "straight" for halt in self.halts if halt.way)

    @property
    def is_estimated(self) -> bool:
        """Tell whether the time of any way is estimated from the usual speed."""
        return any(halt.way.basis != "routed" for halt in self.halts if halt.way) and self.speed_kmh is not None

    @property
    def is_timed(self) -> bool:
        """Tell whether it is known of every stop when one is there and how long one stays."""
        return all(halt.since_min is not None and halt.stop["dwell_min"] for halt in self.halts)


def init_app(app: Flask) -> None:
    """Add the filters that write distances and times as roughly as they are known."""
    app.jinja_env.filters["roughly"] = _roughly
    app.jinja_env.filters["duration"] = format_minutes


def format_minutes(minutes: int) -> str:
    """Write a length of time: 35 min, 2 hr 5 min."""
    parts = zip(divmod(minutes, 60), ("hour", "minute"), strict=True)
    return " ".join(
        format_unit(count, unit, length="short", locale=current_language()) for count, unit in parts if count
    )


def _roughly(metres: float) -> str:
    """Write a distance to two digits or so: to ten metres, from a kilometre on to a tenth, then to whole ones."""
    if metres < 995:
        return f"{max(10, round(metres, -1)):.0f}\N{NO-BREAK SPACE}m"
    kilometres = metres / 1000 if metres < 9950 else round(metres / 1000)
    written = format_decimal(kilometres, format="#,##0.#", locale=current_language())
    return f"{written}\N{NO-BREAK SPACE}km"


def read_route(item: Mapping[str, Any]) -> Route:
    """Read an itinerary's stops as they are followed; what is wrong with the stop that was asked for, it says."""
    stops = item["stops"]
    asked = request.args.get("stop", "").strip()
    error = None
    if asked and _asked_stop(item) is None:
        text = _("There is no stop “%(value)s” here; the stops are numbered 1 to %(count)s. Choose one below.")
        error = _say(text) % {"value": asked[:20], "count": len(stops)}
    return Route(_halts(item), SPEEDS_KMH.get(item["mode"]), read_start(), error)


def read_start() -> Start:
    """Read when somebody wants to set out: `on` a day, `at` an hour in Vietnam; says what cannot be read."""
    on, at = request.args.get("on", "").strip()[:20], request.args.get("at", "").strip()[:20] or _USUAL_START
    try:
        day = dt.date.fromisoformat(on)
    except ValueError:
        text = _say(_("“%(value)s” is not a day. Choose one, such as 2027-02-20.")) % {"value": on}
        return Start(on, at, None, text if "on" in request.args else None)
    try:
        hour = dt.time.fromisoformat(at).replace(second=0, microsecond=0, tzinfo=clock.VIETNAM)
    except ValueError:
        return Start(on, at, None, _say(_("“%(value)s” is not an hour. Choose one, such as 08:00.")) % {"value": at})
    return Start(day.isoformat(), f"{hour:%H:%M}", dt.datetime.combine(day, hour))


def show_stop(found: Item) -> Response | None:
    """Show the one stop of an itinerary that is asked for; None where no stop is, or there is none of that number."""
    if "stop" not in request.args:
        return None
    feature = load_feature(found.feature)
    item = feature["properties"]
    number = _asked_stop(item)
    if number is None:
        return None
    numbers = [read_number(reading(), name) for name in ("places", "sites")]
    etag = page_etag("stop", found.code, found.version, number, *numbers, clock.today())
    if had := unchanged(etag):
        return had
    halts = _halts(item)
    return render_page(
        "web/stop.html",
        etag,
        page_paths(feature, f"?stop={number}"),
        item=item,
        route=Route(halts, SPEEDS_KMH.get(item["mode"]), read_start()),
        halt=halts[number - 1],
        before=halts[number - 2] if number > 1 else None,
        after=halts[number] if number < len(halts) else None,
        target=_read_target(halts[number - 1].stop),
    )


def _asked_stop(item: Mapping[str, Any]) -> int | None:
    asked = request.args.get("stop", "").strip()
    if not (asked.isascii() and asked.isdigit() and len(asked) < 4):
        return None
    return int(asked) if 1 <= int(asked) <= len(item["stops"]) else None


def _read_target(stop: Mapping[str, Any]) -> dict[str, Any] | None:
    """Read what is published of the place or the site at which a stop is."""
    for collection, code in (("places", stop["place"]), ("sites", stop["site"])):
        if code:
            found = read_features(reading(), collection, content_language(), [code])
            return load_feature(found[code])["properties"] if code in found else None
    return None


def _halts(item: Mapping[str, Any]) -> tuple[Halt, ...]:
    speed = SPEEDS_KMH.get(item["mode"])
    halts: list[Halt] = []
    before: Mapping[str, Any] | None = None
    since: int | None = 0
    is_least = False
    for stop in item["stops"]:
        way = None
        if before is not None:
            way = _way(before, stop, speed)
            stay, minutes = before["dwell_min"], way.minutes if way else None
            since = None if since is None or not stay or minutes is None else since + stay + minutes
            is_least = is_least or bool(way and way.basis == "straight")
        halts.append(Halt(stop, way, since, is_least))
        before = stop
    return tuple(halts)


def _way(before: Mapping[str, Any], stop: Mapping[str, Any], speed: int | None) -> Way | None:
    """Give the way between two stops as well as it is known; None where one of the places is not told."""
    if stop.get("leg_basis") == "routed":
        told = (stop["leg_duration_min"], stop["leg_source"], stop["leg_found_on"])
        return Way("routed", stop["leg_distance_m"], 0, None, *told)
    if stop["leg"]:
        metres = _length(stop["leg"])
        return Way("drawn", metres, 0, None, _minutes(metres, speed))
    if before["lon"] is None or stop["lon"] is None:
        return None
    bearing, _back, metres = _GEOD.inv(before["lon"], before["lat"], stop["lon"], stop["lat"])
    # Two errors that know nothing of each other.
    doubt = math.hypot(*(one["location_precision_m"] or _ROUGH_M for one in (before, stop)))
    wind = _say(_WINDS[round(bearing % 360 / 45) % 8]) if metres >= 2 * doubt else None
    return Way("straight", metres, doubt, wind, _minutes(metres, speed))


def _length(leg: Mapping[str, Any]) -> float:
    lines = [leg["coordinates"]] if leg["type"] == "LineString" else leg["coordinates"]
    return sum(_GEOD.line_length([at[0] for at in line], [at[1] for at in line]) for line in lines)


def _minutes(metres: float, speed: int | None) -> int | None:
    return max(1, math.ceil(metres / (speed * 1000) * 60)) if speed else None


def _say(text: str) -> str:
    return catalogue(current_language()).gettext(text)
