"""Comparing a frozen table with what is counted now: which records came, went or moved, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

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
    found = facts(session, table, question).subquery("facts")
    columns = (found.c.part, found.c.row, found.c.col, found.c.number)
    now = sa.select(RECORDS.c.code, *columns).join(RECORDS, RECORDS.c.id == found.c.record_id).cte("now")
    then = sa.select(MEMBERS).where(MEMBERS.c.table_id == frozen.id).cte("was")
    same_key = sa.and_(now.c.code == then.c.code, now.c.part == then.c.part)
    unlike = sa.or_(
        now.c.row != then.c.row,
        now.c.col != then.c.col,
        sa.func.coalesce(now.c.number, -1) != sa.func.coalesce(then.c.number, -1),
    )
    old = [then.c[name].label(f"old_{name}") for name in ("row", "col", "number", "version")]
    new = [now.c[name].label(f"new_{name}") for name in ("row", "col", "number")]
    nothing = [sa.cast(sa.null(), column.type).label(column.name) for column in old]
    lost = (
        sa.select(then.c.code, then.c.part, *old, *new)
        .outerjoin(now, same_key)
        .where(sa.or_(now.c.code.is_(None), unlike))
    )
    came = sa.select(now.c.code, now.c.part, *nothing, *new).outerjoin(then, same_key).where(then.c.code.is_(None))
    both = lost.union_all(came).subquery("differences")
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
