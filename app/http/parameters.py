"""Reading query parameters: one small function each, typed and bounded, whose error names the value and the mend."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable

from app.core.errors import InvalidInput
from app.core.text import words
from app.engine.questions import Point
from app.publication.conditions import Box

DEFAULT_LIMIT = 50
MOST_LIMIT = 1000
MOST_RADIUS_M = 100_000
LONGEST_TEXT = 200


def suggest(value: str, choices: Iterable[str]) -> str | None:
    """Give the choice that a mistyped value is nearest to."""
    near = difflib.get_close_matches(value, list(choices), n=1, cutoff=0.5)
    return near[0] if near else None


def check_choice(name: str, value: str, choices: Iterable[str]) -> str:
    """Give the value if it is one of the choices; raises `InvalidInput` naming the nearest one, or all of a few."""
    choices = list(choices)
    if value in choices:
        return value
    nearest = suggest(value, choices)
    if nearest:
        raise InvalidInput(
            "%(field)s: there is no “%(value)s”; did you mean “%(nearest)s”?",
            field=name,
            value=value[:60],
            nearest=nearest,
        )
    raise InvalidInput(
        "%(field)s: there is no “%(value)s”; there are: %(choices)s.",
        field=name,
        value=value[:60],
        choices=", ".join(choices[:20]) + (" …" if len(choices) > 20 else "") or "–",
    )


_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


def parse_numbers(text: str) -> list[float]:
    """Read finite numbers between commas as JSON writes them, blanks aside; none where one is none."""
    parts = [part.strip() for part in text.split(",")]
    # What Python takes for a number is more: 1_000, nan, digits of other scripts.
    if not all(map(_NUMBER.fullmatch, parts)):
        return []
    numbers = [float(part) for part in parts]
    return numbers if all(map(math.isfinite, numbers)) else []


def _numbers(name: str, text: str, counts: tuple[int, ...], example: str) -> list[float]:
    numbers = parse_numbers(text)
    if len(numbers) not in counts:
        raise InvalidInput(
            "%(field)s: “%(value)s” is not of the form %(example)s.", field=name, value=text[:80], example=example
        )
    return numbers


def parse_limit(text: str | None) -> int:
    """Read `limit`: 1 and more; more than 1,000 is served as 1,000 (OGC 17-069r4, /req/core/fc-limit-response-1)."""
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,18}", text) or int(text) < 1:
        raise InvalidInput(
            "limit: “%(value)s” is not a number from 1 to %(most)s.", field="limit", value=text[:20], most=MOST_LIMIT
        )
    return min(int(text), MOST_LIMIT)


def parse_number(name: str, text: str) -> int:
    """Read a whole number, 0 and more."""
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise InvalidInput("%(field)s: “%(value)s” is not a whole number.", field=name, value=text[:20])
    return int(text)


def parse_bbox(text: str, *, is_latitude_first: bool = False) -> tuple[Box, ...]:
    """Read `bbox` as min lon, min lat, max lon, max lat in degrees (OGC 17-069r4, 7.15.3); heights are left out.

    Where the first longitude exceeds the second, the box crosses the antimeridian and comes as two. In EPSG:4326 the
    latitudes stand before the longitudes.
    """
    example = "minlat,minlon,maxlat,maxlon" if is_latitude_first else "minlon,minlat,maxlon,maxlat"
    numbers = _numbers("bbox", text, (4, 6), example)
    west, south = numbers[:2]
    east, north = numbers[2:4] if len(numbers) == 4 else numbers[3:5]
    if is_latitude_first:
        west, south, east, north = south, west, north, east
    for lon, lat in ((west, south), (east, north)):
        _check_place("bbox", text, lon, lat, example)
    if south > north:
        raise InvalidInput(
            "bbox: in “%(value)s” the southern edge, %(south)s, lies north of the northern one, %(north)s; "
            "the order is %(example)s.",
            field="bbox",
            value=text[:80],
            south=south,
            north=north,
            example=example,
        )
    if west > east:
        return ((west, south, 180.0, north), (-180.0, south, east, north))
    return ((west, south, east, north),)


def _check_place(name: str, text: str, lon: float, lat: float, example: str) -> None:
    if abs(lat) <= 90 and abs(lon) <= 180:
        return
    if abs(lat) <= 180 and abs(lon) <= 90 and not example.startswith("minlat"):
        raise InvalidInput(
            "%(field)s: “%(value)s” has a latitude of %(lat)s, which there is not; longitude comes first: %(example)s. "
            "Are the two swapped?",
            field=name,
            value=text[:80],
            lat=lat,
            example=example,
        )
    raise InvalidInput(
        "%(field)s: “%(value)s” lies outside the Earth's degrees; write %(example)s, longitude −180 to 180, "
        "latitude −90 to 90.",
        field=name,
        value=text[:80],
        example=example,
    )


def parse_near(text: str, plausible: Box) -> Point:
    """Read `near` as lon,lat in degrees; a pair that is plausible only when swapped is refused, not guessed."""
    lon, lat = _numbers("near", text, (2,), "lon,lat")
    _check_place("near", text, lon, lat, "lon,lat")
    west, south, east, north = plausible
    if not (west <= lon <= east and south <= lat <= north) and west <= lat <= east and south <= lon <= north:
        raise InvalidInput(
            "near: “%(value)s” looks swapped; longitude comes first: near=%(lat)s,%(lon)s.",
            field="near",
            value=text[:80],
            lat=lat,
            lon=lon,
        )
    return Point(lon, lat)


def parse_radius(text: str) -> float:
    """Read `radius` in metres: above 0, at most 100 km."""
    (radius,) = _numbers("radius", text, (1,), "metres")
    if not 0 < radius <= MOST_RADIUS_M:
        raise InvalidInput(
            "radius: “%(value)s” is not a number of metres above 0 and up to %(most)s.",
            field="radius",
            value=text[:20],
            most=MOST_RADIUS_M,
        )
    return radius


def parse_text(text: str) -> str:
    """Read `q`: up to 200 characters with a word in them."""
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(
            "q: the text is longer than %(most)s characters.", field="q", value=text[:40], most=LONGEST_TEXT
        )
    if not words(text):
        raise InvalidInput("q: “%(value)s” has no word in it to look for.", field="q", value=text[:40])
    return text
