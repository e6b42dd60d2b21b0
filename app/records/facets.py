"""Facets of the register: what a filter asks of an entry, and where entries that have several are looked for first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.records.register import RegisterFacet

FACETS = cast("sa.Table", RegisterFacet.__table__)

# A condition on a facet: its name, and what its value must be or lie below.
Facet: TypeAlias = tuple[str, str, bool]

# So many entries tell how dense a facet is.
_SAMPLE = 300


def says(table: sa.FromClause, facet: Facet, kind: str | None = None) -> list[ColumnElement[Any]]:
    """Say of a row of the facets that it is the one asked for, of a kind or of any."""
    name, value, is_below = facet
    said = [table.c.name == name, table.c.value < value if is_below else table.c.value == value]
    return [*said, table.c.kind == kind] if kind else said


def probe(facet: Facet, of: sa.FromClause, key: str = "id") -> sa.ScalarSelect[int]:
    """Ask whether an entry has a facet, entry by entry: a planner cannot turn it into reading them all."""
    inner = FACETS.alias()
    same = (inner.c.kind == of.c.kind, inner.c.entry_id == of.c[key])
    return sa.select(sa.literal(1)).where(*says(inner, facet), *same).limit(1).scalar_subquery()


def common_kinds(session: Session, facets: Sequence[Facet]) -> list[str]:
    """Give the kinds in which every facet is found, in order; one that a bound is asked of may be in any."""
    wanted = []
    for index, facet in enumerate(facets):
        if not facet[2]:
            kinds = _stepped("kind", name=facet[0], value=facet[1])
            wanted.append(sa.select(sa.literal(index), kinds.c.kind).where(kinds.c.kind.is_not(None)))
    found: dict[int, set[str]] = {index: set() for index, facet in enumerate(facets) if not facet[2]}
    for index, kind in session.execute(sa.union_all(*wanted)):
        found[index].add(kind)
    return sorted(set.intersection(*found.values()))


def _stepped(column: str, **said: str) -> sa.CTE:
    """Give the values of a column of the facets and at last null, each stepped to from the one before by the index."""
    table = FACETS.alias()
    steps = sa.select(sa.func.min(table.c[column]).label(column)).where(*_equal(table, said)).cte(recursive=True)
    inner = FACETS.alias()
    following = sa.select(sa.func.min(inner.c[column])).where(*_equal(inner, said), inner.c[column] > steps.c[column])
    return steps.union_all(sa.select(following.scalar_subquery()).where(steps.c[column].is_not(None)))


def _equal(table: sa.FromClause, said: Mapping[str, str]) -> list[ColumnElement[Any]]:
    return [table.c[name] == value for name, value in said.items()]


def sparsest_first(
    session: Session, facets: Sequence[Facet], kinds: Sequence[str | None]
) -> dict[str | None, list[Facet]]:
    """Order the facets for each kind: first the one that fewest entries have, as far as its first keys tell."""
    samples = []
    for kind_index, kind in enumerate(kinds):
        for index, facet in enumerate(facets):
            inner = FACETS.alias()
            some = sa.select(inner.c.entry_id).where(*says(inner, facet, kind))
            drawn = some.order_by(inner.c.value, inner.c.kind, inner.c.entry_id).limit(_SAMPLE).subquery()
            seen = (sa.func.count(), sa.func.max(drawn.c.entry_id))
            samples.append(sa.select(sa.literal(kind_index), sa.literal(index), *seen).select_from(drawn))
    found: dict[str | None, list[tuple[bool, int, int]]] = {kind: [] for kind in kinds}
    for kind_index, index, count, furthest in session.execute(sa.union_all(*samples)) if samples else ():
        # Fewer than were looked for are all there are; else the further the last of them lies, the thinner they are.
        density = (False, count) if count < _SAMPLE else (True, -furthest)
        found[kinds[kind_index]].append((*density, index))
    return {kind: [facets[index] for _, _, index in sorted(densities)] for kind, densities in found.items()}


def read_facets(session: Session, entry_ids: Sequence[int]) -> dict[int, dict[str, list[str]]]:
    """Give the facets of entries, the values of each in order."""
    query = sa.select(FACETS.c.entry_id, FACETS.c.name, FACETS.c.value).where(FACETS.c.entry_id.in_(entry_ids))
    found: dict[int, dict[str, list[str]]] = {}
    for key, name, value in session.execute(query) if entry_ids else ():
        found.setdefault(key, {}).setdefault(name, []).append(value)
    for facets in found.values():
        for values in facets.values():
            values.sort()
    return found


def read_facet_values(session: Session, name: str, most: int = 200) -> list[str]:
    """Give the values that a filter has, in order; each is stepped to from the one before, however many have it."""
    values = _stepped("value", name=name)
    return list(session.scalars(sa.select(values.c.value).where(values.c.value.is_not(None)).limit(most)))
