"""Acts on many records at once, each act one changeset; what cannot be done is told."""

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
from app.records.models import Changeset, ChangesetKind, Record, Revision, RevisionState, Visibility
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


def end(session: Session, outcome: Outcome) -> Outcome:
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
    return end(session, outcome)


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
    return end(session, outcome)


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
    return end(session, outcome)


def accept(session: Session, codes: Sequence[str], *, title: str, actor: User, settings: Settings) -> Outcome:
    """Accept the revisions of records that wait for review as one changeset."""
    require(actor, Permission.REVIEW)
    outcome = _begin(session, title, actor)
    found = _gather(session, codes, RevisionState.IN_REVIEW, outcome)
    drafts.move_drafts(session, found, outcome.changeset)
    if found:
        publication.accept(session, outcome.changeset, actor=actor, settings=settings)
    return end(session, outcome)


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
    return end(session, outcome)
