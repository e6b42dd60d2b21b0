"""Reading the counts of visits: by day, by language, by source, by record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.visitors.visits.models import VisitCount

_SUM = sa.func.sum(VisitCount.views)
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class VisitQuery:
    """The days from `since` to `until`, both of them included, and the code of one record, or None for all."""

    since: dt.date
    until: dt.date
    code: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give what a row must meet."""
        days = [VisitCount.day >= self.since, VisitCount.day <= self.until]
        return days if self.code is None else [*days, VisitCount.code == self.code]


def read_days(session: Session, query: VisitQuery) -> dict[dt.date, int]:
    """Give the visits of each day that had any, in the order of days."""
    asked = sa.select(VisitCount.day, _SUM).where(*query.conditions())
    return {day: int(views) for day, views in session.execute(asked.group_by(VisitCount.day).order_by(VisitCount.day))}


def count_visits(session: Session, query: VisitQuery) -> int:
    """Give the visits of all the days."""
    return int(session.scalar(sa.select(sa.func.coalesce(_SUM, 0)).where(*query.conditions())) or 0)


def read_languages(session: Session, query: VisitQuery) -> list[tuple[str, int]]:
    """Give the visits in each language that had any, most first."""
    return _read_by(session, query, VisitCount.language)


def read_sources(session: Session, query: VisitQuery) -> list[tuple[str, int]]:
    """Give the visits by each way that somebody came, most first."""
    return _read_by(session, query, VisitCount.source)


def read_records(session: Session, query: VisitQuery, most: int) -> list[tuple[str, int]]:
    """Give the records that were looked at most, by code, with their visits; of equal ones by code."""
    return _read_by(session, query, VisitCount.code, most)


def _read_by(
    session: Session, query: VisitQuery, column: sa.orm.InstrumentedAttribute[str], most: int | None = None
) -> list[tuple[str, int]]:
    asked = sa.select(column, _SUM).where(*query.conditions()).group_by(column).order_by(_SUM.desc(), column)
    return [(value, int(views)) for value, views in session.execute(asked.limit(most) if most else asked)]


def read_rows(session: Session, query: VisitQuery) -> Iterator[list[VisitCount]]:
    """Give the counts as they are kept, by day, code, language and source, in batches."""
    order = (VisitCount.day, VisitCount.code, VisitCount.language, VisitCount.source)
    asked = sa.select(VisitCount).where(*query.conditions()).order_by(*order)
    for batch in session.scalars(asked.execution_options(yield_per=_BATCH)).partitions():
        yield list(batch)
