"""Counting visitors by place and month: a month of which nothing was reported is unknown, and never nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.core.clock import today
from app.statistics.questions import Question
from app.statistics.source import RECORDS, Source, joined, plain
from app.statistics.standing import SITES
from app.statistics.units import UNITS, is_within, units_within
from app.tourism.models import VisitorPlace
from app.tourism.visitor_counts.models import Basis, VisitorCount

COUNTS = cast("sa.Table", VisitorCount.__table__)
PLACES = cast("sa.Table", VisitorPlace.__table__)


def visitors(measure: str) -> Callable[[Session, Question], Source]:
    """Give the subject that counts `total`, `domestic` or `international` visitors.

    Of every place of which anything was reported for the period's year or the year before, each month of the period
    stands; the number is NULL where that month, or that part of it, was not reported.
    """

    def source(session: Session, question: Question) -> Source:
        months = _months(question)
        places = _places(question)
        found = COUNTS.alias("reported")
        on = sa.and_(found.c.record_id == places.c.record_id, found.c.month == months.c.month, found.c.is_current)
        counted = RECORDS.alias("counted")
        sites, services = SITES.alias("visited_site"), PLACES.alias("visited_place")
        rows = (
            places.join(months, sa.true())
            .outerjoin(found, on)
            .join(counted, counted.c.id == places.c.record_id)
            .outerjoin(sites, sites.c.id == places.c.record_id)
            .outerjoin(services, services.c.id == places.c.record_id)
        )
        unit_id = sa.func.coalesce(sites.c.current_unit_id, services.c.unit_id)
        conditions: list[ColumnElement[bool]] = [counted.c.deleted_at.is_(None)]
        if question.unit:
            within = units_within(session, question.unit)
            conditions.append(is_within(sites.c.id, unit_id, within))
        return Source(
            rows,
            places.c.record_id,
            {
                "place": plain(counted.c.code),
                "month": plain(months.c.name),
                "kind": plain(counted.c.kind),
                "unit": joined(UNITS, UNITS.c.id == unit_id, UNITS.c.public_id),
            },
            conditions,
            months.c.name,
            found.c[measure],
            is_certain=sa.case((found.c.basis == Basis.ESTIMATED, 0), else_=1),
        )

    return source


def _months(question: Question) -> sa.Subquery:
    """Give the months of the period that have begun; of one that lies ahead, the first alone."""
    day = today()
    each = [
        sa.select(
            sa.literal(month, sa.Date()).label("month"),
            sa.literal(f"{month:%m}").label("name"),
        )
        for month in question.months
        if month <= day or month == question.months[0]
    ]
    return sa.union_all(*each).subquery("months")


def _places(question: Question) -> sa.Subquery:
    """Give the places of which figures are to be expected."""
    first = dt.date(question.since.year - 1, 1, 1)
    return (
        sa.select(COUNTS.c.record_id)
        .where(COUNTS.c.month.between(first, question.day), COUNTS.c.is_current, COUNTS.c.total.is_not(None))
        .group_by(COUNTS.c.record_id)
        .subquery("visited")
    )
