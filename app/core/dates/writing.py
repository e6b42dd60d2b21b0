"""Dates written out for people."""

from __future__ import annotations

import datetime as dt
import re

from app.core.dates.reading import Parsed, Point, parse
from app.core.dates.wording import Wording, wording_of


def format_edtf(edtf: str | None, lang: str) -> str:
    """Write a date in EDTF out for a reader of `lang`; English for a language whose dates nobody has worded.

    "ngày 19 tháng 3 năm 1985", "thế kỷ 17" (of 16XX), "khoảng 1471", "1960–1973"; no text gives "không rõ", "unknown".
    Raises `InvalidInput` as `parse_edtf` does.
    """
    wording = wording_of(lang)
    return wording.unknown if not edtf or edtf.isspace() else _written(parse(edtf)[1], wording)


def format_days(first: dt.date, last: dt.date, lang: str) -> str:
    """Write a span of days, within a month shortly: “ngày 10–12 tháng 2 năm 2026”, “10–12 February 2026”."""
    wording = wording_of(lang)
    if first == last or (first.year, first.month) != (last.year, last.month):
        span = first.isoformat() if first == last else f"{first.isoformat()}/{last.isoformat()}"
        return format_edtf(span, lang)
    days = wording.tight.join(wording.day_number(day.day) for day in (first, last))
    return wording.day.format(day=days, month=wording.months[last.month - 1], year=last.year)


_CENTURY = re.compile(r"\d\dXX")
_YEAR = re.compile(r"(?!0000)\d{4}")


def _written(part: Point | Parsed, wording: Wording) -> str:
    if isinstance(part, Point):
        return _qualified(_plain(part, wording), part, wording)
    if part.kind == "interval":
        lower, upper = (end for end in part.parts if isinstance(end, Point))
        return _interval(lower, upper, wording)
    between = wording.all_of if part.kind == "all of" else wording.any_of
    return between.join(_written(each, wording) for each in part.parts)


def _interval(lower: Point, upper: Point, wording: Wording) -> str:
    if lower.is_open and upper.is_open:
        return wording.unknown
    if lower.is_open:
        return wording.phrase(wording.until, _written(upper, wording))
    if upper.is_open:
        return wording.phrase(wording.since, _written(lower, wording))
    if (lower.is_approximate, lower.is_uncertain) == (upper.is_approximate, upper.is_uncertain):
        return _qualified(_between(lower, upper, wording), lower, wording)
    return wording.apart.join(_written(end, wording) for end in (lower, upper))


def _between(lower: Point, upper: Point, wording: Wording) -> str:
    if all(_CENTURY.fullmatch(end.year) and not end.month for end in (lower, upper)):
        first, last = (wording.ordinal(int(end.year[:2]) + 1) for end in (lower, upper))
        return wording.centuries.format(first=first, last=last)
    if all(_YEAR.fullmatch(end.year) and not end.month for end in (lower, upper)):
        return wording.years.format(first=int(lower.year), last=int(upper.year))
    first, last = _plain(lower, wording), _plain(upper, wording)
    is_short = " " not in first + last and wording.unknown not in (first, last)
    return (wording.tight if is_short else wording.apart).join((first, last))


def _qualified(text: str, point: Point, wording: Wording) -> str:
    text = wording.phrase(wording.about, text) if point.is_approximate else text
    return wording.uncertain.format(text=text) if point.is_uncertain else text


def _plain(point: Point, wording: Wording) -> str:
    """Write a point without its qualifiers; a day whose month is unknown goes unsaid, an end left empty is unknown."""
    if point.year in ("", "XXXX") and not point.month.isdigit():
        return wording.unknown
    if not point.month.isdigit():
        text, is_before = _year(point.year, wording)
        return wording.before.format(text=text) if is_before else text
    year, is_before = (point.year, False) if "X" in point.year else _number(point.year)
    number = int(point.month)
    if number > len(wording.months):
        season = (number - 21) % 4 if number < 33 else number - 29
        text = wording.seasons[season].format(year=year)
    else:
        form = wording.day if point.day.isdigit() else wording.month
        text = form.format(day=_day(point, wording), month=wording.months[number - 1], year=year)
    return wording.before.format(text=text) if is_before else text


def _day(point: Point, wording: Wording) -> str:
    return wording.day_number(int(point.day)) if point.day.isdigit() else ""


def _number(year: str) -> tuple[str, bool]:
    """Give a year's number, and say whether it lies before our era."""
    number = int(year)
    return str(number if number > 0 else 1 - number), number <= 0


def _year(year: str, wording: Wording) -> tuple[str, bool]:
    """Write a year, decade, century or millennium, and say whether it lies before our era."""
    digits, is_before = year.removeprefix("-"), year.startswith("-")
    known = digits.rstrip("X")
    if "X" in known or not known:
        return wording.year.format(year=year), False
    match len(digits) - len(known):
        case 0:
            number, is_before = _number(year)
            return wording.year.format(year=number), is_before
        case 1:
            century, tens = divmod(int(known), 10)
            form = (tens and wording.decade_of_century) or wording.decade
            return form.format(year=int(known) * 10, century=century + 1, tens=tens * 10), is_before
        case 2:
            return wording.century.format(number=wording.ordinal(int(known) + 1)), is_before
        case _:
            return wording.millennium.format(number=wording.ordinal(int(known) + 1)), is_before
