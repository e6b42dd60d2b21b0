"""The Vietnamese lunar calendar, both ways, checked by converting back; the years 1968 to 2049 only.

Before 1968 north, south and the law kept different time; after 2049 libraries disagree. Chinese-calendar libraries are
wrong for Vietnam (Tết 1985, 2007, 2030): the calendar counts by UTC+7.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from lunar_vn import LunarDate, lunar_to_solar, solar_to_lunar

from app.core.dates.wording import ordinal, ordinal_fr
from app.core.errors import InvalidInput

FIRST_YEAR = 1968
LAST_YEAR = 2049
# Tết Mậu Thân, the first day of the first year that is kept here.
FIRST_DAY = dt.date(1968, 1, 29)
LAST_DAY = dt.date(LAST_YEAR, 12, 31)
SHORT_MONTH = 29
LONG_MONTH = 30


@dataclass(frozen=True, slots=True, order=True)
class LunarDay:
    """A day of the lunar calendar; the leap month (tháng nhuận) follows the regular one of its number."""

    year: int
    month: int
    is_leap_month: bool
    day: int

    def __str__(self) -> str:
        """Write it as `2026-01-15`, a leap month as `2025-06L-15`."""
        return f"{self.year}-{self.month:02}{'L' if self.is_leap_month else ''}-{self.day:02}"


def parse_lunar(text: str) -> LunarDay:
    """Read what `str(LunarDay)` writes."""
    year, month, day = text.split("-")
    return LunarDay(int(year), int(month.removesuffix("L")), month.endswith("L"), int(day))


def from_gregorian(day: dt.date) -> LunarDay:
    """Give the lunar day of a date; raises `InvalidInput` outside 29 January 1968 to 31 December 2049."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise _out_of_range(day.year)
    found = solar_to_lunar(day)
    return LunarDay(found.year, found.month, found.leap, found.day)


@lru_cache(maxsize=4096)
def to_gregorian(day: LunarDay) -> dt.date:
    """Give the date of a lunar day, after converting it back; raises `InvalidInput` saying why there is no such day.

    The library answers impossible days (30/2/2026, leap 4/2026) with some neighbour, hence the way back.
    """
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise _out_of_range(day.year)
    if not (1 <= day.month <= 12 and 1 <= day.day <= LONG_MONTH):
        raise InvalidInput(
            "There is no lunar day %(day)s/%(month)s: months are 1 to 12, days 1 to 30.",
            field="day",
            day=day.day,
            month=day.month,
        )
    found = _convert(day)
    if found is not None:
        return found
    if day.is_leap_month and leap_month(day.year) != day.month:
        raise InvalidInput(
            "Lunar year %(year)s has no leap month %(month)s.", field="month", year=day.year, month=day.month
        )
    if _convert(LunarDay(day.year, day.month, day.is_leap_month, SHORT_MONTH)) is None:
        raise _out_of_range(day.year + 1)
    raise InvalidInput(
        "Month %(month)s of lunar year %(year)s has only 29 days.", field="day", year=day.year, month=day.month
    )


def month_days(year: int, month: int, *, is_leap_month: bool = False) -> int:
    """Give how many days a lunar month has, 29 or 30; 0 where the year has no such leap month."""
    if _convert(LunarDay(year, month, is_leap_month, 1)) is None:
        return 0
    return SHORT_MONTH if _convert(LunarDay(year, month, is_leap_month, LONG_MONTH)) is None else LONG_MONTH


@lru_cache(maxsize=128)
def leap_month(year: int) -> int | None:
    """Give the number of the month that a lunar year has twice, if it has one."""
    return next((month for month in range(1, 13) if _convert(LunarDay(year, month, True, 1))), None)  # noqa: FBT003


@lru_cache(maxsize=16384)
def _convert(day: LunarDay) -> dt.date | None:
    """Convert and convert back; None for a day that is not one, or that lies beyond the years kept here."""
    try:
        found = lunar_to_solar(LunarDate(day.day, day.month, day.year, day.is_leap_month))
    except ValueError:
        return None
    if not FIRST_DAY <= found <= LAST_DAY:
        return None
    return found if from_gregorian(found) == day else None


def _out_of_range(year: int) -> InvalidInput:
    return InvalidInput(
        "The lunar calendar is kept from %(first)s to %(last)s; %(year)s lies outside.",
        field="year",
        first=FIRST_YEAR,
        last=LAST_YEAR,
        year=year,
    )


_VIETNAMESE = ("Giêng", "Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Mười Một", "Chạp")
_CHINESE = ("正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "腊")


def format_lunar_month(month: int, language: str, *, is_leap_month: bool = False) -> str:
    """Name a lunar month: “tháng Giêng”, “tháng Sáu nhuận”; “1st lunar month”, “leap 6th lunar month”; “旧暦1月”."""
    match language:
        case "vi":
            return f"tháng {_VIETNAMESE[month - 1]}{' nhuận' if is_leap_month else ''}"
        case "zh":
            return f"农历{'闰' if is_leap_month else ''}{_CHINESE[month - 1]}月"
        case "ja":
            return f"旧暦{'閏' if is_leap_month else ''}{month}月"
        case "ko":
            return f"음력 {'윤' if is_leap_month else ''}{month}월"
        case "fr":
            return f"{ordinal_fr(month)} mois lunaire{' intercalaire' if is_leap_month else ''}"
        case _:
            return f"{'leap ' if is_leap_month else ''}{ordinal(month)} lunar month"


def format_lunar(day: LunarDay, language: str) -> str:
    """Write a lunar day without its year: “15 tháng Giêng”, “15th of the 1st lunar month”, “农历正月十五”.

    English for a language whose dates nobody has worded.
    """
    month = format_lunar_month(day.month, language, is_leap_month=day.is_leap_month)
    match language:
        case "vi":
            return f"{day.day} {month}"
        case "zh":
            return month + chinese_day(day.day)
        case "ja":
            return f"{month}{day.day}日"
        case "ko":
            return f"{month} {day.day}일"
        case "fr":
            return f"{ordinal_fr(day.day)} jour du {month}"
        case _:
            return f"{ordinal(day.day)} of the {month}"


def chinese_day(day: int) -> str:
    """Write a day of a lunar month as Chinese counts it: 初一, 十五, 廿三, 三十."""
    tens, ones = divmod(day, 10)
    if ones == 0:
        return ("", "初十", "二十", "三十")[tens]
    return ("初", "十", "廿", "三十")[tens] + "一二三四五六七八九"[ones - 1]
