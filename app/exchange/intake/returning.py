"""The file returned to whoever sent it: the same workbook, with what is wrong written beside its cells."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.config import Settings
from app.core import sealed
from app.core.errors import DisanError, InvalidInput
from app.core.workbook import Workbook
from app.exchange.intake.models import Import, ImportLine, Verdict
from app.exchange.intake.operations import file_of
from app.exchange.intake.queries import every_line
from app.exchange.tables.lines import text_of
from app.exchange.tables.reading import Limits

_MARKER = "app.exchange.tables.marking_worker"
_TOLD = (Verdict.ERROR, Verdict.DUPLICATE, Verdict.KEPT, Verdict.LEFT_OUT)
_PIECE = 1 << 16

# Says an error in the reader's language.
Say = Callable[[DisanError], str]
HEADING = "What is to be mended"
_CANDIDATE = "It may be %(codes)s, which the register has already."
_KEPT = "%(code)s is being changed by somebody just now; this line is left."


def say_faults(found: Import, line: ImportLine, say: Say) -> list[str]:
    """Say what is wrong with a line, each with the heading of its column."""
    columns: list[str] = next((each["columns"] for each in found.sheets if each["position"] == found.sheet), [])
    told = []
    for fault in line.faults:
        sentence = say(DisanError(fault["message"], **fault["params"]))
        place = fault["column"]
        heading = columns[place] if place is not None and place < len(columns) else ""
        told.append(f"{heading}: {sentence}" if heading else sentence)
    if line.verdict == Verdict.KEPT:
        told.append(say(DisanError(_KEPT, code=line.code)))
    if line.verdict == Verdict.DUPLICATE:
        codes = "; ".join(f"{one['code']} {one['name']}" for one in line.candidates)
        told.append(say(DisanError(_CANDIDATE, codes=codes)))
    return told


def return_file(session: Session, found: Import, say: Say, *, settings: Settings) -> Path:
    """Make the file that is returned, a workbook, and give where it lies; whoever sends it deletes it.

    An XLSX comes back as it was but for the notes; of any other file a workbook of its lines is made. Raises
    `InvalidInput` when the file is not here any more or cannot be written anew.
    """
    path = file_of(settings, found)
    if not path.is_file():
        raise InvalidInput("“%(file)s” is not here any more. Upload it again.", field="file", file=found.name)
    made = path.with_name(f"{secrets.token_hex(16)}.xlsx")
    try:
        if found.format == "xlsx":
            _mark(session, found, say, path, made)
        else:
            _write(session, found, say, made)
    except BaseException:
        made.unlink(missing_ok=True)
        raise
    return made


def _mark(session: Session, found: Import, say: Say, path: Path, made: Path) -> None:
    sheet = next(each for each in found.sheets if each["position"] == found.sheet)
    heading = say(DisanError(HEADING))
    older = [place for place, name in enumerate(sheet["columns"]) if name == heading]
    columns: dict[int, list[int]] = {}
    notes: dict[int, str] = {sheet["heading"]: heading} if sheet["heading"] else {}
    widest = len(sheet["columns"])
    for line in every_line(session, found, ()):
        widest = max(widest, len(line.cells))
        if line.verdict in _TOLD:
            columns[line.number] = [one["column"] for one in line.faults if one["column"] is not None]
            notes[line.number] = "\n".join(say_faults(found, line, say))
    told = {
        "sheet": sheet["name"],
        "columns": columns,
        "notes": notes,
        "note_column": older[0] if older else widest,
    }
    asked_path = made.with_suffix(".json")
    asked_path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    limits = Limits()
    bounds = sealed.Bounds(limits.memory_bytes, limits.cpu_s, limits.wall_s, limits.answer_bytes)
    asked = {"marks": str(asked_path), "most_bytes": limits.unpacked_bytes}
    is_whole = False
    try:
        with made.open("wb") as out:
            for head, body in sealed.ask_parts(_MARKER, path, found.name, asked, bounds, part_bytes=_PIECE):
                out.write(body)
                is_whole = "end" in head
    except sealed.Ended:
        is_whole = False
    finally:
        asked_path.unlink(missing_ok=True)
    if not is_whole:
        raise InvalidInput("“%(file)s” cannot be written anew. Look at the lines on this page.", file=found.name)


def _write(session: Session, found: Import, say: Say, made: Path) -> None:
    """Write a workbook with the lines of the sheet and what is wrong with each."""
    sheet = next(each for each in found.sheets if each["position"] == found.sheet)
    with Workbook(made) as book:
        out = book.add_sheet(sheet["name"] or found.name, widths=[*(20 for _ in sheet["columns"]), 60])
        out.add([*sheet["columns"], say(DisanError(HEADING))], "heading")
        out.freeze()
        width = len(sheet["columns"])
        for line in every_line(session, found, ()):
            if line.number > sheet["heading"]:
                cells, styles = _row(found, line, width, say)
                out.add(cells, styles=styles)


def _row(found: Import, line: ImportLine, width: int, say: Say) -> tuple[list[Any], dict[int, str]]:
    cells: list[Any] = [cell if isinstance(cell, bool | int | float) else text_of(cell) for cell in line.cells[:width]]
    cells += [None] * (width - len(cells))
    if line.verdict not in _TOLD:
        return cells, {}
    marked = [one["column"] for one in line.faults if one["column"] is not None] + [width]
    return [*cells, "\n".join(say_faults(found, line, say))], dict.fromkeys(marked, "wrong")


def send_pieces(path: Path) -> Iterator[bytes]:
    """Give a file a piece at a time, and delete it at the end."""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece
    finally:
        path.unlink(missing_ok=True)
