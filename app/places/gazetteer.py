"""Which units a place lies in and lay in, as far as that is certain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.localized import LocalizedText
from app.places.models import Unit, unit_successors

Steps = Mapping[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """What the gazetteer knows of a unit, apart from any session."""

    id: int
    public_id: str
    code: str
    name: LocalizedText
    other_names: list[str]
    parent_id: int | None
    is_in_force: bool


class Gazetteer:
    """All units, read once, and the questions about their descent.

    A place that lay in a unit lies in its successor only if there is one, or in what all its successors have in common;
    the same holds backwards. So a commune's site bears its old district's name, and a site of which only the old
    district is known is said to lie in the city, but in no commune.
    """

    def __init__(self, session: Session) -> None:
        names = (Unit.id, Unit.public_id, Unit.code, Unit.name, Unit.other_names, Unit.parent_id)
        rows = session.execute(sa.select(*names, Unit.valid_to.is_(None)).order_by(Unit.id))
        self._units = {row.id: KnownUnit(*row) for row in rows}
        pairs = [(int(former), int(later)) for former, later in session.execute(sa.select(unit_successors))]
        self._later = _steps(pairs)
        self._former = _steps((later, former) for former, later in pairs)
        self._known: dict[tuple[bool, int], frozenset[int]] = {}

    def __getitem__(self, unit_id: int) -> KnownUnit:
        """Give a unit by its internal id."""
        return self._units[unit_id]

    def ancestry(self, unit_id: int) -> list[KnownUnit]:
        """Give the unit and the units above it, smallest first."""
        chain = [self._units[unit_id]]
        while chain[-1].parent_id is not None:
            chain.append(self._units[chain[-1].parent_id])
        return chain

    def containing(self, historical: Iterable[int], current: int | None) -> list[KnownUnit]:
        """Give every unit in which a place lies or lay, ordered by public id.

        `historical` are ids of units it is known to have lain in, `current` the id of the unit it lies in today, if
        known. Without a historical unit the predecessors of the current one are asked what they have in common.
        """
        found: set[int] = set()
        past = list(historical)
        for unit_id in past:
            found |= self._trace(unit_id, is_forward=True)
        if current is not None:
            found |= {unit.id for unit in self.ancestry(current)}
            if not past:
                found |= self._trace(current, is_forward=False)
        return sorted((self._units[unit_id] for unit_id in found), key=lambda unit: unit.public_id)

    def _smallest(self, unit_ids: Iterable[int]) -> list[int]:
        """Leave out units that hold another of them: a district says nothing that its communes do not say better."""
        ids = list(unit_ids)
        above = {other.id for unit_id in ids for other in self.ancestry(unit_id)[1:]}
        return [unit_id for unit_id in ids if unit_id not in above]

    def _trace(self, unit_id: int, *, is_forward: bool) -> frozenset[int]:
        known = self._known.get((is_forward, unit_id))
        if known is not None:
            return known
        steps = self._later if is_forward else self._former
        found: set[int] = set()
        for unit in self.ancestry(unit_id):
            found.add(unit.id)
            branches = [self._trace(other, is_forward=is_forward) for other in self._smallest(steps.get(unit.id, ()))]
            if branches:
                found |= frozenset.intersection(*branches)
        result = frozenset(found)
        self._known[is_forward, unit_id] = result
        return result


def _steps(pairs: Iterable[tuple[int, int]]) -> Steps:
    found: dict[int, tuple[int, ...]] = {}
    for start, end in pairs:
        found[start] = (*found.get(start, ()), end)
    return found
