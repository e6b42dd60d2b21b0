"""When dossiers are due, by the days of rest as they stand: read for a page, and kept for lists."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from app.heritage.dossiers.clock import Clock, DayUnit, Limit, WorkCalendar, find_due, read_clock
from app.heritage.dossiers.models import ENDED, DayKind, Dossier, Holiday, HolidayYear, Regulation
from app.heritage.dossiers.steps import read_run


def read_calendar(session: Session) -> WorkCalendar:
    """Give which days are worked, and of which years somebody has confirmed that."""
    days: dict[str, set[dt.date]] = {DayKind.HOLIDAY: set(), DayKind.WORKED: set()}
    for day, kind in session.execute(sa.select(Holiday.day, Holiday.kind).where(Holiday.is_on)):
        days[kind].add(day)
    confirmed = session.scalars(sa.select(HolidayYear.year).where(HolidayYear.confirmed_at.is_not(None)))
    return WorkCalendar(frozenset(days[DayKind.HOLIDAY]), frozenset(days[DayKind.WORKED]), frozenset(confirmed))


def limit_of(regulation: Regulation) -> Limit | None:
    """Give the time limit of a regulation, if one is known."""
    if regulation.limit_days is None:
        return None
    return Limit(regulation.limit_days, DayUnit(regulation.limit_unit))


def clock_of(dossier: Dossier, calendar: WorkCalendar, today: dt.date) -> Clock | None:
    """Give what the clock of a dossier says on a day; None for one that has not come in."""
    run = read_run(dossier.steps)
    return None if run is None else read_clock(run, limit_of(dossier.regulation), calendar, today)


def refresh(session: Session, dossiers: Iterable[Dossier] | None = None) -> None:
    """Write down when dossiers are due: some, or all that are still open, as after a change of the days of rest."""
    if dossiers is None:
        query = sa.select(Dossier).where(Dossier.state.not_in(ENDED), Dossier.received_on.is_not(None))
        dossiers = session.scalars(query.options(selectinload(Dossier.steps), selectinload(Dossier.regulation))).all()
    found = list(dossiers)
    if not found:
        return
    calendar = read_calendar(session)
    for dossier in found:
        run, limit = read_run(dossier.steps), limit_of(dossier.regulation)
        dossier.received_on = run.received_on if run else None
        is_running = run is not None and run.ended_on is None
        dossier.due_on = find_due(run, limit, calendar) if run and limit and is_running else None
    session.flush()
