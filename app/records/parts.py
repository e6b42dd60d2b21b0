"""Writing a record's repeatable parts: matched by their lasting `uid`, changed in place, removed when left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from app.core.errors import InvalidInput
from app.records.models import Doubt, Part, Record, Source

P = TypeVar("P", bound=Part)


def sync_parts(parts: list[P], rows: Sequence[Mapping[str, Any]], model: type[P]) -> None:
    """Make `parts`, an ordered relationship, say what `rows` say, in their order.

    A row whose `uid` is there changes that part; one whose `uid` is new adds a part; parts that no row names go.
    Raises `InvalidInput` when a `uid` occurs twice.
    """
    present = {part.uid: part for part in parts}
    wanted: list[P] = []
    for position, row in enumerate(rows):
        part = present.get(row["uid"])
        if part in wanted:
            raise InvalidInput("The uid “%(value)s” occurs more than once.", field="uid", value=row["uid"])
        if part is None:
            part = model()
        for name, value in row.items():
            setattr(part, name, value)
        part.position = position
        wanted.append(part)
    parts[:] = wanted


def apply_common(record: Record, data: Mapping[str, Any]) -> None:
    """Write what every kind shares: licence, tags, sources, doubts."""
    record.licence = data["licence"]
    record.tags = list(data["tags"])
    sync_parts(record.sources, data["sources"], Source)
    sync_parts(record.doubts, data["doubts"], Doubt)
