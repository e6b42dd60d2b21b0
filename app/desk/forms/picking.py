"""Units and records as officers name them: by code, or by a name that only one has; and how a form shows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from marshmallow import Schema
from sqlalchemy.orm import Session

from app.catalogue.references import RECORDS, UNITS, found_in
from app.core.text import fold
from app.desk.context import say, shown
from app.desk.forms.model import Group, Widget
from app.places.models import Unit
from app.records.kinds import Kind
from app.records.queries import EntryQuery, read_entries, read_labels
from app.records.register import RegisterEntry
from app.records.schemas import part_schema

_UNIT = re.compile(r"(\d+(?:~\d{4})?)(?:\s.*)?", re.DOTALL)
_CODE = re.compile(r"([A-Z][A-Z0-9]{1,7}-[A-Z0-9-]+)(?:\s.*)?", re.DOTALL)
MOST = 10


def find_units(session: Session, words: str, most: int = MOST) -> list[Unit]:
    """Find units whose name of today or of the past holds the words, marks left out; those in force come first."""
    wanted = fold(words).split()
    units = session.scalars(sa.select(Unit).order_by(Unit.public_id)).all()
    found = [unit for unit in units if all(word in _folded(unit) for word in wanted)]
    return sorted(found, key=lambda unit: (not unit.is_in_force, len(shown(unit.name)), unit.public_id))[:most]


def _folded(unit: Unit) -> str:
    return " ".join(fold(name) for name in (*unit.name.values(), *unit.other_names, unit.public_id))


def find_records(session: Session, words: str, kind: str | None, most: int = MOST) -> list[RegisterEntry]:
    """Find records and drafts by code or words."""
    query = EntryQuery(kind=kind or None, text=words or None, limit=most, sort="code")
    return list(read_entries(session, query).entries)


def resolve(session: Session, kind: Kind, payload: dict[str, Any]) -> dict[str, list[str]]:
    """Put codes in the place of what was typed for units and records; gives what could not be found, by field.

    What was typed stays where it is not plain which one is meant.
    """
    errors: dict[str, list[str]] = {}
    for owner, key, name, path in _references(kind.name, kind.schema(), payload, "", ""):
        text = str(owner[key])
        if path in UNITS:
            code, problem = _unit(session, text)
        else:
            code, problem = _record(session, text, found_in(RECORDS, kind.name, path) or None)
        owner[key] = code
        if problem:
            errors[name] = [problem]
    return errors


def _references(
    kind: str, schema: Schema, payload: dict[str, Any], prefix: str, path: str
) -> Iterator[tuple[dict[str, Any], str, str, str]]:
    """Give each field that names a unit or a record: its owner and key, its name in the form, its path."""
    for key, found in schema.fields.items():
        inner = part_schema(found)
        if inner is not None:
            for row in payload.get(key) or ():
                yield from _references(kind, inner, row, f"{prefix}{key}.{row['uid']}.", f"{path}{key}.")
        elif payload.get(key) and (f"{path}{key}" in UNITS or found_in(RECORDS, kind, f"{path}{key}") is not None):
            yield payload, key, f"{prefix}{key}", f"{path}{key}"


def _unit(session: Session, text: str) -> tuple[str, str]:
    if found := _UNIT.fullmatch(text):
        return found[1], ""
    units = find_units(session, text)
    exact = [unit for unit in units if fold(text) in [fold(name) for name in (*unit.name.values(), *unit.other_names)]]
    chosen = [unit for unit in exact if unit.is_in_force] or exact or units
    if len(chosen) == 1:
        return chosen[0].public_id, ""
    return text, _unclear(text, [f"{unit.public_id} {shown(unit.name)}" for unit in chosen])


def _record(session: Session, text: str, kind: str | None) -> tuple[str, str]:
    if found := _CODE.fullmatch(text):
        return found[1], ""
    entries = find_records(session, text, kind)
    exact = [entry for entry in entries if fold(text) in [fold(name) for name in entry.label.values()]] or entries
    if len(exact) == 1:
        return exact[0].code, ""
    return text, _unclear(text, [f"{entry.code} {shown(entry.label)}" for entry in exact])


def _unclear(text: str, choices: Sequence[str]) -> str:
    if not choices:
        return say("Nothing here is called “%(value)s”. Write a code or a name.") % {"value": text[:100]}
    return say("“%(value)s” may be several; write the code of one: %(choices)s.") % {
        "value": text[:100],
        "choices": "; ".join(choices[:5]),
    }


def name_references(session: Session, groups: Iterable[Group]) -> None:
    """Show units and records in a form by code and name."""
    widgets = [widget for group in groups for widget in _every(group.widgets) if widget.value]
    units = {widget.value for widget in widgets if widget.sort == "unit"}
    records = {widget.value for widget in widgets if widget.sort == "record"}
    names: dict[str, Mapping[str, str]] = {}
    if units:
        names |= {
            unit.public_id: unit.name for unit in session.scalars(sa.select(Unit).where(Unit.public_id.in_(units)))
        }
    if records:
        names |= read_labels(session, records)
    for widget in widgets:
        if widget.sort in ("unit", "record") and widget.value in names:
            widget.value = f"{widget.value} – {shown(names[widget.value])}"


def _every(widgets: Iterable[Widget]) -> Iterator[Widget]:
    for widget in widgets:
        yield widget
        for _, row in widget.rows:
            yield from _every(row)
