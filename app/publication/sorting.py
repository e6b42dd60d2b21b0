"""Reading ids in the order of properties: missing values last, the id at the end, so that the order is total.

Items with a value of the first property come off its index; those without come after them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.paging import Key, read_cursor
from app.publication.conditions import ItemQuery, SortKey, conditions
from app.publication.models import ITEMS, VALUES


class _Term(NamedTuple):
    """A part of an order: what is compared, of which type, and which way it goes."""

    column: ColumnElement[Any]
    kind: type
    is_down: bool


@dataclass(frozen=True)
class _Phase:
    """The items with a value of the first property, or those without: from where they are read, in which order."""

    source: sa.FromClause
    terms: list[_Term]
    criteria: list[ColumnElement[Any]]


_NOTHING: dict[type, Key] = {str: "", float: 0.0, int: 0}


def read_sorted(reads: Reads, query: ItemQuery) -> list[tuple[int, tuple[Key, ...]]]:
    """Give one more than a page's ids, each with the keys of its place; raises `InvalidInput` for a foreign cursor.

    The keys are the number of the phase and those of all its terms; of the first property, which the items of the
    second phase lack, nothing stands there.
    """
    phases = [_with_first(query), _without_first(query)]
    kinds = [term.kind for term in phases[0].terms]
    lacking = len(kinds) - len(phases[1].terms)
    start, after = _read_place(query, kinds)
    found: list[tuple[int, tuple[Key, ...]]] = []
    for number, phase in enumerate(phases):
        missing = query.limit + 1 - len(found)
        if number < start or missing <= 0:
            continue
        beyond = _beyond(phase.terms, after[lacking * number :]) if after and number == start else []
        nothing = [_NOTHING[kind] for kind in kinds[: lacking * number]]
        for row in reads.execute(_page(phase, beyond, missing)):
            keys = [term.kind(key) for term, key in zip(phase.terms, row, strict=True)]
            found.append((keys[-1], (number, *nothing, *keys)))
    return found


def _read_place(query: ItemQuery, kinds: Sequence[type]) -> tuple[int, tuple[Key, ...]]:
    """Read the cursor: the phase, and the keys after which it goes on; before everything where there is none."""
    if not query.cursor:
        return 0, ()
    number, *after = read_cursor(query.cursor, query.order, (int, *kinds))
    return int(number), tuple(after)


def _page(phase: _Phase, beyond: list[ColumnElement[Any]], limit: int) -> sa.Select[Any]:
    columns = [term.column.label(f"key{index}") for index, term in enumerate(phase.terms)]
    order = [term.column.desc() if term.is_down else term.column.asc() for term in phase.terms]
    return sa.select(*columns).select_from(phase.source).where(*phase.criteria, *beyond).order_by(*order).limit(limit)


def _with_first(query: ItemQuery) -> _Phase:
    first, *rest = query.sort
    values = VALUES.alias()
    source, terms = _joined(values.join(ITEMS, ITEMS.c.id == values.c.item_id), rest, values.c.item_id, query)
    own = [_Term(column, kind, first.is_down) for column, kind in _columns(first, values)]
    held = [*_named(values, query, first), own[0].column.is_not(None)]
    return _Phase(
        source, [*own, *terms, _Term(values.c.item_id, int, first.is_down)], [*held, *conditions(query, ITEMS)]
    )


def _without_first(query: ItemQuery) -> _Phase:
    first, *rest = query.sort
    values = VALUES.alias()
    held = sa.exists().where(values.c.item_id == ITEMS.c.id, *_named(values, query, first)).correlate(ITEMS)
    source, terms = _joined(ITEMS, rest, ITEMS.c.id, query)
    return _Phase(source, [*terms, _Term(ITEMS.c.id, int, first.is_down)], [*conditions(query, ITEMS), sa.not_(held)])


def _named(values: sa.FromClause, query: ItemQuery, key: SortKey) -> tuple[ColumnElement[Any], ...]:
    return values.c.collection == query.collection, values.c.name == key.name


def _columns(key: SortKey, values: sa.FromClause) -> list[tuple[ColumnElement[Any], type]]:
    return [(values.c.folded, str), (values.c.value, str)] if key.is_text else [(values.c.number, float)]


def _joined(
    source: sa.FromClause, rest: Sequence[SortKey], item_id: ColumnElement[Any], query: ItemQuery
) -> tuple[sa.FromClause, list[_Term]]:
    """Join the further properties; items that lack one come after those that have it."""
    terms: list[_Term] = []
    for key in rest:
        values = VALUES.alias()
        source = source.outerjoin(values, sa.and_(values.c.item_id == item_id, *_named(values, query, key)))
        terms.append(_Term(sa.case((values.c.item_id.is_(None), 1), else_=0), int, is_down=False))
        for column, kind in _columns(key, values):
            terms.append(_Term(sa.func.coalesce(column, _NOTHING[kind]), kind, key.is_down))
    return source, terms


_TYPES: dict[type, sa.types.TypeEngine[Any]] = {int: sa.BigInteger(), float: sa.Float(), str: sa.String()}


def _beyond(terms: Sequence[_Term], after: Sequence[Key]) -> list[ColumnElement[Any]]:
    """Say that a row comes after some keys; by comparing rows, which an index answers, where all terms go one way."""
    keys = [sa.literal(key, _TYPES[term.kind]) for term, key in zip(terms, after, strict=True)]
    columns = [term.column for term in terms]
    if len({term.is_down for term in terms}) == 1:
        row, place = sa.tuple_(*columns), sa.tuple_(*keys)
        return [row < place if terms[0].is_down else row > place]
    further = [
        sa.and_(
            *(column == key for column, key in zip(columns[:index], keys[:index], strict=True)),
            columns[index] < keys[index] if terms[index].is_down else columns[index] > keys[index],
        )
        for index in range(len(terms))
    ]
    # The first bound is implied; it is what an index can answer.
    bound = columns[0] <= keys[0] if terms[0].is_down else columns[0] >= keys[0]
    return [bound, sa.or_(*further)]
