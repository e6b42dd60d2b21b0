"""Acts on many records at once, each act one changeset, and the undoing of a changeset; what cannot be done is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.config import Settings
from app.core.errors import Conflict, DisanError
from app.publication import operations as publication
from app.records import drafts
from app.records import operations as records
from app.records.compare import diff, merge
from app.records.models import Changeset, ChangesetKind, HistoryEntry, Record, Revision, RevisionState, Visibility
from app.records.queries import records_by_code


@dataclass(slots=True)
class Outcome:
    """What became of an act on many: its changeset, the codes done, and the others with the reason of each."""

    changeset: Changeset
    done: list[str] = field(default_factory=list)
    skipped: list[tuple[str, DisanError]] = field(default_factory=list)

    def attempt(self, session: Session, code: str, act: Callable[[], object]) -> None:
        """Do one thing whole or not at all, and take down what became of it."""
        try:
            with session.begin_nested():
                act()
        except DisanError as error:
            self.skipped.append((code, error))
        else:
            self.done.append(code)


def _begin(session: Session, title: str, actor: User) -> Outcome:
    return Outcome(drafts.open_changeset(session, title=title, actor=actor, kind=ChangesetKind.BULK))


def _end(session: Session, outcome: Outcome) -> Outcome:
    """Finish; raises the first reason when nothing could be done, so that no empty changeset stays."""
    if not outcome.done:
        raise outcome.skipped[0][1] if outcome.skipped else Conflict("Choose at least one record.")
    session.flush()
    session.expire(outcome.changeset)
    return outcome


def tag(
    session: Session, codes: Sequence[str], tags: Sequence[str], *, title: str, actor: User, settings: Settings
) -> Outcome:
    """Draft the same further tags for records; the drafts are submitted and reviewed together like any others."""
    outcome = _begin(session, title, actor)
    found = records_by_code(session, codes)

    def draft(code: str) -> None:
        payload = drafts.current_payload(session, _taken(found, code))
        payload["tags"] = [*payload.get("tags", []), *(one for one in tags if one not in payload.get("tags", []))]
        drafts.write_draft(
            session, KINDS, found[code].kind, payload, changeset=outcome.changeset, actor=actor, settings=settings
        )

    for code in codes:
        outcome.attempt(session, code, partial(draft, code))
    return _end(session, outcome)


def _taken(found: dict[str, Record], code: str) -> Record:
    record = found.get(code)
    if record is None or not record.version:
        raise Conflict("%(code)s has no accepted state yet.", code=code)
    if record.deleted_at is not None:
        raise Conflict("%(code)s has been deleted; bring it back first.", code=code)
    return record


def assign(session: Session, codes: Sequence[str], user: User | None, *, title: str, actor: User) -> Outcome:
    """Give records to somebody to work on, or to nobody."""
    outcome = _begin(session, title, actor)
    found = records_by_code(session, codes)

    def give(code: str) -> None:
        records.assign(session, KINDS, _taken(found, code), user, actor=actor, changeset=outcome.changeset)

    for code in codes:
        outcome.attempt(session, code, partial(give, code))
    return _end(session, outcome)


def _gather(session: Session, codes: Sequence[str], state: RevisionState, outcome: Outcome) -> list[Revision]:
    """Give the revisions of records in a state; one whose changeset holds others that were not chosen is left."""
    revisions = session.scalars(sa.select(Revision).where(Revision.code.in_(codes), Revision.state == state)).all()
    by_code: dict[str, list[Revision]] = {}
    for revision in revisions:
        by_code.setdefault(revision.code, []).append(revision)
    gathered = []
    for code in codes:
        found = by_code.get(code, [])
        if len(found) != 1:
            outcome.skipped.append((code, _not_one(code, len(found))))
        else:
            gathered += found
    chosen = {revision.id for revision in gathered}
    whole = []
    for revision in gathered:
        if all(other.id in chosen for other in revision.changeset.revisions):
            whole.append(revision)
            outcome.done.append(revision.code)
        else:
            error = Conflict("%(code)s belongs to a changeset with others; choose all of it.", code=revision.code)
            outcome.skipped.append((revision.code, error))
    return whole


def _not_one(code: str, count: int) -> Conflict:
    if count:
        return Conflict("%(code)s has several revisions that wait for this; open it and choose one.", code=code)
    return Conflict("%(code)s has no revision that waits for this.", code=code)


def submit(session: Session, codes: Sequence[str], *, title: str, actor: User, settings: Settings) -> Outcome:
    """Submit the drafts of records as one changeset; those of changesets that were not chosen whole stay."""
    outcome = _begin(session, title, actor)
    found = _gather(session, codes, RevisionState.DRAFT, outcome)
    drafts.move_drafts(session, found, outcome.changeset)
    if found:
        records.submit(session, KINDS, outcome.changeset, actor=actor, settings=settings)
    return _end(session, outcome)


def accept(session: Session, codes: Sequence[str], *, title: str, actor: User, settings: Settings) -> Outcome:
    """Accept the revisions of records that wait for review as one changeset."""
    require(actor, Permission.REVIEW)
    outcome = _begin(session, title, actor)
    found = _gather(session, codes, RevisionState.IN_REVIEW, outcome)
    drafts.move_drafts(session, found, outcome.changeset)
    if found:
        publication.accept(session, outcome.changeset, actor=actor, settings=settings)
    return _end(session, outcome)


def publish(session: Session, codes: Sequence[str], *, title: str, actor: User, settings: Settings) -> Outcome:
    """Publish records that have an accepted state and are not public yet."""
    require(actor, Permission.PUBLISH)
    outcome = _begin(session, title, actor)
    found = records_by_code(session, codes)

    def check(code: str) -> None:
        records.require_changeable(_taken(found, code), Visibility.PUBLIC)

    for code in codes:
        outcome.attempt(session, code, partial(check, code))
    chosen = [found[code] for code in outcome.done]
    if chosen:
        publication.publish(session, chosen, actor=actor, settings=settings, changeset=outcome.changeset)
    return _end(session, outcome)


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
        return _end(session, outcome)
    if not entries:
        raise Conflict("Of this changeset nothing is left to take back.")
    if any(entry.action == "submit" for entry in entries.values()):
        records.recall(session, KINDS, changeset, actor=actor)
        outcome.done += list(entries)
        return _end(session, outcome)
    for code, entry in entries.items():
        outcome.attempt(session, code, partial(_undo, session, entry, outcome, actor=actor, settings=settings))
    return _end(session, outcome)


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
    if entry.action == "accept":
        _undo_accept(session, record, entry, outcome, actor=actor, settings=settings)
    elif entry.action == "assign":
        if record.assignee_id != entry.details.get("to"):
            raise Conflict("%(code)s has been assigned to somebody else since.", code=record.code)
        before = session.get(User, entry.details["assignee"]) if entry.details.get("assignee") else None
        records.assign(session, KINDS, record, before, actor=actor, changeset=outcome.changeset)
    else:
        is_public = entry.action == "publish"
        if record.is_public != is_public or entry.details.get("visibility") == record.visibility:
            raise Conflict("%(code)s has been published or withdrawn since.", code=record.code)
        change = publication.withdraw if is_public else publication.publish
        change(session, [record], actor=actor, settings=settings, changeset=outcome.changeset)


def _undo_accept(
    session: Session, record: Record, entry: HistoryEntry, outcome: Outcome, *, actor: User, settings: Settings
) -> None:
    revision = session.get_one(Revision, entry.revision_id)
    if revision.base_version == 0:
        if record.version != revision.accepted_version:
            raise Conflict("%(code)s has been changed since it was added; it is not deleted.", code=record.code)
        publication.set_deleted(session, record, is_deleted=True, actor=actor, settings=settings)
        return
    before = drafts.payload_at(session, record, revision.base_version)
    now = drafts.current_payload(session, record)
    merged = merge(revision.payload, now, before)
    if merged.conflicts:
        raise Conflict("%(code)s has been changed in the same places since.", code=record.code)
    if not diff(now, merged.payload):
        raise Conflict("%(code)s says nothing of this change any more.", code=record.code)
    drafts.write_draft(
        session, KINDS, record.kind, merged.payload, changeset=outcome.changeset, actor=actor, settings=settings
    )
