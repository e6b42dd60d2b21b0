"""The kind `decision`: how its payload becomes rows, and what the register's index says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.config import Settings
from app.core.errors import InvalidInput
from app.heritage.kinds.common import span
from app.heritage.kinds.whereabouts import records_of_decisions, units_of_records
from app.heritage.models import Decision, DecisionItem
from app.heritage.schemas import DecisionSchema
from app.records.kinds import Facts, Kind, label_from
from app.records.models import Record
from app.records.parts import apply_common, named_record, sync_parts
from app.records.payloads import rows_of, strings
from app.vocabularies.checks import check_codes, check_doubts

# Only a relic has a rank, and only a relic has a boundary.
_OF_SITES = frozenset({"rank", "supplement", "adjust_boundary"})
_SCHEMES = {
    "action": "decision_actions",
    "level": "levels",
    "inscription": "inscriptions",
    "recognition": "recognitions",
}


def apply_decision(session: Session, settings: Settings, decision: Decision, data: dict[str, Any]) -> None:
    """Write a decision's payload into its rows; each item names a record that exists."""
    del settings
    check_doubts(session, data)
    apply_common(session, decision, data)
    for name in ("number", "date", "issuer", "title"):
        setattr(decision, name, data[name])
    decision.earliest_on, decision.latest_on = span(data["date"])
    items = []
    for index, row in enumerate(data["items"]):
        for name, scheme in _SCHEMES.items():
            check_codes(session, scheme, [row[name]], f"items.{index}.{name}")
        record = named_record(session, Record, row["record"], f"items.{index}.record")
        _check_subject(record, row, index)
        cancels = named_record(session, Decision, row["cancels"], f"items.{index}.cancels")
        items.append({**row, "record": record, "cancels": cancels})
    sync_parts(decision.items, items, DecisionItem)


def _check_subject(record: Record | None, row: Mapping[str, Any], index: int) -> None:
    if record is not None and row["action"] in _OF_SITES and record.kind not in ("site", "zone"):
        raise InvalidInput(
            "%(field)s: “%(action)s” is done to a site; %(value)s is none.",
            field=f"items.{index}.record",
            action=row["action"],
            value=record.code,
        )


def _describe(session: Session, decision: Decision) -> Facts:
    gaps = [name for name, value in (("no_number", decision.number), ("no_date", decision.date)) if not value]
    if not decision.items:
        gaps.append("no_items")
    return Facts(
        label=label_decision({"number": decision.number, "title": decision.title}) or {"vi": decision.code},
        names=tuple(decision.title.values()),
        texts=(decision.issuer, decision.date or ""),
        unit_ids=tuple(sorted(units_of_records(session, [item.record.code for item in decision.items]))),
        gaps=tuple(gaps),
        values=tuple(sorted({("action", item.action) for item in decision.items} | _year_of(decision))),
    )


def _year_of(decision: Decision) -> set[tuple[str, str]]:
    return {("year", str(decision.earliest_on.year))} if decision.earliest_on else set()


def label_decision(payload: Mapping[str, Any]) -> Mapping[str, str]:
    """Name a decision by its number, else by its title."""
    return label_from("number", "title")(payload)


def _places(session: Session, payload: Mapping[str, Any]) -> set[int]:
    return units_of_records(session, strings([item.get("record") for item in rows_of(payload, "items")]))


DECISION = Kind(
    name="decision",
    plural="decisions",
    title="Decision",
    prefix="D",
    model=Decision,
    schema=DecisionSchema,
    apply=apply_decision,
    describe=_describe,
    label=label_decision,
    dependents=records_of_decisions,
    places=_places,
)
