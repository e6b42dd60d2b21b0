"""Conditions on items by their values and places, joined by AND, OR and NOT, and the SQL that they come to.

Truth has three values (OGC 21-065r2, 6.2): what is asked of a property that an item lacks is neither true nor false. So
NOT is pushed down to the single conditions, and each is asked either whether it is true or whether it is false. Of
several values a condition is true if one meets it, and false if there are some and none does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.sql.expression import ColumnElement

from app.engine.questions import Relation, related
from app.publication.models import VALUES


@dataclass(frozen=True, slots=True)
class HasValue:
    """That an item has a value under one of `names` of which `test`, on the columns of `VALUES`, is true.

    Without `test` any value will do, and the condition is false where there is none. `is_single` says that an item has
    one value at most, so that the opposite can be asked of that value itself.
    """

    names: tuple[str, ...]
    test: ColumnElement[Any] | None = None
    is_single: bool = False


@dataclass(frozen=True, slots=True)
class HasPlace:
    """That an item's published geometry stands in a relation to a shape; without one, that it has a geometry."""

    relation: Relation | None = None
    shape: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """That a condition is false."""

    part: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """That all of some conditions are true: without any, always."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """That one of some conditions is true: without any, never."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = HasValue | HasPlace | Not | AllOf | AnyOf


def criteria(condition: Condition, collection: str, items: sa.FromClause) -> list[ColumnElement[Any]]:
    """Give what an item must meet for a condition to be true, all together."""
    return _Compiler(collection, items).all_of(condition, wanted=True)


class _Compiler:
    def __init__(self, collection: str, items: sa.FromClause) -> None:
        self.collection = collection
        self.items = items

    def all_of(self, condition: Condition, *, wanted: bool) -> list[ColumnElement[Any]]:
        """Give the parts of a conjunction at the top; what is asked of values is looked up there as a set of ids.

        Not so the opposite of a condition, which most items meet: it is asked of each item that comes along.
        """
        if isinstance(condition, Not):
            return self.all_of(condition.part, wanted=not wanted)
        if isinstance(condition, AllOf if wanted else AnyOf):
            return [one for part in condition.parts for one in self.all_of(part, wanted=wanted)]
        if wanted and isinstance(condition, HasValue):
            return [self._among(self._named(condition, condition.test))]
        if wanted and isinstance(condition, AnyOf):
            rows, others = self._sorted_out(condition, wanted=wanted)
            if rows and not others:
                return [self._among(sa.or_(*rows))]
        return [self.truth(condition, wanted=wanted)]

    def truth(self, condition: Condition, *, wanted: bool) -> ColumnElement[Any]:
        """Say that a condition is true, or false, of each item by itself."""
        if isinstance(condition, Not):
            return self.truth(condition.part, wanted=not wanted)
        if isinstance(condition, HasValue):
            return self._value(condition, wanted=wanted)
        if isinstance(condition, HasPlace):
            return self._place(condition, wanted=wanted)
        if isinstance(condition, AllOf if wanted else AnyOf):
            return sa.and_(sa.true(), *(self.truth(part, wanted=wanted) for part in condition.parts))
        rows, others = self._sorted_out(condition, wanted=wanted)
        found = [self.truth(part, wanted=wanted) for part in others]
        # What is asked of values is asked of all of them at once.
        return sa.or_(sa.false(), *found, *([self._any(sa.or_(*rows))] if rows else []))

    def _sorted_out(
        self, condition: AllOf | AnyOf, *, wanted: bool
    ) -> tuple[list[ColumnElement[Any]], list[Condition]]:
        """Part the parts of a disjunction into what is asked of single values, and all else."""
        rows: list[ColumnElement[Any]] = []
        others: list[Condition] = []
        for part in condition.parts:
            row = self._row(part, wanted=wanted)
            if row is None:
                others.append(part)
            else:
                rows.append(row)
        return rows, others

    def _row(self, condition: Condition, *, wanted: bool) -> ColumnElement[Any] | None:
        """Give what one value must meet for a condition to be as wanted; None where one value cannot tell."""
        if isinstance(condition, Not):
            return self._row(condition.part, wanted=not wanted)
        if not isinstance(condition, HasValue):
            return None
        if wanted:
            return self._named(condition, condition.test)
        if condition.is_single and condition.test is not None:
            return self._named(condition, sa.not_(condition.test))
        return None

    def _named(self, condition: HasValue, test: ColumnElement[Any] | None) -> ColumnElement[Any]:
        names = condition.names
        named = VALUES.c.name == names[0] if len(names) == 1 else VALUES.c.name.in_(names)
        return sa.and_(VALUES.c.collection == self.collection, named, *([] if test is None else [test]))

    def _among(self, row: ColumnElement[Any]) -> ColumnElement[Any]:
        return self.items.c.id.in_(sa.select(VALUES.c.item_id).where(row))

    def _any(self, row: ColumnElement[Any]) -> ColumnElement[Any]:
        return sa.exists().where(VALUES.c.item_id == self.items.c.id, row).correlate(self.items)

    def _value(self, condition: HasValue, *, wanted: bool) -> ColumnElement[Any]:
        row = self._row(condition, wanted=wanted)
        if row is not None:
            return self._any(row)
        none_meets = sa.not_(self._any(self._named(condition, condition.test)))
        return none_meets if condition.test is None else sa.and_(self._any(self._named(condition, None)), none_meets)

    def _place(self, condition: HasPlace, *, wanted: bool) -> ColumnElement[Any]:
        has_place = self.items.c.min_lon.is_not(None)
        if condition.relation is None or condition.shape is None:
            return has_place if wanted else sa.not_(has_place)
        holds = related(self.items, condition.relation, condition.shape)
        return holds if wanted else sa.and_(has_place, sa.not_(holds))
