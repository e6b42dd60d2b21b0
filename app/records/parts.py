"""Writing a record's repeatable parts: matched by their lasting `uid`, changed in place, removed when left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.records.models import Doubt, ExternalRef, Part, Record, Relation, Source

P = TypeVar("P", bound=Part)
R = TypeVar("R", bound=Record)


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


def apply_common(session: Session, record: Record, data: Mapping[str, Any]) -> None:
    """Write what every kind shares: licence, tags, sources, doubts, relations, references to other systems.

    Raises `InvalidInput` for a relation to a record that does not exist.
    """
    record.licence = data["licence"]
    record.tags = list(data["tags"])
    sync_parts(record.sources, data["sources"], Source)
    sync_parts(record.doubts, data["doubts"], Doubt)
    sync_parts(record.external_refs, data["external_refs"], ExternalRef)
    relations = [
        {**row, "target": named_record(session, Record, row["target"], f"relations.{index}.target")}
        for index, row in enumerate(data["relations"])
    ]
    sync_parts(record.relations, relations, Relation)


def named_record(session: Session, model: type[R], code: str | None, field: str) -> R | None:
    """Give the record a field names by code, tombstones excluded; raises `InvalidInput` when there is none."""
    if code is None:
        return None
    record = session.scalar(sa.select(model).where(model.code == code, model.deleted_at.is_(None)))
    if record is None:
        raise InvalidInput(
            "%(field)s: there is no %(kind)s with the code “%(value)s”.",
            field=field,
            value=code,
            kind=model.__name__.lower(),
        )
    return record


def write_fields(record: object, data: Mapping[str, Any], *names: str) -> None:
    """Write fields of a payload into the columns of the same names."""
    for name in names:
        setattr(record, name, data[name])
