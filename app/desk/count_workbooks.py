"""Workbooks of counts to send: the table with its rule and date, the list behind it, a comparison with a frozen one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.core.clock import VIETNAM
from app.core.workbook import Sheet, Workbook
from app.desk.context import say, shown
from app.statistics.cells import Cell, Counted, Key, Listed
from app.statistics.comparing import Difference
from app.statistics.models import FrozenTable

_FIRST, _OTHER = 44, 14


def counted_workbook(
    counted: Counted,
    rows: Iterable[Listed],
    span: str,
    frozen: FrozenTable | None = None,
    comparison: tuple[Counted, Iterable[tuple[Difference, str]]] | None = None,
) -> bytes:
    """Give a workbook of a table; `frozen` is the copy that it is of, `comparison` the copy and the differences."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "counts.xlsx"
        with Workbook(path) as book:
            _write_table(book, counted, span, frozen)
            _write_list(book, counted, rows)
            if comparison is not None:
                _write_comparison(book, *comparison, counted)
        return path.read_bytes()


def _write_table(book: Workbook, counted: Counted, span: str, frozen: FrozenTable | None) -> None:
    table = counted.table
    sheet = book.add_sheet(say("Table"), widths=(_FIRST, *[_OTHER] * (len(counted.columns) + 2)))
    sheet.add([shown(table.title)], "title")
    sheet.add([span], "note")
    if frozen is not None:
        at = f"{frozen.at.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
        sheet.add([say("Frozen on %(at)s by %(who)s", at=at, who=frozen.actor.shown_name)], "note")
    if counted.question.unit:
        sheet.add([say("Within the unit %(unit)s", unit=counted.question.unit)], "note")
    sheet.add([])
    _write_cells(sheet, counted)
    sheet.add([])
    sheet.add([say("The rule of this count")], "heading")
    for rule in table.rules:
        sheet.add([shown(rule)])
    for sentence in rule_choices(counted):
        sheet.add([sentence])
    sheet.add([say("Legal basis")], "heading")
    sheet.add([shown(table.basis)])


def rule_choices(counted: Counted) -> list[str]:
    """Say which of the rules that an office may choose this table was counted by."""
    if counted.table.subject not in ("sites", "rankings", "titles"):
        return []
    rules = counted.question.rules
    alone, among = say("Components of other sites are left out."), say("Components of other sites are counted.")
    special = [say("Special national sites are counted among the national ones.")]
    return [among if rules.with_components else alone, *(special if rules.special_in_national else [])]


def _columns(counted: Counted) -> list[Key | None]:
    return [
        *(key for key in counted.columns if not key.is_beside),
        None,
        *(key for key in counted.columns if key.is_beside),
    ]


def _write_cells(sheet: Sheet, counted: Counted) -> None:
    columns = _columns(counted)
    names = [shown(key.label) if key else say("Total") for key in columns]
    extra = [say("unknown months")] if counted.cell(None, None).unknown else []
    sheet.add([shown(counted.table.counts), *names, say("of these uncertain"), *extra], "heading")
    lines: list[Key | None] = [*(key for key in counted.rows if not key.is_beside), None]
    lines += [key for key in counted.rows if key.is_beside]
    for row in lines:
        cells = [counted.at(row, column) for column in columns]
        whole = counted.at(row, None)
        sheet.add(
            [
                shown(row.label) if row else say("Total"),
                *(number_of(cell) for cell in cells),
                whole.uncertain,
                *([whole.unknown] if extra else []),
            ],
            "" if row else "total",
        )


def number_of(cell: Cell) -> int | str:
    """Give a cell's number for a spreadsheet: a word where nothing at all is known."""
    return say("unknown") if cell.is_unknown else cell.number


def _write_list(book: Workbook, counted: Counted, rows: Iterable[Listed]) -> None:
    sheet = book.add_sheet(say("List behind it"), widths=(14, _FIRST, 24, 24, 12, 16))
    names = [say("Code"), say("Name"), say("Row"), say("Column"), say("Number"), say("Remarks")]
    sheet.add(names, "heading")
    sheet.freeze()
    row_names, column_names = _names(counted.rows), _names(counted.columns)
    for one in rows:
        sheet.add(
            [
                one.code,
                shown(one.label),
                row_names.get(one.row, one.row),
                column_names.get(one.column, one.column),
                say("unknown") if one.number is None else one.number,
                "" if one.is_certain else say("uncertain"),
            ]
        )


def _names(keys: Sequence[Key]) -> dict[str, str]:
    return {key.key: shown(key.label) for key in keys}


def _write_comparison(
    book: Workbook, old: Counted, differences: Iterable[tuple[Difference, str]], new: Counted
) -> None:
    sheet = book.add_sheet(say("Comparison"), widths=(_FIRST, 24, 12, 12, 12))
    sheet.add([say("Row"), say("Column"), say("Frozen"), say("Now"), say("Difference")], "heading")
    rows, columns = merged(old.rows, new.rows), merged(old.columns, new.columns)
    for row in [*rows, None]:
        for column in [*columns, None]:
            pair = [counted.at(row, column) for counted in (old, new)]
            if any(cell.rows for cell in pair):
                numbers = [number_of(cell) for cell in pair]
                labels = [shown(key.label) if key else say("Total") for key in (row, column)]
                sheet.add([*labels, *numbers, pair[1].number - pair[0].number], "" if row and column else "total")
    listed = book.add_sheet(say("Differences"), widths=(14, _FIRST, 30, 30, 10, 60))
    names = [say("Code"), say("Name"), say("Stood in"), say("Stands in"), say("Difference"), say("Reasons")]
    listed.add(names, "heading")
    listed.freeze()
    row_names, column_names = _names(rows), _names(columns)
    for one, reasons in differences:
        places = [
            f"{row_names.get(place.row, place.row)} / {column_names.get(place.column, place.column)}" if place else "–"
            for place in (one.old, one.new)
        ]
        listed.add([one.code, shown(one.label), *places, one.change, reasons])


def merged(old: Sequence[Key], new: Sequence[Key]) -> list[Key]:
    """Give the rows or columns of two tables in one order: those of the new one, then what only the old one has."""
    known = {key.key for key in new}
    found: list[Key] = [*(key for key in new if not key.is_beside), *(key for key in old if key.key not in known)]
    return [*found, *(key for key in new if key.is_beside)]
