"""KINDS: the one list of record kinds, by name."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from app.heritage.kinds import KINDS as HERITAGE
from app.places.gazetteer import Gazetteer
from app.records.kinds import Kinds, Locate, Located


def _locator(session: Session) -> Locate:
    """Give the gazetteer's answers, read when the first is asked for."""
    read: list[Gazetteer] = []

    def locate(unit_ids: Iterable[int], past_unit_ids: Iterable[int]) -> list[Located]:
        today, past = list(unit_ids), list(past_unit_ids)
        if not today and not past:
            return []
        if not read:
            read.append(Gazetteer(session))
        gazetteer = read[0]
        # What lies in several units of today has no past in common.
        found = gazetteer.containing(past, today[0] if today else None) if len(today) < 2 else []
        for unit_id in today if len(today) > 1 else ():
            found += [unit for unit in gazetteer.containing((), unit_id) if unit not in found]
        return [Located(unit.public_id, (*unit.name.values(), *unit.other_names)) for unit in found]

    return locate


KINDS = Kinds(HERITAGE, _locator)
