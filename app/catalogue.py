"""KINDS: the one list of record kinds, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.orm import Session

from app.heritage.kinds import KINDS as HERITAGE
from app.heritage.kinds.site import SITE
from app.places.gazetteer import Gazetteer
from app.records.kinds import Kinds, Locate, Located
from app.tourism.kinds import KINDS as TOURISM
from app.tourism.kinds import dependents_of_sites


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


def _dependents_of_sites(session: Session, record_ids: Iterable[int]) -> set[int]:
    ids = list(record_ids)
    return SITE.dependents(session, ids) | dependents_of_sites(session, ids)


# Heritage knows nothing of tourism, which rests on it.
_UPWARD = {SITE.name: replace(SITE, dependents=_dependents_of_sites)}
KINDS = Kinds((_UPWARD.get(kind.name, kind) for kind in (*HERITAGE, *TOURISM)), _locator)
