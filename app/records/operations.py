"""The register's writes, from draft to publication and deletion; they flush, never commit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.config import Settings
from app.core.db import now
from app.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.records.kinds import Kind
from app.records.models import Changeset, HistoryEntry, Record, Revision, RevisionState, Visibility
from app.records.workflow import Action, next_state

_OPEN = (RevisionState.DRAFT, RevisionState.IN_REVIEW)


def open_changeset(session: Session, *, title: str, actor: User) -> Changeset:
    """Open a changeset, to which its author's drafts are added."""
    require(actor, Permission.EDIT)
    changeset = Changeset(title=title, author=actor)
    session.add(changeset)
    session.flush()
    return changeset


def write_draft(
    session: Session, kind: Kind, payload: dict[str, Any], *, changeset: Changeset, actor: User, settings: Settings
) -> Revision:
    """Write a draft of a record, new or not, into an open changeset of the actor's own; it may be incomplete.

    `payload` has the shape of the kind's schema; only `code` must be there. Raises `InvalidInput` for a code that does
    not match the pattern, `Conflict` for one that another kind holds or that is pending elsewhere as a new record.
    """
    require(actor, Permission.EDIT)
    if changeset.author_id != actor.id:
        raise NotAllowed("Only %(author)s may add to this changeset.", author=changeset.author.name)
    code = str(payload.get("code") or "")
    if not re.fullmatch(settings.code_pattern, code):
        raise InvalidInput(
            "“%(value)s” is not a code of this register (pattern %(pattern)s).",
            field="code",
            value=code,
            pattern=settings.code_pattern,
        )
    for other in session.scalars(
        sa.select(Revision).where(
            Revision.changeset_id == changeset.id, sa.or_(Revision.code == code, Revision.state != RevisionState.DRAFT)
        )
    ):
        if other.state != RevisionState.DRAFT:
            raise Conflict("This changeset has been submitted; recall it, or open another.")
        raise Conflict("%(code)s has a draft in this changeset already.", code=other.code)
    record = session.scalar(sa.select(Record).where(Record.code == code))
    if record is not None and record.kind != kind.name:
        raise Conflict("The code %(code)s belongs to a %(kind)s already.", code=code, kind=record.kind)
    if record is None and _is_pending(session, code):
        raise Conflict("A new record with the code %(code)s is waiting for review already.", code=code)
    number = session.scalar(sa.select(sa.func.max(Revision.number)).where(Revision.code == code)) or 0
    revision = Revision(
        changeset=changeset,
        record=record,
        kind=kind.name,
        code=code,
        number=number + 1,
        base_version=record.version if record else 0,
        payload=payload,
        author=actor,
        state=RevisionState.DRAFT,
    )
    session.add(revision)
    session.flush()
    _note(session, "draft", actor, revision=revision)
    return revision


def _is_pending(session: Session, code: str) -> bool:
    return bool(session.scalar(sa.select(Revision.id).where(Revision.code == code, Revision.state.in_(_OPEN))))


def submit(session: Session, kinds: Mapping[str, Kind], changeset: Changeset, *, actor: User) -> None:
    """Hand every draft of a changeset to the reviewers; the schema binds from here on.

    Raises `NotAllowed` when the actor did not write them, `Conflict` when one is not a draft, `InvalidInput` naming the
    record and the fields that its schema refuses.
    """
    for revision in _hold_revisions(session, changeset):
        state, permission = next_state(RevisionState(revision.state), Action.SUBMIT)
        _require_author(actor, revision, permission)
        load_payload(kinds[revision.kind], revision)
        revision.state = state
        _note(session, Action.SUBMIT, actor, revision=revision)
    session.flush()


def recall(session: Session, changeset: Changeset, *, actor: User) -> None:
    """Take a changeset back from review to go on with it; only its author may."""
    for revision in _hold_revisions(session, changeset):
        state, permission = next_state(RevisionState(revision.state), Action.RECALL)
        _require_author(actor, revision, permission)
        revision.state = state
        _note(session, Action.RECALL, actor, revision=revision)
    session.flush()


def discard(session: Session, changeset: Changeset, *, actor: User) -> None:
    """Give up the drafts of a changeset, which sets the codes of new records free; only its author may."""
    for revision in _hold_revisions(session, changeset):
        state, permission = next_state(RevisionState(revision.state), Action.DISCARD)
        _require_author(actor, revision, permission)
        revision.state = state
        _note(session, Action.DISCARD, actor, revision=revision)
    session.flush()


def reject(session: Session, changeset: Changeset, *, actor: User, comment: str) -> None:
    """Refuse a changeset, saying why."""
    for revision in _hold_revisions(session, changeset):
        state, permission = next_state(RevisionState(revision.state), Action.REJECT)
        require(actor, permission)
        revision.state = state
        _note(session, Action.REJECT, actor, revision=revision, comment=comment)
    session.flush()


def accept(
    session: Session,
    kinds: Mapping[str, Kind],
    changeset: Changeset,
    *,
    actor: User,
    settings: Settings,
    comment: str | None = None,
) -> list[Record]:
    """Make the proposed states of a changeset the accepted ones; gives the records in the changeset's order.

    Nobody accepts their own change unless the setting `one_person_office` says so (`NotAllowed`). Raises `Conflict`
    when a record has moved on since its revision was begun, and `InvalidInput` as `submit` does. The public does not
    see any of it yet: `app.publication.operations` is the door.
    """
    pairs: list[tuple[Revision, Record]] = []
    for revision in _hold_revisions(session, changeset):
        state, permission = next_state(RevisionState(revision.state), Action.ACCEPT)
        require(actor, permission)
        if revision.author_id == actor.id and not settings.one_person_office:
            raise NotAllowed("%(user)s wrote this change; somebody else accepts it.", user=actor.name)
        revision.state = state
        pairs.append((revision, _take_record(session, kinds[revision.kind], revision)))
    session.flush()
    # All identities exist now, so that records of one changeset may name each other in any order.
    for revision, record in pairs:
        kind = kinds[revision.kind]
        try:
            kind.apply(session, settings, record, load_payload(kind, revision))
        except InvalidInput as error:
            raise InvalidInput(
                "%(code)s: %(problem)s", code=revision.code, problem=str(error), field=error.params.get("field")
            ) from error
        record.version += 1
        record.updated_at = now()
        _note(session, Action.ACCEPT, actor, revision=revision, version=record.version, comment=comment)
    session.flush()
    return [record for _, record in pairs]


def _hold_revisions(session: Session, changeset: Changeset) -> Sequence[Revision]:
    """Give a changeset's revisions, read afresh and held against other reviewers; raises `Conflict` if it is empty."""
    session.flush()
    revisions = session.scalars(
        sa.select(Revision)
        .where(Revision.changeset_id == changeset.id)
        .order_by(Revision.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not revisions:
        raise Conflict("This changeset is empty.")
    return revisions


def _take_record(session: Session, kind: Kind, revision: Revision) -> Record:
    """Give the record a revision is about, made if it is new; raises `Conflict` when it has moved on."""
    record = revision.record or session.scalar(sa.select(Record).where(Record.code == revision.code))
    if record is None:
        record = kind.model(code=revision.code, version=0)
        session.add(record)
    elif record.deleted_at is not None:
        raise Conflict("%(code)s has been deleted; bring it back first.", code=revision.code)
    elif record.version != revision.base_version:
        raise Conflict(
            "%(code)s has changed since this revision was begun (version %(base)s, now %(version)s). "
            "Look at what has changed and write the revision anew.",
            code=revision.code,
            base=revision.base_version,
            version=record.version,
        )
    revision.record = record
    return record


def load_payload(kind: Kind, revision: Revision) -> dict[str, Any]:
    """Read a revision's payload by its kind's schema; raises `InvalidInput` naming the record and its fields."""
    try:
        return dict(kind.schema().load(revision.payload))
    except ValidationError as error:
        raise InvalidInput(
            "%(code)s cannot be accepted as it stands: %(problems)s",
            code=revision.code,
            problems="; ".join(flatten_messages(error.messages)),
            fields=error.messages,
        ) from error


def flatten_messages(messages: Any, path: str = "") -> list[str]:
    """Write marshmallow's nested messages as lines such as `sources.2.url: Not a valid URL`."""
    if isinstance(messages, Mapping):
        return [
            line
            for key, value in messages.items()
            for line in flatten_messages(value, path if key == "_schema" else f"{path}.{key}".lstrip("."))
        ]
    return [f"{path}: {message}" if path else str(message) for message in messages]


def set_visibility(session: Session, record: Record, visibility: Visibility, *, actor: User) -> None:
    """Publish a record or withdraw it from the public; the accepted state stays as it is."""
    require(actor, Permission.PUBLISH)
    if record.version == 0:
        raise Conflict("%(code)s has no accepted state to publish.", code=record.code)
    record.visibility = visibility
    session.flush()
    _note(session, "publish" if visibility == Visibility.PUBLIC else "withdraw", actor, record=record)


def set_deleted(session: Session, record: Record, *, is_deleted: bool, actor: User, comment: str | None = None) -> None:
    """Delete a record, leaving its tombstone, or undo that; raises `Conflict` when it is so already."""
    require(actor, Permission.DELETE)
    if (record.deleted_at is not None) == is_deleted:
        raise Conflict("%(code)s is deleted already." if is_deleted else "%(code)s is not deleted.", code=record.code)
    record.deleted_at = now() if is_deleted else None
    record.version += 1
    session.flush()
    _note(session, "delete" if is_deleted else "undelete", actor, record=record, comment=comment)


def find_record(session: Session, code: str) -> Record:
    """Give the record with a code, tombstones included; raises `NotFound`."""
    record = session.scalar(sa.select(Record).where(Record.code == code))
    if record is None:
        raise NotFound("There is no record %(code)s.", code=code)
    return record


def _require_author(actor: User, revision: Revision, permission: Permission) -> None:
    require(actor, permission)
    if revision.author_id != actor.id:
        raise NotAllowed("Only %(author)s may do this with %(code)s.", author=revision.author.name, code=revision.code)


def _note(
    session: Session,
    action: str,
    actor: User,
    *,
    revision: Revision | None = None,
    record: Record | None = None,
    version: int | None = None,
    comment: str | None = None,
) -> None:
    """Append to the history."""
    subject = revision or record
    if subject is None:
        raise ValueError(action)
    session.add(
        HistoryEntry(
            actor_id=actor.id,
            action=str(action),
            kind=subject.kind,
            code=subject.code,
            version=record.version if record else version,
            revision_id=revision.id if revision else None,
            changeset_id=revision.changeset_id if revision else None,
            comment=comment,
        )
    )
