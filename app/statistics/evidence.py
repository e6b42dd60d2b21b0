"""What explains differences, read for many records at once: decisions, the history, figures, surveys, zones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import User
from app.core.batches import batches
from app.heritage.models import Decision, DecisionItem, InventoryEntry, Survey, Zone
from app.places.models import Unit
from app.records.models import HistoryEntry, Record, Revision
from app.statistics.models import FrozenTable
from app.tourism.visitor_counts.models import VisitorCount
from app.vocabularies.models import Concept

# The acts by which what the register holds to be true changes.
_TELLING = ("accept", "delete", "undelete")
_LABELS = (
    *("levels", "inscriptions", "recognitions", "site_types", "artefact_kinds", "condition_grades"),
    *("intangible_domains_2024", "document_carriers", "zone_types", "work_kinds", "work_states"),
)


@dataclass(frozen=True, slots=True)
class Happened:
    """What was done to a record since the table was frozen: when, by whom, and which version it made."""

    code: str
    action: str
    at: dt.datetime
    who: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Given:
    """What an item of a decision does to a record; `is_gone` says that the decision named it before, and no more."""

    decision: str
    name: str
    date: str | None
    earliest: dt.date | None
    action: str
    level: str | None
    title: str | None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """A survey or a zone of a site, with the day of a survey."""

    code: str
    kind: str
    date: str


@dataclass(slots=True)
class Evidence:
    """Everything that was read, by the code of the record that it is about."""

    records: dict[str, Record] = field(default_factory=dict)
    by_happened: dict[str, list[Happened]] = field(default_factory=dict)
    by_given: dict[str, list[Given]] = field(default_factory=dict)
    by_payload: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    by_newest: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    by_listings: dict[str, list[InventoryEntry]] = field(default_factory=dict)
    by_things: dict[str, list[Thing]] = field(default_factory=dict)
    by_figures: dict[tuple[str, dt.date], list[VisitorCount]] = field(default_factory=dict)
    by_labels: dict[str, Mapping[str, str]] = field(default_factory=dict)
    frozen_at: dt.datetime | None = None

    def happened(self, code: str) -> list[Happened]:
        """Give what was done to a record since, the first first."""
        return self.by_happened.get(code, [])

    def given(self, code: str) -> list[Given]:
        """Give what decisions say or said of a record, by date."""
        last = dt.date.max
        return sorted(self.by_given.get(code, []), key=lambda one: (one.earliest or last, one.decision))

    def changed_items(self, code: str, given: Given) -> list[Happened]:
        """Give what was done to a decision since, where that changed what it says of a record."""
        return [one for one in self.happened(given.decision) if self._is_about(code, one)]

    def _is_about(self, code: str, happened: Happened) -> bool:
        version = happened.version or 0
        if happened.action != "accept" or version == 1:
            return True
        before, after = (self.by_payload.get((happened.code, number)) for number in (version - 1, version))
        return before is None or after is None or _said_of(code, before) != _said_of(code, after)

    def payloads(self, code: str, version: int | None) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
        """Give what a record said at a version, and what it says now; None where it said nothing."""
        return self.by_payload.get((code, version or 0)), self.by_newest.get(code)

    def listings(self, code: str) -> list[InventoryEntry]:
        """Give a site's entries in inventory lists."""
        return self.by_listings.get(code, [])

    def things(self, code: str) -> list[Thing]:
        """Give a site's surveys and zones."""
        return self.by_things.get(code, [])

    def corrections(self, code: str, month: dt.date) -> list[tuple[VisitorCount | None, VisitorCount]]:
        """Give the figures of a month that were entered since, each with the one before it."""
        rows = self.by_figures.get((code, month), [])
        pairs = zip([None, *rows], rows, strict=False)
        return [(before, after) for before, after in pairs if self.frozen_at is None or after.at > self.frozen_at]

    def label(self, code: str) -> Any:
        """Name a concept or a unit, in every language; anything else is called by its code."""
        return self.by_labels.get(code, code)

    def value(self, said: Any) -> Any:
        """Say what a field says: a concept, a unit or several, in every language."""
        values = said if isinstance(said, list) else [] if said is None else [said]
        labels = [self.by_labels.get(str(one), {"vi": str(one)}) for one in values]
        if not labels:
            return "–"
        languages = dict.fromkeys(language for label in labels for language in label)
        return {
            language: ", ".join(str(label.get(language) or next(iter(label.values()))) for label in labels)
            for language in languages
        }


def _said_of(code: str, payload: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    """Give what a decision's payload says of a record: its date, and the items that name it."""
    return payload.get("date"), [item for item in payload.get("items") or [] if item.get("record") == code]


def read_evidence(session: Session, frozen: FrozenTable, codes: Iterable[str]) -> Evidence:
    """Read what may explain why records stand elsewhere than in a frozen table."""
    wanted = sorted(set(codes))
    found = Evidence(frozen_at=frozen.at)
    for chunk in batches(wanted):
        found.records |= {one.code: one for one in session.scalars(sa.select(Record).where(Record.code.in_(chunk)))}
        _read_decisions(session, found, chunk)
        _read_listings(session, found, chunk)
        _read_things(session, found, chunk)
        _read_figures(session, found, chunk)
    _read_gone(session, frozen, found, set(wanted))
    decisions = {one.decision for given in found.by_given.values() for one in given}
    things = {one.code for many in found.by_things.values() for one in many}
    for chunk in batches(sorted({*wanted, *decisions, *things})):
        _read_history(session, frozen, found, chunk)
    for chunk in batches(sorted({*wanted, *decisions})):
        _read_payloads(session, found, chunk)
    _read_labels(session, found)
    return found


def _read_decisions(session: Session, found: Evidence, codes: Sequence[str]) -> None:
    """Read all that decisions say of records, those of deleted decisions too: their deletion is a reason."""
    decision = sa.orm.aliased(Record)
    asked = (
        sa.select(Record.code, decision.code, Decision.__table__, DecisionItem)
        .join(DecisionItem, DecisionItem.record_id == Record.id)
        .join(decision, decision.id == DecisionItem.decision_id)
        .join(Decision.__table__, Decision.__table__.c.id == decision.id)
        .where(Record.code.in_(codes))
    )
    for row in session.execute(asked):
        item: DecisionItem = row.DecisionItem
        given = Given(
            row[1],
            row.number or row[1],
            row.date,
            row.earliest_on,
            item.action,
            item.level,
            item.inscription or item.recognition,
        )
        found.by_given.setdefault(row[0], []).append(given)


def _read_gone(session: Session, frozen: FrozenTable, found: Evidence, codes: set[str]) -> None:
    """Find the decisions that named a record when the table was frozen, and were changed since so that they do not."""
    changed = (
        sa.select(HistoryEntry.code, sa.func.min(HistoryEntry.version).label("version"))
        .where(HistoryEntry.kind == "decision", HistoryEntry.action == "accept", HistoryEntry.at > frozen.at)
        .group_by(HistoryEntry.code)
        .subquery()
    )
    before = sa.select(Revision).join(
        changed, sa.and_(Revision.code == changed.c.code, Revision.accepted_version == changed.c.version - 1)
    )
    for revision in session.scalars(before):
        for item in revision.payload.get("items") or []:
            code = item.get("record")
            if code not in codes:
                continue
            now = found.by_given.setdefault(code, [])
            if not any(one.decision == revision.code for one in now):
                title = item.get("inscription") or item.get("recognition")
                name, date = revision.payload.get("number") or revision.code, revision.payload.get("date")
                now.append(
                    Given(
                        revision.code,
                        name,
                        date,
                        None,
                        item.get("action") or "",
                        item.get("level"),
                        title,
                        is_gone=True,
                    )
                )


def _read_listings(session: Session, found: Evidence, codes: Sequence[str]) -> None:
    asked = sa.select(Record.code, InventoryEntry).join(InventoryEntry, InventoryEntry.site_id == Record.id)
    for code, entry in session.execute(asked.where(Record.code.in_(codes))):
        found.by_listings.setdefault(code, []).append(entry)


def _read_things(session: Session, found: Evidence, codes: Sequence[str]) -> None:
    about, thing = sa.orm.aliased(Record), sa.orm.aliased(Record)
    surveys, zones = Survey.__table__, Zone.__table__
    for table, key, date in (
        (surveys, surveys.c.subject_id, surveys.c.surveyed_on),
        (zones, zones.c.site_id, sa.literal("")),
    ):
        asked = sa.select(about.code, thing.code, thing.kind, date).select_from(
            table.join(about, about.id == key).join(thing, thing.id == table.c.id)
        )
        for code, other, kind, day in session.execute(asked.where(about.code.in_(codes))):
            found.by_things.setdefault(code, []).append(Thing(other, kind, day))


def _read_figures(session: Session, found: Evidence, codes: Sequence[str]) -> None:
    asked = sa.select(Record.code, VisitorCount).join(VisitorCount, VisitorCount.record_id == Record.id)
    asked = asked.options(joinedload(VisitorCount.actor)).where(Record.code.in_(codes)).order_by(VisitorCount.id)
    for code, figure in session.execute(asked):
        found.by_figures.setdefault((code, figure.month), []).append(figure)


def _read_history(session: Session, frozen: FrozenTable, found: Evidence, codes: Sequence[str]) -> None:
    asked = sa.select(HistoryEntry, User).join(User, User.id == HistoryEntry.actor_id)
    asked = asked.where(HistoryEntry.code.in_(codes), HistoryEntry.at > frozen.at, HistoryEntry.action.in_(_TELLING))
    for entry, user in session.execute(asked.order_by(HistoryEntry.id)):
        happened = Happened(entry.code, entry.action, entry.at, user.shown_name, entry.version)
        found.by_happened.setdefault(entry.code, []).append(happened)


def _read_payloads(session: Session, found: Evidence, codes: Sequence[str]) -> None:
    """Read what records said, of those that were changed since."""
    changed = [code for code in codes if any(one.action == "accept" for one in found.happened(code))]
    if not changed:
        return
    asked = sa.select(Revision).where(Revision.code.in_(changed), Revision.accepted_version.is_not(None))
    for revision in session.scalars(asked.order_by(Revision.accepted_version)):
        found.by_payload[revision.code, revision.accepted_version or 0] = revision.payload
        found.by_newest[revision.code] = revision.payload


def _read_labels(session: Session, found: Evidence) -> None:
    asked = sa.select(Concept.code, Concept.label).where(Concept.scheme.in_(_LABELS))
    found.by_labels |= {row.code: row.label for row in session.execute(asked)}
    named = {
        str(payload.get(name))
        for payload in (*found.by_payload.values(), *found.by_newest.values())
        for name in ("current_unit", "unit")
        if payload.get(name)
    }
    for chunk in batches(sorted(named)):
        units = session.execute(sa.select(Unit.public_id, Unit.name).where(Unit.public_id.in_(chunk)))
        found.by_labels |= {public_id: {**name} for public_id, name in units}
