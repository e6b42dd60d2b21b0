"""Reading a kind's sheets: one main CSV file, and one for each repeatable part, joined by `code`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.core.errors import InvalidInput

# Descriptions are long; a cell beyond this is not a sheet's.
csv.field_size_limit(1_000_000)


@dataclass(slots=True)
class Row:
    """A line of a sheet: where it stands, its cells by column, and its parts by name."""

    file: str
    line: int
    cells: dict[str, str]
    parts: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The record's code, which joins the sheets."""
        return self.cells.get("code", "").strip()

    @property
    def place(self) -> str:
        """Where to look: file and line."""
        return f"{self.file}, line {self.line}"


def read_sheet(path: Path) -> Iterator[Row]:
    """Read one CSV file (UTF-8, with or without BOM; RFC 4180) row by row, blank lines left out.

    Raises `InvalidInput` naming the file, and the line where there is one, when it is missing, is not UTF-8, has no
    column `code`, repeats a column, or a line has more cells than there are columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_heading(path, reader.fieldnames or ())
            for cells in reader:
                if None in cells:
                    raise InvalidInput(
                        "%(file)s, line %(line)s has more cells than the heading has columns; quote a text that "
                        "holds a comma.",
                        file=path.name,
                        line=reader.line_num,
                    )
                yield Row(path.name, reader.line_num, {name: text or "" for name, text in cells.items()})
    except FileNotFoundError as error:
        raise InvalidInput("The file %(file)s is missing.", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise InvalidInput("%(file)s is not UTF-8; save it as “CSV UTF-8”.", file=path.name) from error
    except csv.Error as error:
        raise InvalidInput("%(file)s is not CSV: %(reason)s.", file=path.name, reason=str(error)) from error


def _check_heading(path: Path, names: Iterable[str]) -> None:
    names = list(names)
    if "code" not in names:
        raise InvalidInput(
            "%(file)s has no column “code” in its first line; it has: %(names)s.",
            file=path.name,
            names=", ".join(names) or "nothing",
        )
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InvalidInput("%(file)s has the column “%(name)s” twice.", file=path.name, name=min(twice))


def read_sheets(folder: Path, plural: str, parts: Iterable[str]) -> list[Row]:
    """Read a kind's main sheet `{plural}.csv` with its parts' sheets `{plural}.{part}.csv`, which may be absent.

    Gives the main rows in the file's order. Raises `InvalidInput` as `read_sheet` does, and for a part whose code no
    main row has.
    """
    rows = list(read_sheet(folder / f"{plural}.csv"))
    by_code = {row.code: row for row in rows}
    for part in parts:
        path = folder / f"{plural}.{part}.csv"
        if not path.exists():
            continue
        for child in read_sheet(path):
            owner = by_code.get(child.code)
            if owner is None:
                raise InvalidInput(
                    "%(place)s belongs to “%(code)s”, which is not in %(file)s.",
                    place=child.place,
                    code=child.code,
                    file=f"{plural}.csv",
                )
            owner.parts.setdefault(part, []).append(child)
    return rows
