"""The process that reads a sheet of visitors: sealed off, then XLSX or CSV by its content, cells as plain values."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from app.core.errors import InvalidInput
from app.core.sealed import answer, seal

_LONGEST_CELL = 2000


def main(arguments: Sequence[str]) -> None:
    """Read the file that the first argument names, as the second (JSON) tells; write the answer to standard output.

    The answer is `{"rows": [[line, [cell, …]], …]}`, cells as text, numbers or null, days as `2025-09-30`; or for a
    file that is not to be read `{"refused", "params"}`.
    """
    path, asked = Path(arguments[0]), json.loads(arguments[1])
    seal(asked["bounds"], asked["parent"])
    try:
        found: dict[str, Any] = {"rows": _read(path, asked["limits"])}
    except InvalidInput as error:
        found = {"refused": error.message, "params": error.params}
    except (MemoryError, RecursionError):
        sys.exit(1)
    answer(found)


def _read(path: Path, limits: dict[str, int]) -> list[Any]:
    with path.open("rb") as file:
        head = file.read(4)
    rows = _read_workbook(path, limits) if head == b"PK\x03\x04" else _read_csv(path)
    found = []
    for line, cells in rows:
        kept = [_plain(cell) for cell in cells[: limits["columns"]]]
        if any(cell is not None for cell in kept):
            found.append([line, kept])
        if len(found) > limits["rows"]:
            raise InvalidInput("“%(file)s” has more than %(most)s rows. Split it.", most=limits["rows"])
        if line > limits["lines"]:
            raise InvalidInput("“%(file)s” has too many empty rows. Delete what lies below the last figure.")
    return found


def _plain(cell: Any) -> Any:
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, int | float):
        return cell
    text = str(cell).strip()[:_LONGEST_CELL] if cell is not None else ""
    return text or None


def _read_workbook(path: Path, limits: dict[str, int]) -> Iterable[tuple[int, list[Any]]]:
    """Read the first sheet of a workbook, whose parts are measured before any is unpacked."""
    try:
        with zipfile.ZipFile(path) as parts:
            infos = parts.infolist()
            unpacked = sum(info.file_size for info in infos)
        if len(infos) > limits["parts"] or unpacked > limits["unpacked_bytes"]:
            raise InvalidInput("“%(file)s” unpacks to more than a table of figures can be. Export it anew.")
        with CalamineWorkbook.from_path(path) as book:
            sheet = book.get_sheet_by_index(0)
            # Rows above the first cell that holds anything are left out, and so counted in.
            first = sheet.start[0] if sheet.start else 0
            rows = sheet.to_python(skip_empty_area=True)
            left = sheet.start[1] if sheet.start else 0
    except (zipfile.BadZipFile, CalamineError, OSError, ValueError, IndexError) as error:
        raise InvalidInput("“%(file)s” is damaged, or no workbook (XLSX). Save it anew as XLSX or CSV.") from error
    return ((first + number, [None] * left + row) for number, row in enumerate(rows, start=1))


def _read_csv(path: Path) -> Iterable[tuple[int, list[Any]]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("“%(file)s” is not UTF-8; save it as “CSV UTF-8”, or as XLSX.") from error
    if "\x00" in text:
        raise InvalidInput("“%(file)s” is neither a workbook (XLSX) nor CSV. Use the template.")
    head = text.split("\n", 1)[0]
    csv.field_size_limit(100_000)
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        return [(reader.line_num, list(cells)) for cells in reader]
    except csv.Error as error:
        raise InvalidInput("“%(file)s” is not CSV. Save it anew as XLSX or “CSV UTF-8”.") from error
