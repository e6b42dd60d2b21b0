"""Writing workbooks for Excel (XLSX) row by row: what is text stays text, so that no cell is taken for a formula."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

# What Excel takes: characters of a cell and of a sheet's name, and what such a name may not hold.
LONGEST_CELL = 32_767
_LONGEST_NAME = 31
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_FIRST_DAY = dt.date(1900, 3, 1)
_WIDEST, _NARROWEST = 60, 8


class Workbook:
    """A workbook on its way to a file; rows are written as they come, and none is kept in memory.

    Use it as a context manager: the file is whole when the block ends.
    """

    def __init__(self, path: Path) -> None:
        plain = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True, **plain})
        self._formats: dict[str, Format] = {
            "": self._book.add_format({"valign": "top"}),
            "title": self._book.add_format({"bold": True, "font_size": 14}),
            "note": self._book.add_format({"italic": True, "font_color": "#555555"}),
            "heading": self._book.add_format(
                {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#EFE7DA", "border": 1}
            ),
            "wrong": self._book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FBD5D5"}),
            "total": self._book.add_format({"bold": True, "top": 1}),
            "day": self._book.add_format({"valign": "top", "num_format": "dd/mm/yyyy"}),
        }
        self._names: set[str] = set()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write the file."""
        self._book.close()

    def add_sheet(self, name: str, *, widths: Sequence[int] = ()) -> Sheet:
        """Add a sheet; a name that another has, or that Excel refuses, is changed as little as that takes."""
        base = name.translate(_FORBIDDEN).strip(" '")[:_LONGEST_NAME] or "Sheet"
        number, wanted = 1, base
        while wanted.casefold() in self._names:
            number += 1
            wanted = f"{base[: _LONGEST_NAME - 4]} {number}"
        self._names.add(wanted.casefold())
        made = self._book.add_worksheet(wanted)
        for column, width in enumerate(widths):
            made.set_column(column, column, max(_NARROWEST, min(width, _WIDEST)))
        return Sheet(made, self._formats)


class Sheet:
    """A sheet that grows downwards."""

    def __init__(self, sheet: Worksheet, formats: Mapping[str, Format]) -> None:
        self._sheet = sheet
        self._formats = formats
        self.row = 0

    def add(self, cells: Iterable[Any], style: str = "", *, styles: Mapping[int, str] | None = None) -> None:
        """Write a row below the last one: text, numbers, booleans, days, None for an empty cell.

        `style` is one of "", title, note, heading, wrong and total; `styles` gives another to columns, counted from 0.
        """
        for column, value in enumerate(cells):
            self._write(column, value, (styles or {}).get(column, style))
        self.row += 1

    def freeze(self) -> None:
        """Keep the rows so far in sight when the sheet is scrolled."""
        self._sheet.freeze_panes(self.row, 0)

    def _write(self, column: int, value: Any, style: str) -> None:
        look = self._formats[style]
        match value:
            case None | "":
                if style:
                    self._sheet.write_blank(self.row, column, None, look)
            case bool():
                self._sheet.write_boolean(self.row, column, value, look)
            case int() | float() if abs(value) < 1e15:
                self._sheet.write_number(self.row, column, value, look)
            case dt.datetime():
                self._sheet.write_string(self.row, column, value.isoformat(timespec="seconds"), look)
            case dt.date() if value >= _FIRST_DAY:
                self._sheet.write_datetime(self.row, column, value, self._formats["day"])
            case _:
                self._sheet.write_string(self.row, column, str(value)[:LONGEST_CELL], look)
