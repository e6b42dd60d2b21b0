"""The table of days of rest: proposed for a year, mended and confirmed by an officer, read as a calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.core.db import now
from app.core.errors import Conflict, InvalidInput, NotFound
from app.heritage.dossiers import due
from app.heritage.dossiers.audit import HOLIDAYS, note_act
from app.heritage.dossiers.models import DayKind, Holiday, HolidayRule, HolidayYear
from app.heritage.dossiers.rest_days import RestRule, propose_year

_RULE = ("name", "calendar", "month", "day", "shift", "days", "is_on", "is_moved", "source")
_SATURDAY = 5
_LEAP_YEAR = 2028


def read_rules(session: Session) -> list[RestRule]:
    """Give the rules by which a year is proposed, in their order."""
    return [_as_rule(row) for row in list_rules(session)]


def list_rules(session: Session) -> list[HolidayRule]:
    """Give the rules as they are kept, in their order."""
    return list(session.scalars(sa.select(HolidayRule).order_by(HolidayRule.position, HolidayRule.code)))


def find_rule(session: Session, code: str) -> HolidayRule:
    """Give a rule by its code; raises `NotFound`."""
    found = session.scalar(sa.select(HolidayRule).where(HolidayRule.code == code))
    if found is None:
        raise NotFound("There is no such rule.")
    return found


def save_rule(session: Session, code: str, data: Mapping[str, Any], *, actor: User) -> HolidayRule:
    """Change a rule; years that were proposed stay as they are until they are proposed again.

    Raises `InvalidInput` for a day that no year has.
    """
    require(actor, Permission.WRITE_REFERENCE)
    rule = find_rule(session, code)
    before = {name: getattr(rule, name) for name in _RULE}
    for name in _RULE:
        setattr(rule, name, data[name])
    rule.is_own = True
    # A leap year has every day that any year has.
    propose_year([_as_rule(rule)], _LEAP_YEAR)
    note_act(session, "change", actor, HOLIDAYS, f"rule/{code}", before=before)
    session.flush()
    return rule


def _as_rule(row: HolidayRule) -> RestRule:
    return RestRule(code=row.code, **{name: getattr(row, name) for name in _RULE})


def read_year(session: Session, year: int) -> tuple[HolidayYear | None, list[Holiday]]:
    """Give what is known of a year, None where nobody proposed it, and its days in order."""
    known = session.scalar(
        sa.select(HolidayYear)
        .where(HolidayYear.year == year)
        .options(joinedload(HolidayYear.confirmed_by).lazyload(User.roles))
    )
    days = sa.select(Holiday).where(Holiday.day.between(dt.date(year, 1, 1), dt.date(year, 12, 31)))
    return known, list(session.scalars(days.order_by(Holiday.day, Holiday.rule)))


def read_years(session: Session) -> dict[int, bool]:
    """Give the years that were proposed, in order, and whether each is confirmed."""
    rows = session.execute(sa.select(HolidayYear.year, HolidayYear.confirmed_at).order_by(HolidayYear.year))
    return {year: at is not None for year, at in rows}


def write_rules(session: Session, rows: Sequence[dict[str, Any]], *, actor: User) -> list[str]:
    """Write rules as `HolidayRuleSchema` loaded them; gives a verdict per row, kept for one that the office changed."""
    require(actor, Permission.WRITE_REFERENCE)
    known = {rule.code: rule for rule in session.scalars(sa.select(HolidayRule))}
    verdicts = []
    for row in rows:
        rule = known.get(row["code"])
        values = {name: row[name] for name in (*_RULE, "position")}
        if rule is None:
            session.add(HolidayRule(code=row["code"], **values))
            verdicts.append("created")
        elif all(getattr(rule, name) == value for name, value in values.items()):
            verdicts.append("unchanged")
        elif rule.is_own:
            verdicts.append("kept")
        else:
            for name, value in values.items():
                setattr(rule, name, value)
            verdicts.append("updated")
    session.flush()
    return verdicts


def propose(session: Session, year: int, *, actor: User) -> int:
    """Propose the days of rest of a year, or propose them again; gives how many days were added or mended.

    What the office changed or entered stays as it is; what the rules no longer propose goes. A year that was confirmed
    is not confirmed any more where this changed something. Raises `InvalidInput` for years without a lunar calendar.
    """
    require(actor, Permission.WRITE_REFERENCE)
    wanted = {one.rule: one for one in propose_year(read_rules(session), year)}
    known, days = read_year(session, year)
    standing = {day.rule: day for day in days if day.rule}
    changed = 0
    for day in days:
        if day.rule and day.rule not in wanted and not day.is_own:
            session.delete(day)
            changed += 1
    for rule, one in wanted.items():
        values = {"day": one.day, "name": one.name, "is_on": one.is_on, "source": one.source}
        row = standing.get(rule)
        if row is None:
            session.add(Holiday(rule=rule, **values))
            changed += 1
        elif not row.is_own and any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed += 1
    if known is None:
        session.add(HolidayYear(year=year))
    if changed:
        _unconfirm(session, year)
        note_act(session, "propose", actor, HOLIDAYS, year)
    session.flush()
    due.refresh(session)
    return changed


def confirm(session: Session, year: int, basis: str, *, actor: User) -> None:
    """Say that a year's days of rest are as decided, by what notice; raises `NotFound` for one that nobody proposed."""
    require(actor, Permission.WRITE_REFERENCE)
    known = session.get(HolidayYear, year)
    if known is None:
        raise NotFound("Nobody has proposed the holidays of %(year)s yet.", year=year)
    if not basis:
        raise InvalidInput("Name the notice or the decision that these days were compared with.", field="basis")
    known.confirmed_at, known.confirmed_by_id, known.basis = now(), actor.id, basis
    note_act(session, "confirm", actor, HOLIDAYS, year, comment=basis)
    session.flush()


def set_day(session: Session, day_id: int | None, data: Mapping[str, Any], *, actor: User) -> Holiday:
    """Enter a day (`day`, `kind`, `name`, `is_on`, `source`), or change one; its year is to be confirmed afresh.

    Raises `InvalidInput` for a worked day that is no weekend day, and for a day that was entered before, `NotFound` for
    one that is gone.
    """
    require(actor, Permission.WRITE_REFERENCE)
    holiday: Holiday = Holiday() if day_id is None else find_day(session, day_id)
    if data["kind"] == DayKind.WORKED and data["day"].weekday() < _SATURDAY:
        raise InvalidInput("A day that is worked in exchange is a Saturday or a Sunday.", field="day")
    same = sa.select(Holiday).where(Holiday.day == data["day"], Holiday.rule == (holiday.rule or ""))
    other = session.scalar(same)
    if other is not None and other.id != day_id:
        raise InvalidInput("This day stands in the list already: change it there.", field="day")
    before = {} if day_id is None else _told(holiday)
    for name in ("day", "kind", "name", "is_on", "source"):
        setattr(holiday, name, data[name])
    holiday.is_own = True
    session.add(holiday)
    years = {holiday.day.year, *([dt.date.fromisoformat(before["day"]).year] if before else [])}
    for year in sorted(years):
        _unconfirm(session, year)
    note_act(session, "change", actor, HOLIDAYS, holiday.day.year, comment=holiday.day.isoformat(), before=before)
    session.flush()
    due.refresh(session)
    return holiday


def remove_day(session: Session, day_id: int, *, actor: User) -> int:
    """Remove a day that somebody entered; gives its year. One that a rule proposes is switched off, not removed."""
    require(actor, Permission.WRITE_REFERENCE)
    holiday = find_day(session, day_id)
    if holiday.rule:
        raise Conflict("A rule proposes this day, and would again. Let it not count instead.")
    year = holiday.day.year
    note_act(session, "change", actor, HOLIDAYS, year, comment=holiday.day.isoformat(), before=_told(holiday))
    session.delete(holiday)
    _unconfirm(session, year)
    session.flush()
    due.refresh(session)
    return year


def find_day(session: Session, day_id: int) -> Holiday:
    """Give a day of the table; raises `NotFound`."""
    found = session.get(Holiday, day_id)
    if found is None:
        raise NotFound("This day is no longer in the table.")
    return found


def _unconfirm(session: Session, year: int) -> None:
    known = session.get(HolidayYear, year)
    if known is None:
        session.add(HolidayYear(year=year))
    else:
        known.confirmed_at = known.confirmed_by_id = None


def _told(holiday: Holiday) -> dict[str, Any]:
    return {
        "day": holiday.day.isoformat(),
        "kind": holiday.kind,
        "name": dict(holiday.name),
        "is_on": holiday.is_on,
        "source": holiday.source,
    }
