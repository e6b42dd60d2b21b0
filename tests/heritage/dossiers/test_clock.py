"""The clock of a dossier: what counts, what stands still, when it is due."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.heritage.dossiers.clock import (
    DayUnit,
    Limit,
    Run,
    Stop,
    WorkCalendar,
    add_working_days,
    count_days,
    find_due,
    is_counted,
    read_clock,
)

DAY = dt.timedelta(days=1)
# Monday, 2 March 2026.
MONDAY = dt.date(2026, 3, 2)
PLAIN = WorkCalendar()
WORKING, CALENDAR = DayUnit.WORKING, DayUnit.CALENDAR
UNITS = st.sampled_from(DayUnit)
DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2027, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """A calendar with some holidays and some days of rest that are worked, which may be the same."""
    holidays = draw(st.frozensets(DAYS, max_size=40))
    swapped = draw(st.frozensets(DAYS.filter(lambda day: day.weekday() >= 5), max_size=10))
    return WorkCalendar(holidays, swapped)


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """A run with up to three stops, one after the other, the last of them perhaps without an end."""
    marks = sorted(draw(st.lists(DAYS, min_size=1, max_size=7)))
    pairs = list(zip(marks[1::2], marks[2::2], strict=False))
    stops = [Stop(since, until) for since, until in pairs]
    if draw(st.booleans()):
        stops.append(Stop(marks[-1]))
    return Run(marks[0], stops=tuple(stops))


def test_day_of_receipt_does_not_count_and_the_last_day_does() -> None:
    assert count_days(MONDAY, MONDAY, WORKING, PLAIN) == 0
    assert count_days(MONDAY, MONDAY + DAY, WORKING, PLAIN) == 1
    assert count_days(MONDAY, MONDAY + 7 * DAY, WORKING, PLAIN) == 5
    assert count_days(MONDAY, MONDAY + 7 * DAY, CALENDAR, PLAIN) == 7


def test_fifteen_working_days_over_tet_2026_end_where_one_counts_by_hand() -> None:
    """Received on 10 February; 16 to 20 February are Tết; so 11, 12, 13, then 23 to 27, 2 to 6 March, 9 and 10."""
    tet = WorkCalendar(frozenset(dt.date(2026, 2, day) for day in range(16, 21)))
    assert find_due(Run(dt.date(2026, 2, 10)), Limit(15), tet) == dt.date(2026, 3, 10)
    assert find_due(Run(dt.date(2026, 2, 10)), Limit(15), PLAIN) == dt.date(2026, 3, 3)


def test_day_of_rest_that_is_worked_counts_unless_it_is_a_holiday() -> None:
    saturday = MONDAY + 5 * DAY
    worked = WorkCalendar(swapped=frozenset({saturday}))
    assert find_due(Run(MONDAY), Limit(5), worked) == saturday
    both = WorkCalendar(frozenset({saturday}), frozenset({saturday}))
    assert find_due(Run(MONDAY), Limit(5), both) == MONDAY + 7 * DAY


def test_clock_stands_still_from_the_request_to_the_supplement() -> None:
    """Asked for on Wednesday, which counts; it comes in on the next Wednesday, which does not."""
    stop = Stop(MONDAY + 2 * DAY, MONDAY + 9 * DAY)
    clock = read_clock(Run(MONDAY, stops=(stop,)), Limit(5), PLAIN, MONDAY + 11 * DAY)
    assert (clock.used, clock.stopped, clock.left) == (4, 5, 1)
    assert clock.due_on == MONDAY + 14 * DAY
    assert clock.overdue == 0


def test_nothing_is_due_while_the_clock_stands_still() -> None:
    run = Run(MONDAY, stops=(Stop(MONDAY + 2 * DAY),))
    clock = read_clock(run, Limit(5), PLAIN, MONDAY + 60 * DAY)
    assert (clock.used, clock.left, clock.due_on, clock.overdue) == (2, 3, None, 0)
    assert run.is_stopped


def test_supplement_that_is_asked_for_too_late_saves_nothing() -> None:
    """Due on Friday, a supplement asked for on the Monday after: one day late, and no more while it stands still."""
    run = Run(MONDAY, stops=(Stop(MONDAY + 7 * DAY),))
    clock = read_clock(run, Limit(4), PLAIN, MONDAY + 21 * DAY)
    assert clock.due_on == MONDAY + 4 * DAY
    assert clock.overdue == 11
    assert clock.left == 0


def test_without_a_limit_days_are_counted_and_nothing_is_due() -> None:
    clock = read_clock(Run(MONDAY), None, PLAIN, MONDAY + 14 * DAY)
    assert (clock.used, clock.left, clock.due_on, clock.overdue) == (10, None, None, 0)


def test_clock_ends_with_the_decision() -> None:
    run = Run(MONDAY, ended_on=MONDAY + 4 * DAY)
    clock = read_clock(run, Limit(5), PLAIN, MONDAY + 400 * DAY)
    assert (clock.used, clock.overdue) == (4, 0)
    late = read_clock(Run(MONDAY, ended_on=MONDAY + 8 * DAY), Limit(5), PLAIN, MONDAY + 400 * DAY)
    assert late.overdue == 1


def test_calendar_days_that_end_on_a_day_of_rest_end_on_the_next_working_day() -> None:
    """Five days from Monday end on a Saturday, so on Monday; with that Monday a holiday, on Tuesday."""
    assert find_due(Run(MONDAY), Limit(5, CALENDAR), PLAIN) == MONDAY + 7 * DAY
    rest = WorkCalendar(frozenset({MONDAY + 7 * DAY}))
    assert find_due(Run(MONDAY), Limit(5, CALENDAR), rest) == MONDAY + 8 * DAY


def test_years_that_nobody_confirmed_are_named() -> None:
    some = WorkCalendar(confirmed=frozenset({2026}))
    assert read_clock(Run(dt.date(2026, 12, 1)), Limit(40), some, dt.date(2026, 12, 2)).unconfirmed == (2027,)
    assert read_clock(Run(dt.date(2026, 3, 2)), Limit(40), some, dt.date(2026, 3, 3)).unconfirmed == ()


@given(DAYS, DAYS, DAYS, UNITS, calendars(), runs())
def test_spans_add_up(
    first: dt.date, second: dt.date, third: dt.date, unit: DayUnit, calendar: WorkCalendar, run: Run
) -> None:
    a, b, c = sorted((first, second, third))
    whole = count_days(a, c, unit, calendar, run.stops)
    assert whole == count_days(a, b, unit, calendar, run.stops) + count_days(b, c, unit, calendar, run.stops)


@given(DAYS, calendars())
def test_weekends_and_holidays_are_never_worked(day: dt.date, calendar: WorkCalendar) -> None:
    counted = count_days(day - DAY, day, WORKING, calendar)
    if day in calendar.holidays or (day.weekday() >= 5 and day not in calendar.swapped):
        assert counted == 0
    else:
        assert counted == 1
    assert count_days(day - DAY, day, CALENDAR, calendar) == 1


@given(DAYS, calendars(), runs(), UNITS)
def test_clock_never_runs_backwards(day: dt.date, calendar: WorkCalendar, run: Run, unit: DayUnit) -> None:
    limit = Limit(10, unit)
    today, later = (read_clock(run, limit, calendar, at) for at in (day, day + DAY))
    assert today.used <= later.used <= today.used + 1
    assert today.stopped <= later.stopped
    assert today.overdue <= later.overdue
    assert today.due_on == later.due_on


@given(DAYS, calendars(), runs(), UNITS)
def test_days_used_and_days_stopped_are_all_the_days_there_were(
    day: dt.date, calendar: WorkCalendar, run: Run, unit: DayUnit
) -> None:
    clock = read_clock(run, Limit(10, unit), calendar, day)
    end = max(day, run.received_on)
    assert clock.used + clock.stopped == count_days(run.received_on, end, unit, calendar)


@given(runs(), calendars(), UNITS, st.integers(1, 60))
def test_due_day_is_the_day_on_which_the_limit_is_used_up(
    run: Run, calendar: WorkCalendar, unit: DayUnit, days: int
) -> None:
    due = find_due(run, Limit(days, unit), calendar)
    if due is None:
        assert run.is_stopped
        return
    assert calendar.is_working(due) or unit == CALENDAR
    assert count_days(run.received_on, due, unit, calendar, run.stops) >= days
    if unit == WORKING:
        assert count_days(run.received_on, due, unit, calendar, run.stops) == days
        assert is_counted(due, unit, calendar)
    assert calendar.is_working(due)


@given(runs(), calendars(), UNITS, st.integers(1, 60))
def test_standing_still_never_makes_it_due_earlier(run: Run, calendar: WorkCalendar, unit: DayUnit, days: int) -> None:
    plain = find_due(Run(run.received_on), Limit(days, unit), calendar)
    stopped = find_due(run, Limit(days, unit), calendar)
    assert plain is not None
    assert stopped is None or stopped >= plain


@given(DAYS, st.integers(0, 60), calendars())
def test_so_many_working_days_later_is_the_day_that_counts_so_many(
    day: dt.date, days: int, calendar: WorkCalendar
) -> None:
    assert count_days(day, add_working_days(day, days, calendar), WORKING, calendar) == days


@pytest.mark.parametrize("unit", DayUnit)
def test_limit_of_no_days_is_due_on_the_day_of_receipt(unit: DayUnit) -> None:
    assert find_due(Run(MONDAY), Limit(0, unit), PLAIN) == MONDAY
