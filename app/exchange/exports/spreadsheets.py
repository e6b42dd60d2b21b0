"""Exports for spreadsheets: XLSX to be read and sent back, and CSV, a table a file, in a ZIP."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from app.core.cells import plain_cell
from app.core.errors import InvalidInput
from app.core.workbook import LONGEST_CELL, Sheet, Workbook
from app.exchange.exports.columns import Table, Value, tables_of
from app.exchange.exports.context import Context
from app.exchange.exports.gathering import Gathered, OfKind
from app.exchange.exports.readable import columns_to_read

README = "README.txt"
WITHHELD = "withheld.csv"

# Rows of a sheet (Excel's specifications); what is written beyond them would be lost without a word.
_MOST_ROWS = 1_048_576
_CUT = " … [%s]"


def write_xlsx(path: Path, gathered: Gathered, context: Context) -> None:
    """Write a workbook: a sheet to read for each kind, then the sheets that the importer reads, then what they mean.

    The sheets to read have headings, terms and names in the reader's language. Those that can be sent back have the
    importer's names in their first line, one for each list of parts. Raises `InvalidInput` for more rows than a sheet
    holds.
    """
    cut: list[str] = []
    with Workbook(path) as book:
        read = {found.kind.name: _begin_reading(book, found, gathered, context) for found in gathered.kinds}
        tables = {found.kind.name: tables_of(found, context.wording) for found in gathered.kinds}
        sheets = {table.name: _begin(book, table) for found in tables.values() for table in found}
        for found in gathered.kinds:
            columns = columns_to_read(found, context.wording)
            for one in found.rows():
                _add(read[found.kind.name], [column.text(one) for column in columns], one.code, [])
                for table in tables[found.kind.name]:
                    for row in table.rows(one.code, one.payload):
                        _add(sheets[table.name], row, f"{table.name}, {one.code}", cut)
        _explain(book, tables, gathered, context, cut)


def _begin_reading(book: Workbook, found: OfKind, gathered: Gathered, context: Context) -> Sheet:
    """Begin the sheet to read of a kind: what it is, what it leaves out, the headings."""
    columns = columns_to_read(found, context.wording)
    title = context.wording.say(found.kind.title)
    sheet = book.add_sheet(title, widths=[column.width for column in columns])
    sheet.add([f"{context.title()} – {title} ({found.count})"], "title")
    for note in context.notes(gathered):
        sheet.add([note], "note")
    sheet.add([])
    sheet.add([column.heading for column in columns], "heading")
    sheet.freeze()
    return sheet


def _begin(book: Workbook, table: Table) -> Sheet:
    sheet = book.add_sheet(table.name, widths=[16] * len(table.headings))
    sheet.add(table.headings, "heading")
    sheet.freeze()
    return sheet


def _add(sheet: Sheet, cells: list[Value], place: str, cut: list[str]) -> None:
    """Write a row; a text that is too long for a cell is cut, marked, and noted by its place."""
    if sheet.row >= _MOST_ROWS:
        raise InvalidInput("A sheet of Excel holds no more rows than these. Narrow the list, or export it as CSV.")
    styles: dict[int, str] = {}
    for index, value in enumerate(cells):
        if isinstance(value, bool):
            # As the importer writes it, in whatever language Excel runs.
            cells[index] = "true" if value else "false"
        elif isinstance(value, str) and len(value) > LONGEST_CELL:
            mark = _CUT % "cut"
            cells[index], styles[index] = value[: LONGEST_CELL - len(mark)] + mark, "wrong"
            cut.append(place)
    sheet.add(cells, styles=styles)


def _explain(
    book: Workbook, tables: Mapping[str, list[Table]], gathered: Gathered, context: Context, cut: list[str]
) -> None:
    """Write the last sheet: what the file holds, what its columns mean, whose cells were cut, what is withheld."""
    say = context.wording.say
    sheet = book.add_sheet(say("About this file"), widths=[28, 28, 60])
    sheet.add([context.title()], "title")
    for note in context.notes(gathered):
        sheet.add([note], "note")
    names = ", ".join(table.name for found in tables.values() for table in found)
    sheet.add(
        [say("The sheets %(names)s can be changed and imported again; the others are to be read.", names=names)], "note"
    )
    if cut:
        sheet.add(
            [say("These texts are too long for a cell of Excel and are cut; export them as CSV to send them back:")]
        )
        for place in dict.fromkeys(cut):
            sheet.add([place], "wrong")
    sheet.add([])
    sheet.add([say("Sheet"), say("Column"), say("Meaning")], "heading")
    for kind, found in tables.items():
        for table in found:
            for column in table.columns:
                label = context.wording.label(kind, column.path)
                meaning = f"{label} ({column.language})" if column.language else label
                sheet.add([table.name, column.heading, meaning])
    if gathered.withheld:
        sheet.add([])
        sheet.add([say("Code"), say("Withheld")], "heading")
        for code, names in _withheld(gathered):
            sheet.add([code, names])


def _withheld(gathered: Gathered) -> Iterator[tuple[str, str]]:
    for found in gathered.kinds:
        if found.withheld:
            for one in found.rows():
                if one.withheld:
                    yield one.code, ", ".join(one.withheld)


def write_csv(path: Path, gathered: Gathered, context: Context) -> None:
    """Write a ZIP with a CSV file (RFC 4180, UTF-8 with BOM) for each table, as the importer and the seed have them.

    Beside them a README says what they are, and `withheld.csv` names the fields that were left out of which record.
    """
    folder = path.parent / f"{path.name}.tables"
    folder.mkdir()
    names: list[str] = []
    for found in gathered.kinds:
        names += _write_tables(folder, found, context)
    if gathered.withheld:
        names.append(WITHHELD)
        with (folder / WITHHELD).open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["code", "withheld"])
            rows.writerows(_withheld(gathered))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(README, _readme(names, gathered, context))
        for name in names:
            packed.write(folder / name, name)
            (folder / name).unlink()
    folder.rmdir()


def _write_tables(folder: Path, found: OfKind, context: Context) -> list[str]:
    tables = tables_of(found, context.wording)
    names = [f"{table.name}.csv" for table in tables]
    with ExitStack() as stack:
        files = [
            csv.writer(stack.enter_context((folder / name).open("w", encoding="utf-8-sig", newline="")))
            for name in names
        ]
        for table, file in zip(tables, files, strict=True):
            file.writerow(table.headings)
        for one in found.rows():
            for table, file in zip(tables, files, strict=True):
                file.writerows([_cell(value) for value in row] for row in table.rows(one.code, one.payload))
    return names


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            # A number is no formula, whatever its sign.
            return str(value)
        case _:
            return plain_cell(str(value))


def _readme(names: list[str], gathered: Gathered, context: Context) -> str:
    say = context.wording.say
    lines = [context.title(), "", *context.notes(gathered), "", *names, ""]
    lines.append(say("The tables are joined by “code”; they can be changed and imported again."))
    lines.append(
        say("An apostrophe before = + - or @ keeps a spreadsheet from calculating; it is no part of the text.")
    )
    return "\r\n".join(lines) + "\r\n"
