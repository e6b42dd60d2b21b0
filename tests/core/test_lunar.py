"""The Vietnamese lunar calendar against known days, and what it refuses."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from app.core.lunar import (
    FIRST_DAY,
    LAST_DAY,
    LunarDay,
    format_lunar,
    from_gregorian,
    leap_month,
    month_days,
    parse_lunar,
    to_gregorian,
)


def lunar(day: int, month: int, year: int, *, leap: bool = False) -> LunarDay:
    return LunarDay(year, month, leap, day)


@pytest.mark.parametrize(
    ("year", "tet"),
    [
        (1968, "1968-01-29"),  # Chinese calendars: 30 January
        (1969, "1969-02-16"),  # 17 February
        (1985, "1985-01-21"),  # 20 February
        (2007, "2007-02-17"),  # 18 February
        (2026, "2026-02-17"),
        (2030, "2030-02-02"),  # 3 February
    ],
)
def test_tet_is_vietnams(year: int, tet: str) -> None:
    assert to_gregorian(lunar(1, 1, year)) == dt.date.fromisoformat(tet)
    assert from_gregorian(dt.date.fromisoformat(tet)) == lunar(1, 1, year)


@pytest.mark.parametrize(
    ("year", "month"), [(1984, None), (1985, 2), (1987, 7), (2023, 2), (2025, 6), (2026, None), (2028, 5)]
)
def test_leap_months_are_vietnams(year: int, month: int | None) -> None:
    assert leap_month(year) == month


def test_leap_month_follows_the_regular_one() -> None:
    regular, leap = to_gregorian(lunar(1, 6, 2025)), to_gregorian(lunar(1, 6, 2025, leap=True))
    assert (leap - regular).days == month_days(2025, 6)
    assert month_days(2026, 6, is_leap_month=True) == 0


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (lunar(30, 2, 2026), "Month 2 of lunar year 2026 has only 29 days."),
        (lunar(30, 12, 2025), "Month 12 of lunar year 2025 has only 29 days."),
        (lunar(1, 4, 2026, leap=True), "Lunar year 2026 has no leap month 4."),
        (lunar(30, 6, 2025, leap=True), "Month 6 of lunar year 2025 has only 29 days."),
        (lunar(1, 13, 2026), "There is no lunar day 1/13"),
        (lunar(31, 1, 2026), "There is no lunar day 31/1"),
        (lunar(0, 1, 2026), "There is no lunar day 0/1"),
        (lunar(1, 1, 1967), "1967 lies outside"),
        (lunar(1, 1, 2050), "2050 lies outside"),
        (lunar(29, 12, 2049), "2050 lies outside"),
    ],
)
def test_impossible_day_is_refused_with_its_reason(day: LunarDay, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        to_gregorian(day)


@pytest.mark.parametrize("day", [FIRST_DAY - dt.timedelta(1), LAST_DAY + dt.timedelta(1)])
def test_date_outside_the_years_kept_is_refused(day: dt.date) -> None:
    with pytest.raises(InvalidInput, match="lies outside"):
        from_gregorian(day)


@given(st.dates(FIRST_DAY, LAST_DAY))
def test_every_day_comes_back(day: dt.date) -> None:
    found = from_gregorian(day)
    assert to_gregorian(found) == day
    assert parse_lunar(str(found)) == found


@pytest.mark.parametrize(
    ("day", "language", "text"),
    [
        (lunar(15, 1, 2026), "vi", "15 tháng Giêng"),
        (lunar(30, 12, 2026), "vi", "30 tháng Chạp"),
        (lunar(1, 6, 2025, leap=True), "vi", "1 tháng Sáu nhuận"),
        (lunar(2, 3, 2026), "en", "2nd of the 3rd lunar month"),
        (lunar(11, 6, 2025, leap=True), "de", "11th of the leap 6th lunar month"),
        (lunar(15, 1, 2026), "zh", "农历正月十五"),
        (lunar(23, 12, 2026), "zh", "农历腊月廿三"),
        (lunar(20, 6, 2025, leap=True), "zh", "农历闰六月二十"),
        (lunar(10, 6, 2025, leap=True), "ja", "旧暦閏6月10日"),
        (lunar(15, 8, 2026), "ko", "음력 8월 15일"),
        (lunar(1, 6, 2025, leap=True), "fr", "1er jour du 6e mois lunaire intercalaire"),
    ],
)
def test_day_is_written_as_people_say_it(day: LunarDay, language: str, text: str) -> None:
    assert format_lunar(day, language) == text
