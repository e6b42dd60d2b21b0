"""The sector's tables at the desk: chosen, counted, with the list behind every cell, frozen, sent as a workbook."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.permissions import is_permitted
from app.core.db import begin_write, db
from app.core.errors import InvalidInput
from app.desk.context import go, render, say, shown, tell_error
from app.desk.count_asked import CountAsked, choices, drawn, find_table, grid, read_asked, show_span
from app.desk.count_workbooks import counted_workbook
from app.desk.visits import draw, written
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.settings import current_settings
from app.statistics.cells import Counted, ListPage, ListQuery, count_table, each_row, list_rows
from app.statistics.freezing import FREEZE, freeze_table, read_frozen
from app.statistics.tables import Table, read_tables

_PAGE = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/counts", "counts", list_tables)
    desk.add_url_rule("/counts/<code>", "count_table", show_table, methods=["GET"])
    desk.add_url_rule("/counts/<code>/list", "count_list", show_list)
    desk.add_url_rule("/counts/<code>/workbook", "count_workbook", give_workbook)
    desk.add_url_rule("/counts/<code>/freeze", "freeze_count", freeze, methods=["POST"])


def list_tables() -> Response:
    """List the tables by their groups, and what was frozen of them."""
    require_actor()
    session = db.session()
    tables = read_tables(current_settings())
    frozen = read_frozen(session)
    return render(
        "counts.html",
        groups=[
            (shown(dict(group)), [(table.code, shown(table.title)) for table in found])
            for group, found in groupby(tables.values(), key=lambda table: tuple(table.group.items()))
        ],
        frozen=[(one, shown(one.content["title"]), one.code in tables) for one in frozen],
    )


def show_table(code: str) -> Response:
    """Show a table as it is counted now, with a chart, its rule, and the copies that were frozen of it."""
    actor = require_actor()
    session, table = db.session(), find_table(code)
    asked = read_asked(session, table)
    counted = count_table(session, table, asked.question)
    numbers = drawn(counted)
    return render(
        "count_table.html",
        **words(table, asked),
        **choices(session, table, asked),
        grid=grid(counted, asked, f"/desk/counts/{code}/list"),
        chart=draw(numbers),
        shares=_shares(numbers),
        frozen=read_frozen(session, code),
        may_freeze=is_permitted(actor, FREEZE),
        months=_months_unknown(counted),
    )


def words(table: Table, asked: CountAsked) -> dict[str, Any]:
    """Give what every page of a table says of it."""
    return {
        "table": table,
        "asked": asked,
        "span": show_span(asked.question, table),
        "complaint": asked.complaint,
        "here": f"/desk/counts/{table.code}",
        "written": written,
    }


def _months_unknown(counted: Counted) -> int:
    return counted.cell(None, None).unknown


def _shares(numbers: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """Give the bars of a chart that lie: each with its length beside the longest, in hundredths."""
    most = max((number for _, number in numbers), default=0)
    return [
        {"label": label, "number": number, "length": round(100 * number / most, 1) if most else 0}
        for label, number in numbers
    ]


def read_cell_query(page: int = _PAGE) -> ListQuery:
    """Read which cell an address means."""
    given = {name: request.args.get(name, "")[:140] or None for name in ("row", "col")}
    return ListQuery(given["row"], given["col"], page, request.args.get("cursor") or None)


def show_list(code: str) -> Response:
    """List what a cell counts, by name."""
    require_actor()
    session, table = db.session(), find_table(code)
    asked, query = read_asked(session, table), read_cell_query()
    counted = count_table(session, table, asked.question)
    complaint = asked.complaint
    try:
        page = list_rows(session, table, asked.question, query)
    except InvalidInput as error:
        complaint, page = sentence(error), ListPage([], None)
    said = {**words(table, asked), "complaint": complaint}
    return render("count_list.html", **list_words(counted, asked, query, page), **said)


def list_words(counted: Counted, asked: CountAsked, query: ListQuery, page: ListPage) -> dict[str, Any]:
    """Give what a list behind a cell says."""
    rows = {key.key: shown(key.label) for key in counted.rows}
    columns = {key.key: shown(key.label) for key in counted.columns}
    cell = counted.cell(query.row, query.column)
    cursor = page.next_cursor
    return {
        "page": page,
        "cell": cell,
        "row_names": rows,
        "column_names": columns,
        "row_label": rows.get(query.row, query.row) if query.row else say("Total"),
        "column_label": columns.get(query.column, query.column) if query.column else say("Total"),
        "has_numbers": cell.number != cell.rows,
        "next_url": asked.address(request.path, row=query.row, col=query.column, cursor=cursor) if cursor else "",
    }


def freeze(code: str) -> BaseResponse:
    """Keep what a table says now."""
    session = db.session()
    begin_write(session)
    actor, table = require_actor(), find_table(code)
    asked = read_asked(session, table)
    try:
        frozen = freeze_table(session, table, asked.question, request.form.get("note", ""), actor=actor)
    except InvalidInput as error:
        session.rollback()
        tell_error(error)
        return go(asked.address(f"/desk/counts/{code}"))
    response = go(f"/desk/counts/frozen/{frozen.id}", say("The table is frozen: what it says now is kept."))
    session.commit()
    return response


def give_workbook(code: str) -> Response:
    """Give a table as a workbook: the cells and the rule, and the list behind them."""
    require_actor()
    session, table = db.session(), find_table(code)
    asked = read_asked(session, table)
    counted = count_table(session, table, asked.question)
    body = counted_workbook(counted, each_row(session, table, asked.question), show_span(asked.question, table))
    return workbook_response(body, f"{code}-{asked.question.day.isoformat()}")


def workbook_response(body: bytes, name: str) -> Response:
    """Answer with a workbook under a name."""
    response = Response(body, mimetype=XLSX)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.xlsx")
    return response
