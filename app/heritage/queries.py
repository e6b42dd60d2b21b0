"""Reading what the law says: the decisions about a site, and what became of what a decision gave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, selectinload

from app.core.dates import parse_edtf
from app.heritage.models import Custodianship, Decision, DecisionItem, InventoryEntry
from app.heritage.status import Standing, derive_standing
from app.records.models import Record


@dataclass(frozen=True, slots=True)
class Effect:
    """What became of one item of a decision by a day: whether it stands, and the later items that touch its site."""

    item: DecisionItem
    is_in_force: bool
    ended_by: DecisionItem | None
    later: tuple[DecisionItem, ...]


def read_chain(session: Session, site_ids: Iterable[int]) -> Sequence[DecisionItem]:
    """Give the items of decisions about sites with their decisions, deleted ones left out.

    In one statement, and one more where a decision cancels another.
    """
    return session.scalars(_about(list(site_ids))).all()


def _about(record_ids: Any, decision_id: int = 0) -> sa.Select[DecisionItem]:
    """Ask for the items about records, of decisions that are not deleted, and of one decision whatever became of it."""
    return (
        sa.select(DecisionItem)
        .join(DecisionItem.decision)
        .where(
            DecisionItem.record_id.in_(record_ids),
            sa.or_(Decision.deleted_at.is_(None), Decision.id == decision_id),
        )
        .options(contains_eager(DecisionItem.decision), selectinload(DecisionItem.cancels))
        .order_by(DecisionItem.decision_id, DecisionItem.position)
    )


def sites_left_since(session: Session, since: dt.date, day: dt.date) -> list[str]:
    """Give the codes of sites of which a custodianship ended from `since` to the day before `day`."""
    query = sa.select(Record.code, Custodianship.until).join(Custodianship, Custodianship.site_id == Record.id)
    found = session.execute(query.where(Custodianship.until.is_not(None))).all()
    ends = ((code, parse_edtf(until).latest) for code, until in found if until)
    return sorted({code for code, end in ends if end is not None and since <= end < day})


def read_standing(session: Session, site_id: int, day: dt.date) -> Standing:
    """Derive a site's legal standing on a day, in two statements, or three."""
    entries = sa.select(InventoryEntry).where(InventoryEntry.site_id == site_id).order_by(InventoryEntry.position)
    return derive_standing(read_chain(session, [site_id]), session.scalars(entries).all(), day)


def read_effects(session: Session, decision_id: int, day: dt.date) -> list[Effect]:
    """Say of every item of a decision whether what it gave stands on a day, and what came after it.

    `ended_by` is the item that cancelled it.
    """
    named = sa.select(DecisionItem.record_id).where(DecisionItem.decision_id == decision_id)
    chains: dict[int, list[DecisionItem]] = {}
    items = []
    for item in session.scalars(_about(named, decision_id)):
        chains.setdefault(item.record_id, []).append(item)
        if item.decision_id == decision_id:
            items.append(item)
    items.sort(key=lambda item: item.position)
    effects = []
    for item in items:
        steps = derive_standing(chains.get(item.record_id, [item]), (), day).chain
        place = next((index for index, step in enumerate(steps) if step.item is item), None)
        if place is None:
            effects.append(Effect(item, is_in_force=False, ended_by=None, later=()))
            continue
        later = tuple(step.item for step in steps[place + 1 :] if step.item.decision_id != decision_id)
        is_in_force = steps[place].is_in_force
        cancelling = (step.item for step in steps[place + 1 :] if step.item.action == "cancel")
        effects.append(Effect(item, is_in_force, None if is_in_force else next(cancelling, None), later))
    return effects
