"""Which records name a record: found by the references that the kinds' own tables hold, whatever kinds there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.records.kinds import Kind, Kinds
from app.records.models import Part, Record, Relation
from app.records.register import RegisterEntry

_ENTRIES = cast("sa.Table", RegisterEntry.__table__)
_RECORDS = cast("sa.Table", Record.__table__)
_RELATIONS = cast("sa.Table", Relation.__table__)
_MOST = 200


@dataclass(frozen=True, slots=True)
class Link:
    """That a record of a kind names another: in `field`, for `relations` by the concept `relation`."""

    kind: str
    field: str
    relation: str
    code: str
    label: dict[str, str]


def read_links(session: Session, kinds: Kinds, kind: Kind, record_id: int) -> list[Link]:
    """Give the records that name a record, at most 200 for each way of naming, in one statement, by kind and code."""
    branches = [
        sa.select(sa.literal(field).label("field"), sa.literal("").label("relation"), key.label("record_id"))
        .where(column == record_id)
        .distinct()
        .limit(_MOST)
        .subquery()
        for field, key, column in _references(kinds, kind)
    ]
    relation = (
        sa.select(sa.literal("relations").label("field"), _RELATIONS.c.relation, _RELATIONS.c.record_id)
        .where(_RELATIONS.c.target_id == record_id)
        .limit(_MOST)
        .subquery()
    )
    found = sa.union_all(*(sa.select(branch) for branch in (*branches, relation))).subquery()
    query = (
        sa.select(_ENTRIES.c.kind, found.c.field, found.c.relation, _ENTRIES.c.code, _ENTRIES.c.label)
        .select_from(found.join(_ENTRIES, _ENTRIES.c.record_id == found.c.record_id))
        .join(_RECORDS, _RECORDS.c.id == found.c.record_id)
        .where(_RECORDS.c.deleted_at.is_(None))
        .order_by(_ENTRIES.c.kind, found.c.field, _ENTRIES.c.code)
    )
    return [Link(*row) for row in session.execute(query)]


def _references(kinds: Kinds, kind: Kind) -> Iterator[tuple[str, sa.ColumnElement[Any], sa.ColumnElement[Any]]]:
    """Give every column that may name a record of a kind: the field, the key of who names it, and the column."""
    targets = {_RECORDS.c.id, cast("sa.Table", kind.model.__table__).c.id}
    for other in kinds.values():
        table = cast("sa.Table", other.model.__table__)
        for column in table.columns:
            if not column.primary_key and _names(column, targets):
                yield column.name.removesuffix("_id"), table.c.id, column
        for relationship in sa.inspect(other.model).relationships:
            part = relationship.mapper.class_
            if relationship.viewonly or not issubclass(part, Part) or relationship.parent.class_ is not other.model:
                continue
            owners = {remote for _, remote in relationship.local_remote_pairs or ()}
            (owner,) = owners
            for named in relationship.mapper.local_table.columns:
                if named not in owners and _names(named, targets):
                    yield relationship.key, owner, named


def _names(column: sa.ColumnElement[Any], targets: set[sa.Column[Any]]) -> bool:
    keys = cast("sa.Column[Any]", column).foreign_keys
    return any(key.column in targets for key in keys)
