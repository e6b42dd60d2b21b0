"""Days, months and weekdays in the words of each language that pages speak, after the CLDR; weeks begin on Monday."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from babel.dates import format_date, format_interval, format_skeleton, get_day_names

# The day stands before the month on all our pages in English.
_LOCALES = {"en": "en_GB"}


def _locale(language: str) -> str:
    return _LOCALES.get(language, language)


def full_day(day: dt.date, language: str) -> str:
    """Write a day with its weekday: “Thứ Bảy, 20 tháng 2, 2027”, “Saturday 20 February 2027”."""
    return str(format_date(day, "full", locale=_locale(language)))


def month_name(day: dt.date, language: str) -> str:
    """Write the month of a day with its year, as a title: “Tháng 2 năm 2027”, “February 2027”."""
    text = str(format_skeleton("yMMMM", day, locale=_locale(language)))
    return text[:1].upper() + text[1:]


def days_from(first: dt.date, last: dt.date, language: str) -> str:
    """Write a span of days shortly: “20–22 thg 2, 2027”, “20–22 Feb 2027”; of one day, that day."""
    if first == last:
        return str(format_date(first, "long", locale=_locale(language)))
    return str(format_interval(first, last, "yMMMd", locale=_locale(language))).replace("\N{THIN SPACE}", " ")


def weekdays(language: str, width: Literal["abbreviated", "wide"]) -> list[str]:
    """Name the weekdays from Monday to Sunday."""
    names = get_day_names(width, context="stand-alone", locale=_locale(language))
    return [names[number] for number in range(7)]


def weekday(day: dt.date, language: str) -> str:
    """Name the weekday of a day."""
    return weekdays(language, "wide")[day.weekday()]
