"""Adding to the counts of visits."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.visitors.visits.tally import Visit

# Both engines read it alike.
_ADD = sa.text(
    "INSERT INTO visit_counts (day, code, language, source, views) VALUES (:day, :code, :language, :source, :views) "
    "ON CONFLICT (day, code, language, source) DO UPDATE SET views = visit_counts.views + excluded.views"
).bindparams(sa.bindparam("day", type_=sa.Date))


def add_visits(session: Session, counts: Mapping[Visit, int]) -> None:
    """Add to the counts, in one statement; of several processes that do so at once, each waits for the others' rows."""
    if not counts:
        return
    # Always in the same order: two that wait for each other's rows would be at a deadlock.
    rows = [{**visit._asdict(), "source": str(visit.source), "views": n} for visit, n in sorted(counts.items())]
    session.execute(_ADD, rows)
