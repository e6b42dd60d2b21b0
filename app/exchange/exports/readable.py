"""The columns of a sheet to be read: labels, terms and names in the reader's language, parts in one cell."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from marshmallow import Schema, fields

from app.core.clock import VIETNAM
from app.core.fields import Edtf
from app.core.localized import pick
from app.exchange.exports.columns import Value
from app.exchange.exports.gathering import Exported, OfKind, parts_of
from app.exchange.exports.wording import Wording
from app.records.payloads import rows_of, schema_of

# A cell that holds parts or prose is to be glanced at; the other sheets have all of it.
_LONGEST = 2000
_WIDTHS = {"title": 40, "description": 40}
_STATES = {"public": "Public", "internal": "Internal"}


@dataclass(slots=True)
class Column:
    """A column: its heading, and what it says of a record."""

    heading: str
    text: Callable[[Exported], Any]
    width: int = 18


def columns_to_read(found: OfKind, wording: Wording) -> list[Column]:
    """Give the columns of a kind's sheet: what it is and how it stands, its own fields, its parts."""
    say, kind = wording.say, found.kind
    schema = schema_of(kind.schema)
    parts = parts_of(kind)
    columns = [
        Column(wording.label(kind.name, "code"), lambda one: one.code, 14),
        Column(say("Name"), lambda one: _pick(one.label, wording) or one.code, 40),
        Column(say("State"), lambda one: say(_STATES[one.visibility]), 12),
        Column(say("Version"), lambda one: one.version, 8),
        Column(say("Changed"), _changed_on, 12),
    ]
    if kind.name in ("site", "artefact", "intangible", "documentary"):
        columns.append(Column(say("Rank"), lambda one: "; ".join(wording.term("levels", code) for code in one.rank)))
    columns.append(Column(say("Missing"), lambda one: "; ".join(wording.term("gaps", code) for code in one.gaps)))
    if found.withheld:
        columns.append(
            Column(say("Withheld"), lambda one: "; ".join(wording.label(kind.name, name) for name in one.withheld))
        )
    speaker = _Speaker(kind.name, wording)
    for name in wording.in_order(kind.name, schema.fields):
        # What it is called stands in front already.
        if name in ("code", "name") or (name in parts and not found.parts[name]):
            continue
        known = schema.fields[name]
        text = partial(speaker.parts, parts[name], name) if name in parts else partial(speaker.plain, known, name)
        columns.append(Column(wording.label(kind.name, name), text, _WIDTHS.get(name, 18)))
    return columns


def _changed_on(one: Exported) -> dt.date:
    return dt.datetime.fromisoformat(one.modified_at).astimezone(VIETNAM).date()


@dataclass(slots=True)
class _Speaker:
    """Says what the fields of a kind hold in the reader's language."""

    kind: str
    wording: Wording

    def plain(self, known: fields.Field[Any], name: str, one: Exported) -> Value:
        """Say a field of a record."""
        return _cut(self._say(one.payload.get(name), known, name, one))

    def parts(self, schema: Schema, name: str, one: Exported) -> Value:
        """Say a list of parts."""
        return _cut(" | ".join(self._row(schema, row, name, one) for row in rows_of(one.payload, name)))

    def _row(self, schema: Schema, row: Mapping[str, Any], of: str, one: Exported) -> str:
        said = (
            self._say(row.get(name), known, f"{of}.{name}", one)
            for name, known in schema.fields.items()
            if name != "uid"
        )
        return ", ".join(str(text) for text in said if text not in (None, ""))

    def _say(self, value: Any, known: fields.Field[Any], path: str, one: Exported) -> Value:
        match value:
            case Mapping():
                return _pick(value, self.wording)
            case list():
                inner = known.inner if isinstance(known, fields.List) else known
                return "; ".join(str(self._say(each, inner, path, one)) for each in value)
            case bool():
                return self.wording.say("yes") if value else self.wording.say("no")
            case str():
                return self._text(value, known, path, one)
            case _:
                return value if isinstance(value, int | float) else None

    def _text(self, value: str, known: fields.Field[Any], path: str, one: Exported) -> str:
        scheme = self.wording.scheme_of(self.kind, path)
        if scheme:
            return self.wording.term(scheme, value)
        if option := self.wording.option(path, value):
            return option
        if value in one.names:
            return f"{_pick(one.names[value], self.wording)} ({value})"
        return self.wording.date(value) if isinstance(known, Edtf | fields.Date) else value


def _pick(text: Mapping[str, str], wording: Wording) -> str:
    found = pick(text, wording.language, wording.languages)
    return found[0] if found else ""


def _cut(value: Value) -> Value:
    return f"{value[: _LONGEST - 1]}…" if isinstance(value, str) and len(value) > _LONGEST else value
