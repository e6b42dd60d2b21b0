"""Reading payloads that may be incomplete: of what a draft may hold, what is of use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


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
