"""A rule worked out into dates."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from app.tourism.models import EventRule
from app.tourism.occurrences import compute_occurrences, window


def rule(**fields: Any) -> EventRule:
    given = {"calendar": "lunar", "recurrence": "yearly", "month": 1, "day": 15, "short_month": "last_day"}
    return EventRule(**{**given, "leap_month_policy": "regular_only", **fields})


def solar(**fields: Any) -> EventRule:
    return rule(calendar="gregorian", leap_month_policy=None, **fields)


def starts(found: EventRule, first: str, last: str) -> list[str]:
    days = (dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    return [one.starts_on.isoformat() for one in compute_occurrences(found, *days)]


def test_window_is_last_year_to_five_years_ahead() -> None:
    assert window(dt.date(2026, 11, 24)) == (dt.date(2025, 1, 1), dt.date(2031, 12, 31))


def test_lunar_rule_gives_a_day_a_year() -> None:
    assert starts(rule(), "2025-01-01", "2027-12-31") == ["2025-02-12", "2026-03-03", "2027-02-20"]


@pytest.mark.parametrize(
    ("policy", "days"),
    [
        ("regular_only", ["2025-07-09"]),
        ("leap_only", ["2025-08-08"]),
        ("every_month_including_leap", ["2025-07-09", "2025-08-08"]),
    ],
)
def test_leap_month_policy_decides_in_a_year_that_has_the_month_twice(policy: str, days: list[str]) -> None:
    assert starts(rule(month=6, leap_month_policy=policy), "2025-01-01", "2025-12-31") == days


def test_leap_only_gives_nothing_in_other_years() -> None:
    assert starts(rule(month=6, leap_month_policy="leap_only"), "2026-01-01", "2030-12-31") == []


def test_monthly_rule_takes_in_the_leap_month_when_it_says_so() -> None:
    monthly = {"recurrence": "monthly", "month": None, "day": 14}
    every = starts(rule(**monthly, leap_month_policy="every_month_including_leap"), "2025-01-29", "2026-02-16")
    regular = starts(rule(**monthly), "2025-01-29", "2026-02-16")
    assert (len(every), len(regular)) == (13, 12)


def test_thirtieth_of_a_short_month_is_its_last_day_or_nothing() -> None:
    """Month 12 of lunar 2023 has 30 days, that of 2024 has 29."""
    eve = {"month": 12, "day": 30}
    assert starts(rule(**eve), "2024-01-01", "2025-12-31") == ["2024-02-09", "2025-01-28"]
    assert starts(rule(**eve, short_month="skip"), "2024-01-01", "2025-12-31") == ["2024-02-09"]


def test_leap_day_is_the_last_of_february_or_nothing() -> None:
    assert starts(solar(month=2, day=29), "2027-01-01", "2028-12-31") == ["2027-02-28", "2028-02-29"]
    assert starts(solar(month=2, day=29, short_month="skip"), "2027-01-01", "2028-12-31") == ["2028-02-29"]


def test_main_day_and_end_follow_the_first_day() -> None:
    festival = rule(month=2, day=10, main_day=12, duration_days=3)
    (found,) = compute_occurrences(festival, dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert (found.starts_on.isoformat(), found.ends_on.isoformat()) == ("2026-03-28", "2026-03-30")
    assert found.main_on is not None
    assert found.main_on.isoformat() == "2026-03-30"
    assert found.lunar == "2026-02-10"


def test_what_lasts_into_the_window_counts() -> None:
    assert starts(solar(month=12, day=30, duration_days=5), "2027-01-01", "2027-11-30") == ["2026-12-30"]


def test_every_n_years_counts_from_its_year_and_once_is_once() -> None:
    every = solar(recurrence="every_n_years", every_years=2, year=2025, month=6, day=7)
    assert starts(every, "2024-01-01", "2029-12-31") == ["2025-06-07", "2027-06-07", "2029-06-07"]
    once = solar(recurrence="once", year=2026, month=6, day=7)
    assert starts(once, "2024-01-01", "2029-12-31") == ["2026-06-07"]


@pytest.mark.parametrize("recurrence", ["irregular", "yearly_variable"])
def test_rule_without_dates_gives_none(recurrence: str) -> None:
    assert starts(rule(recurrence=recurrence), "2025-01-01", "2030-12-31") == []
    assert compute_occurrences(None, dt.date(2025, 1, 1), dt.date(2030, 1, 1)) == []


def test_lunar_rule_ends_with_the_years_that_are_kept() -> None:
    assert starts(rule(), "2048-01-01", "2054-12-31") == ["2048-02-28", "2049-02-16"]
