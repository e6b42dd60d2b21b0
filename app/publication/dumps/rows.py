"""What every format of a dump is made of: the table that is written, its rows, and what a writer does with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.publication.schema import Collection, Property


@dataclass(frozen=True, slots=True)
class Table:
    """A collection in one language; `changed_at` is when its newest feature was modified (RFC 3339)."""

    collection: Collection
    language: str
    changed_at: str

    @property
    def columns(self) -> tuple[Property, ...]:
        """The properties that features show."""
        return tuple(found for found in self.collection.properties if not found.is_filter_only)


@dataclass(frozen=True, slots=True)
class Row:
    """A feature: its finished text, the same parsed, and its published place in degrees."""

    text: str
    feature: dict[str, Any]
    lon: float | None
    lat: float | None


class Writer(Protocol):
    """Writes one file, rows in the order they are given; nothing is whole before `close`."""

    def add(self, rows: Sequence[Row]) -> None:
        """Write some rows more."""
        ...

    def close(self) -> None:
        """Write what belongs at the end."""
        ...
