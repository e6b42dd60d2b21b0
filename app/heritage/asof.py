"""The law on a day by what the register held on another: what was known then of decisions, and no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.heritage.models import Decision, DecisionItem, InventoryEntry
from app.heritage.status import Standing, derive_standing
from app.records.asof import payloads_at
from app.records.models import Revision
from app.records.payloads import rows_of

_SAID = ("uid", "article", "clause", "action", "level", "inscription", "recognition", "note")


def standing_held(session: Session, code: str, payload: Mapping[str, Any], held_on: dt.date, day: dt.date) -> Standing:
    """Derive a site's legal standing on a day from what the register held at the end of another.

    `payload` is what it held of the site. The chain's items and decisions are made for this answer and are no rows.
    """
    said = payloads_at(session, _naming(session, code), held_on)
    decisions = {name: _decision(name, told) for name, told in sorted(said.items())}
    items = [
        _item(row, decisions[name], decisions)
        for name, told in sorted(said.items())
        for row in rows_of(told, "items")
        if code in (row.get("record"), row.get("site"))
    ]
    entries = [
        InventoryEntry(
            list_name=row.get("list_name"), listed_from=row.get("listed_from"), listed_until=row.get("listed_until")
        )
        for row in rows_of(payload, "inventory_entries")
    ]
    return derive_standing(items, entries, day)


def _naming(session: Session, code: str) -> list[str]:
    """Give the codes of decisions of which any accepted state ever named a record, by the text that keeps it."""
    text = sa.cast(Revision.payload, sa.Text)
    # Asked by the keys of decisions, of which there are few, not by walking all revisions.
    decisions = sa.select(Decision.__table__.c.id)
    query = sa.select(Revision.code).where(
        Revision.record_id.in_(decisions),
        Revision.accepted_version.is_not(None),
        text.contains(f'"{code}"', autoescape=True),
    )
    return sorted(set(session.scalars(query)))


def _decision(code: str, told: Mapping[str, Any]) -> Decision:
    return Decision(code=code, number=told.get("number"), date=told.get("date"), issuer=told.get("issuer") or "")


def _item(row: Mapping[str, Any], decision: Decision, decisions: dict[str, Decision]) -> DecisionItem:
    item = DecisionItem(**{name: row.get(name) for name in _SAID})
    item.decision = decision
    cancelled = row.get("cancels")
    if isinstance(cancelled, str) and cancelled:
        # One that was not known then cancels nothing that was.
        item.cancels = decisions.setdefault(cancelled, Decision(code=cancelled))
    return item
