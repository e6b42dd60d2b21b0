"""Boundary markers (mốc giới) as lines of text: a name, two values, a note."""

from __future__ import annotations

import re
from typing import NamedTuple

# A marker's name before its coordinates: "Mốc 1", "M1", "A:", "12)", or the first of three cells or more.
_NAME = re.compile(
    r"\s*(?:(?:mốc|điểm|đỉnh|m)[\s.]*\d{1,4}(?=[:).\s])[:).\s]*"
    r"|\w{1,4}\s*[:)]"
    r"|[^\t;]*[\t;](?=[^\t;]*\d[^\t;]*[\t;][^\t;]*\d))",
    re.IGNORECASE,
)
_CELLS = re.compile(r"[\t;]")
_LONGEST_LINE = 400


class MarkerLine(NamedTuple):
    """A line as written: the marker's name ("" where there is none), the two values, and the note after them."""

    name: str
    values: str
    note: str


def split_marker(line: str) -> MarkerLine:
    """Part a line into name, values and note.

    A note follows a number sign (`1: 1756063.592 561494.291 # corner of the wall`), or is the cell after the two values
    in a row of four cells or more that a spreadsheet set apart by tabs or semicolons. Longer lines than people write
    are left whole: they are no markers.
    """
    if len(line) > _LONGEST_LINE:
        return MarkerLine("", line, "")
    head, _, note = line.partition("#")
    cells = _CELLS.split(head)
    if len(cells) > 3:
        head, rest = "\t".join(cells[:3]), " ".join(cell.strip() for cell in cells[3:])
        note = " ".join(part for part in (rest.strip(), note.strip()) if part)
    found = _NAME.match(head)
    name = found[0] if found else ""
    return MarkerLine(name.strip(" \t;:)."), head[len(name) :], note.strip())
