"""The one import operation: rows validated by the register's schemas, every row reported, all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.config import Settings
from app.core.batches import batches
from app.core.errors import Conflict, InvalidInput
from app.exchange.coercion import coerce
from app.exchange.sheets import Row
from app.records import index
from app.records.drafts import add_draft
from app.records.kinds import Kind, Kinds
from app.records.models import Changeset, Record, Revision, RevisionState
from app.records.operations import flatten_messages

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a row: created, updated, unchanged, kept (an officer has changed the record since) or error."""

    place: str
    code: str
    verdict: str
    messages: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """Every row of an import of one kind, in the file's order."""

    kind: str
    rows: list[Verdict] = field(default_factory=list)

    @property
    def errors(self) -> list[Verdict]:
        """The rows that bar the import."""
        return [row for row in self.rows if row.verdict == "error"]

    @property
    def counts(self) -> Counter[str]:
        """How many rows there are of each verdict."""
        return Counter(row.verdict for row in self.rows)


class ImportRefused(InvalidInput):
    """An import with broken rows, of which nothing was written; `report` has a verdict for every row."""

    def __init__(self, report: Report) -> None:
        lines = [f"{row.place} ({row.code}): {'; '.join(row.messages)}" for row in report.errors]
        shown = "\n".join(lines[:20]) + (f"\n… and {len(lines) - 20} more" if len(lines) > 20 else "")
        super().__init__(
            "%(count)s of %(total)s rows cannot be imported, so nothing was:\n%(lines)s",
            count=len(lines),
            total=len(report.rows),
            lines=shown,
        )
        self.report = report


def load_rows(schema: Schema, kind: str, rows: Sequence[Row]) -> tuple[list[dict[str, Any]], Report]:
    """Coerce and validate rows; gives the loaded data of all of them.

    Raises `ImportRefused` when any row is broken or a code comes twice.
    """
    report = Report(kind)
    loaded: list[dict[str, Any]] = []
    seen: dict[str, str] = {}
    for row in rows:
        payload, messages = coerce(schema, row)
        key = "|".join(row.cells.get(name, "").strip() for name in _key(schema))
        if key in seen:
            messages.append(f"stands in {seen[key]} already.")
        seen.setdefault(key, row.place)
        try:
            loaded.append(dict(schema.load(payload)))
        except ValidationError as error:
            messages += flatten_messages(error.messages)
        report.rows.append(Verdict(row.place, row.code, "error" if messages else "valid", tuple(messages)))
    if report.errors:
        raise ImportRefused(report)
    return loaded, report


def _key(schema: Schema) -> tuple[str, ...]:
    """Give the columns that tell rows apart: a concept's code is its scheme's, a unit's its first day's."""
    return tuple(name for name in ("scheme", "code", "valid_from") if name in schema.fields)


def import_reference(
    session: Session,
    schema: Schema,
    kind: str,
    rows: Sequence[Row],
    write: Callable[..., list[str]],
    *,
    actor: User,
) -> Report:
    """Import a reference table (units, concepts), which has no revisions: validate all rows, then write them."""
    loaded, checked = load_rows(schema, kind, rows)
    verdicts = write(session, loaded, actor=actor)
    report = Report(kind)
    for row, verdict in zip(checked.rows, verdicts, strict=True):
        report.rows.append(Verdict(row.place, row.code, verdict))
    return report


def import_records(
    session: Session,
    kinds: Kinds,
    kind: Kind,
    rows: Sequence[Row],
    *,
    changeset: Changeset,
    actor: User,
    settings: Settings,
) -> Report:
    """Import records of a kind as drafts in a changeset, which then goes through review like any other.

    A row that says what the last import said changes nothing. A record that somebody else has changed since, is
    changing now, or has deleted, is kept as it is. Raises `ImportRefused` when any row is broken.
    """
    schema = kind.schema()
    loaded, checked = load_rows(schema, kind.name, rows)
    report = Report(kind.name)
    for pairs in batches(list(zip(checked.rows, loaded, strict=True)), _CHUNK):
        standing = _standing(session, [data["code"] for _, data in pairs])
        for row, data in pairs:
            payload = dict(schema.dump(data))
            verdict = _verdict(standing.get(data["code"]), payload, actor)
            if verdict in ("created", "updated"):
                try:
                    add_draft(session, kinds, kind.name, payload, changeset=changeset, actor=actor, settings=settings)
                except (InvalidInput, Conflict) as error:
                    report.rows.append(Verdict(row.place, row.code, "error", (str(error),)))
                    continue
            report.rows.append(Verdict(row.place, row.code, verdict))
    if report.errors:
        raise ImportRefused(report)
    index.refresh(session, kinds, [row.code for row in report.rows if row.verdict in ("created", "updated")])
    return report


@dataclass(slots=True)
class _Standing:
    """A code as the register has it: its record, the last accepted revision, and those still on their way."""

    record: Record | None = None
    accepted: Revision | None = None
    open: list[Revision] = field(default_factory=list)


def _standing(session: Session, codes: Sequence[str]) -> dict[str, _Standing]:
    found: dict[str, _Standing] = {}
    for record in session.scalars(sa.select(Record).where(Record.code.in_(codes))):
        found[record.code] = _Standing(record)
    revisions = sa.select(Revision).where(Revision.code.in_(codes)).order_by(Revision.code, Revision.number)
    for revision in session.scalars(revisions):
        if revision.state == RevisionState.ACCEPTED:
            found[revision.code].accepted = revision
        elif revision.state in (RevisionState.DRAFT, RevisionState.IN_REVIEW):
            found.setdefault(revision.code, _Standing()).open.append(revision)
    return found


def _verdict(standing: _Standing | None, payload: dict[str, Any], actor: User) -> str:
    if standing is None:
        return "created"
    if standing.open:
        # What waits already, ours or somebody else's, is not overtaken.
        ours = all(revision.author_id == actor.id and revision.payload == payload for revision in standing.open)
        return "unchanged" if ours else "kept"
    is_ours = standing.accepted is not None and standing.accepted.author_id == actor.id
    if standing.record is None or standing.record.deleted_at is not None or not is_ours:
        return "kept"
    return "unchanged" if standing.accepted and standing.accepted.payload == payload else "updated"
