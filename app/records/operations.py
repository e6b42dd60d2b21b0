"""The register's writes, from submission to acceptance, publication and deletion; they flush, never commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted_anywhere, require
from app.config import Settings
from app.core.db import now
from app.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.records import index
from app.records.drafts import check_free, current_payload, require_scope
from app.records.history import note
from app.records.kinds import Kind, Kinds
from app.records.models import Changeset, ChangesetKind, Record, Revision, RevisionState, Visibility
from app.records.queries import records_by_code
from app.records.workflow import Action, next_state


def submit(
    session: Session,
    kinds: Kinds,
    changeset: Changeset,
    *,
    actor: User,
    settings: Settings,
    comment: str | None = None,
) -> None:
    """Hand every draft of a changeset to the reviewers; the schema binds from here on.

    Raises `NotAllowed` when the actor did not write them or one lies outside the actor's scope, `Conflict` when one is
    not a draft or its record has moved on, `InvalidInput` naming the record and the fields that its schema refuses.
    """
    for revision in hold_revisions(session, changeset):
        kind = kinds[revision.kind]
        state, permission = next_state(RevisionState(revision.state), Action.SUBMIT)
        _require_author(actor, revision, permission)
        load_payload(kind, revision)
        kinds.require(session, actor, permission, kind, revision.payload)
        require_scope(session, kinds, kind, revision.payload, record=revision.record, actor=actor)
        _require_fresh(revision, revision.record)
        revision.state = state
        note(session, Action.SUBMIT, actor, revision=revision, comment=comment)
    # An import's rows were checked, and whoever accepts them is told of the rest.
    if changeset.kind != ChangesetKind.IMPORT:
        for code, error in check(session, kinds, changeset, settings=settings).items():
            raise InvalidInput("%(code)s: %(problem)s", code=code, problem=error, **_place_of(error))
    _refresh(session, kinds, changeset)


def check(session: Session, kinds: Kinds, changeset: Changeset, *, settings: Settings) -> dict[str, InvalidInput]:
    """Try what accepting a changeset would do and take it back; gives the first problem of each record, by code.

    So a concept, unit, record or coordinate that does not exist is told before anybody reviews it.
    """
    problems: dict[str, InvalidInput] = {}
    trial = session.begin_nested()
    try:
        pairs = [(revision, _trial_record(session, kinds, revision)) for revision in changeset.revisions]
        session.flush()
        for revision, record in pairs:
            kind = kinds[revision.kind]
            try:
                with session.begin_nested():
                    kind.apply(session, settings, record, load_payload(kind, revision))
                    session.flush()
            except InvalidInput as error:
                problems[revision.code] = error
    finally:
        trial.rollback()
        session.expire_all()
    return problems


def _trial_record(session: Session, kinds: Kinds, revision: Revision) -> Record:
    record = session.scalar(sa.select(Record).where(Record.code == revision.code))
    if record is None:
        record = kinds[revision.kind].model(code=revision.code, version=0)
        session.add(record)
    return record


def _place_of(error: InvalidInput) -> dict[str, Any]:
    return {name: error.params[name] for name in ("field", "fields") if name in error.params}


def recall(session: Session, kinds: Kinds, changeset: Changeset, *, actor: User) -> None:
    """Take a changeset back from review to go on with it; only its author may."""
    _move(session, kinds, changeset, Action.RECALL, actor)


def discard(session: Session, kinds: Kinds, changeset: Changeset, *, actor: User) -> None:
    """Give up the drafts of a changeset, which sets the codes of new records free; only its author may."""
    _move(session, kinds, changeset, Action.DISCARD, actor)


def reopen(session: Session, kinds: Kinds, changeset: Changeset, *, actor: User) -> None:
    """Take up a rejected changeset again, to mend it; raises `Conflict` when the code of a new record is taken now."""
    for revision in hold_revisions(session, changeset):
        check_free(session, kinds[revision.kind], revision.code, revision.record)
    _move(session, kinds, changeset, Action.REOPEN, actor)


def _move(session: Session, kinds: Kinds, changeset: Changeset, action: Action, actor: User) -> None:
    """Lead an author's own revisions to another state."""
    for revision in hold_revisions(session, changeset):
        state, permission = next_state(RevisionState(revision.state), action)
        _require_author(actor, revision, permission)
        revision.state = state
        note(session, action, actor, revision=revision)
    _refresh(session, kinds, changeset)


def reject(session: Session, kinds: Kinds, changeset: Changeset, *, actor: User, comment: str) -> None:
    """Refuse a changeset, saying why; raises `InvalidInput` without a reason."""
    if not comment.strip():
        raise InvalidInput("Say why, so that the author can mend it.", field="comment")
    for revision in hold_revisions(session, changeset):
        state, permission = next_state(RevisionState(revision.state), Action.REJECT)
        _require_to_judge(session, kinds, revision, actor, permission)
        revision.state = state
        note(session, Action.REJECT, actor, revision=revision, comment=comment.strip())
    _refresh(session, kinds, changeset)


def comment_on(session: Session, changeset: Changeset, *, actor: User, comment: str) -> None:
    """Say something about a changeset; it stands in the history of each of its records."""
    require(actor, Permission.VIEW)
    if not comment.strip():
        raise InvalidInput("Write something first.", field="comment")
    for revision in hold_revisions(session, changeset):
        note(session, "comment", actor, revision=revision, comment=comment.strip())
    session.flush()


def accept(
    session: Session,
    kinds: Kinds,
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
    revisions = hold_revisions(session, changeset)
    standing = records_by_code(session, [revision.code for revision in revisions])
    for revision in revisions:
        kind = kinds[revision.kind]
        state, permission = next_state(RevisionState(revision.state), Action.ACCEPT)
        _require_to_judge(session, kinds, revision, actor, permission)
        if revision.author_id == actor.id and not settings.one_person_office:
            raise NotAllowed("%(user)s wrote this change; somebody else accepts it.", user=actor.name)
        revision.state = state
        pairs.append((revision, _take_record(session, kind, revision, standing.get(revision.code))))
    session.flush()
    # All identities exist now, so that records of one changeset may name each other in any order.
    for revision, record in pairs:
        if not record.version:
            _mark_empty(record)
        with session.no_autoflush:
            _apply(session, kinds[revision.kind], settings, revision, record)
        revision.accepted_version = record.version
        note(session, Action.ACCEPT, actor, revision=revision, version=record.version, comment=comment)
    _refresh(session, kinds, changeset)
    return [record for _, record in pairs]


def _require_to_judge(session: Session, kinds: Kinds, revision: Revision, actor: User, permission: Permission) -> None:
    """Raise `NotAllowed` unless the actor may judge both what a revision says and the record that it would change."""
    kinds.require(session, actor, permission, kinds[revision.kind], revision.payload)
    if revision.record is not None and revision.record.version:
        require_for(session, kinds, revision.record, actor, permission)


def _mark_empty(record: Record) -> None:
    """Tell the session that a new record has no parts yet, so that it does not ask for each list of them."""
    for relation in sa.inspect(type(record)).relationships:
        if relation.uselist and not relation.viewonly:
            sa.orm.attributes.set_committed_value(record, relation.key, [])


def _apply(session: Session, kind: Kind, settings: Settings, revision: Revision, record: Record) -> None:
    try:
        kind.apply(session, settings, record, load_payload(kind, revision))
    except InvalidInput as error:
        raise InvalidInput(
            "%(code)s: %(problem)s", code=revision.code, problem=error, field=error.params.get("field")
        ) from error
    record.version += 1
    record.updated_at = now()


def hold_revisions(session: Session, changeset: Changeset) -> Sequence[Revision]:
    """Give a changeset's revisions, read afresh and held against others; raises `Conflict` if it is empty."""
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


def _refresh(session: Session, kinds: Kinds, changeset: Changeset) -> None:
    session.flush()
    index.refresh(
        session, kinds, session.scalars(sa.select(Revision.code).where(Revision.changeset_id == changeset.id)).all()
    )


def _take_record(session: Session, kind: Kind, revision: Revision, record: Record | None) -> Record:
    """Give the record a revision is about, made if it is new; raises `Conflict` when it has moved on."""
    if record is None:
        record = kind.model(code=revision.code, version=0)
        session.add(record)
    _require_fresh(revision, record)
    revision.record = record
    return record


def _require_fresh(revision: Revision, record: Record | None) -> None:
    """Raise `Conflict` when the record of a revision has been deleted, or has moved on since it was begun."""
    if record is None:
        return
    if record.deleted_at is not None:
        raise Conflict("%(code)s has been deleted; bring it back first.", code=revision.code)
    if record.version == revision.base_version:
        return
    raise Conflict(
        "%(code)s has changed since this revision was begun (version %(base)s, now %(version)s). "
        "Look at what has changed and write the revision anew.",
        code=revision.code,
        base=revision.base_version,
        version=record.version,
    )


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
            kind=kind.name,
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


def set_visibility(
    session: Session,
    kinds: Kinds,
    changed: Sequence[Record],
    visibility: Visibility,
    *,
    actor: User,
    comment: str | None = None,
    changeset: Changeset | None = None,
) -> None:
    """Publish records or withdraw them from the public; their accepted states stay as they are.

    `changeset` is the bulk action that this is a part of. Raises `Conflict` for what is so already, and for publishing
    what has been deleted or was never accepted.
    """
    for record in changed:
        require_for(session, kinds, record, actor, Permission.PUBLISH)
        require_changeable(record, visibility)
        action = "publish" if visibility == Visibility.PUBLIC else "withdraw"
        details = {"visibility": record.visibility}
        record.visibility = visibility
        note(session, action, actor, record=record, comment=comment, changeset=changeset, details=details)
    index.refresh(session, kinds, [record.code for record in changed])


def require_changeable(record: Record, visibility: Visibility) -> None:
    """Raise `Conflict` unless a record can become public, or stop being so."""
    if visibility == Visibility.INTERNAL:
        if not record.is_public:
            raise Conflict("%(code)s is not public.", code=record.code)
        return
    if record.version == 0:
        raise Conflict("%(code)s has no accepted state to publish.", code=record.code)
    if record.deleted_at is not None:
        raise Conflict("%(code)s has been deleted; bring it back first.", code=record.code)
    if record.is_public:
        raise Conflict("%(code)s is public already.", code=record.code)


def set_deleted(
    session: Session,
    kinds: Kinds,
    changed: Sequence[Record],
    *,
    is_deleted: bool,
    actor: User,
    comment: str | None = None,
    changeset: Changeset | None = None,
) -> None:
    """Delete records, leaving their tombstones, or undo that; `changeset` is the undoing that this is a part of.

    Raises `Conflict` for what is so already.
    """
    for record in changed:
        require_deletable(session, kinds, record, is_deleted=is_deleted, actor=actor)
        record.deleted_at = now() if is_deleted else None
        record.version += 1
        record.updated_at = now()
    session.flush()
    action = "delete" if is_deleted else "undelete"
    for record in changed:
        note(session, action, actor, record=record, comment=comment, changeset=changeset)
    index.refresh(session, kinds, [record.code for record in changed])


def require_deletable(session: Session, kinds: Kinds, record: Record, *, is_deleted: bool, actor: User) -> None:
    """Raise `NotAllowed` or `Conflict` unless the actor can delete a record, or bring it back."""
    require_for(session, kinds, record, actor, Permission.DELETE)
    if is_deleted and record.deleted_at is not None:
        raise Conflict("%(code)s is deleted already.", code=record.code)
    if not is_deleted and record.deleted_at is None:
        raise Conflict("%(code)s is not deleted.", code=record.code)


def assign(
    session: Session,
    kinds: Kinds,
    record: Record,
    user: User | None,
    *,
    actor: User,
    changeset: Changeset | None = None,
) -> None:
    """Say who works on a record, or that nobody does; that is no statement of the record and needs no review."""
    require_for(session, kinds, record, actor, Permission.EDIT)
    before = record.assignee_id
    record.assignee_id = user.id if user else None
    session.flush()
    details = {"assignee": before, "to": record.assignee_id}
    note(
        session,
        "assign",
        actor,
        record=record,
        comment=user.name if user else None,
        changeset=changeset,
        details=details,
    )
    index.refresh(session, kinds, [record.code])


def require_for(session: Session, kinds: Kinds, record: Record, actor: User, permission: Permission) -> None:
    """Raise `NotAllowed` unless the actor may do this to the record as it stands."""
    if not is_permitted_anywhere(actor, permission):
        kinds.require(session, actor, permission, kinds[record.kind], current_payload(session, record))


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
