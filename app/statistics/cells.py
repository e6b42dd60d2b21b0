"""Counting a table: every cell by one statement where the rows are, and the list behind each cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.core.paging import read_cursor, write_cursor
from app.heritage.status import LEVELS
from app.places.models import Unit
from app.records.queries import read_labels
from app.records.register import RegisterEntry
from app.statistics.questions import Question
from app.statistics.source import NONE
from app.statistics.subjects import SUBJECTS
from app.statistics.subjects.sites import OF_SPECIAL
from app.statistics.tables import Axis, Table
from app.vocabularies.models import Concept

ENTRIES = RegisterEntry.__table__
_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell holds: the sum, how many rows it sums, of how many the number is unknown, how many are in doubt."""

    number: int = 0
    rows: int = 0
    unknown: int = 0
    uncertain: int = 0

    def __add__(self, other: Cell) -> Cell:
        """Give what both hold together."""
        return Cell(
            self.number + other.number,
            self.rows + other.rows,
            self.unknown + other.unknown,
            self.uncertain + other.uncertain,
        )

    @property
    def is_unknown(self) -> bool:
        """Whether nothing at all is known of it."""
        return self.rows > 0 and self.unknown == self.rows


@dataclass(frozen=True, slots=True)
class Key:
    """A row or a column: its key, what it is called, and whether it stands beside the total."""

    key: str
    label: Mapping[str, str]
    is_beside: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """A table that was counted. A row or column of None is the total: all but what stands beside."""

    table: Table
    question: Question
    rows: tuple[Key, ...]
    columns: tuple[Key, ...]
    cells: Mapping[tuple[str, str], Cell] = field(default_factory=dict)

    def cell(self, row: str | None, column: str | None) -> Cell:
        """Give a cell, or the total of a row, a column or the whole."""
        found = Cell()
        for row_key in _meant(self.rows, row):
            for column_key in _meant(self.columns, column):
                found += self.cells.get((row_key, column_key), Cell())
        return found

    def at(self, row: Key | None, column: Key | None) -> Cell:
        """Give the same by the keys themselves."""
        return self.cell(row.key if row else None, column.key if column else None)


def _meant(keys: Iterable[Key], key: str | None) -> list[str]:
    return [one.key for one in keys if (not one.is_beside if key is None else one.key == key)]


def facts(session: Session, table: Table, question: Question) -> sa.Select[Any]:
    """Give what a table counts, a row for each: `record_id`, `part`, `row`, `col`, `number`, `is_certain`."""
    source = SUBJECTS[table.subject](session, question)
    rows, row = source.dimensions[table.rows.by](source.rows)
    rows, column = source.dimensions[table.columns.by](rows) if table.columns.by != table.rows.by else (rows, row)
    conditions = list(source.conditions)
    for name, keys in table.only.items():
        if name in (table.rows.by, table.columns.by):
            key = row if name == table.rows.by else column
        else:
            rows, key = source.dimensions[name](rows)
        conditions.append(key.in_(keys))
    return (
        sa.select(
            source.record_id.label("record_id"),
            source.part.label("part"),
            sa.func.coalesce(row, NONE).label("row"),
            sa.func.coalesce(column, NONE).label("col"),
            source.number.label("number"),
            source.is_certain.label("is_certain"),
        )
        .select_from(rows)
        .where(*conditions)
    )


def count_table(session: Session, table: Table, question: Question) -> Counted:
    """Count a table, in one statement and a few for the names."""
    found = facts(session, table, question).subquery("facts")
    summed = sa.select(
        found.c.row,
        found.c.col,
        sa.func.coalesce(sa.func.sum(found.c.number), 0),
        sa.func.count(),
        sa.func.count() - sa.func.count(found.c.number),
        sa.func.sum(1 - found.c.is_certain),
    ).group_by(found.c.row, found.c.col)
    cells = {(row, column): Cell(*map(int, sums)) for row, column, *sums in session.execute(summed)}
    return Counted(
        table,
        question,
        read_keys(session, table.rows, {row for row, _ in cells}, question),
        read_keys(session, table.columns, {column for _, column in cells}, question),
        cells,
    )


def read_keys(session: Session, axis: Axis, present: set[str], question: Question) -> tuple[Key, ...]:
    """Put the keys of rows or columns in order and name them.

    Where special national sites count among the national ones, they have no row of their own but the one beside.
    """
    labels: dict[str, Mapping[str, str]] = {}
    order: list[str] = list(axis.order)
    if axis.scheme:
        asked = sa.select(Concept.code, Concept.label).where(Concept.scheme == axis.scheme)
        for code, label in session.execute(asked.order_by(Concept.position, Concept.code)):
            labels[code] = label
            order.append(code)
    named = present - {*axis.last, *axis.beside, *axis.labels}
    if axis.names == "units":
        units = session.execute(sa.select(Unit.public_id, Unit.name).where(Unit.public_id.in_(sorted(named))))
        labels |= {row.public_id: row.name for row in units}
    elif axis.names == "records":
        labels |= read_labels(session, sorted(named))
    labels |= axis.labels
    rest = sorted(
        present - {*order, *axis.last, *axis.beside}, key=lambda key: (labels.get(key, {}).get("vi", ""), key)
    )
    keys = dict.fromkeys([*order, *rest, *axis.last, *axis.beside])
    whole = set(axis.order) if axis.is_whole else set()
    whole -= {LEVELS[0]} if question.rules.special_in_national and OF_SPECIAL in axis.beside else set()
    return tuple(
        Key(key, labels.get(key, {"vi": key}), key in axis.beside) for key in keys if key in present or key in whole
    )


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which rows of a table are listed: those of a cell, of a row, of a column, or all but what stands beside.

    `is_whole` asks for what stands beside too.
    """

    row: str | None = None
    column: str | None = None
    limit: int = 100
    cursor: str | None = None
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A row in the list behind a cell: a record, or a part of one; `number` None is unknown."""

    code: str
    kind: str
    label: Mapping[str, str]
    part: str
    row: str
    column: str
    number: int | None
    is_certain: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows of a cell by name, with the cursor of the next page if there is one."""

    rows: Sequence[Listed]
    next_cursor: str | None


def list_rows(session: Session, table: Table, question: Question, query: ListQuery) -> ListPage:
    """List what a cell or a total counts, by the records' names, a page at a time.

    Raises `InvalidInput` for a cursor of another list.
    """
    statement, order = _list_statement(session, table, question, query)
    if query.cursor:
        name, key, part = read_cursor(query.cursor, "cell", (str, int, str))
        statement = statement.where(sa.tuple_(*order) > sa.tuple_(sa.literal(name), sa.literal(key), sa.literal(part)))
    rows = session.execute(statement.order_by(*order).limit(query.limit + 1)).all()
    last = rows[query.limit - 1] if len(rows) > query.limit else None
    return ListPage(
        [_listed(row) for row in rows[: query.limit]],
        write_cursor("cell", last.sort_key, last.id, last.part) if last else None,
    )


def each_row(session: Session, table: Table, question: Question) -> Iterator[Listed]:
    """Give all that a table counts, what stands beside too, by the records' names, in one statement as it comes."""
    statement, order = _list_statement(session, table, question, ListQuery(is_whole=True))
    for row in session.execute(statement.order_by(*order).execution_options(yield_per=_CHUNK)):
        yield _listed(row)


def _list_statement(
    session: Session, table: Table, question: Question, query: ListQuery
) -> tuple[sa.Select[Any], tuple[ColumnElement[Any], ...]]:
    found = facts(session, table, question).subquery("facts")
    order = (ENTRIES.c.sort_key, ENTRIES.c.id, found.c.part)
    columns = (ENTRIES.c.code, ENTRIES.c.kind, ENTRIES.c.label)
    statement = (
        sa.select(*columns, found.c.part, found.c.row, found.c.col, found.c.number, found.c.is_certain, *order[:2])
        .join(ENTRIES, ENTRIES.c.record_id == found.c.record_id)
        .where(*in_cell(table, query, found.c.row, found.c.col))
    )
    return statement, order


def _listed(row: Any) -> Listed:
    return Listed(row.code, row.kind, row.label, row.part, row.row, row.col, _int(row.number), bool(row.is_certain))


def _int(number: Any) -> int | None:
    return None if number is None else int(number)


def in_cell(
    table: Table, query: ListQuery, row: ColumnElement[Any], column: ColumnElement[Any]
) -> list[ColumnElement[bool]]:
    """Say that something stands in the cell, the row, the column or the total that is asked for."""
    conditions = []
    for key, axis, asked in ((row, table.rows, query.row), (column, table.columns, query.column)):
        if asked is not None:
            conditions.append(key == asked)
        elif axis.beside and not query.is_whole:
            conditions.append(key.not_in(axis.beside))
    return conditions
