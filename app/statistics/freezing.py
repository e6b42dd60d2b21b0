"""Freezing a table: what it says now, kept cell by cell and record by record with who and when; read back, proved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.core.errors import InvalidInput, NotFound
from app.core.paging import read_cursor, write_cursor
from app.records.register import RegisterEntry
from app.statistics.cells import Cell, Counted, Key, Listed, ListPage, ListQuery, facts, in_cell, read_keys
from app.statistics.models import FrozenMember, FrozenTable
from app.statistics.questions import Question
from app.statistics.source import RECORDS
from app.statistics.tables import Table

# Who may keep a table as the office's word.
FREEZE = Permission.REVIEW
MEMBERS = cast("sa.Table", FrozenMember.__table__)
_LONGEST_NOTE = 1000
_COLUMNS = ("code", "part", "row", "col", "number", "is_certain", "version")


def freeze_table(session: Session, table: Table, question: Question, note: str = "", *, actor: User) -> FrozenTable:
    """Keep what a table says; raises `NotAllowed`, and `InvalidInput` for a note that is too long.

    The cells are summed from what was kept, so that they agree whatever is written meanwhile.
    """
    require(actor, FREEZE)
    if len(note) > _LONGEST_NOTE:
        raise InvalidInput("This is too long. Say it in fewer words.", field="note")
    frozen = FrozenTable(
        code=table.code,
        day=question.day,
        question=question.to_json(),
        content={},
        note=note.strip(),
        digest="",
        actor_id=actor.id,
    )
    session.add(frozen)
    session.flush()
    found = facts(session, table, question).subquery("facts")
    rows = sa.select(
        sa.literal(frozen.id),
        RECORDS.c.code,
        found.c.part,
        found.c.row,
        found.c.col,
        found.c.number,
        sa.case((found.c.is_certain == 1, sa.true()), else_=sa.false()),
        RECORDS.c.version,
    ).join(RECORDS, RECORDS.c.id == found.c.record_id)
    session.execute(sa.insert(MEMBERS).from_select(["table_id", *_COLUMNS], rows))
    frozen.content = _content(session, table, question, frozen.id)
    frozen.digest = digest_of(session, frozen)
    session.flush()
    return frozen


def _content(session: Session, table: Table, question: Question, key: int) -> dict[str, Any]:
    known, uncertain = sa.func.count(MEMBERS.c.number), sa.case((MEMBERS.c.is_certain, 0), else_=1)
    summed = sa.select(
        MEMBERS.c.row,
        MEMBERS.c.col,
        sa.func.coalesce(sa.func.sum(MEMBERS.c.number), 0),
        sa.func.count(),
        sa.func.count() - known,
        sa.func.sum(uncertain),
    )
    summed = summed.where(MEMBERS.c.table_id == key).group_by(MEMBERS.c.row, MEMBERS.c.col)
    cells = [[row, column, *map(int, sums)] for row, column, *sums in session.execute(summed)]
    axes = {"rows": (table.rows, 0), "columns": (table.columns, 1)}
    return {
        "title": dict(table.title),
        "counts": dict(table.counts),
        "rules": [dict(rule) for rule in table.rules],
        "basis": dict(table.basis),
        "cells": sorted(cells),
        **{
            name: [
                [one.key, dict(one.label), one.is_beside]
                for one in read_keys(session, axis, {str(cell[place]) for cell in cells}, question)
            ]
            for name, (axis, place) in axes.items()
        },
    }


def digest_of(session: Session, frozen: FrozenTable) -> str:
    """Give the SHA-256 of what a frozen table says, members included, in hexadecimal."""
    found = hashlib.sha256()
    told = [frozen.code, frozen.question, frozen.content]
    found.update(json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    rows = sa.select(*(MEMBERS.c[name] for name in _COLUMNS)).where(MEMBERS.c.table_id == frozen.id)
    # Codes and parts are put in order here, for databases differ in theirs.
    lines = sorted(json.dumps(list(row), ensure_ascii=False, separators=(",", ":")) for row in session.execute(rows))
    for line in lines:
        found.update(line.encode())
    return found.hexdigest()


def is_untouched(session: Session, frozen: FrozenTable) -> bool:
    """Tell whether a frozen table says what it said when it was frozen."""
    return digest_of(session, frozen) == frozen.digest


def read_frozen(session: Session, code: str | None = None, most: int = 100) -> Sequence[FrozenTable]:
    """Give frozen tables, of one table or of all, the latest day first."""
    asked = sa.select(FrozenTable).options(joinedload(FrozenTable.actor))
    if code is not None:
        asked = asked.where(FrozenTable.code == code)
    return session.scalars(asked.order_by(FrozenTable.day.desc(), FrozenTable.id.desc()).limit(most)).all()


def find_frozen(session: Session, key: int) -> FrozenTable:
    """Give a frozen table; raises `NotFound`."""
    found = session.get(FrozenTable, key)
    if found is None:
        raise NotFound("There is no frozen table %(key)s.", key=key)
    return found


def read_content(frozen: FrozenTable, table: Table) -> Counted:
    """Give a frozen table as it was counted; `table` is its declaration of today."""
    content: Mapping[str, Any] = frozen.content
    return Counted(
        table,
        Question.from_json(frozen.question),
        tuple(Key(*one) for one in content["rows"]),
        tuple(Key(*one) for one in content["columns"]),
        {(row, column): Cell(*sums) for row, column, *sums in content["cells"]},
    )


def list_members(session: Session, frozen: FrozenTable, table: Table, query: ListQuery) -> ListPage:
    """List what a cell of a frozen table counted, by code, a page at a time; names are those of today."""
    entries = RegisterEntry.__table__
    order = (MEMBERS.c.code, MEMBERS.c.part)
    statement = (
        sa.select(MEMBERS, entries.c.kind, entries.c.label)
        .outerjoin(entries, entries.c.code == MEMBERS.c.code)
        .where(MEMBERS.c.table_id == frozen.id, *in_cell(table, query, MEMBERS.c.row, MEMBERS.c.col))
    )
    if query.cursor:
        code, part = read_cursor(query.cursor, "member", (str, str))
        statement = statement.where(sa.tuple_(*order) > sa.tuple_(sa.literal(code), sa.literal(part)))
    rows = session.execute(statement.order_by(*order).limit(query.limit + 1)).all()
    page = [
        Listed(one.code, one.kind or "", one.label or {}, one.part, one.row, one.col, one.number, one.is_certain)
        for one in rows[: query.limit]
    ]
    cursor = write_cursor("member", page[-1].code, page[-1].part) if len(rows) > query.limit else None
    return ListPage(page, cursor)
