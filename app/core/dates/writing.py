"""Dates written out for people."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.core.dates.reading import Parsed, Point, parse


def format_edtf(edtf: str | None, lang: str) -> str:
    """Write a date in EDTF out for a reader of `lang`: Vietnamese for `vi`, English for every other language.

    "ngày 19 tháng 3 năm 1985", "thế kỷ 17" (of 16XX), "khoảng 1471", "1960–1973"; no text gives "không rõ", "unknown".
    Raises `InvalidInput` as `parse_edtf` does.
    """
    wording = _VIETNAMESE if lang == "vi" else _ENGLISH
    return wording.unknown if not edtf or edtf.isspace() else _written(parse(edtf)[1], wording)


@dataclass(frozen=True, slots=True)
class _Wording:
    """How one language writes dates; `seasons` holds the four seasons, four quarters, three thirds and two halves."""

    unknown: str
    day: str
    month: str
    months: tuple[str, ...]
    seasons: tuple[str, ...]
    decade: str
    century: str
    centuries: str
    millennium: str
    before: str
    about: str
    since: str
    until: str
    any_of: str
    all_of: str
    has_ordinals: bool

    def ordinal(self, number: int) -> str:
        """Write a number that counts: 17, or 17th."""
        if not self.has_ordinals:
            return str(number)
        teens = range(11, 14)
        ending = "th" if number % 100 in teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending}"

    def phrase(self, form: str, text: str) -> str:
        """Put a date after a preposition: about 1471, about the 18th century."""
        needs_article = self.has_ordinals and re.match(r"\d+(?:s|st|nd|rd|th)\b", text)
        return form.format(text=f"the {text}" if needs_article else text)


_VIETNAMESE = _Wording(
    unknown="không rõ",
    day="ngày {day} tháng {month} năm {year}",
    month="tháng {month} năm {year}",
    months=tuple(str(number) for number in range(1, 13)),
    seasons=(
        *(f"mùa {season} năm {{year}}" for season in ("xuân", "hạ", "thu", "đông")),
        *(f"quý {part} năm {{year}}" for part in range(1, 5)),
        *(f"bốn tháng {part} năm {{year}}" for part in ("đầu", "giữa", "cuối")),
        *(f"nửa {part} năm {{year}}" for part in ("đầu", "cuối")),
    ),
    decade="thập niên {year}",
    century="thế kỷ {number}",
    centuries="thế kỷ {first}–{last}",
    millennium="thiên niên kỷ {number}",
    before="{text} trước Công nguyên",
    about="khoảng {text}",
    since="từ {text}",
    until="đến {text}",
    any_of=" hoặc ",
    all_of=" và ",
    has_ordinals=False,
)
_ENGLISH = _Wording(
    unknown="unknown",
    day="{day} {month} {year}",
    month="{month} {year}",
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    seasons=(
        *(f"{season} {{year}}" for season in ("spring", "summer", "autumn", "winter")),
        *(f"{part} quarter of {{year}}" for part in ("first", "second", "third", "fourth")),
        *(f"{part} third of {{year}}" for part in ("first", "second", "last")),
        *(f"{part} half of {{year}}" for part in ("first", "second")),
    ),
    decade="{year}s",
    century="{number} century",
    centuries="{first}–{last} centuries",
    millennium="{number} millennium",
    before="{text} BC",
    about="about {text}",
    since="since {text}",
    until="until {text}",
    any_of=" or ",
    all_of=" and ",
    has_ordinals=True,
)
_CENTURY = re.compile(r"\d\dXX")


def _written(part: Point | Parsed, wording: _Wording) -> str:
    if isinstance(part, Point):
        return _qualified(_plain(part, wording), part, wording)
    if part.kind == "interval":
        lower, upper = (end for end in part.parts if isinstance(end, Point))
        return _interval(lower, upper, wording)
    between = wording.all_of if part.kind == "all of" else wording.any_of
    return between.join(_written(each, wording) for each in part.parts)


def _interval(lower: Point, upper: Point, wording: _Wording) -> str:
    if lower.is_open and upper.is_open:
        return wording.unknown
    if lower.is_open:
        return wording.phrase(wording.until, _written(upper, wording))
    if upper.is_open:
        return wording.phrase(wording.since, _written(lower, wording))
    if (lower.is_approximate, lower.is_uncertain) == (upper.is_approximate, upper.is_uncertain):
        return _qualified(_between(lower, upper, wording), lower, wording)
    return f"{_written(lower, wording)} – {_written(upper, wording)}"


def _between(lower: Point, upper: Point, wording: _Wording) -> str:
    if all(_CENTURY.fullmatch(end.year) and not end.month for end in (lower, upper)):
        first, last = (wording.ordinal(int(end.year[:2]) + 1) for end in (lower, upper))
        return wording.centuries.format(first=first, last=last)
    first, last = _plain(lower, wording), _plain(upper, wording)
    is_short = " " not in first + last and wording.unknown not in (first, last)
    return f"{first}–{last}" if is_short else f"{first} – {last}"


def _qualified(text: str, point: Point, wording: _Wording) -> str:
    text = wording.phrase(wording.about, text) if point.is_approximate else text
    return f"{text} (?)" if point.is_uncertain else text


def _plain(point: Point, wording: _Wording) -> str:
    """Write a point without its qualifiers; a day whose month is unknown goes unsaid, an end left empty is unknown."""
    if point.year in ("", "XXXX") and not point.month.isdigit():
        return wording.unknown
    if not point.month.isdigit():
        text, is_before = _year(point.year, wording)
        return wording.before.format(text=text) if is_before else text
    year, is_before = (point.year, False) if "X" in point.year else _year(point.year, wording)
    number = int(point.month)
    if number > len(wording.months):
        season = (number - 21) % 4 if number < 33 else number - 29
        text = wording.seasons[season].format(year=year)
    else:
        form = wording.day if point.day.isdigit() else wording.month
        text = form.format(day=point.day.lstrip("0"), month=wording.months[number - 1], year=year)
    return wording.before.format(text=text) if is_before else text


def _year(year: str, wording: _Wording) -> tuple[str, bool]:
    """Write a year, decade, century or millennium, and say whether it lies before our era."""
    digits, is_before = year.removeprefix("-"), year.startswith("-")
    known = digits.rstrip("X")
    if "X" in known or not known:
        return year, False
    match len(digits) - len(known):
        case 0:
            number = int(year)
            return str(number if number > 0 else 1 - number), number <= 0
        case 1:
            return wording.decade.format(year=int(known) * 10), is_before
        case 2:
            return wording.century.format(number=wording.ordinal(int(known) + 1)), is_before
        case _:
            return wording.millennium.format(number=wording.ordinal(int(known) + 1)), is_before
