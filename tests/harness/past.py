"""A register with a past, for tests: what was done is said to have happened on days of long ago."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import VIETNAM
from app.records.models import HistoryEntry

NOON = dt.time(12)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def at(text: str, time: dt.time = NOON) -> dt.datetime:
    return dt.datetime.combine(day(text), time, VIETNAM)


class Past:
    """Writes the register's past: what is done within a moment is said to have happened then."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last = session.scalar(sa.select(sa.func.max(HistoryEntry.id))) or 0

    def happened(self, moment: dt.datetime) -> None:
        """Say of all that was done since the last time that it happened at a moment."""
        self._session.flush()
        done = sa.update(HistoryEntry).where(HistoryEntry.id > self._last).values(at=moment)
        self._session.execute(done.execution_options(synchronize_session=False))
        self._last = self._session.scalar(sa.select(sa.func.max(HistoryEntry.id))) or 0
