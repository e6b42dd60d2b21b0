"""Sheets of visitors: the fixed template that is given out, and what comes back in, each fault at its cell."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.core import sealed
from app.core.errors import DisanError, InvalidInput
from app.core.text import fold
from app.core.workbook import Workbook
from app.tourism.visitor_counts.models import Basis
from app.tourism.visitor_counts.operations import Figure, check_figure

# The columns of the template in their order: their names in Vietnamese and in English, whatever their marks.
COLUMNS: Mapping[str, tuple[str, str]] = {
    "code": ("Mã điểm", "Code"),
    "month": ("Tháng", "Month"),
    "domestic": ("Khách trong nước", "Domestic"),
    "international": ("Khách quốc tế", "International"),
    "total": ("Tổng", "Total"),
    "basis": ("Cách tính", "Basis"),
    "source": ("Nguồn", "Source"),
    "reported_on": ("Ngày báo cáo", "Reported on"),
}
_BASES = {
    **dict.fromkeys(("ve", "ban ve", "theo ve", "ticketed", "tickets"), Basis.TICKETED),
    **dict.fromkeys(("uoc tinh", "uoc", "estimated", "estimate"), Basis.ESTIMATED),
}
_READER = "app.tourism.visitor_counts.reader"
_AT_ONCE = threading.BoundedSemaphore(1)
_GROUPED = re.compile(r"\d{1,3}(?:([., \u00a0])\d{3})(?:\1\d{3})*")
_MONTH = re.compile(r"(?:(?P<y1>\d{4})-(?P<m1>\d{1,2})|(?P<m2>\d{1,2})/(?P<y2>\d{4}))")
_DAY = re.compile(r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})")
MOST_PROBLEMS = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a sheet may be, and what its reader may use: memory, answer and files in bytes, times in seconds."""

    file_bytes: int = 5_000_000
    rows: int = 10_000
    lines: int = 100_000
    columns: int = 30
    parts: int = 200
    unpacked_bytes: int = 60_000_000
    memory_bytes: int = 512_000_000
    cpu_s: int = 10
    wall_s: float = 15.0
    answer_bytes: int = 20_000_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet holds: figures to write, and what is wrong, each with its cell (`place`) in its values."""

    figures: tuple[Figure, ...]
    problems: tuple[DisanError, ...]


def write_template(path: Path, language: str, places: Sequence[tuple[str, str]], explain: Sequence[str]) -> None:
    """Write the template: the columns, a sheet that explains them, and the places with their codes."""
    index = 0 if language == "vi" else 1
    with Workbook(path) as book:
        sheet = book.add_sheet(("Số liệu", "Figures")[index], widths=(14, 10, 18, 18, 12, 14, 40, 14))
        sheet.add([names[index] for names in COLUMNS.values()], "heading")
        sheet.freeze()
        guide = book.add_sheet(("Hướng dẫn", "Explained")[index], widths=(60,))
        for line in explain:
            guide.add([line])
        listed = book.add_sheet(("Các điểm", "Places")[index], widths=(14, 50))
        listed.add([COLUMNS["code"][index], ("Tên", "Name")[index]], "heading")
        for code, name in places:
            listed.add([code, name])


def read_sheet(path: Path, name: str, *, limits: Limits | None = None) -> Sheet:
    """Read a sheet of visitors in a sealed process; `name` is what its owner calls it.

    Raises `InvalidInput` for a file that is too large, damaged, of another format, or without the template's columns.
    """
    limits = limits or Limits()
    if path.stat().st_size > limits.file_bytes:
        raise InvalidInput(
            "“%(file)s” is larger than %(most)s MB. Split it.",
            file=name,
            field="file",
            most=limits.file_bytes // 1_000_000,
        )
    bounds = sealed.Bounds(limits.memory_bytes, limits.cpu_s, limits.wall_s, limits.answer_bytes)
    with _AT_ONCE:
        try:
            said = json.loads(sealed.ask(_READER, path, name, {"limits": dataclasses.asdict(limits)}, bounds))
        except sealed.Ended as ended:
            raise InvalidInput(
                "“%(file)s” takes too much to read. Copy the figures into the template and try again.",
                file=name,
                field="file",
            ) from ended
    if "refused" in said:
        raise InvalidInput(said["refused"], field="file", **{"file": name, **said["params"]})
    return _read_rows(said["rows"], name)


def _read_rows(rows: Sequence[Any], name: str) -> Sheet:
    columns = _find_columns(rows[0][1] if rows else [])
    missing = [both[0] for key, both in COLUMNS.items() if key not in columns]
    if missing:
        raise InvalidInput(
            "“%(file)s” lacks the columns %(names)s in its first row. Use the template.",
            file=name,
            field="file",
            names=", ".join(missing),
        )
    figures: list[Figure] = []
    problems: list[DisanError] = []
    seen: dict[tuple[str, dt.date], int] = {}
    for line, cells in rows[1:]:
        values = {key: cells[place] if place < len(cells) else None for key, place in columns.items()}
        if all(value is None for value in values.values()):
            continue
        found, wrong = _read_figure(values, line, columns)
        if found is not None and (found.code, found.month) in seen:
            wrong = [
                InvalidInput(
                    "%(place)s: row %(line)s has the same place and month. Take one of them out.",
                    place=_cell(columns["month"], line),
                    line=seen[found.code, found.month],
                )
            ]
        if found is not None and not wrong:
            seen[found.code, found.month] = line
            figures.append(found)
        problems += wrong
    if not figures and not problems:
        raise InvalidInput("“%(file)s” holds no figure below its headings.", file=name, field="file")
    return Sheet(tuple(figures), tuple(problems))


def _find_columns(heading: Sequence[Any]) -> dict[str, int]:
    names = {fold(name): key for key, both in COLUMNS.items() for name in both}
    found: dict[str, int] = {}
    for place, cell in enumerate(heading):
        key = names.get(" ".join(fold(str(cell or "")).split()))
        if key is not None:
            found.setdefault(key, place)
    return found


def _read_figure(
    values: Mapping[str, Any], line: int, columns: Mapping[str, int]
) -> tuple[Figure | None, list[DisanError]]:
    readers: Mapping[str, Callable[[Any], Any]] = {
        "code": _code,
        "month": _month,
        "domestic": _number,
        "international": _number,
        "total": _number,
        "basis": _basis,
        "source": lambda value: str(value or ""),
        "reported_on": _day,
    }
    read: dict[str, Any] = {}
    wrong: list[DisanError] = []
    for key, reader in readers.items():
        try:
            read[key] = reader(values[key])
        except InvalidInput as error:
            wrong.append(_at(error, _cell(columns[key], line)))
    if wrong:
        return None, wrong
    try:
        figure = _full(check_figure(Figure(**read, place=_cell(columns["code"], line))))
    except InvalidInput as error:
        return None, [_at(error, _cell(columns[str(error.params.get("field"))], line))]
    return figure, []


def _full(figure: Figure) -> Figure:
    if figure.total is None:
        raise InvalidInput("Write a figure, or take the row out.", field="total")
    return figure


def _at(error: InvalidInput, place: str) -> DisanError:
    """Say the same with the cell that it is about."""
    return InvalidInput("%(place)s: %(sentence)s", place=place, sentence=error)


def _cell(column: int, line: int) -> str:
    """Name a cell as spreadsheets do."""
    return f"{chr(65 + column % 26) if column < 26 else 'A' + chr(65 + column - 26)}{line}"


def _code(value: Any) -> str:
    text = str(value or "").strip().upper()
    if not text:
        raise InvalidInput("Write the place’s code.")
    return text


def _number(value: Any) -> int | None:
    if value is None or value in ("-", "–"):
        return None
    if isinstance(value, int | float):
        if not math.isfinite(value) or value != int(value):
            raise InvalidInput("“%(value)s” is no whole number.", value=value)
        return int(value)
    text = str(value)
    if _GROUPED.fullmatch(text):
        text = re.sub(r"\D", "", text)
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise InvalidInput("“%(value)s” is no whole number.", value=text[:40])
    return int(text)


def _month(value: Any) -> dt.date:
    text = str(value or "").strip()
    found = _MONTH.fullmatch(text[:7] if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text)
    if found:
        year, month = int(found["y1"] or found["y2"]), int(found["m1"] or found["m2"])
        if 1 <= month <= 12 and year >= 1:
            return dt.date(year, month, 1)
    raise InvalidInput("“%(value)s” is no month; write 2025-09 or 9/2025.", value=text[:40])


def _day(value: Any) -> dt.date:
    text = str(value or "").strip()
    found = _DAY.fullmatch(text)
    try:
        return dt.date(int(found["y"]), int(found["m"]), int(found["d"])) if found else dt.date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("“%(value)s” is no day; write 2025-10-05 or 5/10/2025.", value=text[:40]) from error


def _basis(value: Any) -> str:
    found = _BASES.get(" ".join(fold(str(value or "")).split()))
    if found is None:
        raise InvalidInput("Write “vé” or “ước tính” (ticketed or estimated).")
    return found
