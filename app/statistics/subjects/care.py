"""Counting protection zones, condition surveys and works."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.heritage.models import Survey, Work, Zone
from app.statistics.questions import Question
from app.statistics.source import NONE, RECORDS, Source, plain, standing_rows
from app.statistics.standing import SITES
from app.statistics.subjects.sites import plain_date
from app.statistics.units import is_within, units_within

ZONES = cast("sa.Table", Zone.__table__)
SURVEYS = cast("sa.Table", Survey.__table__)
WORKS = cast("sa.Table", Work.__table__)


def zones(session: Session, question: Question) -> Source:
    """Count protection zones by type and by the papers they rest on, as the register holds them."""
    rows, conditions = standing_rows(ZONES)
    papers = sa.case(
        (ZONES.c.decision_id.is_not(None), "decision"),
        (sa.func.coalesce(ZONES.c.minutes, "") != "", "minutes"),
        else_=NONE,
    )
    boundary = sa.case(
        (ZONES.c.entered_text.is_not(None), "drawn"),
        (sa.cast(ZONES.c.boundary_text, sa.Text) != "{}", "words"),
        else_=NONE,
    )
    rows, more = _of_sites(session, question, rows, ZONES.c.site_id)
    return Source(
        rows,
        ZONES.c.id,
        {"zone_type": plain(ZONES.c.zone_type), "papers": plain(papers), "boundary": plain(boundary)},
        [*conditions, *more],
    )


def surveys(session: Session, question: Question) -> Source:
    """Count the surveys of the period by the condition that they found and by what they surveyed.

    A survey whose date may but need not lie in the period is uncertain; one whose date is no plain one is left out.
    """
    rows, conditions = standing_rows(SURVEYS)
    of = RECORDS.alias("surveyed_record")
    rows = rows.outerjoin(of, of.c.id == SURVEYS.c.subject_id)
    date = SURVEYS.c.surveyed_on
    is_plain = plain_date(date)
    inside = sa.and_(first_day(date) >= question.since.isoformat(), last_day(date) <= question.day.isoformat())
    may = sa.and_(date <= question.day.isoformat(), last_day(date) >= question.since.isoformat())
    rows, more = _of_sites(session, question, rows, SURVEYS.c.subject_id)
    return Source(
        rows,
        SURVEYS.c.id,
        {"condition": plain(SURVEYS.c.condition), "kind": plain(of.c.kind)},
        [*conditions, *more, is_plain, may],
        is_certain=sa.case((inside, 1), else_=0),
    )


def works(session: Session, question: Question) -> Source:
    """Count the works that went on in the period: begun by its end, not finished before it.

    The state is that of the register now. A work without a plain date of its beginning counts, and is uncertain.
    """
    rows, conditions = standing_rows(WORKS)
    start, end = WORKS.c.started_on, WORKS.c.finished_on
    has_start = sa.and_(start.is_not(None), plain_date(start))
    has_end = sa.and_(end.is_not(None), plain_date(end))
    rows, more = _of_sites(session, question, rows, WORKS.c.site_id)
    return Source(
        rows,
        WORKS.c.id,
        {"work_kind": plain(WORKS.c.work_kind), "state": plain(WORKS.c.state)},
        [
            *conditions,
            *more,
            sa.or_(sa.not_(sa.func.coalesce(has_start, sa.false())), start <= question.day.isoformat()),
            sa.or_(sa.not_(sa.func.coalesce(has_end, sa.false())), last_day(end) >= question.since.isoformat()),
        ],
        is_certain=sa.case((has_start, 1), else_=0),
    )


def first_day(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Give the first day that a plain date may mean, as text."""
    length = sa.func.length(column)
    return sa.case((length == 4, column + "-01-01"), (length == 7, column + "-01"), else_=column)


def last_day(column: ColumnElement[Any]) -> ColumnElement[str]:
    """Give the last day that a plain date may mean, as text; of February the 28th."""
    length, month = sa.func.length(column), sa.func.substr(column, 6, 2)
    last = sa.case((month == "02", "-28"), (month.in_(("04", "06", "09", "11")), "-30"), else_="-31")
    return sa.case((length == 4, column + "-12-31"), (length == 7, column + last), else_=column)


def _of_sites(
    session: Session, question: Question, rows: sa.FromClause, site_id: ColumnElement[Any]
) -> tuple[sa.FromClause, list[ColumnElement[bool]]]:
    """Join the sites that things are about, and say what the unit asks of them."""
    sites = SITES.alias("about")
    rows = rows.outerjoin(sites, sites.c.id == site_id)
    if not question.unit:
        return rows, []
    return rows, [is_within(sites.c.id, sites.c.current_unit_id, units_within(session, question.unit))]
