"""What a table is made of once it has been read: sheets, and lines with their cells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

# Text, a number, yes or no, a day as {"day": "1990-02-17"}, or nothing; what JSON holds.
Cell: TypeAlias = Any
# The pseudo-columns of a feature's geometry: its WKT as the file has it, and the EPSG code of its system.
GEOMETRY, SYSTEM = "geometry (WKT)", "geometry (CRS)"


@dataclass(slots=True)
class Line:
    """A line of a sheet: its number as the program shows it (from 1) and its cells from the first column on.

    `formulas` are the columns (from 0) whose value a formula gave, or was to give; `is_heading` says that merged cells
    make the line a title over many columns. `problems` are sentences (msgid and params) about the line as a whole.
    """

    number: int
    cells: list[Cell]
    formulas: list[int] = field(default_factory=list)
    is_heading: bool = False
    problems: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether no cell says anything."""
        return all(is_blank(cell) for cell in self.cells)


@dataclass(slots=True)
class Sheet:
    """A sheet of a file: its place, its name, the lines that have been read of it."""

    position: int
    name: str
    lines: list[Line] = field(default_factory=list)


def is_blank(cell: Cell) -> bool:
    """Tell whether a cell says nothing."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def text_of(cell: Cell) -> str:
    """Give a cell as text, as somebody would type it: 1990 for 1990.0, 1990-02-17 for a day."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case dict():
            return str(cell.get("day", ""))
        case _:
            return str(cell).strip()
