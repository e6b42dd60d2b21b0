"""The legal standing of all sites on a day, and of all titles, said in SQL as `derive_standing` says it of one."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.heritage.models import Decision, DecisionItem, InventoryEntry, Site
from app.heritage.status import INVENTORIED, LEVELS
from app.records.models import Record
from app.statistics.source import RECORDS

SITES = cast("sa.Table", Site.__table__)
ITEMS = cast("sa.Table", DecisionItem.__table__)
DECISIONS = cast("sa.Table", Decision.__table__)
LISTINGS = cast("sa.Table", InventoryEntry.__table__)

# The key of sites without any level, and of those of several types or none.
UNRANKED, SEVERAL, NO_TYPE = "unranked", "several", "none"
RANKING = ("rank", "supplement")


def standing(day: dt.date) -> sa.Subquery:
    """Give a row for each site that is accepted and not deleted: how it stands on a day.

    Columns: `id`, `level` (of LEVELS, INVENTORIED or UNRANKED), `is_certain`, `type` (its one type, SEVERAL or
    NO_TYPE), `unit_id`, `is_component`.
    """
    ranked, listed = _ranked(day), _listed(day)
    level = sa.case(
        (ranked.c.score.is_not(None), sa.case({n: LEVELS[n // 2] for n in range(6)}, value=ranked.c.score)),
        (listed.c.site_id.is_not(None), INVENTORIED),
        else_=UNRANKED,
    )
    is_certain = sa.case(
        (is_doubtful(day, SITES.c.id), 0),
        (ranked.c.score.is_not(None), 1 - ranked.c.score % 2),
        (listed.c.site_id.is_not(None), listed.c.is_dated),
        else_=1,
    )
    return (
        sa.select(
            SITES.c.id,
            level.label("level"),
            is_certain.label("is_certain"),
            read_type(SITES.c.types).label("type"),
            SITES.c.current_unit_id.label("unit_id"),
            sa.case((SITES.c.parent_id.is_not(None), 1), else_=0).label("is_component"),
        )
        .join(RECORDS, RECORDS.c.id == SITES.c.id)
        .outerjoin(ranked, ranked.c.record_id == SITES.c.id)
        .outerjoin(listed, listed.c.site_id == SITES.c.id)
        .where(RECORDS.c.deleted_at.is_(None), RECORDS.c.version > 0)
        .subquery("standing")
    )


def read_type(types: ColumnElement[Any]) -> ColumnElement[str]:
    """Give the column in which a site stands by its types, so that each stands in exactly one."""
    # A JSON list as it is written: `["historical"]`.
    written = sa.func.coalesce(sa.cast(types, sa.Text), "[]")
    return sa.case(
        (written.in_(("[]", "null")), NO_TYPE),
        (written.like("%,%"), SEVERAL),
        else_=sa.func.substr(written, 3, sa.func.length(written) - 4),
    )


def _ranked(day: dt.date) -> sa.Subquery:
    """Give each ranked site's `score`: twice its level's place in LEVELS, plus one where that is uncertain."""
    items, cancels = known(day, "item"), known(day, "cancelling")
    place = sa.case({level: place for place, level in enumerate(LEVELS)}, value=items.c.level)
    uncertain = sa.case((items.c.latest_on <= day, 0), else_=1)
    return (
        sa.select(items.c.record_id, sa.func.min(place * 2 + uncertain).label("score"))
        .where(items.c.action.in_(RANKING), items.c.level.in_(LEVELS), ~sa.exists().where(ends_rank(cancels, items)))
        .group_by(items.c.record_id)
        .subquery("ranked")
    )


def ends_rank(cancels: sa.Subquery, items: sa.Subquery) -> ColumnElement[bool]:
    """Say that an item of a later decision ends what a ranking gave."""
    return sa.and_(
        cancels.c.record_id == items.c.record_id,
        cancels.c.action == "cancel",
        cancels.c.inscription.is_(None),
        cancels.c.recognition.is_(None),
        sa.or_(cancels.c.cancels_id.is_(None), cancels.c.cancels_id == items.c.decision_id),
        sa.or_(cancels.c.level.is_(None), cancels.c.level == items.c.level),
        in_order(cancels) > in_order(items),
    )


def _listed(day: dt.date) -> sa.Subquery:
    is_dated = sa.case((LISTINGS.c.listed_from.is_not(None), 1), else_=0)
    return (
        sa.select(LISTINGS.c.site_id, sa.func.max(is_dated).label("is_dated"))
        .where(
            sa.or_(LISTINGS.c.listed_from_on.is_(None), LISTINGS.c.listed_from_on <= day),
            sa.or_(LISTINGS.c.listed_until_on.is_(None), LISTINGS.c.listed_until_on >= day),
        )
        .group_by(LISTINGS.c.site_id)
        .subquery("listed")
    )


def is_doubtful(day: dt.date, record_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Say that a cancellation of unknown date may have ended what a record was given by then."""
    doubtful = known(day, "doubtful")
    return record_id.in_(
        sa.select(doubtful.c.record_id).where(
            doubtful.c.action == "cancel", sa.or_(doubtful.c.latest_on.is_(None), doubtful.c.latest_on > day)
        )
    )


def known(day: dt.date, name: str) -> sa.Subquery:
    """Give the items of decisions that a day knows: those that may have been made by then, and the undated ones."""
    decision = cast("sa.Table", Record.__table__).alias()
    return (
        sa.select(ITEMS, DECISIONS.c.date, DECISIONS.c.earliest_on, DECISIONS.c.latest_on, decision.c.code)
        .join(DECISIONS, DECISIONS.c.id == ITEMS.c.decision_id)
        .join(decision, decision.c.id == DECISIONS.c.id)
        .where(
            decision.c.deleted_at.is_(None),
            sa.or_(DECISIONS.c.earliest_on.is_(None), DECISIONS.c.earliest_on <= day),
        )
        .subquery(name)
    )


def in_order(items: sa.Subquery) -> ColumnElement[Any]:
    """Give the order of a chain: by date, undated ones last, then by code; within a decision as its items stand."""
    last = sa.literal(dt.date.max, sa.Date())
    return sa.tuple_(
        sa.func.coalesce(items.c.earliest_on, last),
        sa.func.coalesce(items.c.latest_on, last),
        items.c.code,
        items.c.position,
    )


# How a title's date lies to the period, the surest first.
EARLIER, IN_PERIOD, MAYBE, UNDATED = "earlier", "in_period", "maybe", "undated"
WHENS = (EARLIER, IN_PERIOD, MAYBE, UNDATED)


def when(items: sa.Subquery, since: dt.date, day: dt.date) -> ColumnElement[int]:
    """Give the place in WHENS of an item's date, of those that a day knows."""
    return sa.case(
        (items.c.latest_on < since, 0),
        (sa.and_(items.c.earliest_on >= since, items.c.latest_on <= day), 1),
        (items.c.date.is_not(None), 2),
        else_=3,
    )


def titles(since: dt.date, day: dt.date) -> sa.Subquery:
    """Give a row for each title that a record holds on a day: what it is inscribed on or recognised as.

    Columns: `record_id`, `title`, and `place`, the place in WHENS of the surest decision that gave it.
    """
    items, cancels = known(day, "title_item"), known(day, "title_cancelling")
    title = sa.case((items.c.action == "inscribe", items.c.inscription), else_=items.c.recognition)
    named = sa.case((cancels.c.inscription.is_not(None), cancels.c.inscription), else_=cancels.c.recognition)
    ended = sa.exists().where(
        cancels.c.record_id == items.c.record_id,
        cancels.c.action == "cancel",
        sa.or_(cancels.c.cancels_id.is_(None), cancels.c.cancels_id == items.c.decision_id),
        sa.or_(
            sa.and_(
                named == title,
                sa.case((cancels.c.inscription.is_not(None), "inscribe"), else_="recognise") == items.c.action,
            ),
            sa.and_(named.is_(None), cancels.c.cancels_id.is_not(None), cancels.c.level.is_(None)),
        ),
        in_order(cancels) > in_order(items),
    )
    return (
        sa.select(items.c.record_id, title.label("title"), sa.func.min(when(items, since, day)).label("place"))
        .where(items.c.action.in_(("inscribe", "recognise")), title.is_not(None), ~ended)
        .group_by(items.c.record_id, title)
        .subquery("titles")
    )
