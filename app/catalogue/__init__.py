"""KINDS: the one list of record kinds, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.orm import Session

from app.heritage.kinds import KINDS as HERITAGE
from app.heritage.kinds.site import SITE
from app.heritage.kinds.whereabouts import units_of_records
from app.media.kinds import media_of_records, medium_kind
from app.places.gazetteer import Gazetteer
from app.records.drafts import current_payload
from app.records.kinds import Kinds, Locate, Located
from app.records.queries import records_by_code
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
    return SITE.dependents(session, ids) | dependents_of_sites(session, ids) | media_of_records(session, ids)


# Heritage knows nothing of tourism, which rests on it.
def _whereabouts(session: Session, codes: Iterable[str]) -> set[int]:
    """Give the keys of the units that records of any kind lie in."""
    wanted = sorted(set(codes))
    found = units_of_records(session, wanted)
    for record in records_by_code(session, wanted).values() if wanted else ():
        kind = _OF_TOURISM.get(record.kind)
        if kind is not None and kind.places is not None:
            found |= kind.places(session, current_payload(session, record))
    return found


_OF_TOURISM = {kind.name: kind for kind in TOURISM}
MEDIA = medium_kind(_whereabouts)
_UPWARD = {SITE.name: replace(SITE, dependents=_dependents_of_sites)}
KINDS = Kinds((_UPWARD.get(kind.name, kind) for kind in (*HERITAGE, *TOURISM, MEDIA)), _locator)
