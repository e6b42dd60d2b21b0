"""Two numbers that say a place, as people write them: degrees and minutes, decimal marks, thousands, letters."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import NamedTuple

from app.core.errors import InvalidInput


class Pair(NamedTuple):
    """Latitude and longitude in degrees, or metres north and east; south and west are negative."""

    north: float
    east: float


def read_pairs(text: str, *, is_geographic: bool) -> list[Pair]:
    """Give every pair of numbers that the whole of a text can mean, the likeliest reading first; none for other text.

    Where no letter says otherwise the first number is `north`. Degrees may have a decimal point or comma, or minutes
    and seconds; metres also marks between thousands. Where on the Earth that is counts for nothing: a latitude may
    exceed 90. Raises `InvalidInput` for 60 minutes or seconds and more.
    """
    line = unicodedata.normalize("NFC", text).lower().translate(_SIGNS).strip().rstrip(".")
    for spelt, sign in _SPELT:
        line = spelt.sub(sign, line)
    axes = _DEGREE_AXES if is_geographic else _GRID_AXES
    styles = _DEGREES if is_geographic else _METRES
    pairs = (_pair(line, thousands, pattern, axes) for thousands, pattern in styles)
    return list(dict.fromkeys(pair for pair in pairs if pair))


_SIGNS = str.maketrans(
    {
        **dict.fromkeys("′’‘`\u00b4\u02b9\u02bc", "'"),
        **dict.fromkeys("″”“\u02ba", '"'),
        **dict.fromkeys("º˚", "°"),
        **dict.fromkeys("−–—\u2012", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        "ð": "đ",
    }
)
_SPELT = (
    (re.compile(r"(vĩ|kinh)\s*(?:độ|tuyến)"), r"\1"),
    (re.compile(r"(?<=[\d\s])độ\b|(?<=\d)o(?=\s*\d)"), "°"),
    (re.compile(r"(?<=[\d\s])phút\b"), "'"),
    (re.compile(r"(?<=[\d\s])giây\b|''"), '"'),
)
_PART = r"\d{1,2}(?:[.,]\d+)?"
# The seconds may lack their mark at the end of a value: 15°52'37.5N.
_SEXAGESIMAL = (
    r"(?P<degrees>\d{1,3}(?:[.,]\d+)?)\s*°"
    rf"(?:\s*(?P<minutes>{_PART})\s*'(?:\s*(?P<seconds>{_PART})\s*(?:\"|(?=\s*(?:[^\W\d_]|[,;]|$))))?)?"
)


def _numbers(number: str, other: str = "(?!)") -> re.Pattern[str]:
    return re.compile(rf"(?<!\d)(?P<sign>[-+]?)(?:{other}|(?P<number>{number}))(?!\d)")


# The ways to write a number, each with its mark between thousands; what is left of points and commas marks decimals.
_DEGREES = (
    ("", _numbers(r"\d+(?:[.,]\d+)?", _SEXAGESIMAL)),
    ("", _numbers(r"\d+(?:\.\d+)?", _SEXAGESIMAL)),
)
_METRES = (
    ("", _numbers(r"\d+(?:[.,]\d+)?")),
    (",", _numbers(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")),
    (".", _numbers(r"(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?")),
    (" ", _numbers(r"(?:\d{1,3}(?: \d{3})+|\d+)(?:[.,]\d+)?")),
)
_BETWEEN = re.compile(r"(?:[^\W\d_]|[\s,;|/=:()\[\]-])*")
_SEPARATOR = re.compile(r"[,;|/\n\t]|\s-\s")
_WORD = re.compile(r"[^\W\d_]+")
# What a word says of the value beside it: the axis, and -1 where it counts to the south or the west.
_AXES: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("n", "b", "bắc", "north", "lat", "latitude", "vĩ"), ("north", 1)),
    **dict.fromkeys(("s", "nam", "south"), ("north", -1)),
    **dict.fromkeys(("e", "đ", "đông", "east", "lon", "lng", "long", "longitude", "kinh"), ("east", 1)),
    **dict.fromkeys(("w", "t", "tây", "west"), ("east", -1)),
}
_GRID_AXES = {**_AXES, "x": ("north", 1), "y": ("east", 1), "m": ("", 1), "mét": ("", 1)}
# In degrees X and Y say nothing: surveyors mean north by X, everybody else east; the box decides.
_DEGREE_AXES = {**_AXES, "x": ("", 1), "y": ("", 1)}


def _pair(line: str, thousands: str, pattern: re.Pattern[str], axes: dict[str, tuple[str, int]]) -> Pair | None:
    found = list(pattern.finditer(line))
    if len(found) != 2:
        return None
    first, second = found
    chunks = line[: first.start()], line[first.end() : second.start()], line[second.end() :]
    labels = _labels(chunks, axes) if all(_BETWEEN.fullmatch(chunk) for chunk in chunks) else None
    if not labels:
        return None
    (axis, sign), (other, other_sign) = labels
    values = sign * _value(first, thousands), other_sign * _value(second, thousands)
    if axis and axis == other:
        return None
    return Pair(*(values[::-1] if axis == "east" or other == "north" else values))


def _labels(chunks: tuple[str, str, str], axes: dict[str, tuple[str, int]]) -> list[tuple[str, int]] | None:
    """Give the axis ("" where unsaid) and sign of both values, from the words before, between and after them."""
    before, between, after = chunks
    if split := _SEPARATOR.search(between):
        left, right = between[: split.start()], between[split.end() :]
    elif len(inner := _WORD.findall(between)) > 1:
        left, right = inner[0], " ".join(inner[1:])
    else:
        left, right = ("", between) if _WORD.search(before) else (between, "")
    labels = []
    for words in (f"{before} {left}", f"{right} {after}"):
        said = [axes.get(word) for word in _WORD.findall(words)]
        known = [label for label in said if label]
        directions = {axis for axis, _ in known if axis}
        if len(known) < len(said) or len(directions) > 1:
            return None
        labels.append(("".join(directions), min((sign for _, sign in known), default=1)))
    return labels


def _value(found: re.Match[str], thousands: str) -> float:
    sign = -1 if found["sign"] == "-" else 1
    if found["number"]:
        return sign * float(found["number"].replace(thousands, "").replace(",", "."))
    degrees, minutes, seconds = (
        float((found[name] or "0").replace(",", ".")) for name in ("degrees", "minutes", "seconds")
    )
    if max(minutes, seconds) >= 60:
        raise InvalidInput(
            "“%(value)s” has 60 or more minutes or seconds. Write them from 0 to 59, or write decimal degrees.",
            value=found[0],
        )
    return sign * math.fsum((degrees, minutes / 60, seconds / 3600))
