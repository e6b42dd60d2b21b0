"""Which units a place lies in and lay in, as far as that is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from app.places.models import Unit


class Gazetteer:
    """All units, read once, and the questions about their descent.

    A place that lay in a unit lies in its successor only if there is one, or in what all its successors have in common;
    the same holds backwards. So a commune's site bears its old district's name, and a site of which only the old
    district is known is said to lie in the city, but in no commune.
    """

    def __init__(self, session: Session) -> None:
        query = sa.select(Unit).options(selectinload(Unit.successors), selectinload(Unit.predecessors))
        self._units = {unit.id: unit for unit in session.scalars(query)}
        self._known: dict[tuple[str, int], frozenset[int]] = {}

    def __getitem__(self, unit_id: int) -> Unit:
        """Give a unit by its internal id."""
        return self._units[unit_id]

    def ancestry(self, unit: Unit) -> list[Unit]:
        """Give the unit and the units above it, smallest first."""
        chain = [unit]
        while chain[-1].parent_id is not None:
            chain.append(self._units[chain[-1].parent_id])
        return chain

    def containing(self, historical: Iterable[int], current: int | None) -> list[Unit]:
        """Give every unit in which a place lies or lay, ordered by public id.

        `historical` are ids of units it is known to have lain in, `current` the id of the unit it lies in today, if
        known. Without a historical unit the predecessors of the current one are asked what they have in common.
        """
        found: set[int] = set()
        past = list(historical)
        for unit_id in past:
            found |= self._trace(unit_id, "successors", lambda unit: unit.successors)
        if current is not None:
            found |= {unit.id for unit in self.ancestry(self._units[current])}
            if not past:
                found |= self._trace(current, "predecessors", lambda unit: unit.predecessors)
        return sorted((self._units[unit_id] for unit_id in found), key=lambda unit: unit.public_id)

    def _smallest(self, units: list[Unit]) -> list[Unit]:
        """Leave out units that hold another of them: a district says nothing that its communes do not say better."""
        above = {other.id for unit in units for other in self.ancestry(unit)[1:]}
        return [unit for unit in units if unit.id not in above]

    def _trace(self, unit_id: int, direction: str, step: Callable[[Unit], list[Unit]]) -> frozenset[int]:
        known = self._known.get((direction, unit_id))
        if known is not None:
            return known
        found: set[int] = set()
        for unit in self.ancestry(self._units[unit_id]):
            found.add(unit.id)
            branches = [self._trace(other.id, direction, step) for other in self._smallest(step(unit))]
            if branches:
                found |= frozenset.intersection(*branches)
        result = frozenset(found)
        self._known[direction, unit_id] = result
        return result
