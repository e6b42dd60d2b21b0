"""Comparing a frozen table with what is counted now: which records came, went or moved, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.core.paging import read_cursor, write_cursor
from app.records.register import RegisterEntry
from app.statistics.cells import ListQuery, facts, in_cell
from app.statistics.freezing import MEMBERS
from app.statistics.models import FrozenTable
from app.statistics.questions import Question
from app.statistics.source import RECORDS
from app.statistics.tables import Table

ENTRIES = RegisterEntry.__table__


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record stands: its row and column, and what it adds there; None is unknown."""

    row: str
    column: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A record, or a part of one, that stands elsewhere than it did, or with another number.

    `old` is None for what came, `new` for what went; `version` is the record's when the table was frozen.
    """

    code: str
    part: str
    kind: str
    label: Mapping[str, str]
    old: Place | None
    new: Place | None
    version: int | None

    @property
    def change(self) -> int:
        """By how much the whole changes; what is unknown adds nothing."""
        return _number(self.new) - _number(self.old)


def _number(place: Place | None) -> int:
    return (place.number or 0) if place else 0


@dataclass(frozen=True, slots=True)
class Differences:
    """A page of differences by code, with the cursor of the next page if there is one."""

    rows: Sequence[Difference]
    next_cursor: str | None


def compare_rows(
    session: Session, frozen: FrozenTable, table: Table, question: Question, query: ListQuery
) -> Differences:
    """Give what differs between a frozen table and the same question asked now, a page at a time.

    A row or column of `query` leaves those that neither stood nor stand there. What is equal is compared in the
    database and never read.
    """
    both = _differing(session, frozen, table, question)
    statement = sa.select(both, ENTRIES.c.kind, ENTRIES.c.label).outerjoin(ENTRIES, ENTRIES.c.code == both.c.code)
    if query.row is not None or query.column is not None:
        statement = statement.where(
            sa.or_(
                sa.and_(*in_cell(table, query, both.c.old_row, both.c.old_col)),
                sa.and_(*in_cell(table, query, both.c.new_row, both.c.new_col)),
            )
        )
    order = (both.c.code, both.c.part)
    if query.cursor:
        code, part = read_cursor(query.cursor, "difference", (str, str))
        statement = statement.where(sa.tuple_(*order) > sa.tuple_(sa.literal(code), sa.literal(part)))
    rows = session.execute(statement.order_by(*order).limit(query.limit + 1)).all()
    page = [
        Difference(
            one.code,
            one.part,
            one.kind or "",
            one.label or {},
            None if one.old_row is None else Place(one.old_row, one.old_col, one.old_number),
            None if one.new_row is None else Place(one.new_row, one.new_col, one.new_number),
            one.old_version,
        )
        for one in rows[: query.limit]
    ]
    cursor = write_cursor("difference", page[-1].code, page[-1].part) if len(rows) > query.limit else None
    return Differences(page, cursor)


def _differing(session: Session, frozen: FrozenTable, table: Table, question: Question) -> sa.Subquery:
    """Give what differs: both sides laid one upon the other and summed by code and part, which no join does as quickly.

    Of a side that is not there all columns are NULL.
    """
    found = facts(session, table, question).subquery("facts")
    old = (MEMBERS.c.row, MEMBERS.c.col, MEMBERS.c.number, MEMBERS.c.version)
    new = (found.c.row, found.c.col, found.c.number)
    names = ("row", "col", "number", "version")

    def side(prefix: str, columns: Sequence[ColumnElement[Any]], *, is_there: bool) -> list[ColumnElement[Any]]:
        return [
            (column if is_there else sa.cast(sa.null(), column.type)).label(f"{prefix}_{name}")
            for name, column in zip(names, columns, strict=False)
        ]

    then = sa.select(
        MEMBERS.c.code, MEMBERS.c.part, *side("old", old, is_there=True), *side("new", new, is_there=False)
    ).where(MEMBERS.c.table_id == frozen.id)
    now = sa.select(
        RECORDS.c.code, found.c.part, *side("old", old, is_there=False), *side("new", new, is_there=True)
    ).join(RECORDS, RECORDS.c.id == found.c.record_id)
    laid = then.union_all(now).subquery("laid")
    keys = {"code", "part"}
    sums = [sa.func.max(column).label(column.name) for column in laid.c if column.name not in keys]
    both = sa.select(laid.c.code, laid.c.part, *sums).group_by(laid.c.code, laid.c.part).subquery("both")
    nowhere, unknown = sa.literal(""), sa.literal(-1)
    return (
        sa.select(both)
        .where(
            sa.or_(
                sa.func.coalesce(both.c.old_row, nowhere) != sa.func.coalesce(both.c.new_row, nowhere),
                sa.func.coalesce(both.c.old_col, nowhere) != sa.func.coalesce(both.c.new_col, nowhere),
                sa.func.coalesce(both.c.old_number, unknown) != sa.func.coalesce(both.c.new_number, unknown),
            )
        )
        .subquery("differences")
    )
