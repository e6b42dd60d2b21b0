"""How often visitors looked at records: by day as a chart and as numbers, by language, by source, by record."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_skeleton
from babel.numbers import format_decimal, format_percent
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from app.core.cells import plain_cell
from app.core.clock import today
from app.core.db import db
from app.core.localized import LANGUAGE_NAMES
from app.desk.context import render, say, shown
from app.desk.present import show_day
from app.http.actor import require_actor
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.records.queries import read_entry, read_labels
from app.visitors.visits.queries import (
    VisitQuery,
    count_visits,
    read_days,
    read_languages,
    read_records,
    read_rows,
    read_sources,
)
from app.visitors.visits.sources import Source

_MOST_RECORDS = 20
_MONTHS = 12
_PERIODS = {"30": "last 30 days", "90": "last 90 days", "12m": "last 12 months"}
_USUAL = "30"
_SOURCES = {
    Source.QR: "QR plaque",
    Source.SEARCH: "Search engine",
    Source.SITE: "Another page of this service",
    Source.SOCIAL: "Social network or messenger",
    Source.OTHER: "Another website",
    Source.DIRECT: "Direct, or not told",
}
_COLUMNS = ("Day", "Code", "Record", "Language", "Source", "Visits")
# A drawing's own units, stretched to the room that there is: bars of 8 in steps of 10, 100 for the highest.
_STEP, _WIDTH, _HEIGHT = 10, 8, 100


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/visits", "visits", show_visits)
    desk.add_url_rule("/visits.csv", "visits_csv", give_table)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart: what it stands for, its number, and where it is drawn."""

    label: str
    views: int
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from the left to the right, the highest of them as high as the drawing; `most` is its number."""

    bars: tuple[Bar, ...]
    most: int

    @property
    def width(self) -> int:
        """How wide the drawing is, in its own units."""
        return _STEP * len(self.bars)

    @property
    def total(self) -> int:
        """All that the bars stand for."""
        return sum(bar.views for bar in self.bars)


def draw(numbers: Sequence[tuple[str, int]]) -> Chart:
    """Draw numbers with their labels as bars; what is not nothing is always to be seen."""
    most = max((views for _, views in numbers), default=0)
    bars = []
    for place, (label, views) in enumerate(numbers):
        height = round(max(_HEIGHT * views / most, 1.5), 2) if views else 0.0
        bars.append(Bar(label, views, place * _STEP + (_STEP - _WIDTH) // 2, round(_HEIGHT - height, 2), height))
    return Chart(tuple(bars), most)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the page is asked for, as it was typed, and what is wrong with it."""

    period: str
    code: str
    errors: dict[str, str]

    def query(self) -> VisitQuery:
        """Give the days that are meant, today the last of them."""
        day = today()
        since = _months_back(day, _MONTHS - 1) if self.period == "12m" else day - dt.timedelta(int(self.period) - 1)
        return VisitQuery(since, day, self.code or None)

    def address(self, path: str, **other: str) -> str:
        """Give an address that asks for the same, but for what is given."""
        pairs = {"period": self.period, "record": self.code} | other
        return f"{path}?{urlencode({name: value for name, value in pairs.items() if value})}"


def _read_asked(session: Session) -> tuple[_Asked, str]:
    """Read what is asked for, and what the record is called."""
    period, code = request.args.get("period", "").strip() or _USUAL, request.args.get("record", "").strip()[:60]
    errors = {}
    if period not in _PERIODS:
        errors["period"] = say("Choose one of the time spans in the list.")
        period = _USUAL
    entry = read_entry(session, code) or read_entry(session, code.upper()) if code else None
    if code and entry is None:
        errors["record"] = say("There is no record %(code)s.", code=code)
    return _Asked(period, entry.code if entry else code, errors), shown(entry.label) if entry else ""


def show_visits() -> Response:
    """Show the visits of a period, of all records or of one."""
    require_actor()
    session = db.session()
    asked, title = _read_asked(session)
    query = asked.query()
    days = read_days(session, query)
    numbers = _by_month(query, days) if asked.period == "12m" else _by_day(query, days)
    total = sum(days.values())
    records = [] if asked.code else read_records(session, query, _MOST_RECORDS)
    names = read_labels(session, [code for code, _ in records])
    return render(
        "visits.html",
        422 if asked.errors else 200,
        asked=asked,
        title=title,
        periods=[(value, say(label)) for value, label in _PERIODS.items()],
        is_counting=current_settings().visits,
        since=show_day(query.since),
        until=show_day(query.until),
        chart=draw(numbers),
        total=total,
        before=count_visits(session, _before(query)),
        read_in=_shares(total, [(_language(code), n, "") for code, n in read_languages(session, query)]),
        sources=_shares(total, [(_source(code), n, "") for code, n in read_sources(session, query)]),
        records=_shares(total, [(shown(names.get(code)) or code, n, code) for code, n in records]),
        written=written,
    )


def of_record(session: Session, code: str) -> dict[str, Any] | None:
    """Give the visits of a record in the usual period, for its page; None where none is counted nor ever was."""
    query = _Asked(_USUAL, code, {}).query()
    days = read_days(session, query)
    if not (days or current_settings().visits):
        return None
    return {
        "chart": draw(_by_day(query, days)),
        "total": sum(days.values()),
        "since": show_day(query.since),
        "until": show_day(query.until),
        "written": written,
    }


def give_table() -> Response:
    """Give the counts of a period as CSV (RFC 4180), in UTF-8 with a BOM, without which spreadsheets garble them."""
    require_actor()
    session = db.session()
    asked, _ = _read_asked(session)
    if asked.errors:
        return show_visits()
    query = asked.query()
    name = "-".join(["visits", *([asked.code] if asked.code else []), query.since.isoformat(), query.until.isoformat()])
    response = Response("".join(_lines(session, query)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return response


def _lines(session: Session, query: VisitQuery) -> Iterator[str]:
    yield "\N{ZERO WIDTH NO-BREAK SPACE}" + _csv([[say(column) for column in _COLUMNS]])
    names: dict[str, dict[str, str]] = {}
    for rows in read_rows(session, query):
        new = {row.code for row in rows} - names.keys()
        names |= {code: {} for code in new} | read_labels(session, sorted(new))
        yield _csv(
            [
                row.day.isoformat(),
                row.code,
                shown(names[row.code]),
                _language(row.language),
                _source(row.source),
                row.views,
            ]
            for row in rows
        )


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([plain_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()


def _months_back(day: dt.date, months: int) -> dt.date:
    """Give the first day of the month that lies so many months back."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return dt.date(year, month + 1, 1)


def _before(query: VisitQuery) -> VisitQuery:
    """Give as many days as are asked for, before them."""
    length = query.until - query.since
    until = query.since - dt.timedelta(1)
    return VisitQuery(until - length, until, query.code)


def _by_day(query: VisitQuery, days: dict[dt.date, int]) -> list[tuple[str, int]]:
    each = (query.since + dt.timedelta(number) for number in range((query.until - query.since).days + 1))
    return [(show_day(day), days.get(day, 0)) for day in each]


def _by_month(query: VisitQuery, days: dict[dt.date, int]) -> list[tuple[str, int]]:
    numbers = []
    for back in range(_MONTHS - 1, -1, -1):
        first = _months_back(query.until, back)
        views = sum(n for day, n in days.items() if (day.year, day.month) == (first.year, first.month))
        numbers.append((str(format_skeleton("yMM", first, locale=current_language())), views))
    return numbers


def _shares(total: int, rows: list[tuple[str, int, str]]) -> list[dict[str, Any]]:
    """Give rows with what part of all each is, and how long its bar is beside the longest: hundredths."""
    most = max((views for _, views, _ in rows), default=0)
    return [
        {
            "label": label,
            "code": code,
            "views": views,
            "share": format_percent(views / total, "#,##0 %" if views * 100 >= total else "<1 %", current_language()),
            "length": round(100 * views / most, 1),
        }
        for label, views, code in rows
    ]


def _language(code: str) -> str:
    return LANGUAGE_NAMES.get(code, code)


def _source(code: str) -> str:
    return say(_SOURCES[Source(code)]) if code in set(Source) else code


def written(number: int) -> str:
    """Write a number as people here read it."""
    return str(format_decimal(number, locale=current_language()))
