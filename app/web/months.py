"""A month as a calendar shows it: its weeks from Monday on, the lunar day beside each day, and what is held on it."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.core import lunar
from app.core.lunar import LunarDay
from app.web.agenda import Held, Span

# What is put behind the number of a leap month (tháng nhuận), and which of the two numbers stands first.
_LEAP = {"vi": "N", "zh": "闰", "ja": "閏", "ko": "윤", "fr": "bis"}
_MONTH_FIRST = ("zh", "ja", "ko")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the Gregorian calendar."""

    year: int
    number: int

    @classmethod
    def of(cls, day: dt.date) -> Month:
        """Give the month that a day is in."""
        return cls(day.year, day.month)

    @property
    def span(self) -> Span:
        """Its first and its last day."""
        return Span(self.first, dt.date(self.year, self.number, calendar.monthrange(self.year, self.number)[1]))

    @property
    def first(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, self.number, 1)

    def moved(self, months: int) -> Month:
        """Give the month so many months later, or earlier."""
        count = self.year * 12 + self.number - 1 + months
        return Month(count // 12, count % 12 + 1)

    def __str__(self) -> str:
        """Write it as addresses do: 2027-02."""
        return f"{self.year:04}-{self.number:02}"


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month: its lunar day, what is held on it, and what begins on it or is told of on it first.

    What lasts long stands among the days that it `begins` on alone.
    """

    date: dt.date
    lunar: LunarDay | None
    held: list[Held]
    told: list[Held]


def days_of(month: Month, held: Sequence[Held]) -> list[Day]:
    """Give a month's days with what is held on each, those begun before it among the first day's unless they are long.

    Each time of an event is told once, on its first day in the month.
    """
    first, last = month.span
    found = []
    for number in range((last - first).days + 1):
        date = first + dt.timedelta(days=number)
        on = [one for one in held if one.is_on(date) and not (one.is_long and one.starts_on != date)]
        told = [one for one in on if date in (one.starts_on, first)]
        found.append(Day(date, _lunar(date), on, told))
    return found


def going_on(month: Month, held: Sequence[Held]) -> list[Held]:
    """Give what lasts long and had begun before the month."""
    return [one for one in held if one.is_long and one.starts_on < month.first]


def weeks_of(days: Sequence[Day]) -> list[list[Day | None]]:
    """Lay a month's days out in weeks from Monday to Sunday; None where a week's day is another month's."""
    cells: list[Day | None] = [None] * days[0].date.weekday() + list(days)
    cells += [None] * (-len(cells) % 7)
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def _lunar(date: dt.date) -> LunarDay | None:
    """Give the lunar day; None in years for which the calendar is not kept."""
    return lunar.from_gregorian(date) if lunar.FIRST_DAY <= date <= lunar.LAST_DAY else None


def lunar_figures(day: LunarDay, language: str, *, with_month: bool) -> str:
    """Write a lunar day as calendars print it: 15; with its month 1/6, in the leap month 1/6N (N for `nhuận`)."""
    if not (with_month or day.day == 1):
        return str(day.day)
    month = f"{day.month}{_LEAP.get(language, 'L') if day.is_leap_month else ''}"
    return f"{month}/{day.day}" if language in _MONTH_FIRST else f"{day.day}/{month}"
