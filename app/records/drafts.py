"""Drafts: opened, written, written again, brought up to what overtook them, or begun from an earlier revision."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, Subject, is_permitted_anywhere, require
from app.config import Settings
from app.core.batches import batches
from app.core.db import now
from app.core.errors import Conflict, InvalidInput, NotAllowed
from app.records import index
from app.records.history import note
from app.records.kinds import Kind, Kinds
from app.records.models import Changeset, ChangesetKind, Record, Revision, RevisionState
from app.records.queries import own_draft, records_by_code
from app.records.register import RegisterEntry
from app.records.withholding import withheld_together


def open_changeset(
    session: Session,
    *,
    title: str,
    actor: User,
    kind: ChangesetKind = ChangesetKind.EDIT,
    undoes: Changeset | None = None,
) -> Changeset:
    """Open a changeset, to which its author's drafts are added."""
    require(actor, Permission.EDIT)
    changeset = Changeset(title=title, author=actor, kind=kind, undoes_id=undoes.id if undoes else None)
    session.add(changeset)
    session.flush()
    return changeset


def write_draft(
    session: Session,
    kinds: Kinds,
    kind_name: str,
    payload: dict[str, Any],
    *,
    changeset: Changeset,
    actor: User,
    settings: Settings,
    base: int | None = None,
) -> Revision:
    """Write a draft of a record, new or not, into an open changeset of the actor's own; it may be incomplete.

    `payload` has the shape of the kind's schema; only `code` must be there. `base` is the version of the record that
    the author saw, where that may have passed. Raises `InvalidInput` for a code that does not match the pattern,
    `Conflict` for one that another kind holds or that is pending elsewhere as a new record.
    """
    revision = add_draft(
        session, kinds, kind_name, payload, changeset=changeset, actor=actor, settings=settings, base=base
    )
    index.refresh(session, kinds, [revision.code])
    return revision


def add_draft(
    session: Session,
    kinds: Kinds,
    kind_name: str,
    payload: dict[str, Any],
    *,
    changeset: Changeset,
    actor: User,
    settings: Settings,
    base: int | None = None,
) -> Revision:
    """Do as `write_draft` does, but leave the register's index to the caller, who writes many."""
    kind = kinds[kind_name]
    if changeset.author_id != actor.id:
        raise NotAllowed("Only %(author)s may add to this changeset.", author=changeset.author.name)
    code = str(payload.get("code") or "")
    _check_code(settings, code)
    for other in session.scalars(
        sa.select(Revision).where(
            Revision.changeset_id == changeset.id, sa.or_(Revision.code == code, Revision.state != RevisionState.DRAFT)
        )
    ):
        if other.state != RevisionState.DRAFT:
            raise Conflict("This changeset has been submitted; recall it, or open another.")
        raise Conflict("%(code)s has a draft in this changeset already.", code=other.code)
    record = session.scalar(sa.select(Record).where(Record.code == code))
    if record is not None and record.deleted_at is not None:
        raise Conflict("%(code)s has been deleted; bring it back first.", code=code)
    require_scope(session, kinds, kind, payload, record=record, actor=actor)
    check_free(session, kind, code, record)
    revision = Revision(
        changeset=changeset,
        record=record,
        kind=kind.name,
        code=code,
        number=_next_number(session, code),
        base_version=0 if record is None else record.version if base is None else min(base, record.version),
        payload=payload,
        author=actor,
        state=RevisionState.DRAFT,
    )
    session.add(revision)
    session.flush()
    note(session, "draft", actor, revision=revision)
    return revision


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A draft among many: the record's code, what it says, and the version of the record that its author saw."""

    code: str
    payload: dict[str, Any]
    base: int


def add_drafts(
    session: Session,
    kinds: Kinds,
    kind_name: str,
    drafts: Sequence[NewDraft],
    *,
    changeset: Changeset,
    actor: User,
    settings: Settings,
) -> None:
    """Do as `add_draft` does for many drafts of different records of a kind, with as many questions as for one.

    Raises `Conflict` for a record that has moved on since its author saw it, or was deleted; none of the drafts is
    written then.
    """
    kind, codes = kinds[kind_name], [draft.code for draft in drafts]
    if changeset.author_id != actor.id:
        raise NotAllowed("Only %(author)s may add to this changeset.", author=changeset.author.name)
    records = records_by_code(session, codes)
    numbers: dict[str, int] = {}
    for chunk in batches(codes):
        query = sa.select(Revision.code, sa.func.max(Revision.number)).where(Revision.code.in_(chunk))
        numbers |= {str(code): int(number) for code, number in session.execute(query.group_by(Revision.code))}
    rows = []
    for draft in drafts:
        _check_code(settings, draft.code)
        record = records.get(draft.code)
        if record is not None and (record.kind != kind.name or record.deleted_at is not None):
            raise Conflict("The code %(code)s belongs to another record already.", code=draft.code, field="code")
        if (record.version if record is not None else 0) != draft.base:
            raise Conflict("%(code)s has changed meanwhile; check the lines again.", code=draft.code)
        require_scope(session, kinds, kind, draft.payload, record=record, actor=actor)
        revision = Revision(
            changeset=changeset,
            record=record,
            kind=kind.name,
            code=draft.code,
            number=numbers.get(draft.code, 0) + 1,
            base_version=draft.base,
            payload=draft.payload,
            author=actor,
            state=RevisionState.DRAFT,
        )
        rows.append(revision)
    session.add_all(rows)
    session.flush()
    for revision in rows:
        note(session, "draft", actor, revision=revision)
    session.flush()


def _next_number(session: Session, code: str) -> int:
    return (session.scalar(sa.select(sa.func.max(Revision.number)).where(Revision.code == code)) or 0) + 1


def _check_code(settings: Settings, code: str) -> None:
    if not re.fullmatch(settings.code_pattern, code):
        raise InvalidInput(
            "“%(value)s” is not a code of this register (pattern %(pattern)s).",
            field="code",
            value=code,
            pattern=settings.code_pattern,
        )


def check_free(session: Session, kind: Kind, code: str, record: Record | None) -> None:
    """Raise `Conflict` when a code belongs to another kind, or is pending as a new record of somebody's."""
    if record is not None and record.kind != kind.name:
        raise Conflict("The code %(code)s belongs to another record already.", code=code, field="code")
    if record is None and session.scalar(
        sa.select(Revision.id).where(Revision.code == code, Revision.state.in_(index.OPEN))
    ):
        raise Conflict("A new record with the code %(code)s is waiting for review already.", code=code, field="code")


def require_scope(
    session: Session, kinds: Kinds, kind: Kind, payload: Mapping[str, Any], *, record: Record | None, actor: User
) -> None:
    """Raise `NotAllowed` unless the actor may edit both what the payload says and what stands.

    A draft that lies nowhere yet is bound by its kind alone; submitting it asks again.
    """
    if is_permitted_anywhere(actor, Permission.EDIT):
        return
    subjects = [kinds.subject(session, kind, payload)]
    if record is not None and record.version:
        subjects.append(kinds.subject(session, kind, current_payload(session, record)))
    for subject in subjects:
        require(actor, Permission.EDIT, Subject(kind.name) if subject.places == () else subject)


def rewrite_draft(
    session: Session,
    kinds: Kinds,
    revision: Revision,
    payload: dict[str, Any],
    *,
    actor: User,
    settings: Settings,
    saved: int | None = None,
) -> None:
    """Write a draft again. `saved` is the count that the author last saw; another one raises `Conflict`, for two tabs.

    The code of a record that is new may change. Raises as `write_draft` does.
    """
    require_draft(revision, actor)
    if saved is not None and saved != revision.saved:
        raise Conflict(
            "This draft was saved elsewhere since this page was opened.", code=revision.code, saved=revision.saved
        )
    kind, code = kinds[revision.kind], str(payload.get("code") or "")
    codes = {revision.code, code}
    if code != revision.code:
        if revision.record_id is not None or revision.base_version:
            raise InvalidInput("The code of a record that has been accepted stays.", field="code", value=code)
        _check_code(settings, code)
        check_free(session, kind, code, session.scalar(sa.select(Record).where(Record.code == code)))
        revision.number = (
            session.scalar(sa.select(sa.func.max(Revision.number)).where(Revision.code == code)) or 0
        ) + 1
        revision.code = code
    require_scope(session, kinds, kind, payload, record=revision.record, actor=actor)
    revision.payload = payload
    revision.saved += 1
    revision.saved_at = now()
    session.flush()
    index.refresh(session, kinds, codes)


def require_draft(revision: Revision, actor: User) -> None:
    """Raise `Conflict` unless a revision is a draft, `NotAllowed` unless it is the actor's own."""
    if revision.author_id != actor.id:
        raise NotAllowed("Only %(author)s may do this with %(code)s.", author=revision.author.name, code=revision.code)
    if revision.state != RevisionState.DRAFT:
        raise Conflict(
            "A revision that is “%(state)s” cannot be changed by “%(action)s”.", state=revision.state, action="edit"
        )


def rebase_draft(
    session: Session,
    kinds: Kinds,
    revision: Revision,
    payload: dict[str, Any],
    *,
    onto: int,
    actor: User,
    settings: Settings,
) -> None:
    """Write what a draft and the state that overtook it come to; it rests on version `onto` of the record from now on.

    Raises `Conflict` when the record has moved beyond that version meanwhile.
    """
    record = revision.record
    if record is None or record.version != onto:
        raise Conflict("%(code)s has changed again; look at the differences once more.", code=revision.code)
    rewrite_draft(session, kinds, revision, payload, actor=actor, settings=settings)
    revision.base_version = onto
    session.flush()
    note(session, "rebase", actor, revision=revision)


def restore_revision(
    session: Session, kinds: Kinds, revision: Revision, *, changeset: Changeset, actor: User, settings: Settings
) -> Revision:
    """Begin a draft that says what an accepted revision said; it goes through review like any other.

    Raises `Conflict` for a revision that was never accepted, for who has a draft of the record already, and for who may
    not see all that the revision says.
    """
    if revision.state != RevisionState.ACCEPTED:
        raise Conflict("Revision %(number)s was never accepted; only what was can be restored.", number=revision.number)
    if (own := own_draft(session, revision.code, actor.id)) is not None:
        raise Conflict(
            "You have a revision of %(code)s on its way (%(number)s); finish or discard it first.",
            code=revision.code,
            number=own.number,
        )
    if hidden := withheld_together(session, kinds, actor, revision):
        raise Conflict(
            "%(code)s holds what you may not see (%(names)s); somebody who may restores it.",
            code=revision.code,
            names=", ".join(sorted(hidden)),
        )
    return write_draft(
        session,
        kinds,
        revision.kind,
        dict(revision.payload),
        changeset=changeset,
        actor=actor,
        settings=settings,
    )


def move_drafts(session: Session, revisions: list[Revision], changeset: Changeset) -> None:
    """Put revisions into another changeset, to be submitted or accepted with what is there."""
    for revision in revisions:
        revision.changeset = changeset
    session.flush()
    session.expire(changeset, ["revisions"])


def current_payload(session: Session, record: Record) -> dict[str, Any]:
    """Give the accepted state of a record as its schema writes it: the payload that was accepted last."""
    return payload_at(session, record, record.version)


def payload_at(session: Session, record: Record, version: int) -> dict[str, Any]:
    """Give what a record's accepted state was at a version; empty for one before the first acceptance.

    Deleting and bringing back move the version and leave the state.
    """
    found = session.scalar(
        sa.select(Revision)
        .where(Revision.record_id == record.id, Revision.accepted_version <= version)
        .order_by(Revision.accepted_version.desc())
        .limit(1)
    )
    return dict(found.payload) if found else {}


# Enough to find the highest number among codes that differ in their stems.
_LOOKED_AT = 50


def suggest_code(session: Session, settings: Settings, kind: Kind, payload: Mapping[str, Any]) -> str:
    """Suggest the code for a new record: one above the highest number of its kind, in the form of that one.

    A kind whose codes stand under another record's takes that record's code and counts there; without it, "".
    """
    stem = f"{settings.code_prefix}-{kind.prefix}"
    width = 4
    if kind.under:
        owner = payload.get(kind.under)
        if not isinstance(owner, str) or not owner:
            return ""
        stem, width = f"{owner}-{kind.prefix}", 1
    codes = session.scalars(
        sa.select(RegisterEntry.code)
        .where(
            RegisterEntry.kind == kind.name,
            *([RegisterEntry.code.startswith(stem, autoescape=True)] if kind.under else []),
        )
        .order_by(RegisterEntry.code.desc())
        .limit(_LOOKED_AT)
    )
    numbered = [
        (int(found[2]), found[1], len(found[2])) for code in codes if (found := re.fullmatch(r"(.*?)(\d+)", code))
    ]
    number, stem, width = max(numbered, default=(0, stem, width))
    return f"{stem}{number + 1:0{width}d}"
