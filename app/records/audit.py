"""The history of records as a log: who did what when, filtered, read by keyset."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.records.models import HistoryEntry


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which entries are asked for; empty fields bind nothing. `before` is the (at, id) of the last one had."""

    person_ids: tuple[int, ...] = ()
    action: str | None = None
    kind: str | None = None
    code: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    before: tuple[dt.datetime, int] | None = None
    most: int = 51


def read_log(session: Session, query: HistoryQuery) -> Sequence[HistoryEntry]:
    """Give entries with who made them, the newest first; with several `person_ids`, those of all of them at once."""
    found = sa.select(HistoryEntry).options(joinedload(HistoryEntry.actor))
    for person_id in query.person_ids:
        found = found.where(HistoryEntry.actor_id == person_id)
    for column, value in (
        (HistoryEntry.action, query.action),
        (HistoryEntry.kind, query.kind),
        (HistoryEntry.code, query.code),
    ):
        if value is not None:
            found = found.where(column == value)
    if query.since is not None:
        found = found.where(HistoryEntry.at >= query.since)
    if query.until is not None:
        found = found.where(HistoryEntry.at < query.until)
    if query.before is not None:
        at, key = query.before
        found = found.where(sa.or_(HistoryEntry.at < at, sa.and_(HistoryEntry.at == at, HistoryEntry.id < key)))
    return session.scalars(found.order_by(HistoryEntry.at.desc(), HistoryEntry.id.desc()).limit(query.most)).all()
