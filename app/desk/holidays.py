"""Days of rest at the desk: a year proposed by the rules, mended, and confirmed as it was decided."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.permissions import Permission, is_permitted, require
from app.core.clock import today
from app.core.db import begin_write, db
from app.core.errors import Conflict, DisanError, InvalidInput
from app.desk.context import go, read_key, render, say, shown, tell_error
from app.desk.dossier_words import DAY_KINDS, choices
from app.desk.labels import act_label
from app.desk.present import show_day
from app.desk.typed import error_at_field, load_typed, read_typed
from app.heritage.dossiers import holidays
from app.heritage.dossiers.audit import HOLIDAYS, code_of
from app.heritage.dossiers.models import Holiday
from app.heritage.dossiers.schemas import HolidayRuleSchema, HolidaySchema
from app.http.actor import require_actor
from app.records.queries import read_history

_HERE = "/desk/holidays"
_DAY = ("day", "kind", "name_vi", "name_en", "is_on", "source")
_RULE = ("name_vi", "name_en", "calendar", "month", "day", "shift", "days", "is_on", "is_moved", "source")
_CALENDARS = {"solar": "Solar", "lunar": "Lunar"}
_FIRST, _LAST = 2000, 2049
_HISTORY = 20


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/holidays", "holidays", show_year, methods=["GET"])
    desk.add_url_rule("/holidays/<int:year>/propose", "propose_holidays", propose, methods=["POST"])
    desk.add_url_rule("/holidays/<int:year>/confirm", "confirm_holidays", confirm, methods=["POST"])
    desk.add_url_rule("/holidays/days", "add_holiday", add, methods=["POST"])
    desk.add_url_rule("/holidays/days/<int:day_id>", "holiday", show_day_form, methods=["GET"])
    desk.add_url_rule("/holidays/days/<int:day_id>", "change_holiday", change, methods=["POST"])
    desk.add_url_rule("/holidays/days/<int:day_id>/remove", "remove_holiday", remove, methods=["POST"])
    desk.add_url_rule("/holidays/rules/<rule_code>", "holiday_rule", show_rule, methods=["GET"])
    desk.add_url_rule("/holidays/rules/<rule_code>", "change_holiday_rule", change_rule, methods=["POST"])


def show_year() -> Response:
    """Show the days of rest of a year, this one unless another is asked for."""
    year = read_key(request.args.get("year")) or today().year
    return _page(year if _FIRST <= year <= _LAST else today().year)


def _page(year: int, errors: dict[str, str] | None = None) -> Response:
    session = db.session()
    known, days = holidays.read_year(session, year)
    typed = request.form if errors else {}
    return render(
        "holidays.html",
        422 if errors else 200,
        section="dossiers",
        year=year,
        known=known,
        days=days,
        years=sorted({*holidays.read_years(session), today().year, today().year + 1, year}),
        confirmed=holidays.read_years(session),
        rules=holidays.list_rules(session),
        may_write=is_permitted(require_actor(), Permission.WRITE_REFERENCE),
        kinds=choices(DAY_KINDS),
        kind_names=dict(choices(DAY_KINDS)),
        weekday=say_weekday,
        show_day=show_day,
        say_rule=_say_rule,
        history=read_history(session, code=code_of(HOLIDAYS, year), most=_HISTORY),
        act_label=act_label,
        state_names={},
        errors=errors or {},
        typed={name: typed.get(name, "") for name in (*_DAY, "basis")},
    )


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def say_weekday(holiday: Holiday) -> str:
    """Name the weekday of a day."""
    return say(_WEEKDAYS[holiday.day.weekday()])


def _say_rule(rule: Any) -> str:
    """Say when a rule's holiday is: “17/02” of the solar calendar, “1/1 (lunar)”."""
    day = f"{rule.day}/{rule.month}"
    return say("%(day)s lunar", day=day) if rule.calendar == "lunar" else day


def propose(year: int) -> BaseResponse:
    """Propose the days of rest of a year, or propose them again."""
    session = db.session()
    begin_write(session)
    actor = require_actor()
    require(actor, Permission.WRITE_REFERENCE)
    try:
        changed = holidays.propose(session, year, actor=actor)
    except InvalidInput as error:
        session.rollback()
        return _page(min(max(year, _FIRST), _LAST), error_at_field(error))
    told = (
        say("Proposed: %(count)s days added or mended. Compare them with the notice of the year.", count=changed)
        if changed
        else say("The rules propose nothing else than what is there.")
    )
    response = go(f"{_HERE}?year={year}", told)
    session.commit()
    return response


def confirm(year: int) -> BaseResponse:
    """Say that a year's days of rest are as they were decided."""
    session = db.session()
    begin_write(session)
    actor = require_actor()
    require(actor, Permission.WRITE_REFERENCE)
    try:
        holidays.confirm(session, year, read_typed(["basis"])["basis"][:500], actor=actor)
    except InvalidInput as error:
        session.rollback()
        return _page(year, error_at_field(error))
    response = go(f"{_HERE}?year={year}", say("The year is confirmed."))
    session.commit()
    return response


def add() -> BaseResponse:
    """Enter a day; what was typed stays when it is refused."""
    session = db.session()
    typed = read_typed(_DAY)
    data, errors = load_typed(HolidaySchema(), {**typed, "is_on": "true"})
    begin_write(session)
    actor = require_actor()
    require(actor, Permission.WRITE_REFERENCE)
    year = read_key(request.form.get("year")) or today().year
    year = year if _FIRST <= year <= _LAST else today().year
    if errors:
        return _page(year, errors)
    try:
        made = holidays.set_day(session, None, data, actor=actor)
    except InvalidInput as error:
        session.rollback()
        return _page(year, error_at_field(error))
    response = go(f"{_HERE}?year={made.day.year}", say("Saved. The year is to be confirmed afresh."))
    session.commit()
    return response


def show_day_form(day_id: int) -> Response:
    """Show the form of a day."""
    require(require_actor(), Permission.WRITE_REFERENCE)
    holiday = holidays.find_day(db.session(), day_id)
    typed = {
        "day": holiday.day.isoformat(),
        "kind": holiday.kind,
        "name_vi": holiday.name.get("vi", ""),
        "name_en": holiday.name.get("en", ""),
        "is_on": "1" if holiday.is_on else "",
        "source": holiday.source,
    }
    return _day_form(holiday, typed, {})


def _day_form(holiday: Holiday, typed: dict[str, str], errors: dict[str, str]) -> Response:
    return render(
        "holiday.html",
        422 if errors else 200,
        section="dossiers",
        holiday=holiday,
        typed=typed,
        errors=errors,
        kinds=choices(DAY_KINDS),
        weekday=say_weekday,
        show_day=show_day,
    )


def change(day_id: int) -> BaseResponse:
    """Change a day; what was typed stays when it is refused."""
    session = db.session()
    typed = read_typed(_DAY)
    data, errors = load_typed(HolidaySchema(), {**typed, "is_on": "true" if typed["is_on"] else "false"})
    begin_write(session)
    actor = require_actor()
    require(actor, Permission.WRITE_REFERENCE)
    if errors:
        return _day_form(holidays.find_day(session, day_id), typed, errors)
    try:
        changed = holidays.set_day(session, day_id, data, actor=actor)
    except InvalidInput as error:
        session.rollback()
        return _day_form(holidays.find_day(session, day_id), typed, error_at_field(error))
    response = go(f"{_HERE}?year={changed.day.year}", say("Saved. The year is to be confirmed afresh."))
    session.commit()
    return response


def remove(day_id: int) -> BaseResponse:
    """Remove a day that somebody entered."""
    session = db.session()
    begin_write(session)
    actor = require_actor()
    require(actor, Permission.WRITE_REFERENCE)
    try:
        year = holidays.remove_day(session, day_id, actor=actor)
    except Conflict as error:
        session.rollback()
        tell_error(error)
        return go(f"{_HERE}/days/{day_id}")
    response = go(f"{_HERE}?year={year}", say("The day is removed."))
    session.commit()
    return response


def show_rule(rule_code: str) -> Response:
    """Show the form of a rule by which years are proposed."""
    require(require_actor(), Permission.WRITE_REFERENCE)
    rule = holidays.find_rule(db.session(), rule_code)
    plain = {name: str(getattr(rule, name)) for name in _RULE if not name.startswith(("name_", "is_"))}
    names = {f"name_{language}": rule.name.get(language, "") for language in ("vi", "en")}
    ticks = {name: "1" if getattr(rule, name) else "" for name in ("is_on", "is_moved")}
    return _rule_form(rule, plain | names | ticks, {})


def _rule_form(rule: Any, typed: dict[str, str], errors: dict[str, str]) -> Response:
    return render(
        "holiday_rule.html",
        422 if errors else 200,
        section="dossiers",
        rule=rule,
        title=shown(rule.name),
        typed=typed,
        errors=errors,
        calendars=choices(_CALENDARS),
    )


def change_rule(rule_code: str) -> BaseResponse:
    """Change a rule; years that were proposed stay as they are until they are proposed again."""
    session = db.session()
    typed = read_typed(_RULE)
    given: dict[str, Any] = {name: typed[name] for name in ("calendar", "month", "day", "shift", "days", "source")}
    # As it is written in print.
    given["shift"] = given["shift"].replace("−", "-")
    given["name"] = {language: typed[f"name_{language}"] for language in ("vi", "en") if typed[f"name_{language}"]}
    given |= {name: "true" if typed[name] else "false" for name in ("is_on", "is_moved")}
    data, errors = load_typed(HolidayRuleSchema(), given | {"code": rule_code})
    begin_write(session)
    actor = require_actor()
    require(actor, Permission.WRITE_REFERENCE)
    rule = holidays.find_rule(session, rule_code)
    if errors:
        return _rule_form(rule, typed, {"name_vi" if name == "name" else name: text for name, text in errors.items()})
    try:
        holidays.save_rule(session, rule_code, data, actor=actor)
    except DisanError as error:
        session.rollback()
        return _rule_form(holidays.find_rule(session, rule_code), typed, error_at_field(error))
    response = go(_HERE, say("Saved. Propose a year again for the rule to take effect there."))
    session.commit()
    return response
