"""Frozen tables at the desk: what one said, and what differs from it now, each difference with its reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from app.core.clock import today
from app.core.db import db
from app.core.errors import InvalidInput
from app.desk.context import render, say, shown
from app.desk.count_asked import CountAsked, choices, find_table, grid, read_asked, show_span
from app.desk.count_workbooks import counted_workbook, merged, rule_choices
from app.desk.counts import list_words, read_cell_query, words, workbook_response
from app.desk.present import show_date, show_day
from app.desk.visits import written
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.statistics.cells import Cell, Counted, Key, Listed, ListPage, ListQuery, count_table, each_row
from app.statistics.comparing import Difference, Differences, compare_rows
from app.statistics.freezing import find_frozen, is_untouched, list_members, read_content
from app.statistics.models import FrozenTable
from app.statistics.reasons import Reason, explain
from app.statistics.tables import Table

_PAGE = 100
_CHUNK = 2000


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/counts/frozen/<int:key>", "frozen_count", show_frozen)
    desk.add_url_rule("/counts/frozen/<int:key>/list", "frozen_list", show_members)
    desk.add_url_rule("/counts/frozen/<int:key>/compare", "compare_count", compare)
    desk.add_url_rule("/counts/frozen/<int:key>/workbook", "frozen_workbook", give_workbook)


def _find(session: Session, key: int) -> tuple[FrozenTable, Table, Counted]:
    """Give a frozen table as it was counted, in the words that it was frozen with."""
    frozen = find_frozen(session, key)
    today_s = find_table(frozen.code)
    content = frozen.content
    table = replace(today_s, title=content["title"], rules=tuple(content["rules"]), basis=content["basis"])
    return frozen, table, read_content(frozen, table)


def _asked_then(counted: Counted) -> CountAsked:
    return CountAsked(counted.question, {}, "")


def show_frozen(key: int) -> Response:
    """Show what a table said when it was frozen, by whom, and whether it is untouched."""
    require_actor()
    session = db.session()
    frozen, table, counted = _find(session, key)
    here = f"/desk/counts/frozen/{key}"
    asked = _asked_then(counted)
    now = CountAsked(counted.question, _next_pairs(table, counted), "")
    return render(
        "count_frozen.html",
        **{**words(table, asked), "here": here},
        **choices(session, table, now),
        now=now,
        frozen=frozen,
        grid=grid(counted, asked, f"{here}/list"),
        is_untouched=is_untouched(session, frozen),
        rule_choices=rule_choices(counted),
    )


def _next_pairs(table: Table, counted: Counted) -> dict[str, str]:
    """Give what a comparison is offered with: today, or the year after the frozen one."""
    if not table.is_of_period:
        return {"on": today().isoformat()}
    since, day = counted.question.since, counted.question.day
    pairs = {"year": str(min(day.year + 1, today().year))}
    if day.month - since.month < 3 and (since.month, day.month) != (1, 12):
        pairs["quarter"] = str((day.month + 2) // 3)
    return pairs


def show_members(key: int) -> Response:
    """List what a cell of a frozen table counted."""
    require_actor()
    session = db.session()
    frozen, table, counted = _find(session, key)
    asked, query, complaint = _asked_then(counted), read_cell_query(), ""
    try:
        page = list_members(session, frozen, table, query)
    except InvalidInput as error:
        complaint, page = sentence(error), ListPage([], None)
    said = {**words(table, asked), "here": f"/desk/counts/frozen/{key}", "complaint": complaint}
    return render("count_list.html", **list_words(counted, asked, query, page), **said)


def compare(key: int) -> Response:
    """Show a frozen table beside what is counted now: every cell, and every record that makes a difference."""
    require_actor()
    session = db.session()
    frozen, table, old = _find(session, key)
    asked = read_asked(session, table, old.question)
    new = count_table(session, table, asked.question)
    query, complaint = read_cell_query(), asked.complaint
    try:
        found = compare_rows(session, frozen, table, asked.question, query)
    except InvalidInput as error:
        complaint, found = sentence(error), Differences([], None)
    reasons = explain(session, frozen, table, asked.question, found.rows)
    here = f"/desk/counts/frozen/{key}"
    cursor = found.next_cursor
    return render(
        "count_compare.html",
        **{**words(table, asked), "here": here, "complaint": complaint},
        **choices(session, table, asked),
        frozen=frozen,
        span_then=show_span(old.question, table),
        beside=_beside(old, new, asked, f"{here}/compare"),
        differences=[_told(one, why, old, new) for one, why in zip(found.rows, reasons, strict=True)],
        unexplained=sum(not why[0].is_found for why in reasons),
        query=query,
        next_url=asked.address(f"{here}/compare", row=query.row, col=query.column, cursor=cursor) if cursor else "",
        rule_choices=rule_choices(new),
    )


def _beside(old: Counted, new: Counted, asked: CountAsked, path: str) -> dict[str, Any]:
    rows, columns = merged(old.rows, new.rows), merged(old.columns, new.columns)

    def pair(row: Key | None, column: Key | None) -> dict[str, Any]:
        cells: list[Cell] = [counted.at(row, column) for counted in (old, new)]
        href = asked.address(path, row=row.key if row else None, col=column.key if column else None) + "#differences"
        return {"old": cells[0], "new": cells[1], "change": cells[1].number - cells[0].number, "href": href}

    every: list[Key | None] = [*(key for key in columns if not key.is_beside), None]
    every += [key for key in columns if key.is_beside]
    lines = [
        {"label": shown(row.label), "is_beside": row.is_beside, "cells": [pair(row, column) for column in every]}
        for row in rows
    ]
    return {
        "columns": [shown(key.label) if key else say("Total") for key in every],
        "rows": [line for line in lines if not line["is_beside"]],
        "rows_beside": [line for line in lines if line["is_beside"]],
        "totals": [pair(None, column) for column in every],
    }


def _told(one: Difference, reasons: Sequence[Reason], old: Counted, new: Counted) -> dict[str, Any]:
    return {
        "code": one.code,
        "label": shown(one.label) or one.code,
        "part": one.part,
        "old": _place(one.old, old),
        "new": _place(one.new, new),
        "change": one.change,
        "sort": say("came") if one.old is None else say("went") if one.new is None else say("moved"),
        "reasons": [(say_reason(reason), reason.code, reason.is_found) for reason in reasons],
    }


def _place(place: Any, counted: Counted) -> str:
    if place is None:
        return "–"
    rows, columns = ({key.key: shown(key.label) for key in keys} for keys in (counted.rows, counted.columns))
    said = f"{rows.get(place.row, place.row)} · {columns.get(place.column, place.column)}"
    return said if place.number == 1 else f"{said}: {say('unknown') if place.number is None else written(place.number)}"


def say_reason(reason: Reason) -> str:
    """Say a reason in the reader's language."""
    params = {name: _value(name, value) for name, value in reason.params.items()}
    return say(reason.sentence, **params) if params else say(reason.sentence)


def _value(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return shown(value)
    if isinstance(value, dt.date):
        return show_day(value)
    if name == "date":
        return show_date(value)
    if name in ("old", "new") and isinstance(value, int):
        return written(value)
    return say(value) if name == "field" else value


def give_workbook(key: int) -> Response:
    """Give what is counted now as a workbook with the comparison; without a day asked for, the frozen table itself."""
    require_actor()
    session = db.session()
    frozen, table, old = _find(session, key)
    if not {"on", "year"} & request.args.keys():
        body = counted_workbook(old, _members(session, frozen, table), show_span(old.question, table), frozen)
        return workbook_response(body, f"{frozen.code}-{frozen.day.isoformat()}-{key}")
    asked = read_asked(session, table, old.question)
    new = count_table(session, table, asked.question)
    listed = each_row(session, table, asked.question)
    compared = (old, _differences(session, frozen, table, asked))
    body = counted_workbook(new, listed, show_span(asked.question, table), comparison=compared)
    return workbook_response(body, f"{frozen.code}-{frozen.day.isoformat()}-{asked.question.day.isoformat()}")


def _members(session: Session, frozen: FrozenTable, table: Table) -> Iterator[Listed]:
    cursor = None
    while True:
        page = list_members(session, frozen, table, ListQuery(limit=_CHUNK, cursor=cursor, is_whole=True))
        yield from page.rows
        cursor = page.next_cursor
        if cursor is None:
            return


def _differences(
    session: Session, frozen: FrozenTable, table: Table, asked: CountAsked
) -> Iterator[tuple[Difference, str]]:
    cursor = None
    while True:
        query = ListQuery(limit=_CHUNK, cursor=cursor)
        found = compare_rows(session, frozen, table, asked.question, query)
        reasons = explain(session, frozen, table, asked.question, found.rows)
        for one, why in zip(found.rows, reasons, strict=True):
            yield one, " ".join(say_reason(reason) for reason in why)
        cursor = found.next_cursor
        if cursor is None:
            return
