"""The days of rest of a year as they are to be expected: a proposal, which somebody compares with what was decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.core.errors import InvalidInput
from app.core.lunar import FIRST_YEAR, LAST_YEAR, LunarDay, to_gregorian

_DAY = dt.timedelta(days=1)
_SATURDAY = 5
# What the name of a day in lieu is made of; by language, for it is kept with the day.
_IN_LIEU = {"vi": "Nghỉ bù: {name}", "en": "In lieu: {name}"}


@dataclass(frozen=True, slots=True)
class RestRule:
    """A holiday that returns: its day by the solar or the lunar calendar, and how many days of rest come with it.

    `shift` is the first of them, counted from that day: −1 is the day before. `is_moved` says that a day which falls on
    a weekend is made up for on the next working day (Labour Code 45/2019/QH14, art. 111, 3). `is_on` says that it
    counts unless somebody changes that.
    """

    code: str
    name: dict[str, str]
    calendar: str
    month: int
    day: int
    shift: int = 0
    days: int = 1
    is_on: bool = True
    is_moved: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True)
class RestDay:
    """A proposed day of rest by the rule `of`; `rule` names it among that rule's days, and ends in `-bu` in lieu."""

    day: dt.date
    rule: str
    of: str
    name: dict[str, str]
    is_on: bool
    source: str


def days_of(rule: RestRule, year: int) -> list[dt.date]:
    """Give a rule's days in a year; raises `InvalidInput` for a lunar year that is not kept, or a day that is none."""
    if rule.calendar == "lunar":
        named = to_gregorian(LunarDay(year, rule.month, is_leap_month=False, day=rule.day))
    else:
        try:
            named = dt.date(year, rule.month, rule.day)
        except ValueError as error:
            raise InvalidInput("There is no such day in %(year)s.", year=year, field="day") from error
    return [named + _DAY * (rule.shift + number) for number in range(rule.days)]


def propose_year(rules: Sequence[RestRule], year: int) -> list[RestDay]:
    """Propose the days of rest of a year by the rules, in order of days, those in lieu of weekends among them.

    Raises `InvalidInput` beyond the years that the lunar calendar is kept for.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise InvalidInput(
            "Holidays are proposed for the years %(first)s to %(last)s, for which the lunar calendar is kept.",
            first=FIRST_YEAR,
            last=LAST_YEAR,
            field="year",
        )
    found = [
        RestDay(day, f"{one.code}-{number}" if one.days > 1 else one.code, one.code, one.name, one.is_on, one.source)
        for one in rules
        for number, day in enumerate(days_of(one, year), 1)
    ]
    moved = {rule.code for rule in rules if rule.is_moved}
    taken = {one.day for one in found if one.is_on}
    for one in sorted(found, key=_order):
        if one.is_on and one.of in moved and one.day.weekday() >= _SATURDAY:
            day = _next_free(one.day, taken)
            taken.add(day)
            name = {language: said.format(name=one.name.get(language, one.rule)) for language, said in _IN_LIEU.items()}
            found.append(replace(one, day=day, rule=f"{one.rule}-bu", name=name))
    return sorted(found, key=_order)


def _order(one: RestDay) -> tuple[dt.date, str]:
    return one.day, one.rule


def _next_free(day: dt.date, taken: Collection[dt.date]) -> dt.date:
    while day.weekday() >= _SATURDAY or day in taken:
        day += _DAY
    return day
