"""Reading payloads that may be incomplete: of what a draft may hold, what is of use; and writing them whole."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from typing import Any

from marshmallow import Schema, fields

from app.core.fields import Localized


def texts_of(*localized: Mapping[str, str]) -> tuple[str, ...]:
    """Give the texts of several fields in every language."""
    return tuple(text for field in localized for text in field.values())


def strings(values: Sequence[Any]) -> list[str]:
    """Leave out of what a draft may hold everything that is no text."""
    return [value for value in values if isinstance(value, str)]


def rows_of(payload: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give the parts of a draft, however incomplete."""
    found = payload.get(name)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def fill(schema: type[Schema], payload: Mapping[str, Any], hidden: Container[str] = ()) -> dict[str, Any]:
    """Give a payload with every field of its schema, what it does not state empty, and without what is hidden."""
    empty = {name: _empty(field) for name, field in schema_of(schema).fields.items()}
    return {name: value for name, value in {**empty, **payload}.items() if name not in hidden}


@lru_cache
def schema_of(schema: type[Schema]) -> Schema:
    """Make a schema once, to look at its fields."""
    return schema()


def _empty(field: fields.Field[Any]) -> Any:
    if isinstance(field, fields.List):
        return []
    if isinstance(field, Localized):
        return {}
    return False if isinstance(field, fields.Boolean) else None
