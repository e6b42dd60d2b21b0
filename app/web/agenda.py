"""Events as they fall on days: an entry for each time that one is held, and the order in which a visitor is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

# What lasts longer is told behind what is only now: an exhibition of months must not bury tonight's festival.
LONG_DAYS = 7
_SATURDAY = 5


class Span(NamedTuple):
    """Days from the first to the last, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class Held:
    """One time that an event is held: its days, that of the main rite, its first day by the lunar calendar.

    `item` is what is published of the event.
    """

    code: str
    starts_on: dt.date
    ends_on: dt.date
    main_on: dt.date | None
    lunar: str | None
    item: Mapping[str, Any]

    @property
    def is_long(self) -> bool:
        """Whether it lasts longer than `LONG_DAYS`."""
        return (self.ends_on - self.starts_on).days >= LONG_DAYS

    def is_on(self, day: dt.date) -> bool:
        """Tell whether it is held on a day."""
        return self.starts_on <= day <= self.ends_on


class Group(NamedTuple):
    """Entries that are told together; `name` is `on`, `soon`, `ongoing` or `over`."""

    name: str
    entries: list[Held]


def held_within(items: Iterable[Mapping[str, Any]], span: Span) -> list[Held]:
    """Give each time that published events are held on some day of a span, by first day, then last day, then code."""
    found = [
        _held(item, one)
        for item in items
        for one in item["occurrences"]
        if one["starts_on"] <= span.last.isoformat() and one["ends_on"] >= span.first.isoformat()
    ]
    return sorted(found, key=lambda one: (one.starts_on, one.ends_on, one.code))


def _held(item: Mapping[str, Any], one: Mapping[str, Any]) -> Held:
    main = one["main_on"]
    return Held(
        code=item["code"],
        starts_on=dt.date.fromisoformat(one["starts_on"]),
        ends_on=dt.date.fromisoformat(one["ends_on"]),
        main_on=dt.date.fromisoformat(main) if main else None,
        lunar=one["lunar"],
        item=item,
    )


def weekend(today: dt.date) -> Span:
    """Give the days of this weekend that are left: Saturday and Sunday, on a Sunday that day alone."""
    saturday = today + dt.timedelta(days=_SATURDAY - today.weekday())
    return Span(max(saturday, today), saturday + dt.timedelta(days=1))


_ORDER = ("on", "soon", "ongoing", "over")


def in_order(held: Iterable[Held], span: Span, today: dt.date) -> list[Group]:
    """Put what is held within a span in the order of a visitor's interest, seen from today or from its first day.

    First what is held on that day (what lasts long only when that is its first day or that of its main rite), then
    what begins later, day by day, then what goes on for long, the soonest over first, then what is over. The order is
    total: the code decides last.
    """
    day = today if span.first <= today <= span.last else span.first
    placed = sorted(((_place(one, day), one.code, one) for one in held), key=lambda row: row[:2])
    return [
        Group(_ORDER[place], [one for _, _, one in rows]) for place, rows in groupby(placed, key=lambda row: row[0][0])
    ]


def _place(one: Held, day: dt.date) -> tuple[int, dt.date, dt.date]:
    if one.ends_on < day:
        return 3, one.starts_on, one.ends_on
    if one.starts_on > day:
        return 1, one.starts_on, one.ends_on
    if one.is_long and day not in (one.starts_on, one.main_on):
        return 2, one.ends_on, one.starts_on
    return 0, one.ends_on, one.starts_on
