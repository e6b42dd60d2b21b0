"""The clock of a dossier: which days count, when it is due, and how long it stood still; nothing but arithmetic.

A span is counted as offices do: the day on which something comes in is not counted, the day on which it ends is (Civil
Code 91/2015/QH13, art. 147 and 148). So are the spans for which the clock stands still: the day on which a supplement
is asked for still counts as used, the day on which it comes in does not.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_DAY = dt.timedelta(days=1)
_SATURDAY = 5


class DayUnit(enum.StrEnum):
    """What a time limit is counted in."""

    WORKING = "working"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked: Monday to Friday and the `swapped` days of rest, but never a holiday.

    `confirmed` are the years of which somebody has said that their holidays are as decided.
    """

    holidays: frozenset[dt.date] = frozenset()
    swapped: frozenset[dt.date] = frozenset()
    confirmed: frozenset[int] = frozenset()

    def is_working(self, day: dt.date) -> bool:
        """Tell whether a day is worked."""
        return day not in self.holidays and (day.weekday() < _SATURDAY or day in self.swapped)


@dataclass(frozen=True, slots=True)
class Limit:
    """How many days there are, and which days those are."""

    days: int
    unit: DayUnit = DayUnit.WORKING


@dataclass(frozen=True, slots=True)
class Stop:
    """That the clock stands still after `since`, up to and with `until`; without an end it stands still now."""

    since: dt.date
    until: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Tell whether it stands still on a day."""
        return self.since < day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Run:
    """When a dossier came in, when it was decided or given up, and when its clock stood still meanwhile."""

    received_on: dt.date
    ended_on: dt.date | None = None
    stops: tuple[Stop, ...] = ()

    @property
    def is_stopped(self) -> bool:
        """Whether the clock stands still now."""
        return self.ended_on is None and any(stop.until is None for stop in self.stops)


@dataclass(frozen=True, slots=True)
class Clock:
    """What the clock says on a day: days used, days for which it stood still, when it is due, how many days too late.

    `due_on` and `left` are None where no limit is known; `due_on` is also while the clock stands still before its time
    is up. `unconfirmed` are the years it counted in whose holidays nobody has confirmed.
    """

    used: int
    stopped: int
    left: int | None = None
    due_on: dt.date | None = None
    overdue: int = 0
    unconfirmed: tuple[int, ...] = ()


def is_counted(day: dt.date, unit: DayUnit, calendar: WorkCalendar) -> bool:
    """Tell whether a day counts, whatever the clock does on it."""
    return unit == DayUnit.CALENDAR or calendar.is_working(day)


def _days(after: dt.date, until: dt.date) -> Iterator[dt.date]:
    return (after + _DAY * number for number in range(1, (until - after).days + 1))


def count_days(
    after: dt.date, until: dt.date, unit: DayUnit, calendar: WorkCalendar, stops: Sequence[Stop] = ()
) -> int:
    """Count the days that count after one day, up to and with another, but for those on which the clock stood still."""
    return sum(
        is_counted(day, unit, calendar) and not any(stop.holds(day) for stop in stops) for day in _days(after, until)
    )


def add_working_days(after: dt.date, days: int, calendar: WorkCalendar) -> dt.date:
    """Give the working day that comes so many after a day."""
    day = after
    while days > 0:
        day += _DAY
        days -= calendar.is_working(day)
    return day


def find_due(run: Run, limit: Limit, calendar: WorkCalendar) -> dt.date | None:
    """Give the last day of the limit; None where the clock stands still before that, without an end that is known.

    A limit of calendar days that ends on a day of rest ends on the next working day (Civil Code, art. 148, 5).
    """
    day, left = run.received_on, limit.days
    while left > 0:
        day += _DAY
        stop = next((stop for stop in run.stops if stop.holds(day)), None)
        if stop is not None and stop.until is None:
            return None
        if stop is None and is_counted(day, limit.unit, calendar):
            left -= 1
    while not calendar.is_working(day) and limit.unit == DayUnit.CALENDAR:
        day += _DAY
    return day


def read_clock(run: Run, limit: Limit | None, calendar: WorkCalendar, today: dt.date) -> Clock:
    """Give what the clock says today, or said on the day on which the dossier ended; working days without a limit."""
    unit = limit.unit if limit else DayUnit.WORKING
    end = max(run.ended_on or today, run.received_on)
    used = count_days(run.received_on, end, unit, calendar, run.stops)
    whole = count_days(run.received_on, end, unit, calendar)
    due = find_due(run, limit, calendar) if limit else None
    last = max(end, due or end)
    years = range(run.received_on.year, last.year + 1)
    return Clock(
        used=used,
        stopped=whole - used,
        left=max(0, limit.days - used) if limit else None,
        due_on=due,
        overdue=count_days(due, end, unit, calendar) if due and end > due else 0,
        unconfirmed=tuple(year for year in years if year not in calendar.confirmed),
    )
