"""The sheets of a workbook that hold the parts of its records, one list each: `sites.locations`, joined by `code`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.exchange.intake.models import Import, ImportLine
from app.exchange.intake.payloads import Fault, Plan, Reading, read_line, references, said_of
from app.exchange.intake.targets import Target, part_targets
from app.exchange.intake.values import Reader
from app.exchange.tables.lines import is_blank, text_of


def cell_text(cells: Sequence[Any], column: int | None) -> str:
    """Give the text of a line's cell; "" where there is none, or nothing in it."""
    if column is None or column >= len(cells) or is_blank(cells[column]):
        return ""
    return text_of(cells[column])


class PartSheets:
    """The sheets of a workbook that hold the parts of its records, joined by `code`, read once."""

    def __init__(self, session: Session, found: Import, plan: Plan, reader: Reader) -> None:
        self._by_code: dict[str, dict[str, list[tuple[dict[str, Any], list[Fault]]]]] = {}
        for sheet in found.sheets:
            if sheet["part"] and sheet["position"] != found.sheet:
                self._read(session, found, plan, reader, sheet)

    def _read(self, session: Session, found: Import, plan: Plan, reader: Reader, sheet: dict[str, Any]) -> None:
        targets = part_targets(plan.kind, sheet["part"], plan.settings.languages)
        columns: list[tuple[int, Target]] = []
        code_column = None
        for place, heading in enumerate(sheet["columns"]):
            name = heading.strip()
            path = next((path for path in _part_paths(sheet["part"], name) if path in targets), None)
            if name == "code":
                code_column = place
            elif path is not None:
                columns.append((place, targets[path]))
        inner = replace(plan, columns=tuple(columns), constants=())
        query = sa.select(ImportLine.number, ImportLine.cells).where(
            ImportLine.import_id == found.id,
            ImportLine.sheet == sheet["position"],
            ImportLine.number > sheet["heading"],
        )
        for number, cells in session.execute(query.order_by(ImportLine.number)):
            code = cell_text(cells, code_column)
            reader.names.learn(references(inner, [cells]))
            reading = read_line(inner, reader, cells)
            said = said_of(reading)
            faults = [
                Fault(None, "%(sheet)s, line %(line)s: %(problem)s", _told(sheet, number, fault))
                for fault in reading.faults
            ]
            rows = self._by_code.setdefault(code, {}).setdefault(sheet["part"], [])
            rows.append((said, faults))

    def of(self, code: str, reading: Reading) -> dict[str, list[dict[str, Any]]]:
        """Give the parts of a record's code; what is wrong with them is added to the line's faults."""
        found = self._by_code.get(code, {}) if code else {}
        for rows in found.values():
            for _, faults in rows:
                reading.faults += faults
        return {name: [said for said, _ in rows] for name, rows in found.items()}


def _told(sheet: Mapping[str, Any], number: int, fault: Fault) -> dict[str, Any]:
    return {"sheet": sheet["name"], "line": number, "problem": fault.message % (dict(fault.params) or None)}


def _part_paths(part: str, heading: str) -> list[str]:
    name, _, language = heading.rpartition("_")
    return [f"{part}.1.{heading}", f"{part}.1.{name}.{language}"]
