"""Keeping the register's own index true: one entry for every record and every pending new one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.batches import batches
from app.core.text import document_tokens, fold
from app.records.kinds import Facts, Kinds, Locate
from app.records.models import Record, Revision, RevisionState, Visibility
from app.records.queries import records_by_code
from app.records.register import RegisterEntry, RegisterFacet, RegisterShape
from app.records.shapes import main_shape

# What an author still has to do with, or a reviewer.
OPEN = (RevisionState.DRAFT, RevisionState.IN_REVIEW)
_CHUNK = 200
_WAITING = "register entries to be written"


@dataclass(slots=True)
class _Standing:
    """What the register holds under a code: the record, and the revisions on their way, oldest first."""

    record: Record | None = None
    pending: list[Revision] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.record.kind if self.record else self.pending[-1].kind


def refresh(session: Session, kinds: Kinds, codes: Iterable[str]) -> None:
    """Write the entries of records anew, and those of records whose facts depend on them; entries of nothing go.

    Within `postponed` they are written at its end.
    """
    waiting: set[str] | None = session.info.get(_WAITING)
    if waiting is not None:
        waiting.update(codes)
        return
    session.flush()
    wanted = sorted(set(codes) | _dependents(session, kinds, codes))
    for chunk in batches(wanted, _CHUNK):
        _refresh(session, kinds, chunk)


@contextlib.contextmanager
def postponed(session: Session, kinds: Kinds) -> Iterator[None]:
    """Write entries once at the end of a work in many steps; nothing within it may ask the index."""
    waiting = session.info[_WAITING] = set()
    try:
        yield
    finally:
        del session.info[_WAITING]
    refresh(session, kinds, waiting)


def rebuild(session: Session, kinds: Kinds) -> None:
    """Write the whole index anew."""
    codes = sa.union(sa.select(Record.code), sa.select(Revision.code), sa.select(RegisterEntry.code))
    for chunk in batches(sorted(session.scalars(codes)), _CHUNK):
        _refresh(session, kinds, chunk)


def is_missing(session: Session) -> bool:
    """Tell whether there are records and none has an entry: a release before the index left them."""
    has_entry, has_record = (
        session.scalar(sa.select(key).limit(1)) is not None for key in (RegisterEntry.id, Record.id)
    )
    return has_record and not has_entry


def _dependents(session: Session, kinds: Kinds, codes: Iterable[str]) -> set[str]:
    by_kind: dict[str, list[int]] = {}
    for chunk in batches(sorted(codes)):
        for kind, key in session.execute(sa.select(Record.kind, Record.id).where(Record.code.in_(chunk))):
            by_kind.setdefault(kind, []).append(key)
    keys = {key for kind, ids in by_kind.items() for key in kinds[kind].dependents(session, ids)}
    found: set[str] = set()
    for ids in batches(sorted(keys)):
        found.update(session.scalars(sa.select(Record.code).where(Record.id.in_(ids))))
    return found


def _refresh(session: Session, kinds: Kinds, codes: Sequence[str]) -> None:
    # Relationships read before the change would describe the record as it was.
    session.expire_all()
    standing = {code: _Standing(record) for code, record in records_by_code(session, codes).items()}
    revisions = sa.select(Revision).where(Revision.code.in_(codes)).order_by(Revision.code, Revision.number)
    for revision in session.scalars(revisions):
        found = standing.setdefault(revision.code, _Standing())
        if revision.state == RevisionState.ACCEPTED:
            # What was refused before it has been overtaken.
            found.pending = [other for other in found.pending if other.state in OPEN]
        elif revision.state != RevisionState.DISCARDED:
            found.pending.append(revision)
    entries = {
        entry.code: entry for entry in session.scalars(sa.select(RegisterEntry).where(RegisterEntry.code.in_(codes)))
    }
    locate = kinds.locator(session)
    written: list[tuple[RegisterEntry, _Standing, set[tuple[str, str]]]] = []
    # What is described was flushed; the entries themselves are written together.
    with session.no_autoflush:
        for code in codes:
            found = standing.get(code, _Standing())
            entry = entries.get(code)
            if found.record is None and not found.pending:
                if entry is not None:
                    session.delete(entry)
                continue
            if entry is None:
                entry = RegisterEntry(code=code)
            written.append((entry, found, _write(session, kinds, locate, entry, found)))
            session.add(entry)
    session.flush()
    facets = [
        {"name": name, "value": value[:200], "kind": entry.kind, "entry_id": entry.id}
        for entry, _, values in written
        for name, value in sorted(values)
    ]
    shapes = [shape for entry, found, _ in written for shape in _shapes(entry, found)]
    keys = [entry.id for entry, _, _ in written]
    session.execute(sa.delete(RegisterFacet).where(RegisterFacet.entry_id.in_(keys)))
    session.execute(sa.delete(RegisterShape).where(RegisterShape.id.in_(keys)))
    if facets:
        session.execute(sa.insert(RegisterFacet), facets)
    session.add_all(shapes)
    session.flush()


def _shapes(entry: RegisterEntry, found: _Standing) -> list[RegisterShape]:
    shape = main_shape(found.record) if found.record is not None and found.record.version else None
    if shape is None:
        return []
    west, south, east, north = shape.bounds
    return [RegisterShape(id=entry.id, geom=shape, min_lon=west, min_lat=south, max_lon=east, max_lat=north)]


def _write(
    session: Session, kinds: Kinds, locate: Locate, entry: RegisterEntry, found: _Standing
) -> set[tuple[str, str]]:
    """Fill an entry; gives the values that it is filtered by."""
    record, kind = found.record, kinds[found.kind]
    latest = found.pending[-1] if found.pending else None
    facts = kind.describe(session, record) if record is not None and record.version else None
    if facts is None:
        payload = latest.payload if latest else {}
        facts = Facts(label=kind.label(payload), unit_ids=tuple(kind.places(session, payload)) if kind.places else ())
    units = locate(facts.unit_ids, facts.past_unit_ids)
    label = dict(facts.label) or {"vi": entry.code}
    entry.record_id = record.id if record else None
    entry.revision_id = latest.id if latest else None
    entry.kind = kind.name
    entry.label = label
    entry.sort_key = fold(label.get("vi") or next(iter(label.values())))[:200]
    entry.updated_at = max(
        [revision.saved_at for revision in found.pending] + ([record.updated_at] if record is not None else [])
    )
    entry.tokens = document_tokens(
        [*label.values(), *facts.names], [name for unit in units for name in unit.names], [entry.code, *facts.texts]
    )
    values = {(name, str(value)) for name, value in facts.values}
    values |= {("within", unit.public_id) for unit in units}
    values |= {("gap", gap) for gap in facts.gaps}
    if facts.gaps:
        values.add(("has", "gap"))
    if facts.due_on:
        values.add(("due", facts.due_on.isoformat()))
    return values | _states(found) | (_record_values(record) if record is not None else set())


def _states(found: _Standing) -> set[tuple[str, str]]:
    values = {("state", str(revision.state)) for revision in found.pending}
    values |= {(f"{revision.state}_by", str(revision.author_id)) for revision in found.pending}
    record = found.record
    if record is None or not record.version:
        values.add(("state", "new"))
    elif record.deleted_at is not None:
        values.add(("state", "deleted"))
    else:
        values.add(("state", str(Visibility(record.visibility))))
    return values


def _record_values(record: Record) -> set[tuple[str, str]]:
    values = {("tag", tag) for tag in record.tags}
    doubts = {("doubt", doubt.tag) for doubt in record.doubts if doubt.is_open}
    if doubts:
        values.add(("has", "doubt"))
    if record.assignee_id is not None:
        values.add(("assignee", str(record.assignee_id)))
    return values | doubts
