"""What is done to the tourism records beside the workflow: the occurrences of events, a day further every day."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from app.core.batches import CHUNK
from app.tourism.models import Event
from app.tourism.occurrences import write_occurrences


def extend_occurrences(session: Session, today: dt.date) -> list[int]:
    """Bring the occurrences of all events up to `today`; gives the keys of the events whose occurrences changed.

    Tombstones are left as they are. Run it daily; most days it changes nothing.
    """
    changed: list[int] = []
    last = 0
    while True:
        query = (
            sa.select(Event)
            .where(Event.id > last, Event.deleted_at.is_(None))
            .options(selectinload(Event.rules), selectinload(Event.occurrences))
            .order_by(Event.id)
            .limit(CHUNK)
        )
        events = session.scalars(query).all()
        if not events:
            session.flush()
            return changed
        changed += [event.id for event in events if write_occurrences(event, today)]
        last = events[-1].id
