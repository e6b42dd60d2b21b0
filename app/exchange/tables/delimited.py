"""Delimited text (CSV, RFC 4180, and its relatives with semicolons or tabs) in UTF-8 or UTF-16."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core.cells import plain_cell
from app.core.errors import InvalidInput
from app.exchange.tables.lines import Line

# Descriptions are long; a cell beyond this is not a sheet's.
_LONGEST_CELL = 1_000_000
_DELIMITERS = (";", "\t", ",")
_SAMPLE = 65_536


def read_delimited(path: Path, limits: dict[str, Any]) -> Iterator[Line]:
    """Read the lines of a file, blank ones left out.

    Raises `InvalidInput` for bytes that are neither UTF-8 nor UTF-16, quotes that never end, and too many lines.
    """
    csv.field_size_limit(_LONGEST_CELL)
    encoding = _encoding(path)
    try:
        with path.open(encoding=encoding, newline="") as file:
            delimiter = _delimiter(file.read(_SAMPLE))
            file.seek(0)
            for number, cells in enumerate(csv.reader(file, delimiter=delimiter, strict=True), start=1):
                if number > limits["lines"]:
                    raise too_many_lines(limits)
                if len(cells) > limits["columns"]:
                    raise too_wide(limits)
                if any(cell.strip() for cell in cells):
                    yield Line(number, [_cell(cell) for cell in cells])
    except UnicodeDecodeError as error:
        raise InvalidInput(
            "“%(file)s” is not in UTF-8, so its Vietnamese letters cannot be read for certain. In Excel choose "
            "Save As, “CSV UTF-8”, or upload the workbook (XLSX) itself."
        ) from error
    except csv.Error as error:
        raise InvalidInput(
            "“%(file)s” is not a table of delimited text (%(reason)s). Save it anew as “CSV UTF-8”, or upload the "
            "workbook (XLSX) itself.",
            reason=str(error)[:100],
        ) from error


def _cell(text: str) -> str | None:
    """Give a cell as it is meant: the apostrophe is off that keeps spreadsheets from calculating (`plain_cell`)."""
    bare = text[1:] if text.startswith("'") and plain_cell(text[1:]) == text else text
    return bare.replace("\r\n", "\n") or None


def too_many_lines(limits: dict[str, Any]) -> InvalidInput:
    """Say that a sheet has more lines than are read at once."""
    return InvalidInput(
        "“%(file)s” has more than %(most)s lines. Delete the empty lines below the table, or split it.",
        most=limits["lines"],
    )


def too_wide(limits: dict[str, Any]) -> InvalidInput:
    """Say that a sheet has more columns than are read."""
    return InvalidInput(
        "“%(file)s” has more than %(most)s columns. Delete the empty columns beside the table.", most=limits["columns"]
    )


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def _delimiter(sample: str) -> str:
    """Choose the mark that parts the first lines into most cells; Excel writes what the computer's region has."""
    lines = [line for line in sample.splitlines()[:10] if line.strip()]
    counts = {mark: sum(line.count(mark) for line in lines) for mark in _DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","
