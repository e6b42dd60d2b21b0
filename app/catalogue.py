"""KINDS: the one list of record kinds, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy.orm import Session

from app.heritage.kinds import KINDS as HERITAGE
from app.heritage.kinds import SITE
from app.records.kinds import Kind
from app.tourism.kinds import KINDS as TOURISM
from app.tourism.kinds import dependents_of_sites


def _dependents_of_sites(session: Session, record_ids: Iterable[int]) -> set[int]:
    ids = list(record_ids)
    return SITE.dependents(session, ids) | dependents_of_sites(session, ids)


_UPWARD = {SITE.name: replace(SITE, dependents=_dependents_of_sites)}
KINDS: dict[str, Kind] = {kind.name: _UPWARD.get(kind.name, kind) for kind in (*HERITAGE, *TOURISM)}
