"""Workbooks (XLSX, XLSM, XLS, ODS): values by calamine, and of XLSX what calamine does not tell."""

from __future__ import annotations

import datetime as dt
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from python_calamine import CalamineError, CalamineSheet, PasswordError, SheetVisibleEnum, load_workbook

from app.core.errors import InvalidInput
from app.exchange.formats.raw import damaged
from app.exchange.tables.delimited import too_many_lines, too_wide
from app.exchange.tables.lines import Cell, Line
from app.exchange.tables.markup import FormulaWalk

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_LOCKED = (
    "“%(file)s” is protected by a password. Take the password off in Excel (File, Info, Protect Workbook) and upload "
    "it again."
)
_LARGEST_LIST = 4_000_000
# A title over the table, or over a group of its lines, is merged over so many columns at least.
_TITLE_WIDTH = 3
# Such a line holds the title and perhaps its number; one that holds more is a line of the table like any other.
_MOST_OF_TITLE = 2
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError, KeyError)


def workbook_format(path: Path) -> str:
    """Tell which sort of workbook a ZIP archive is, by its parts, not by its name; "" for none."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except _BROKEN:
        return ""
    if "[Content_Types].xml" in names:
        return "xlsb" if "xl/workbook.bin" in names else "xlsx"
    return "ods" if {"mimetype", "content.xml"} <= names else ""


def refuse_encrypted(path: Path) -> None:
    """Raise `InvalidInput` for a workbook that a password protects: an OLE2 file that holds an encrypted package.

    calamine takes such a file for none that it knows.
    """
    if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise InvalidInput(_LOCKED)


def read_workbook(path: Path, limits: dict[str, Any]) -> Iterator[tuple[str, Iterator[Line]]]:
    """Give the visible sheets of a workbook by name, each with its lines, empty ones left out.

    Raises `InvalidInput` for a file with a password, one that is damaged or unpacks to too much, and a sheet with too
    many lines or columns.
    """
    walks = _check_archive(path, limits) if zipfile.is_zipfile(path) else {}
    try:
        with load_workbook(path) as book:
            shown = [
                sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible
            ] or book.sheet_names
            for name in shown:
                yield name, _lines(book.get_sheet_by_name(name), walks.get(name), limits)
    except PasswordError as error:
        raise InvalidInput(_LOCKED) from error
    except CalamineError as error:
        raise damaged(str(error)) from error


def _lines(sheet: CalamineSheet, walk: FormulaWalk | None, limits: dict[str, Any]) -> Iterator[Line]:
    if sheet.start is None or sheet.end is None:
        return
    if sheet.end[0] >= limits["lines"]:
        raise too_many_lines(limits)
    if sheet.end[1] >= limits["columns"]:
        raise too_wide(limits)
    merges = _Merges(sheet)
    left = sheet.start[1]
    # calamine gives every line from the sheet's first on, but of each only the columns that hold anything.
    for number, values in enumerate(sheet.iter_rows()):
        cells = [None] * left + [_cell(value) for value in values]
        _tell_errors(walk.errors.get(number + 1, {}) if walk else {}, cells)
        is_title = merges.is_title(number) and sum(cell is not None for cell in cells) <= _MOST_OF_TITLE
        merges.fill(number, cells)
        line = Line(number + 1, cells, _formulas(walk.formulas.get(number + 1, {}) if walk else {}, cells), is_title)
        if not line.is_empty:
            yield line


def _formulas(found: dict[int, bool], cells: list[Cell]) -> list[int]:
    """Leave out the formulas that were counted and gave nothing, as `=IF(A1>0;"x";"")` does."""
    return [
        column
        for column, is_text in found.items()
        if not is_text or (column < len(cells) and cells[column] is not None)
    ]


def _tell_errors(found: dict[int, str], cells: list[Cell]) -> None:
    """Put the errors of Excel into their cells: a formula that failed is not an empty cell."""
    for column, text in found.items():
        if column < len(cells) and cells[column] is None:
            cells[column] = text


def _cell(value: Any) -> Cell:
    """Give what calamine read as JSON holds it; a moment at midnight is a day."""
    cell: Cell = value
    match value:
        case "":
            cell = None
        case bool() | str():
            pass
        case float() if value.is_integer() and abs(value) < 1e15:
            cell = int(value)
        case dt.datetime() if value.time() == dt.time():
            cell = {"day": value.date().isoformat()}
        case dt.datetime():
            cell = value.isoformat(sep=" ", timespec="minutes")
        case dt.date():
            cell = {"day": value.isoformat()}
        case dt.time():
            cell = value.isoformat(timespec="minutes")
        case dt.timedelta():
            cell = str(value)
    return cell


class _Merges:
    """The merged cells of a sheet: downwards each has the value of the first, across they are one title."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self._down: dict[int, list[tuple[int, int]]] = {}
        self._titles: set[int] = set()
        self._held: dict[tuple[int, int], Cell] = {}
        for (top, left), (bottom, right) in (sheet.merged_cell_ranges or [])[:20_000]:
            if right - left + 1 >= _TITLE_WIDTH:
                self._titles.update(range(top, min(bottom, top + 50) + 1))
            elif bottom > top:
                for row in range(top, min(bottom, top + 5000) + 1):
                    self._down.setdefault(row, []).append((top, left))

    def fill(self, row: int, cells: list[Cell]) -> None:
        """Give the lower cells of a merge the value of its first."""
        for top, left in self._down.get(row, ()):
            if left < len(cells):
                if row == top:
                    self._held[top, left] = cells[left]
                elif cells[left] is None:
                    cells[left] = self._held.get((top, left))

    def is_title(self, row: int) -> bool:
        """Tell whether cells are merged across the line to one."""
        return row in self._titles


def _check_archive(path: Path, limits: dict[str, Any]) -> dict[str, FormulaWalk]:
    """Refuse what unpacks to too much, and find the formulas and errors of each sheet by its name."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            packed = sum(info.compress_size for info in archive.infolist())
            if sum(sizes.values()) > max(limits["unpacked_bytes"], 0) or (
                sum(sizes.values()) > 50_000_000 and sum(sizes.values()) > limits["zip_ratio"] * max(packed, 1)
            ):
                raise InvalidInput("What is packed in “%(file)s” is too large. Split it, or leave something out.")
            found = {}
            for name, part in _sheet_parts(archive).items():
                walk = FormulaWalk(
                    limits["lines"], limits["columns"], lambda: too_many_lines(limits), lambda: too_wide(limits)
                )
                with archive.open(part) as stream:
                    walk.walk(stream, limits["unpacked_bytes"])
                found[name] = walk
            return found
    except _BROKEN as error:
        raise damaged(str(error)) from error


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Give the parts of an XLSX that are sheets, by the sheet's name; none for another sort of archive."""
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names:
        return {}
    try:
        book = fromstring(_small(archive, "xl/workbook.xml"), forbid_dtd=True)
        relations = fromstring(_small(archive, "xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise damaged(str(error)) from error
    targets = {each.attrib.get("Id"): each.attrib.get("Target", "") for each in relations}
    parts = {}
    for each in book.iter():
        if each.tag.rpartition("}")[2] == "sheet":
            target = targets.get(each.attrib.get(_RELATION) or each.attrib.get(_STRICT_RELATION), "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            if part in names and "sheet" in part:
                parts[each.attrib.get("name", "")] = part
    return parts


def sheet_part(archive: zipfile.ZipFile, name: str) -> str | None:
    """Give the part of an XLSX that holds the sheet of a name."""
    return _sheet_parts(archive).get(name)


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _LARGEST_LIST:
        raise damaged(f"{name} is too large")
    return archive.read(name)
