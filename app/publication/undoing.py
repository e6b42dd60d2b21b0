"""Undoing a changeset: what it did is taken back as far as that can still be done; the rest is told, never forced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.catalogue import KINDS
from app.config import Settings
from app.core.batches import batches
from app.core.errors import Conflict, DisanError
from app.publication import operations as publication
from app.publication.bulk import Outcome, end
from app.records import drafts, index
from app.records import operations as records
from app.records.compare import diff, merge
from app.records.models import Changeset, ChangesetKind, HistoryEntry, Record, Revision, RevisionState
from app.records.queries import records_by_code
from app.records.shown import read_accepted, read_bases

# So many records are read, judged and taken back together.
_CHUNK = 500


def undo(session: Session, changeset: Changeset, *, title: str, actor: User, settings: Settings) -> Outcome:
    """Take back what a changeset did, as far as that can still be done; gives the changeset that does.

    Drafts are discarded, what was submitted is recalled, what was published is withdrawn and the other way round, who
    was assigned before is again. An accepted change is taken back by drafts that say what stood before, with what was
    changed since kept; they go through review. A record that it added is deleted. What cannot be undone is told, never
    forced.
    """
    if session.scalar(sa.select(Changeset.id).where(Changeset.undoes_id == changeset.id)):
        raise Conflict("This changeset has been undone already.")
    outcome = Outcome(
        drafts.open_changeset(session, title=title, actor=actor, kind=ChangesetKind.UNDO, undoes=changeset)
    )
    entries = _last_acts(session, changeset)
    if _are_drafts(changeset):
        records.discard(session, KINDS, changeset, actor=actor)
        outcome.done += [revision.code for revision in changeset.revisions]
        return end(session, outcome)
    if not entries:
        raise Conflict("Of this changeset nothing is left to take back.")
    if any(entry.action == "submit" for entry in entries.values()):
        records.recall(session, KINDS, changeset, actor=actor)
        outcome.done += list(entries)
        return end(session, outcome)
    accepted = {code: entry for code, entry in entries.items() if entry.action == "accept"}
    # Of the records that it changed and of those that it added.
    with index.postponed(session, KINDS):
        for codes in batches(list(accepted), _CHUNK):
            _undo_accepted(session, {code: accepted[code] for code in codes}, outcome, actor=actor, settings=settings)
    for code, entry in entries.items():
        if code not in accepted:
            outcome.attempt(session, code, partial(_undo, session, entry, outcome, actor=actor, settings=settings))
    return end(session, outcome)


def can_undo(session: Session, changeset: Changeset) -> bool:
    """Tell whether a changeset did something that `undo` may take back."""
    return _are_drafts(changeset) or bool(_last_acts(session, changeset))


def _are_drafts(changeset: Changeset) -> bool:
    return {revision.state for revision in changeset.revisions} == {RevisionState.DRAFT}


_UNDONE = ("submit", "accept", "publish", "withdraw", "assign")


def _last_acts(session: Session, changeset: Changeset) -> dict[str, HistoryEntry]:
    """Give the last thing that a changeset did to each of its records, of what can be undone."""
    query = sa.select(HistoryEntry).where(HistoryEntry.changeset_id == changeset.id, HistoryEntry.action.in_(_UNDONE))
    return {entry.code: entry for entry in session.scalars(query.order_by(HistoryEntry.id))}


def _undo(session: Session, entry: HistoryEntry, outcome: Outcome, *, actor: User, settings: Settings) -> None:
    record = records.find_record(session, entry.code)
    if entry.action == "assign":
        if record.assignee_id != entry.details.get("to"):
            raise Conflict("%(code)s has been assigned to somebody else since.", code=record.code)
        before = session.get(User, entry.details["assignee"]) if entry.details.get("assignee") else None
        records.assign(session, KINDS, record, before, actor=actor, changeset=outcome.changeset)
        return
    is_public = entry.action == "publish"
    if record.is_public != is_public or entry.details.get("visibility") == record.visibility:
        raise Conflict("%(code)s has been published or withdrawn since.", code=record.code)
    change = publication.withdraw if is_public else publication.publish
    change(session, [record], actor=actor, settings=settings, changeset=outcome.changeset)


def _undo_accepted(
    session: Session, entries: Mapping[str, HistoryEntry], outcome: Outcome, *, actor: User, settings: Settings
) -> None:
    """Take back accepted changes: the records that were added are deleted, the others get drafts of what stood before.

    What was changed in other places since is kept.
    """
    keys = [entry.revision_id for entry in entries.values() if entry.revision_id is not None]
    revisions = session.scalars(sa.select(Revision).where(Revision.id.in_(keys)).order_by(Revision.id)).all()
    found = records_by_code(session, list(entries))
    added: list[Record] = []
    changed: list[Revision] = []
    for revision in revisions:
        try:
            record = found[revision.code]
            if revision.base_version:
                records.require_for(session, KINDS, record, actor, Permission.EDIT)
                changed.append(revision)
            else:
                _require_untouched(session, record, revision, actor)
                added.append(record)
        except DisanError as error:
            outcome.skipped.append((revision.code, error))
    _draft_what_stood(session, changed, found, outcome, actor=actor, settings=settings)
    if added:
        publication.set_deleted(
            session, added, is_deleted=True, actor=actor, settings=settings, changeset=outcome.changeset
        )
        outcome.done += [record.code for record in added]


def _require_untouched(session: Session, record: Record, revision: Revision, actor: User) -> None:
    if record.version != revision.accepted_version:
        raise Conflict("%(code)s has been changed since it was added; it is not deleted.", code=record.code)
    records.require_deletable(session, KINDS, record, is_deleted=True, actor=actor)


def _draft_what_stood(
    session: Session,
    revisions: Sequence[Revision],
    found: Mapping[str, Record],
    outcome: Outcome,
    *,
    actor: User,
    settings: Settings,
) -> None:
    current = read_accepted(session, [revision.code for revision in revisions])
    bases = read_bases(session, revisions)
    by_kind: dict[str, list[drafts.NewDraft]] = {}
    for revision in revisions:
        record = found[revision.code]
        try:
            payload = _payload_before(
                record, revision.payload, current[record.code].payload, bases.get(revision.id, {})
            )
        except Conflict as error:
            outcome.skipped.append((record.code, error))
        else:
            by_kind.setdefault(record.kind, []).append(drafts.NewDraft(record.code, payload, record.version))
    for kind, rows in by_kind.items():
        drafts.add_drafts(session, KINDS, kind, rows, changeset=outcome.changeset, actor=actor, settings=settings)
        index.refresh(session, KINDS, [row.code for row in rows])
        outcome.done += [row.code for row in rows]


def _payload_before(
    record: Record, changed: Mapping[str, Any], now: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what a record said before a change, with what was changed since kept."""
    if record.deleted_at is not None:
        raise Conflict("%(code)s has been deleted; bring it back first.", code=record.code)
    merged = merge(changed, now, before)
    if merged.conflicts:
        raise Conflict("%(code)s has been changed in the same places since.", code=record.code)
    if not diff(now, merged.payload):
        raise Conflict("%(code)s says nothing of this change any more.", code=record.code)
    return merged.payload
