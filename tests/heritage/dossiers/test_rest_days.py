"""Holidays as they are proposed for a year, by the rules that come with the project."""

from __future__ import annotations

import csv
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.config import ROOT
from app.core.errors import InvalidInput
from app.heritage.dossiers.rest_days import RestRule, days_of, propose_year


def rules() -> list[RestRule]:
    """Read the rules of the seed."""
    with (ROOT / "seed" / "holiday_rules.csv").open(encoding="utf-8", newline="") as file:
        return [
            RestRule(
                code=row["code"],
                name={"vi": row["name_vi"], "en": row["name_en"]},
                calendar=row["calendar"],
                month=int(row["month"]),
                day=int(row["day"]),
                shift=int(row["shift"]),
                days=int(row["days"]),
                is_on=row["is_on"] == "true",
                is_moved=row["is_moved"] == "true",
                source=row["source"],
            )
            for row in csv.DictReader(file)
        ]


def proposed(year: int, *, is_on: bool = True) -> dict[str, str]:
    """Give the days proposed for a year, by rule, as they are written."""
    return {one.rule: one.day.isoformat() for one in propose_year(rules(), year) if one.is_on is is_on}


# Tết and Giỗ Tổ as the calendars of those years had them.
KNOWN = [
    (2024, "2024-02-10", "2024-04-18"),
    (2025, "2025-01-29", "2025-04-07"),
    (2026, "2026-02-17", "2026-04-26"),
    (2027, "2027-02-06", "2027-04-16"),
    # Not the third of February, as the Chinese calendar has it.
    (2030, "2030-02-02", "2030-04-12"),
    (2007, "2007-02-17", "2007-04-26"),
]


@pytest.mark.parametrize(("year", "tet", "hung_kings"), KNOWN)
def test_lunar_holidays_are_where_the_vietnamese_calendar_has_them(year: int, tet: str, hung_kings: str) -> None:
    found = proposed(year)
    assert found["tet-2"] == tet
    assert found["hung-kings"] == hung_kings


def test_tet_has_five_days_from_the_eve_on() -> None:
    found = proposed(2026)
    assert [found[f"tet-{number}"] for number in range(1, 6)] == [f"2026-02-{day}" for day in range(16, 21)]


def test_holiday_on_a_weekend_is_made_up_for_on_the_next_free_working_day() -> None:
    """Giỗ Tổ 2026 is a Sunday, so the Monday after; of Tết 2027 a Friday to a Tuesday, two days lie on a weekend."""
    assert proposed(2026)["hung-kings-bu"] == "2026-04-27"
    found = proposed(2027)
    assert [found[f"tet-{number}"] for number in (1, 5)] == ["2027-02-05", "2027-02-09"]
    assert (found["tet-2-bu"], found["tet-3-bu"]) == ("2027-02-10", "2027-02-11")
    # 1 May 2027 is a Saturday.
    assert found["labour-bu"] == "2027-05-03"


def test_day_that_nobody_verified_is_proposed_and_does_not_count() -> None:
    assert proposed(2026, is_on=False) == {"culture-day": "2026-11-24"}


@given(st.integers(1968, 2049))
def test_no_two_days_of_rest_in_lieu_are_the_same_or_on_a_weekend(year: int) -> None:
    found = propose_year(rules(), year)
    in_lieu = [one.day for one in found if one.rule.endswith("-bu")]
    others = {one.day for one in found if not one.rule.endswith("-bu") and one.is_on}
    assert len(set(in_lieu)) == len(in_lieu)
    assert all(day.weekday() < 5 and day not in others for day in in_lieu)
    assert len({(one.day, one.rule) for one in found}) == len(found)
    assert found == sorted(found, key=lambda one: (one.day, one.rule))


@pytest.mark.parametrize("year", [1967, 2050])
def test_years_without_a_lunar_calendar_are_refused(year: int) -> None:
    with pytest.raises(InvalidInput, match="1968 to 2049"):
        propose_year(rules(), year)


def test_day_that_a_year_lacks_is_refused() -> None:
    rule = RestRule("leap", {"vi": "x", "en": "x"}, "solar", 2, 29)
    assert days_of(rule, 2028) == [dt.date(2028, 2, 29)]
    with pytest.raises(InvalidInput):
        days_of(rule, 2027)
