"""Counting artefacts, intangible elements, documentary heritage, and the titles that records hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.heritage.models import Artefact, DocumentaryItem, IntangibleElement
from app.statistics.questions import Question
from app.statistics.source import NONE, RECORDS, Dimension, Source, joined, plain, standing_rows
from app.statistics.standing import IN_PERIOD, SITES, WHENS, is_doubtful, standing, titles

ARTEFACTS = cast("sa.Table", Artefact.__table__)
ELEMENTS = cast("sa.Table", IntangibleElement.__table__)
DOCUMENTS = cast("sa.Table", DocumentaryItem.__table__)
# What an element or a document is listed as: the highest of its titles alone, so that it stands in one column.
_ELEMENT_TITLES = ("intangible_unesco", "intangible_national", "provincial_traditional_craft")
_DOCUMENT_TITLES = ("documentary_world", "documentary_asia_pacific", "documentary_national")


def artefacts(_session: Session, question: Question) -> Source:
    """Count artefacts by kind, condition, origin and whether they are a national treasure on the day."""
    return _things(
        question,
        ARTEFACTS,
        ("national_treasure",),
        artefact_kind=ARTEFACTS.c.artefact_kind,
        condition=ARTEFACTS.c.condition,
        origin=ARTEFACTS.c.origin,
    )


def elements(_session: Session, question: Question) -> Source:
    """Count intangible elements by domain (Law 45/2024/QH15, art. 10), transmission and listing on the day."""
    return _things(question, ELEMENTS, _ELEMENT_TITLES, domain=ELEMENTS.c.domain, transmission=ELEMENTS.c.transmission)


def documents(_session: Session, question: Question) -> Source:
    """Count documentary heritage by carrier and listing on the day."""
    return _things(question, DOCUMENTS, _DOCUMENT_TITLES, carrier=DOCUMENTS.c.carrier)


def _things(question: Question, table: sa.Table, ranks: Sequence[str], **columns: ColumnElement[Any]) -> Source:
    rows, conditions = standing_rows(table)
    found = titles(question.since, question.day)
    place = sa.case({title: place for place, title in enumerate(ranks)}, value=found.c.title)
    highest = (
        sa.select(found.c.record_id, sa.func.min(place).label("place"))
        .where(found.c.title.in_(ranks))
        .group_by(found.c.record_id)
        .subquery("highest")
    )
    named = sa.case(dict(enumerate(ranks)), value=highest.c.place, else_=NONE)
    return Source(
        rows.outerjoin(highest, highest.c.record_id == table.c.id),
        table.c.id,
        {"listed": plain(named), **{name: plain(column) for name, column in columns.items()}},
        conditions,
        is_certain=sa.case((is_doubtful(question.day, table.c.id), 0), else_=1),
    )


def titled(_session: Session, question: Question) -> Source:
    """Count the titles that records hold on the day: by title, by when it was given, by kind, domain and level."""
    found = titles(question.since, question.day)
    counted = RECORDS.alias("counted")
    place = sa.case(dict(enumerate(WHENS)), value=found.c.place)
    conditions = [counted.c.deleted_at.is_(None), counted.c.version > 0]
    if not question.rules.with_components:
        components = sa.select(SITES.c.id).where(SITES.c.parent_id.is_not(None))
        conditions.append(found.c.record_id.not_in(components))
    return Source(
        found.join(counted, counted.c.id == found.c.record_id),
        found.c.record_id,
        {
            "title": plain(found.c.title),
            "when": plain(place),
            "kind": plain(counted.c.kind),
            "domain": joined(ELEMENTS, ELEMENTS.c.id == found.c.record_id, ELEMENTS.c.domain),
            "level": _level(question, found),
        },
        conditions,
        found.c.title,
        is_certain=sa.case(
            (sa.or_(found.c.place > WHENS.index(IN_PERIOD), is_doubtful(question.day, found.c.record_id)), 0), else_=1
        ),
    )


def _level(question: Question, found: sa.Subquery) -> Dimension:
    """Give the level of the site that holds a title."""
    sites = standing(question.day)
    return joined(sites, sites.c.id == found.c.record_id, sites.c.level)
