"""The times of items' own, asked by days: what lasts at some time of a span, and how far what is published reaches."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from app.core.db import Reads
from app.publication.comparisons import relate_time
from app.publication.filters import Condition, HasValue
from app.publication.models import VALUES
from app.publication.values import BEGINNING, END, SPAN, day_number


def lasts_within(first: dt.date, last: dt.date) -> Condition:
    """Say of an item that it lasts on some day from `first` to `last`, both included."""
    return HasValue((SPAN,), relate_time("t_intersects", day_number(first), day_number(last), is_span=True))


def read_reach(reads: Reads, collection: str) -> tuple[dt.date, dt.date] | None:
    """Give the days on which the earliest and the latest of a collection's spans begin; None where there are none."""
    ends: tuple[float | None, ...] = tuple(reads.execute(reach_statement(collection)).one())
    found = [_day(end) for end in ends if end is not None]
    return (found[0], found[1]) if found else None


def reach_statement(collection: str) -> sa.Select[float, float]:
    """Ask for both ends, each by itself: one end of an index, not all of it."""

    def end_of(pick: sa.ColumnElement[float]) -> sa.ScalarSelect[float]:
        among = (VALUES.c.collection == collection, VALUES.c.name == SPAN)
        return sa.select(pick).where(*among, VALUES.c.number > BEGINNING, VALUES.c.number < END).scalar_subquery()

    return sa.select(end_of(sa.func.min(VALUES.c.number)), end_of(sa.func.max(VALUES.c.number)))


def _day(seconds: float) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(seconds=seconds)
