"""The legal view: decisions, the count of sites by level and type on any day, and the list behind every cell."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import today
from app.core.db import db
from app.core.errors import DisanError
from app.desk.asked import Asked
from app.desk.context import go, render, say, shown
from app.desk.present import show_day
from app.desk.record import read_day
from app.desk.register import concept_label, describe
from app.heritage.counts import NO_TYPE, ROWS, SEVERAL, CellQuery, Group, count_standing, read_cell
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.records.facets import read_facet_values
from app.records.queries import read_counted, read_entry
from app.vocabularies.queries import read_vocabulary

_MOST = 1000
_PAGE = 100


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/legal", "legal", list_decisions)
    desk.add_url_rule("/legal/status", "legal_status", find_status)
    desk.add_url_rule("/legal/counts", "legal_counts", show_counts)
    desk.add_url_rule("/legal/counts/sites", "legal_cell", list_cell)


def list_decisions() -> Response:
    """List decisions, narrowed by words, year, what they do and what is missing of them."""
    session, actor = db.session(), require_actor()
    asked = Asked.of(request.args, kind="decision")
    complaint = ""
    try:
        page, count = read_counted(session, asked.query(actor, cursor=request.args.get("cursor")), _MOST)
    except DisanError as error:
        complaint = sentence(error)
        page, count = read_counted(session, asked.query(actor), _MOST)
    vocabulary = read_vocabulary(session)
    kept = {name: value for name, value in asked.pairs.items() if name != "kind"}
    return render(
        "legal.html",
        asked=asked,
        rows=describe(session, page, vocabulary),
        count=count,
        most=_MOST,
        complaint=complaint,
        next_url=f"/desk/legal?{urlencode({**kept, 'cursor': page.next_cursor})}" if page.next_cursor else "",
        actions=[(code, shown(concept.label)) for code, concept in vocabulary.get("decision_actions", {}).items()],
        gaps=[(code, concept_label(vocabulary, "gap", code)) for code in ("no_number", "no_date")],
        years=list(reversed(read_facet_values(session, "year"))),
        day=today(),
    )


def find_status() -> BaseResponse:
    """Lead to a record's page as of a day; a code that is none leads to the search for it."""
    code, day = request.args.get("code", "").strip(), request.args.get("on", "").strip()
    if read_entry(db.session(), code) is None:
        return go(f"/desk/register?{urlencode({'q': code})}", say("Choose the record whose standing you want to see."))
    return go(f"/desk/records/{code}?{urlencode({'on': day})}#law")


def show_counts() -> Response:
    """Count the sites by level and type as they stood on a day, with the rule of the count under it."""
    require_actor()
    session = db.session()
    day, complaint = read_day(request.args.get("on", ""))
    with_components = request.args.get("components", "1") != "0"
    groups = [group for group in count_standing(session, day) if with_components or not group.is_component]
    vocabulary = read_vocabulary(session)
    columns = _columns(groups, [*vocabulary.get("site_types", {})])
    return render(
        "legal_counts.html",
        day=day,
        day_text=show_day(day),
        complaint=complaint,
        with_components=with_components,
        columns=[(column, _column_label(vocabulary, column)) for column in columns],
        rows=[_row(level, columns, groups, vocabulary, day, with_components=with_components) for level in ROWS],
        totals=[
            _cell(_sum(groups, None, column), day, None, column, with_components=with_components)
            for column in (*columns, None)
        ],
        years=[dt.date(year, 12, 31) for year in range(today().year - 1, today().year - 6, -1)],
    )


def _columns(groups: list[Group], types: list[str]) -> list[str]:
    """Give the columns in which sites stand: the types in their scheme's order, several, none."""
    present = {group.column for group in groups}
    order = [*types, *sorted(present - {*types, SEVERAL, NO_TYPE}), SEVERAL, NO_TYPE]
    return [column for column in order if column in present]


def _sum(groups: list[Group], level: str | None, column: str | None, *, uncertain: bool = False) -> int:
    return sum(
        group.count
        for group in groups
        if level in (None, group.level) and column in (None, group.column) and not (uncertain and group.is_certain)
    )


def _row(
    level: str, columns: list[str], groups: list[Group], vocabulary: Any, day: dt.date, *, with_components: bool
) -> dict[str, Any]:
    return {
        "label": _level_label(vocabulary, level),
        "cells": [
            _cell(_sum(groups, level, column), day, level, column, with_components=with_components)
            for column in (*columns, None)
        ],
        "uncertain": _sum(groups, level, None, uncertain=True),
    }


def _cell(count: int, day: dt.date, level: str | None, column: str | None, *, with_components: bool) -> dict[str, Any]:
    pairs = {"on": day.isoformat(), "level": level, "type": column, "components": "1" if with_components else "0"}
    kept = {name: value for name, value in pairs.items() if value is not None}
    return {"count": count, "href": f"/desk/legal/counts/sites?{urlencode(kept)}"}


def _column_label(vocabulary: Any, column: str) -> str:
    if column == SEVERAL:
        return say("Several types")
    return say("No type given") if column == NO_TYPE else concept_label(vocabulary, "type", column)


def _level_label(vocabulary: Any, level: str) -> str:
    return say("Neither ranked nor inventoried") if level == ROWS[-1] else concept_label(vocabulary, "rank", level)


def list_cell() -> Response:
    """List the sites that a cell of the count holds, by name."""
    require_actor()
    session = db.session()
    day, complaint = read_day(request.args.get("on", ""))
    with_components = request.args.get("components", "1") != "0"
    level, column = request.args.get("level") or None, request.args.get("type") or None
    groups = [group for group in count_standing(session, day) if with_components or not group.is_component]
    query = CellQuery(day, level if level in ROWS else None, column, with_components, _PAGE)
    page = read_cell(session, _at(query, request.args.get("cursor")), groups)
    vocabulary = read_vocabulary(session)
    back = {"on": day.isoformat(), "components": "1" if with_components else "0"}
    here = {**back, **{name: value for name, value in (("level", query.level), ("type", column)) if value}}
    return render(
        "legal_cell.html",
        day_text=show_day(day),
        complaint=complaint,
        count=_sum(groups, query.level, column),
        level_label=_level_label(vocabulary, query.level) if query.level else say("All levels"),
        column_label=_column_label(vocabulary, column) if column else say("All types"),
        sites=page.sites,
        level_name=lambda level: _level_label(vocabulary, level),
        type_name=lambda code: concept_label(vocabulary, "type", code),
        back=f"/desk/legal/counts?{urlencode(back)}",
        day=day,
        next_url=f"/desk/legal/counts/sites?{urlencode({**here, 'cursor': page.next_cursor})}"
        if page.next_cursor
        else "",
    )


def _at(query: CellQuery, cursor: str | None) -> CellQuery:
    return CellQuery(query.day, query.level, query.column, query.with_components, query.limit, cursor or None)
