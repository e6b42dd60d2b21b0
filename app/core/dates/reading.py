"""EDTF (ISO 8601-2:2019, Annex A) read and bounded."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import edtf as library

from app.core.errors import InvalidInput
from app.core.text import excerpt

_Day: TypeAlias = tuple[int, int, int]
_Kind: TypeAlias = Literal["one", "interval", "any of", "all of"]

# The longest interval of qualified days has 25 characters; a list costs the library about 10 ms an element.
_LONGEST = 64
# No time of day, significant digits (`1950S2`) or exponents (`Y17E7`): the library counts 10 to any power.
_CHARACTERS = re.compile(r"[0-9XY\-/.,?~%\[\]{} ]+")
# The library fails on `1985-1X` and leaves `1985-04-3X` unread.
_HALF_KNOWN = re.compile(r"-(?:\dX|X\d)(?!\d|X)")
# Years; a register of relics needs none that lies further from the present.
_FURTHEST = 2_000_000_000
_PLAIN = re.compile(r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12][0-9]|3[01]))?)?")


@dataclass(frozen=True, slots=True)
class FuzzyDate:
    """A date in EDTF and what it bounds.

    `earliest` and `latest` are the first and last day it may mean (proleptic Gregorian), None where it is open, unknown
    or outside the years 1 to 9999. `year_from` and `year_to` are its years, astronomical: 0 is 1 BC, -43 is 44 BC; None
    where open or unknown. "About" and "uncertain" do not widen the bounds.
    """

    edtf: str
    earliest: date | None
    latest: date | None
    year_from: int | None
    year_to: int | None
    is_approximate: bool
    is_uncertain: bool


@dataclass(frozen=True, slots=True)
class Point:
    """One date without an interval: the parts as EDTF writes them, and the days it may mean, None for no bound."""

    year: str = ""
    month: str = ""
    day: str = ""
    first: _Day | None = None
    last: _Day | None = None
    is_approximate: bool = False
    is_uncertain: bool = False
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says: its points, of which an interval or a run has two, and how they belong together."""

    kind: _Kind
    parts: tuple[Point | Parsed, ...]

    @property
    def first(self) -> _Day | None:
        """The first day that it may mean."""
        days = [part.first for part in (self.parts[:1] if self.kind == "interval" else self.parts)]
        return None if None in days else min(day for day in days if day)

    @property
    def last(self) -> _Day | None:
        """The last day that it may mean."""
        days = [part.last for part in (self.parts[-1:] if self.kind == "interval" else self.parts)]
        return None if None in days else max(day for day in days if day)


def parse_edtf(text: str) -> FuzzyDate:
    """Read a date written in EDTF, levels 0 to 2, but for a time of day, significant digits and exponents.

    `x` counts as `X`, blanks around it do not count. A season is bounded by its whole year: in a Vietnamese source it
    follows the lunar calendar (spring 1968 began in January). `XXXX` and an open or unknown end have no bound.
    Raises `InvalidInput`, naming the value and how to write it, for text that is no such date, a day that is not in the
    calendar (1985-02-29), and an interval that ends before it begins.
    """
    written, parsed = parse(text)
    points, first, last = tuple(_points(parsed)), parsed.first, parsed.last
    return FuzzyDate(
        edtf=written,
        earliest=_as_date(first),
        latest=_as_date(last),
        year_from=first[0] if first else None,
        year_to=last[0] if last else None,
        is_approximate=any(point.is_approximate for point in points),
        is_uncertain=any(point.is_uncertain for point in points),
    )


def year_bounds(text: str | None) -> tuple[int | None, int | None]:
    """Give the first and last year of a date in EDTF, both inclusive and astronomical; None where open or unknown.

    No text gives (None, None). Raises `InvalidInput` as `parse_edtf` does.
    """
    if not text or text.isspace():
        return None, None
    fuzzy = parse_edtf(text)
    return fuzzy.year_from, fuzzy.year_to


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[str, Parsed]:
    """Give a date in EDTF as it is kept, and its parts; raises as `parse_edtf` does."""
    written = text[: _LONGEST * 4].strip().replace("x", "X")
    if len(written) > _LONGEST or not _CHARACTERS.fullmatch(written) or _HALF_KNOWN.search(written):
        raise _not_a_date(text)
    ends = written.split("/")
    if len(ends) == 1:
        return written, _read(written, text)
    if len(ends) > 2 or not any(ends):
        raise _not_a_date(text)
    # The library refuses 17XX/1850~ and 19XX/.., takes 10 years for an unknown end and forgets the sign of -01XX/0100:
    # it reads each end by itself.
    lower, upper = (_end(end, text) for end in ends)
    if lower.first and upper.last and lower.first > upper.last:
        raise InvalidInput(
            "“%(value)s” ends before it begins. Write the earlier date first: 1960/1973.", value=excerpt(text)
        )
    return written, Parsed("interval", (lower, upper))


def _end(text: str, whole: str) -> Point:
    if text in ("", ".."):
        return Point(is_open=text == "..")
    parsed = _read(text, whole)
    point = parsed.parts[0]
    if parsed.kind != "one" or not isinstance(point, Point):
        raise _not_a_date(whole)
    return point


def _read(text: str, whole: str) -> Parsed:
    """Have the library read what holds no `/`; a plain date, which most are, needs no grammar."""
    if plain := _PLAIN.fullmatch(text):
        year, month, day = plain.groups(default="")
        return Parsed("one", (Point(year, month, day, *_bounds(year, month, day, whole)),))
    try:
        found: Any = library.parse_edtf(text)
    except (library.EDTFParseException, AttributeError, ValueError, TypeError, KeyError) as error:
        raise _not_a_date(whole) from error
    return _parsed(found, whole)


def _parsed(found: Any, whole: str) -> Parsed:
    match found:
        case library.OneOfASet() | library.MultipleDates():
            kind: _Kind = "any of" if isinstance(found, library.OneOfASet) else "all of"
            parts = tuple(_parsed(part, whole) for part in found.objects)
            return Parsed(kind, tuple(part.parts[0] if part.kind == "one" else part for part in parts))
        case library.Interval():
            return Parsed("interval", (_point(found.lower, whole), _point(found.upper, whole)))
        case _:
            return Parsed("one", (_point(found, whole),))


def _point(found: Any, whole: str) -> Point:
    """Take the library's date apart; it is trusted for the grammar only, the bounds are ours."""
    if isinstance(found, library.UnspecifiedIntervalSection):
        return Point(is_open=True)
    plain = found.date if isinstance(found, library.UncertainOrApproximate) else found
    year, month, day = str(plain.year), getattr(plain, "month", None) or "", getattr(plain, "day", None) or ""
    if isinstance(plain, library.Season):
        month = str(plain.season)
    first, last = _bounds(year, month, day, whole)
    both = bool(found.is_uncertain_and_approximate)
    return Point(year, month, day, first, last, both or bool(found.is_approximate), both or bool(found.is_uncertain))


def _bounds(year: str, month: str, day: str, whole: str) -> tuple[_Day | None, _Day | None]:
    if year == "XXXX":
        return None, None
    low, high = sorted((int(year.replace("X", "0")), int(year.replace("X", "9"))))
    if max(-low, high) > _FURTHEST:
        raise InvalidInput("“%(value)s” lies too far from the present. Write a nearer year.", value=excerpt(whole))
    months = _MONTHS.get(month) or ((int(month), int(month)) if month.isdigit() else (1, 12))
    if not day.isdigit():
        return (low, months[0], 1), (high, months[1], _length(high, months[1]))
    if "X" not in year and int(day) > _length(low, months[1]):
        raise InvalidInput(
            "“%(value)s” names a day that is not in the calendar: that month has %(days)s days.",
            value=excerpt(whole),
            days=_length(low, months[1]),
        )
    return (
        (low, months[0], min(int(day), _length(low, months[0]))),
        (high, months[1], min(int(day), _length(high, months[1]))),
    )


def _length(year: int, month: int) -> int:
    """Count the days of a month, in any year: the calendar repeats itself after 400 years."""
    return calendar.monthrange(year % 400 + 400, month)[1]


def _as_date(day: _Day | None) -> date | None:
    return date(*day) if day and date.min.year <= day[0] <= date.max.year else None


def _points(parsed: Parsed) -> Iterator[Point]:
    for part in parsed.parts:
        if isinstance(part, Point):
            yield part
        else:
            yield from _points(part)


def _not_a_date(text: str) -> InvalidInput:
    return InvalidInput(
        "“%(value)s” is not a date that can be read here. Write 1985, 1985-03, 1985-03-19, 17XX (a century), "
        "196X (a decade), 1960/1973, 1985/.. (since), 1471~ (about) or 1471? (uncertain).",
        value=excerpt(text),
    )


# The months of a season's number: the four seasons bound nothing, then quarters, thirds and halves of a year.
_MONTHS: dict[str, tuple[int, int]] = {
    **{str(21 + number): (1, 12) for number in range(12)},
    **{str(33 + part): (3 * part + 1, 3 * part + 3) for part in range(4)},
    **{str(37 + part): (4 * part + 1, 4 * part + 4) for part in range(3)},
    **{str(40 + part): (6 * part + 1, 6 * part + 6) for part in range(2)},
}
