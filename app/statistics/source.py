"""What is counted, as SQL: the rows of a subject, and by what they can be told apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.records.models import Record

RECORDS = cast("sa.Table", Record.__table__)
# The key of what has no value.
NONE = "none"

# Joins what a dimension needs to the rows; gives those and the dimension's key, text or NULL.
Dimension: TypeAlias = Callable[[sa.FromClause], tuple[sa.FromClause, ColumnElement[Any]]]
TRUE: ColumnElement[Any] = sa.literal(1)


@dataclass(frozen=True, slots=True)
class Source:
    """The rows that are counted: each is one part of a record, and stands in one cell.

    `record_id` and `part` name a row for good, so that a later count can be compared with an earlier one; `number` is
    what it adds to its cell, NULL where that is unknown; `is_certain` is 0 where a date or a figure is in doubt.
    """

    rows: sa.FromClause
    record_id: ColumnElement[Any]
    dimensions: Mapping[str, Dimension]
    conditions: Sequence[ColumnElement[bool]] = ()
    part: ColumnElement[Any] = field(default_factory=lambda: sa.literal(""))
    number: ColumnElement[Any] = field(default_factory=lambda: sa.literal(1))
    is_certain: ColumnElement[Any] = field(default_factory=lambda: sa.literal(1))


def plain(key: ColumnElement[Any]) -> Dimension:
    """Give a dimension that the rows hold themselves."""
    return lambda rows: (rows, key)


def joined(other: sa.FromClause, on: ColumnElement[bool], key: ColumnElement[Any]) -> Dimension:
    """Give a dimension that other rows hold, at most one for each."""
    return lambda rows: (rows.outerjoin(other, on), key)


def standing_rows(*tables: sa.FromClause) -> tuple[sa.FromClause, list[ColumnElement[bool]]]:
    """Give a kind's rows with their records, those that are accepted and not deleted."""
    table, records = tables[0], RECORDS.alias("counted")
    rows = table.join(records, records.c.id == table.c.id)
    return rows, [records.c.deleted_at.is_(None), records.c.version > 0]
