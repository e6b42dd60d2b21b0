"""The worker's first step of an import: the file read into lines, and what its columns may mean."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.db import begin_write, now
from app.core.errors import InvalidInput
from app.exchange.intake.headings import Guesser
from app.exchange.intake.models import Import, ImportLine, ImportState
from app.exchange.intake.operations import file_of, find_mapping
from app.exchange.tables.lines import Line, Sheet
from app.exchange.tables.reading import read_tables
from app.records.kinds import Kinds

# So many lines of a sheet are looked at for its headings.
_HEAD = 40


def read_file(session: Session, found: Import, kinds: Kinds, labels: Any, settings: Settings) -> None:
    """Read an import's file into its lines, in one transaction; what was read before is forgotten.

    `labels` are what forms call the fields of the kind, by path. Raises `InvalidInput` for a file that is refused.
    """
    path = file_of(settings, found)
    if not path.is_file():
        raise InvalidInput("“%(file)s” is not here any more. Upload it again.", field="file", file=found.name)
    import_id, name = found.id, found.name
    # Reading takes long: the writer's place is taken when the first lines are there.
    heads: dict[int, Sheet] = {}
    counts: dict[int, int] = {}
    format_, notes = "", []
    session.rollback()
    is_writing = False
    for part in read_tables(path, name, settings=settings):
        format_ = part.format or format_
        notes += [{"message": note.message, "params": dict(note.params)} for note in part.notes]
        if part.sheet is None:
            continue
        if not is_writing:
            begin_write(session)
            session.execute(sa.delete(ImportLine).where(ImportLine.import_id == import_id))
            is_writing = True
        sheet = part.sheet
        head = heads.setdefault(sheet.position, Sheet(sheet.position, sheet.name))
        head.lines += sheet.lines[: max(0, _HEAD - len(head.lines))]
        counts[sheet.position] = counts.get(sheet.position, 0) + len(sheet.lines)
        if sheet.lines:
            session.execute(sa.insert(ImportLine), [_row(import_id, sheet.position, line) for line in sheet.lines])
    if not is_writing or not any(counts.values()):
        raise InvalidInput("“%(file)s” holds no table. Choose another file.", field="file", file=name)
    found = session.get_one(Import, import_id)
    guesser = Guesser(kinds[found.kind], settings.languages, labels)
    found.format, found.notes = format_, notes
    found.sheets = [_tell(guesser, head, counts[head.position]) for head in heads.values() if counts[head.position]]
    best = max(
        (sheet for sheet in found.sheets if sheet["part"] is None),
        # A sheet of our own files is named after the kind; those before it are for reading only.
        key=lambda sheet: (sheet["name"] == kinds[found.kind].plural, len(sheet["guess"]), sheet["count"]),
        default=found.sheets[0],
    )
    found.sheet = best["position"]
    kept = find_mapping(session, found.kind, best["columns"])
    found.mapping = dict(kept.mapping) if kept else best["guess"]
    found.constants = dict(kept.constants) if kept else {}
    found.options = {"system": (kept.options if kept else {}).get("system"), "is_known": kept is not None}
    found.state, found.updated_at = ImportState.READ, now()
    session.flush()


def _row(import_id: int, sheet: int, line: Line) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "sheet": sheet,
        "number": line.number,
        "cells": line.cells,
        "formulas": line.formulas,
        "is_heading": line.is_heading,
        "problems": line.problems,
        "faults": [],
        "candidates": [],
    }


def _tell(guesser: Guesser, head: Sheet, count: int) -> dict[str, Any]:
    """Tell of a sheet where its table begins and what its columns may mean."""
    heading = guesser.find_heading(head.lines)
    columns = list(heading.columns) if heading else []
    place = heading.place if heading else -1
    return {
        "position": head.position,
        "name": head.name,
        "columns": columns,
        # Lines of the sheet up to this number are titles and headings.
        "heading": head.lines[place].number if heading else 0,
        "count": max(0, count - place - 1),
        "guess": {str(column): path for column, path in guesser.guess_all(columns).items()},
        "part": guesser.guess_part(head.name),
    }
