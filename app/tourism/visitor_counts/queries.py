"""Reading figures of visitors: what is current, what was reported before, which places there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.core.batches import batches
from app.records.models import Record
from app.records.register import RegisterEntry
from app.tourism.visitor_counts.models import VisitorCount

# What has visitors: sites, and visitor places such as museums.
KINDS_COUNTED = ("site", "place")


def read_current(
    session: Session, record_ids: Iterable[int], months: Sequence[dt.date] = ()
) -> dict[tuple[int, dt.date], VisitorCount]:
    """Give the current figures of places by their key and month; of some months alone where those are named."""
    found: dict[tuple[int, dt.date], VisitorCount] = {}
    for chunk in batches(sorted(record_ids)):
        asked = sa.select(VisitorCount).where(VisitorCount.record_id.in_(chunk), VisitorCount.is_current)
        if months:
            asked = asked.where(VisitorCount.month.in_(months))
        found |= {
            (row.record_id, row.month): row for row in session.scalars(asked.options(joinedload(VisitorCount.actor)))
        }
    return found


def read_reports(session: Session, record_id: int, first: dt.date, last: dt.date) -> Sequence[VisitorCount]:
    """Give all that was ever reported of a place's months, by month, the latest report first."""
    asked = sa.select(VisitorCount).where(VisitorCount.record_id == record_id, VisitorCount.month.between(first, last))
    asked = asked.options(joinedload(VisitorCount.actor))
    return session.scalars(asked.order_by(VisitorCount.month, VisitorCount.id.desc())).all()


def read_places(session: Session, *, since: dt.date, most: int = 500) -> list[RegisterEntry]:
    """Give the places of which figures were reported for months from `since` on, by name."""
    counted = sa.select(VisitorCount.record_id).where(VisitorCount.month >= since, VisitorCount.is_current)
    asked = (
        sa.select(RegisterEntry)
        .join(Record, Record.id == RegisterEntry.record_id)
        .where(RegisterEntry.record_id.in_(counted), Record.deleted_at.is_(None))
    )
    return list(session.scalars(asked.order_by(RegisterEntry.sort_key, RegisterEntry.id).limit(most)))
