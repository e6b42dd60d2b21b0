"""Why a record stands elsewhere than in a frozen table: found in decisions, in the history, in what was reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import VIETNAM
from app.heritage.models import InventoryEntry
from app.records.models import Record
from app.statistics.comparing import Difference
from app.statistics.evidence import Evidence, Given, Happened, read_evidence
from app.statistics.models import FrozenTable
from app.statistics.questions import Question
from app.statistics.standing import RANKING, WHENS
from app.statistics.tables import Table

# What each dimension is told by: fields of the record itself, or of the site that a zone or a survey is about.
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "level": ("inventory_entries",),
    "type": ("types",),
    "unit": ("current_unit", "unit"),
    "district": ("current_unit", "addresses", "location_policy", "types"),
    "artefact_kind": ("artefact_kind",),
    "condition": ("condition", "surveyed_on"),
    "kind": ("record",),
    "domain": ("domain",),
    "carrier": ("carrier",),
    "zone_type": ("zone_type",),
    "papers": ("decision", "minutes"),
    "work_kind": ("work_kind",),
    "state": ("state", "started_on", "finished_on"),
}
_EVERYWHERE = ("parent", "site", "surveyed_on", "started_on", "finished_on")
# Fields whose values may be told; of the others it is said only that they changed.
_TOLD = frozenset(
    {
        "types",
        "current_unit",
        "unit",
        "parent",
        "artefact_kind",
        "condition",
        "domain",
        "carrier",
        "zone_type",
        "work_kind",
        "state",
    }
)
FIELD_NAMES = {
    "inventory_entries": "Inventory lists",
    "types": "Types",
    "current_unit": "Administrative unit",
    "unit": "Administrative unit",
    "addresses": "Former addresses",
    "location_policy": "Location policy",
    "artefact_kind": "Kind",
    "condition": "Condition",
    "surveyed_on": "Day of the survey",
    "record": "What was surveyed",
    "domain": "Domain",
    "carrier": "Carrier",
    "zone_type": "Zone type",
    "decision": "Decision",
    "minutes": "Minutes",
    "work_kind": "Kind of work",
    "state": "State",
    "started_on": "Begun on",
    "finished_on": "Finished on",
    "parent": "Component of",
    "site": "Site",
}
_RANKED = "Ranked %(level)s by %(decision)s of %(date)s."
_CANCELLED = "A rank was cancelled by %(decision)s of %(date)s."
_INSCRIBED = "Given the title %(level)s by %(decision)s of %(date)s."
UNEXPLAINED = "No reason is found in the history; look at the record."


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence (a msgid) with its values; a value that is a mapping is a text by language. `code` is a record's."""

    sentence: str
    params: Mapping[str, Any]
    code: str = ""

    @property
    def is_found(self) -> bool:
        """Whether it explains anything."""
        return self.sentence != UNEXPLAINED


@dataclass(frozen=True, slots=True)
class _Case:
    """A difference with what there is to explain it by."""

    difference: Difference
    frozen: FrozenTable
    then: Question
    now: Question
    table: Table
    evidence: Evidence


def explain(
    session: Session, frozen: FrozenTable, table: Table, question: Question, differences: Sequence[Difference]
) -> list[list[Reason]]:
    """Give the reasons of each difference, at least one; as many questions are asked for many as for one."""
    evidence = read_evidence(session, frozen, [one.code for one in differences])
    then = Question.from_json(frozen.question)
    found = []
    for difference in differences:
        case = _Case(difference, frozen, then, question, table, evidence)
        found.append(_unique(_reasons(case)) or [Reason(UNEXPLAINED, {})])
    return found


def _unique(reasons: Iterator[Reason]) -> list[Reason]:
    found: list[Reason] = []
    for reason in reasons:
        if reason not in found:
            found.append(reason)
    return found


def _reasons(case: _Case) -> Iterator[Reason]:
    yield from _life(case)
    yield from _decided(case)
    yield from _fields(case)
    yield from _listings(case)
    yield from _beside(case)
    yield from _figures(case)


def _life(case: _Case) -> Iterator[Reason]:
    """Tell that a record was entered, deleted or brought back since."""
    record, entries = case.evidence.records.get(case.difference.code), case.evidence.happened(case.difference.code)
    if record is not None and case.difference.old is None and record.created_at > case.frozen.at:
        sentence = "Entered into the register on %(day)s by %(who)s, after the table was frozen."
        yield _told(sentence, entries[0] if entries else record)
    for entry in entries:
        if entry.action == "delete":
            yield _told("Deleted from the register on %(day)s by %(who)s.", entry)
        elif entry.action == "undelete":
            yield _told("Brought back into the register on %(day)s by %(who)s.", entry)


def _told(sentence: str, entry: Happened | Record, **params: Any) -> Reason:
    at = entry.at if isinstance(entry, Happened) else entry.created_at
    who = entry.who if isinstance(entry, Happened) else ""
    return Reason(sentence, {"day": at.astimezone(VIETNAM).date(), "who": who, **params})


def _decided(case: _Case) -> Iterator[Reason]:
    """Tell what decisions did between the two days, or that were entered, changed or deleted since."""
    difference = case.difference
    record = case.evidence.records.get(difference.code)
    is_new = difference.old is None and record is not None and record.created_at > case.frozen.at
    for given in case.evidence.given(difference.code):
        changes = case.evidence.changed_items(difference.code, given)
        first, last = sorted((case.then.day, case.now.day))
        is_between = given.earliest is not None and first < given.earliest <= last
        has_moved = _moves(case)
        if not (is_between or has_moved or changes or is_new):
            continue
        if case.table.subject == "rankings" and f"{given.decision}:{given.level}" != difference.part:
            continue
        if case.table.subject == "titles" and given.title != difference.part:
            continue
        yield _deed(case, given)
        if has_moved:
            yield Reason("The period asked for now is another one than was frozen.", {})
        if not is_between:
            for entry in changes:
                yield _entered(given, entry)


def _moves(case: _Case) -> bool:
    """Tell whether another period is asked than was frozen, and the difference comes of that."""
    periods = {(case.then.since, case.then.day), (case.now.since, case.now.day)}
    if not case.table.is_of_period or len(periods) == 1:
        return False
    keys = {place.row if case.table.rows.by == "when" else place.column for place in _places(case.difference)}
    return case.table.subject == "rankings" or not keys.isdisjoint(WHENS)


def _places(difference: Difference) -> list[Any]:
    return [place for place in (difference.old, difference.new) if place is not None]


def _deed(case: _Case, given: Given) -> Reason:
    label = case.evidence.label(given.level or given.title or "")
    params = {"decision": given.name, "date": given.date or {"vi": "không rõ ngày", "en": "an unknown day"}}
    if given.action == "cancel":
        return Reason(_CANCELLED, params, given.decision)
    sentence = _RANKED if given.action in RANKING else _INSCRIBED
    return Reason(sentence, {**params, "level": label}, given.decision)


def _entered(given: Given, entry: Happened) -> Reason:
    sentences = {
        "new": "This decision was entered into the register on %(day)s by %(who)s only.",
        "delete": "This decision was deleted from the register on %(day)s by %(who)s.",
        "undelete": "This decision was brought back into the register on %(day)s by %(who)s.",
        "gone": "The decision no longer names the record, since %(day)s, by %(who)s.",
    }
    key = "gone" if given.is_gone else "new" if entry.version == 1 else entry.action
    sentence = sentences.get(key, "What the decision says of it was changed on %(day)s by %(who)s.")
    reason = _told(sentence, entry)
    return Reason(reason.sentence, reason.params, given.decision)


def _fields(case: _Case) -> Iterator[Reason]:
    """Tell which of the record's own fields were changed since, and by whom."""
    difference = case.difference
    before, after = case.evidence.payloads(difference.code, difference.version)
    if before is None or after is None:
        return
    asked = (*_FIELDS.get(case.table.rows.by, ()), *_FIELDS.get(case.table.columns.by, ()), *_EVERYWHERE)
    entries = [entry for entry in case.evidence.happened(difference.code) if entry.action == "accept"]
    for name in dict.fromkeys(asked):
        if before.get(name) == after.get(name) or not entries:
            continue
        params: dict[str, Any] = {"field": FIELD_NAMES[name]}
        if name in _TOLD:
            params |= {side: case.evidence.value(said.get(name)) for side, said in (("old", before), ("new", after))}
            yield _told("%(field)s: changed from “%(old)s” to “%(new)s” on %(day)s by %(who)s.", entries[-1], **params)
        else:
            yield _told("%(field)s: changed on %(day)s by %(who)s.", entries[-1], **params)


def _listings(case: _Case) -> Iterator[Reason]:
    """Tell which entries of inventory lists begin or end between the two days."""
    if "level" not in (case.table.rows.by, case.table.columns.by):
        return
    first, last = sorted((case.then.day, case.now.day))
    for entry in case.evidence.listings(case.difference.code):
        if entry.listed_from_on is not None and first < entry.listed_from_on <= last:
            yield _listing("It stands in the list “%(list)s” from %(date)s on.", entry, entry.listed_from)
        if entry.listed_until_on is not None and first <= entry.listed_until_on < last:
            yield _listing("It stood in the list “%(list)s” until %(date)s.", entry, entry.listed_until)


def _listing(sentence: str, entry: InventoryEntry, date: str | None) -> Reason:
    return Reason(sentence, {"list": entry.list_name, "date": date or ""})


def _beside(case: _Case) -> Iterator[Reason]:
    """Tell which surveys and zones of a site were made, entered or changed since."""
    axes = {case.table.rows.by, case.table.columns.by}
    if case.table.subject != "sites" or not axes & {"condition", "zone_papers"}:
        return
    kinds = {"condition": "survey", "zone_papers": "zone"}
    asked = {kinds[axis] for axis in axes & kinds.keys()}
    first, last = sorted((case.then.day.isoformat(), case.now.day.isoformat()))
    for thing in case.evidence.things(case.difference.code):
        if thing.kind not in asked:
            continue
        entries = case.evidence.happened(thing.code)
        if entries:
            yield Reason(
                "%(code)s was entered, changed or deleted on %(day)s by %(who)s.",
                {"code": thing.code, **_told("", entries[-1]).params},
                thing.code,
            )
        elif thing.date and first < thing.date <= last:
            yield Reason("%(code)s is of %(date)s.", {"code": thing.code, "date": thing.date}, thing.code)


def _figures(case: _Case) -> Iterator[Reason]:
    """Tell which figures were reported, corrected or taken back since, or that another year is asked for."""
    if not case.table.subject.startswith("visitors"):
        return
    month = int(case.difference.part)
    measure = case.table.subject.removeprefix("visitors_")
    years = {question.since.year for question in (case.then, case.now)}
    if len(years) == 2:
        yield Reason(
            "Figures of two years: %(old)s in %(before)s, %(new)s in %(after)s.",
            {
                "before": case.then.since.year,
                "after": case.now.since.year,
                "old": _figure(case.difference.old),
                "new": _figure(case.difference.new),
            },
        )
    for year in sorted(years):
        day = dt.date(year, month, 1)
        for before, after in case.evidence.corrections(case.difference.code, day):
            old = getattr(before, measure) if before is not None else None
            new = getattr(after, measure)
            yield Reason(
                "The figure of %(month)s was changed from %(old)s to %(new)s on %(day)s by %(who)s (%(source)s).",
                {
                    "month": f"{day:%Y-%m}",
                    "old": _known(old),
                    "new": _known(new),
                    "day": after.at.astimezone(VIETNAM).date(),
                    "who": after.actor.shown_name,
                    "source": after.source,
                },
            )
    if len(years) == 1 and case.then.months != case.now.months:
        yield Reason("The period asked for now has other months than was frozen.", {})


def _figure(place: Any) -> Any:
    return _known(place.number if place is not None else None)


def _known(number: int | None) -> Any:
    return {"vi": "chưa biết", "en": "unknown"} if number is None else number
