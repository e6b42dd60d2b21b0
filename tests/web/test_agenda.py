"""On which days a time of an event is told, and in which order."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest

from app.core.lunar import LunarDay
from app.web.agenda import Held, Span, held_within, in_order, weekend
from app.web.months import Month, days_of, going_on, lunar_figures, weeks_of

TODAY = dt.date(2027, 2, 20)


def held(code: str, first: str, last: str | None = None, main: str | None = None) -> Held:
    end = dt.date.fromisoformat(last or first)
    return Held(code, dt.date.fromisoformat(first), end, dt.date.fromisoformat(main) if main else None, None, {})


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        ("2027-02-15", "2027-02-20", "2027-02-21"),
        ("2027-02-19", "2027-02-20", "2027-02-21"),
        ("2027-02-20", "2027-02-20", "2027-02-21"),
        ("2027-02-21", "2027-02-21", "2027-02-21"),
        # The weekend lies across the end of a month, and of a year.
        ("2027-01-31", "2027-01-31", "2027-01-31"),
        ("2027-07-30", "2027-07-31", "2027-08-01"),
        ("2028-12-29", "2028-12-30", "2028-12-31"),
        ("2022-12-30", "2022-12-31", "2023-01-01"),
    ],
)
def test_weekend_is_what_is_left_of_saturday_and_sunday(today: str, first: str, last: str) -> None:
    assert [day.isoformat() for day in weekend(dt.date.fromisoformat(today))] == [first, last]


@pytest.mark.parametrize(
    ("first", "last", "is_found"),
    [
        ("2027-02-28", "2027-03-01", True),
        ("2027-01-30", "2027-01-31", False),
        ("2027-01-31", "2027-02-01", True),
        ("2027-03-01", "2027-03-02", False),
        ("2027-01-01", "2027-12-31", True),
    ],
)
def test_span_finds_what_shares_a_day_with_it(first: str, last: str, is_found: bool) -> None:  # noqa: FBT001
    item = {"code": "E1", "occurrences": [{"starts_on": first, "ends_on": last, "main_on": None, "lunar": None}]}
    assert bool(held_within([item], Span(dt.date(2027, 2, 1), dt.date(2027, 2, 28)))) is is_found


def test_order_is_today_then_soon_then_what_goes_on() -> None:
    entries = [
        held("EXHIBITION", "2026-11-01", "2027-04-30"),
        held("TOMORROW", "2027-02-21"),
        held("TODAY", "2027-02-20"),
        held("SECOND-DAY", "2027-02-19", "2027-02-21"),
        held("OPENS", "2027-02-20", "2027-05-01"),
        held("MAIN", "2027-02-01", "2027-03-01", main="2027-02-20"),
        held("OVER", "2027-02-18"),
    ]
    groups = in_order(entries, Span(dt.date(2027, 2, 18), dt.date(2027, 2, 25)), TODAY)
    assert [(group.name, [one.code for one in group.entries]) for group in groups] == [
        ("on", ["TODAY", "SECOND-DAY", "MAIN", "OPENS"]),
        ("soon", ["TOMORROW"]),
        ("ongoing", ["EXHIBITION"]),
        ("over", ["OVER"]),
    ]


def test_order_of_a_stay_to_come_is_seen_from_its_first_day() -> None:
    entries = [held("LATER", "2027-03-02"), held("FIRST", "2027-03-01"), held("LONG", "2027-01-01", "2027-12-31")]
    groups = in_order(entries, Span(dt.date(2027, 3, 1), dt.date(2027, 3, 3)), TODAY)
    assert [one.code for group in groups for one in group.entries] == ["FIRST", "LATER", "LONG"]


def test_order_is_total_however_it_comes() -> None:
    entries = [held(f"E{number}", "2027-02-20", "2027-02-20") for number in range(9)]
    entries += [held(f"L{number}", "2027-01-01", "2027-03-01") for number in range(9)]
    span = Span(TODAY, TODAY)
    wanted = in_order(entries, span, TODAY)
    for seed in range(5):
        shuffled = list(entries)
        Random(seed).shuffle(shuffled)  # noqa: S311 (any order will do)
        assert in_order(shuffled, span, TODAY) == wanted


def test_month_begins_its_weeks_on_monday() -> None:
    weeks = weeks_of(days_of(Month(2027, 8), []))
    assert [day.date.day if day else None for day in weeks[0]] == [None, None, None, None, None, None, 1]
    assert [day.date.day if day else None for day in weeks[-1]] == [30, 31, None, None, None, None, None]
    assert Month(2027, 12).moved(1) == Month(2028, 1)
    assert Month(2027, 1).moved(-1) == Month(2026, 12)


def test_month_tells_each_time_once_and_long_ones_apart() -> None:
    entries = [
        held("ACROSS", "2027-01-30", "2027-02-02"),
        held("LONG", "2026-12-01", "2027-05-01"),
        held("OPENS", "2027-02-10", "2027-05-01"),
    ]
    days = days_of(Month(2027, 2), entries)
    assert {day.date.day: [one.code for one in day.told] for day in days if day.told} == {1: ["ACROSS"], 10: ["OPENS"]}
    assert [day.date.day for day in days if day.held] == [1, 2, 10]
    assert [one.code for one in going_on(Month(2027, 2), entries)] == ["LONG"]


@pytest.mark.parametrize(
    ("day", "language", "with_month", "written"),
    [
        (LunarDay(2027, 1, False, 15), "vi", False, "15"),  # noqa: FBT003
        (LunarDay(2027, 2, False, 1), "vi", False, "1/2"),  # noqa: FBT003
        (LunarDay(2027, 2, False, 1), "ja", False, "2/1"),  # noqa: FBT003
        (LunarDay(2025, 6, True, 1), "vi", False, "1/6N"),  # noqa: FBT003
        (LunarDay(2025, 6, True, 8), "zh", True, "6闰/8"),  # noqa: FBT003
        (LunarDay(2026, 12, False, 25), "en", True, "25/12"),  # noqa: FBT003
    ],
)
def test_lunar_day_is_written_as_calendars_do(day: LunarDay, language: str, with_month: bool, written: str) -> None:  # noqa: FBT001
    assert lunar_figures(day, language, with_month=with_month) == written
