"""Turning the cells of a sheet, all text, into what a strict schema takes; what cannot be turned stays text."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from app.core.fields import Localized
from app.exchange.sheets import Row
from app.records.schemas import part_schema

SEPARATOR = "|"
_BOOLEANS = {"true": True, "1": True, "x": True, "có": True, "false": False, "0": False, "không": False}


def part_names(schema: Schema) -> list[str]:
    """Give the names of a schema's repeatable parts, each of which has a sheet of its own."""
    return [name for name, field in schema.fields.items() if part_schema(field) is not None]


def coerce(schema: Schema, row: Row, *, is_part: bool = False) -> tuple[dict[str, Any], list[str]]:
    """Turn a row with its parts into a payload for `schema`; gives it with complaints about columns nobody knows.

    An empty cell is left out. `name_vi` and `name_en` make a localized `name`; `a|b` makes a list. A part's `code`
    names its record and is dropped.
    """
    payload: dict[str, Any] = {}
    cells = dict(row.cells)
    if is_part:
        cells.pop("code", None)
    known: set[str] = set()
    complaints: list[str] = []
    for name, field in schema.fields.items():
        inner = part_schema(field)
        if inner is not None:
            for child in row.parts.get(name, ()):
                value, more = coerce(inner, child, is_part=True)
                payload.setdefault(name, []).append(value)
                complaints += more
        elif isinstance(field, Localized):
            columns = {column for column in cells if column.startswith(f"{name}_")} - set(schema.fields)
            known |= columns
            texts = {
                column.removeprefix(f"{name}_"): cells[column] for column in sorted(columns) if cells[column].strip()
            }
            if texts:
                payload[name] = texts
        else:
            known.add(name)
            text = cells.get(name, "").strip()
            if text:
                payload[name] = _value(field, text)
    return payload, complaints + _unknown_columns(row, cells, known, schema)


def _unknown_columns(row: Row, cells: Mapping[str, str], known: set[str], schema: Schema) -> list[str]:
    complaints = []
    for column in cells:
        if column not in known:
            near = difflib.get_close_matches(column, [*known, *schema.fields], n=1)
            hint = f"; did you mean “{near[0]}”?" if near else "."
            complaints.append(f"{row.file}: there is no column “{column}” here{hint}")
    return complaints


def _value(field: fields.Field[Any], text: str) -> Any:
    try:
        if isinstance(field, fields.List):
            return [part.strip() for part in text.split(SEPARATOR) if part.strip()]
        if isinstance(field, fields.Boolean):
            return _BOOLEANS.get(text.lower(), text)
        if isinstance(field, fields.Integer):
            return int(text)
        if isinstance(field, fields.Float):
            return float(text)
    except ValueError:
        pass
    return text
