"""Counting sites as they stand on a day, and their rankings in a period."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.heritage.models import Survey, Zone
from app.heritage.status import LEVELS, WORLD_HERITAGE
from app.statistics.questions import Question
from app.statistics.source import NONE, RECORDS, Dimension, Source, joined, plain
from app.statistics.standing import (
    IN_PERIOD,
    MAYBE,
    RANKING,
    UNDATED,
    WHENS,
    ends_rank,
    in_order,
    known,
    standing,
    titles,
    when,
)
from app.statistics.units import UNITS, districts, is_within, units_within

ZONES = cast("sa.Table", Zone.__table__)
SURVEYS = cast("sa.Table", Survey.__table__)
# The row beside the national sites, where those count the special national ones too.
OF_SPECIAL = "of_special"
SPECIAL, NATIONAL = LEVELS[0], LEVELS[1]


def sites(session: Session, question: Question) -> Source:
    """Count sites as they stand on the day, by level, type, unit, former district, zones' papers and condition."""
    standing_ = standing(question.day)
    rows = _doubled(standing_) if question.rules.special_in_national else standing_
    conditions = [] if question.rules.with_components else [rows.c.is_component == 0]
    if question.unit:
        conditions.append(is_within(rows.c.id, rows.c.unit_id, units_within(session, question.unit)))
    part = rows.c.part if question.rules.special_in_national else sa.literal("")
    heritage = titles(question.since, question.day)
    return Source(
        rows,
        rows.c.id,
        {
            "level": plain(rows.c.level),
            "type": plain(rows.c.type),
            "unit": joined(UNITS, UNITS.c.id == rows.c.unit_id, UNITS.c.public_id),
            "district": _district(rows),
            "zone_papers": _zone_papers(rows),
            "condition": _condition(rows, question.day),
            "world_heritage": joined(
                heritage,
                sa.and_(heritage.c.record_id == rows.c.id, heritage.c.title == WORLD_HERITAGE),
                heritage.c.title,
            ),
        },
        conditions,
        part,
        is_certain=rows.c.is_certain,
    )


def _doubled(found: sa.Subquery) -> sa.Subquery:
    """Count special national sites among the national ones, and once more in the row beside them."""
    others = [column for column in found.c if column.name != "level"]
    inclusive = sa.case((found.c.level == SPECIAL, NATIONAL), else_=found.c.level)
    all_ = sa.select(*others, inclusive.label("level"), sa.literal("").label("part"))
    beside = sa.select(*others, sa.literal(OF_SPECIAL).label("level"), sa.literal(OF_SPECIAL).label("part"))
    return all_.union_all(beside.where(found.c.level == SPECIAL)).subquery("inclusive")


def _district(rows: sa.FromClause) -> Dimension:
    found = districts()
    return joined(found, found.c.site_id == rows.c.id, found.c.district)


def _zone_papers(rows: sa.FromClause) -> Dimension:
    """Tell sites all of whose zones rest on a decision or minutes from those with a zone without, and without any."""
    bare = sa.case((sa.and_(ZONES.c.decision_id.is_(None), sa.func.coalesce(ZONES.c.minutes, "") == ""), 1), else_=0)
    found = (
        sa.select(ZONES.c.site_id, sa.func.sum(bare).label("bare"))
        .join(RECORDS, RECORDS.c.id == ZONES.c.id)
        .where(RECORDS.c.deleted_at.is_(None), RECORDS.c.version > 0)
        .group_by(ZONES.c.site_id)
        .subquery("zoned")
    )
    key = sa.case((found.c.bare == 0, "all"), (found.c.bare > 0, "some"), else_=NONE)
    return joined(found, found.c.site_id == rows.c.id, key)


def plain_date(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that an EDTF text is a plain day, month or year, which sort as text does."""
    return sa.and_(
        sa.func.length(column).in_((4, 7, 10)),
        *(sa.not_(column.like(f"%{mark}%")) for mark in ("X", "/", ".", "[", "{", "~")),
    )


def _condition(rows: sa.FromClause, day: dt.date) -> Dimension:
    """Give the grade of a site's latest survey by the day; one whose date is no plain one comes before all others."""
    date = sa.case((plain_date(SURVEYS.c.surveyed_on), SURVEYS.c.surveyed_on), else_="")
    number = sa.func.row_number().over(partition_by=SURVEYS.c.subject_id, order_by=(date.desc(), RECORDS.c.code.desc()))
    surveyed = (
        sa.select(SURVEYS.c.subject_id, SURVEYS.c.condition, number.label("number"))
        .join(RECORDS, RECORDS.c.id == SURVEYS.c.id)
        .where(RECORDS.c.deleted_at.is_(None), RECORDS.c.version > 0, date <= day.isoformat())
        .subquery("surveyed")
    )
    key = sa.case((surveyed.c.subject_id.is_(None), "unsurveyed"), else_=sa.func.coalesce(surveyed.c.condition, NONE))
    return joined(surveyed, sa.and_(surveyed.c.subject_id == rows.c.id, surveyed.c.number == 1), key)


def rankings(session: Session, question: Question) -> Source:
    """Count the rankings of the period: a site and a level that a decision gave it anew.

    A second decision for a level that the site holds already is no new ranking. Decisions whose date may but need not
    lie in the period, and undated ones, stand beside.
    """
    items, earlier, cancels = (known(question.day, name) for name in ("ranking", "given", "between"))
    standing_ = standing(question.day)
    is_given = sa.exists().where(
        earlier.c.record_id == items.c.record_id,
        earlier.c.action.in_(RANKING),
        earlier.c.level == items.c.level,
        in_order(earlier) < in_order(items),
        ~sa.exists().where(ends_rank(cancels, earlier), in_order(cancels) < in_order(items)),
    )
    place = sa.func.min(when(items, question.since, question.day))
    found = (
        sa.select(items.c.record_id, items.c.code, items.c.level, place.label("place"))
        .where(
            items.c.action.in_(RANKING),
            items.c.level.in_(LEVELS),
            when(items, question.since, question.day) > 0,
            ~is_given,
        )
        .group_by(items.c.record_id, items.c.code, items.c.level)
        .subquery("rankings")
    )
    rows = found.join(standing_, standing_.c.id == found.c.record_id)
    conditions = [] if question.rules.with_components else [standing_.c.is_component == 0]
    if question.unit:
        conditions.append(is_within(standing_.c.id, standing_.c.unit_id, units_within(session, question.unit)))
    beside = {WHENS.index(name): name for name in (MAYBE, UNDATED)}
    key = sa.case(beside, value=found.c.place, else_=found.c.level)
    return Source(
        rows,
        found.c.record_id,
        {
            "level": plain(key),
            "type": plain(standing_.c.type),
            "unit": joined(UNITS, UNITS.c.id == standing_.c.unit_id, UNITS.c.public_id),
        },
        conditions,
        found.c.code + ":" + found.c.level,
        is_certain=sa.case((found.c.place == WHENS.index(IN_PERIOD), 1), else_=0),
    )
