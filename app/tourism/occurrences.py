"""When an event is held: its followed rule worked out into dates, from last year to five years ahead."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from app.core import lunar
from app.core.lunar import LunarDay
from app.tourism.models import (
    DATED,
    Calendar,
    Event,
    EventOccurrence,
    EventRule,
    LeapMonthPolicy,
    Recurrence,
    ShortMonth,
)

YEARS_BACK = 1
YEARS_AHEAD = 5


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """One time that an event is held; `lunar` is its first day by the lunar calendar, where the rule counts by that."""

    starts_on: dt.date
    ends_on: dt.date
    main_on: dt.date | None = None
    lunar: str | None = None


def window(today: dt.date) -> tuple[dt.date, dt.date]:
    """Give the first and the last day for which occurrences are kept: whole years, so that most days change nothing."""
    return dt.date(today.year - YEARS_BACK, 1, 1), dt.date(today.year + YEARS_AHEAD, 12, 31)


def compute_occurrences(rule: EventRule | None, first: dt.date, last: dt.date) -> list[Occurrence]:
    """Work a rule out into every occurrence that touches the days `first` to `last`, in order.

    A day that a month does not have (the 30th of a lunar month of 29 days, 29 February) is its last day or is left out,
    as `short_month` says. Lunar years outside 1968 to 2049 give nothing, and so does a rule without dates.
    """
    if rule is None or rule.recurrence not in DATED or rule.day is None:
        return []
    days = _lunar_days if rule.calendar == Calendar.LUNAR else _gregorian_days
    length = dt.timedelta(days=(rule.duration_days or 1) - 1)
    to_main = dt.timedelta(days=rule.main_day - rule.day) if rule.main_day is not None else None
    found = [
        Occurrence(start, start + length, start + to_main if to_main is not None else None, text)
        # A year early: what begins in December may still last in January, and lunar years begin late.
        for year in range(first.year - 1, last.year + 1)
        if _is_held_in(rule, year)
        for start, text in days(rule, year)
    ]
    return sorted(one for one in found if one.ends_on >= first and one.starts_on <= last)


def _is_held_in(rule: EventRule, year: int) -> bool:
    if rule.recurrence == Recurrence.ONCE:
        return year == rule.year
    if rule.recurrence == Recurrence.EVERY_N_YEARS:
        return rule.year is not None and year >= rule.year and (year - rule.year) % (rule.every_years or 1) == 0
    return True


def _months(rule: EventRule) -> Iterator[int]:
    if rule.recurrence == Recurrence.MONTHLY:
        yield from range(1, 13)
    elif rule.month is not None:
        yield rule.month


def _day_of(rule: EventRule, length: int) -> int | None:
    """Give the day of a month of some length on which the event begins, None when it is left out there."""
    if rule.day is None or rule.day <= length:
        return rule.day
    return length if rule.short_month == ShortMonth.LAST_DAY else None


def _gregorian_days(rule: EventRule, year: int) -> Iterator[tuple[dt.date, None]]:
    for month in _months(rule):
        day = _day_of(rule, calendar.monthrange(year, month)[1])
        if day is not None:
            yield dt.date(year, month, day), None


def _lunar_days(rule: EventRule, year: int) -> Iterator[tuple[dt.date, str]]:
    if not lunar.FIRST_YEAR <= year <= lunar.LAST_YEAR:
        return
    for month in _months(rule):
        for is_leap_month in _halves(rule):
            length = lunar.month_days(year, month, is_leap_month=is_leap_month)
            day = _day_of(rule, length) if length else None
            if day is not None:
                found = LunarDay(year, month, is_leap_month, day)
                yield lunar.to_gregorian(found), str(found)


def _halves(rule: EventRule) -> tuple[bool, ...]:
    """Give which of two months of one number the rule means: the regular one, the leap month, or both."""
    match rule.leap_month_policy:
        case LeapMonthPolicy.LEAP_ONLY:
            return (True,)
        case LeapMonthPolicy.EVERY_MONTH_INCLUDING_LEAP:
            return (False, True)
        case _:
            return (False,)


def write_occurrences(event: Event, today: dt.date) -> bool:
    """Make an event's occurrences those of its followed rule, changing only what differs; tells whether any did."""
    wanted = compute_occurrences(event.followed_rule, *window(today))
    present = {_of(row): row for row in event.occurrences}
    if wanted == sorted(present) and len(present) == len(event.occurrences):
        return False
    event.occurrences[:] = [
        present.get(one)
        or EventOccurrence(starts_on=one.starts_on, ends_on=one.ends_on, main_on=one.main_on, lunar=one.lunar)
        for one in wanted
    ]
    return True


def _of(row: EventOccurrence) -> Occurrence:
    return Occurrence(row.starts_on, row.ends_on, row.main_on, row.lunar)
