"""What a table of counts is asked for, as an address says it, and what it says, made ready for pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Session

from app.core.clock import today
from app.core.errors import NotFound
from app.desk.context import say, shown
from app.desk.present import show_day
from app.http.settings import current_settings
from app.places.models import Unit, UnitLevel
from app.statistics.cells import Counted, Key
from app.statistics.questions import FIRST_YEAR, LAST_YEAR, Question, Rules, read_year
from app.statistics.subjects import PLACELESS
from app.statistics.tables import Table, read_tables

_OF_PERIOD = ("year", "quarter")
_YEARS_BACK = 12


@dataclass(frozen=True, slots=True)
class CountAsked:
    """A question with the pairs by which an address asks it, and what was wrong with the address, if anything."""

    question: Question
    pairs: Mapping[str, str]
    complaint: str

    def address(self, path: str, **more: str | None) -> str:
        """Give an address that asks the same, and something more."""
        pairs = {**self.pairs, **{name: value for name, value in more.items() if value is not None}}
        return f"{path}?{urlencode(pairs)}" if pairs else path


def find_table(code: str) -> Table:
    """Give a table of the deployment; raises `NotFound`."""
    table = read_tables(current_settings()).get(code)
    if table is None:
        raise NotFound("There is nothing at this address.")
    return table


def read_asked(session: Session, table: Table, default: Question | None = None) -> CountAsked:
    """Read the question that an address asks of a table; what it leaves out is as in `default`, or usual."""
    args = {name: value.strip()[:40] for name, value in request.args.items()}
    rules, pairs = _read_rules(args, default.rules if default else Rules.of(current_settings()))
    unit, complaint = args.get("unit", default.unit if default else ""), ""
    if unit and (table.subject in PLACELESS or not _is_unit(session, unit)):
        complaint, unit = say("This table is not counted within that unit."), ""
    if unit:
        pairs["unit"] = unit
    if table.is_of_period:
        year, quarter, wrong = _read_period(args)
        pairs |= {"year": str(year)} | ({"quarter": str(quarter)} if quarter else {})
        question = Question.over(year, quarter, rules, unit)
    else:
        day, wrong = _read_day(args.get("on", ""))
        pairs["on"] = day.isoformat()
        question = Question.as_of(day, rules, unit)
    return CountAsked(question, pairs, complaint or wrong)


def _read_rules(args: Mapping[str, str], usual: Rules) -> tuple[Rules, dict[str, str]]:
    """Read the rules; an address names only those that are not the deployment's own."""
    rules = Rules(
        {"1": True, "0": False}.get(args.get("components", ""), usual.with_components),
        {"1": True, "0": False}.get(args.get("special", ""), usual.special_in_national),
    )
    own = Rules.of(current_settings())
    pairs = {}
    if rules.with_components != own.with_components:
        pairs["components"] = "1" if rules.with_components else "0"
    if rules.special_in_national != own.special_in_national:
        pairs["special"] = "1" if rules.special_in_national else "0"
    return rules, pairs


def _read_period(args: Mapping[str, str]) -> tuple[int, int | None, str]:
    year, quarter = read_year(args.get("year", "")), args.get("quarter", "")
    complaint = say("Choose a year and a quarter from the lists.") if args.get("year") and year is None else ""
    return year or today().year, int(quarter) if quarter in ("1", "2", "3", "4") else None, complaint


def _read_day(text: str) -> tuple[dt.date, str]:
    if not text:
        return today(), ""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return today(), say("Write the day as year-month-day: 2010-12-31.")
    first, last = dt.date(FIRST_YEAR, 1, 1), dt.date(LAST_YEAR, 12, 31)
    return min(max(day, first), last), ""


def _is_unit(session: Session, public_id: str) -> bool:
    return session.scalar(sa.select(Unit.id).where(Unit.public_id == public_id)) is not None


def show_span(question: Question, table: Table) -> str:
    """Say of when a table is."""
    if not table.is_of_period:
        return say("as of %(day)s", day=show_day(question.day))
    return say("%(since)s to %(day)s", since=show_day(question.since), day=show_day(question.day))


def choices(session: Session, table: Table, asked: CountAsked) -> dict[str, Any]:
    """Give what a form offers: years, quarters, units."""
    units: list[tuple[str, list[tuple[str, str]]]] = []
    if table.subject not in PLACELESS:
        rows = session.execute(sa.select(Unit.public_id, Unit.name, Unit.level, Unit.valid_to)).all()
        current = [row for row in rows if row.valid_to is None]
        districts = [row for row in rows if row.valid_to is not None and row.level == UnitLevel.DISTRICT]
        units = [
            (say("Units in force"), sorted(((row.public_id, shown(row.name)) for row in current), key=_by_name)),
            (say("Former districts"), sorted(((row.public_id, shown(row.name)) for row in districts), key=_by_name)),
        ]
    this = today().year
    years = sorted({*range(this, this - _YEARS_BACK, -1), asked.question.day.year}, reverse=True)
    return {
        "years": [str(year) for year in years],
        "units": [group for group in units if group[1]],
        "is_of_sites": table.subject in ("sites", "rankings", "titles"),
        "ends": [dt.date(year, 12, 31) for year in range(this - 1, this - 6, -1)],
    }


def _by_name(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[1], pair[0]


def grid(counted: Counted, asked: CountAsked, path: str) -> dict[str, Any]:
    """Give a counted table's cells with the addresses of the lists behind them."""

    def cell(row: Key | None, column: Key | None) -> dict[str, Any]:
        found = counted.at(row, column)
        href = (
            asked.address(path, row=row.key if row else None, col=column.key if column else None) if found.rows else ""
        )
        return {"cell": found, "href": href}

    columns = [key for key in counted.columns if not key.is_beside]
    beside = [key for key in counted.columns if key.is_beside]
    every: list[Key | None] = [*columns, None, *beside]
    lines: list[dict[str, Any]] = [
        {"key": row, "cells": [cell(row, column) for column in every], "whole": counted.at(row, None)}
        for row in counted.rows
    ]
    return {
        "columns": columns,
        "beside": beside,
        "rows": [line for line in lines if not line["key"].is_beside],
        "rows_beside": [line for line in lines if line["key"].is_beside],
        "totals": [cell(None, column) for column in every],
        "whole": counted.cell(None, None),
    }


def drawn(counted: Counted) -> list[tuple[str, int]]:
    """Give the numbers of a table's chart with their labels: the sums of its rows or of its columns."""
    if counted.table.chart == "columns":
        return [(shown(key.label), counted.cell(None, key.key).number) for key in counted.columns if not key.is_beside]
    return [(shown(key.label), counted.cell(key.key, None).number) for key in counted.rows if not key.is_beside]
