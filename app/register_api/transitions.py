"""Leading a record on: submitting, accepting, publishing and the rest, each by its own permission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Response, request
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.catalogue import KINDS
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotFound, Unprocessable
from app.http.answers import JSON, begin
from app.http.parameters import check_choice
from app.http.settings import current_settings
from app.publication import operations as publication
from app.records import drafts
from app.records import operations as records
from app.records.compare import merge
from app.records.kinds import Kind
from app.records.models import Record, Revision
from app.records.queries import read_revision
from app.records.withholding import withheld_together
from app.register_api.access import actor_of_request, answer, check_format, find_kind, item_path, read_body
from app.register_api.pointers import as_refusal, pointer, refuse_at
from app.register_api.revisions import describe_revision
from app.register_api.standing import check_precondition, read_standing
from app.register_api.writes import open_or_find, writing

# What leads the revision, with all of its changeset, on; and what is done to the record.
OF_REVISIONS = ("submit", "recall", "discard", "reopen", "accept", "reject", "restore")
OF_RECORDS = ("publish", "withdraw", "delete", "undelete")
_LONGEST_COMMENT = 4000


@writing
def make_transition(name: str, code: str) -> Response:
    """Do what the body asks, `{"action": …, "revision": n, "comment": …}`, to the record or to the whole changeset.

    A revision that its record has overtaken is answered with what it began from, what stands and what it says.
    """
    begin(("changeset",))
    check_format()
    kind, actor, session = find_kind(name), actor_of_request(), db.session()
    body = read_body(JSON)
    action, comment = _read(body)
    if request.if_match:
        check_precondition(read_standing(session, kind, code, actor, is_held=True))
    if action in OF_RECORDS:
        record = _find_record(session, kind, code)
        _lead_record(session, record, action, actor, comment)
        done: list[Revision] = []
    else:
        revision = _find_revision(session, kind, code, body.get("revision"))
        done = _lead_revision(session, revision, action, actor=actor, comment=comment)
    session.flush()
    response = answer(_describe(session, kind, code, action, done), 201 if action == "restore" else 200)
    if action == "restore":
        response.headers["Location"] = item_path(kind, code)
    db.session.commit()
    return response


def _read(body: dict[str, Any]) -> tuple[str, str | None]:
    action, comment = body.get("action"), body.get("comment")
    if unknown := sorted(set(body) - {"action", "revision", "comment"}):
        refuse_at((unknown[0],), "There is nothing of this name here.")
    if not isinstance(action, str):
        refuse_at(("action",), "Say what is to be done.")
    try:
        check_choice("action", str(action), (*OF_REVISIONS, *OF_RECORDS))
    except InvalidInput as error:
        raise as_refusal(error, None, {}) from error
    if comment is not None and (not isinstance(comment, str) or len(comment) > _LONGEST_COMMENT or "\x00" in comment):
        refuse_at(("comment",), "The comment is a text of at most %(most)s characters.", most=_LONGEST_COMMENT)
    return str(action), comment


def _find_record(session: Session, kind: Kind, code: str) -> Record:
    record = session.scalar(sa.select(Record).where(Record.code == code, Record.kind == kind.name))
    if record is None:
        raise NotFound("There is no record %(code)s.", code=code)
    return record


def _find_revision(session: Session, kind: Kind, code: str, number: Any) -> Revision:
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**31:
        refuse_at(("revision",), "Say which revision, by its number.")
    revision = read_revision(session, code, number)
    if revision.kind != kind.name:
        raise NotFound("There is no revision %(number)s of %(code)s.", number=number, code=code)
    return revision


def _lead_record(session: Session, record: Record, action: str, actor: User, comment: str | None) -> None:
    settings = current_settings()
    if action in ("publish", "withdraw"):
        change = publication.publish if action == "publish" else publication.withdraw
        change(session, [record], actor=actor, settings=settings, comment=comment)
    else:
        publication.set_deleted(
            session, [record], is_deleted=action == "delete", actor=actor, settings=settings, comment=comment
        )


def _lead_revision(
    session: Session, revision: Revision, action: str, *, actor: User, comment: str | None
) -> list[Revision]:
    """Lead a revision on; gives every revision of the changeset."""
    if action == "restore":
        return [_restore(session, KINDS[revision.kind], revision, actor)]
    changeset, settings = revision.changeset, current_settings()
    acts: dict[str, Callable[[], object]] = {
        "submit": lambda: records.submit(session, KINDS, changeset, actor=actor, settings=settings, comment=comment),
        "recall": lambda: records.recall(session, KINDS, changeset, actor=actor),
        "discard": lambda: records.discard(session, KINDS, changeset, actor=actor),
        "reopen": lambda: records.reopen(session, KINDS, changeset, actor=actor),
        "accept": lambda: publication.accept(session, changeset, actor=actor, settings=settings, comment=comment),
        "reject": lambda: records.reject(session, KINDS, changeset, actor=actor, comment=comment or ""),
    }
    revisions = list(changeset.revisions)
    try:
        acts[action]()
    except InvalidInput as error:
        raise _refusal(error, revisions) from error
    except Conflict as error:
        raise _with_states(session, error, revisions, actor) from error
    return revisions


def _restore(session: Session, kind: Kind, revision: Revision, actor: User) -> Revision:
    changeset = open_or_find(session, kind, revision.payload, actor)
    return drafts.restore_revision(
        session, KINDS, revision, changeset=changeset, actor=actor, settings=current_settings()
    )


def _refusal(error: InvalidInput, revisions: list[Revision]) -> Unprocessable:
    found = next((revision for revision in revisions if revision.code == error.params.get("code")), None)
    return as_refusal(error, KINDS[found.kind] if found else None, found.payload if found else {})


def _with_states(session: Session, error: Conflict, revisions: list[Revision], actor: User) -> Conflict:
    """Add to a conflict what a client needs to merge: the overtaken revision's base, what stands, what it says."""
    for revision in revisions:
        record = revision.record or session.scalar(sa.select(Record).where(Record.code == revision.code))
        if record is None or record.deleted_at is not None or record.version == revision.base_version:
            continue
        hidden = withheld_together(session, KINDS, actor, revision)
        base, current, own = (
            {name: value for name, value in payload.items() if name not in hidden}
            for payload in (
                drafts.payload_at(session, record, revision.base_version),
                drafts.current_payload(session, record),
                revision.payload,
            )
        )
        merged = merge(base, current, own)
        further = {
            "record": revision.code,
            "version": record.version,
            "base": base,
            "current": current,
            "own": own,
            "merged": merged.payload,
            "conflicts": [pointer(conflict.path) for conflict in merged.conflicts],
        }
        return Conflict(error.message, **error.params, further=further)
    return error


def _describe(session: Session, kind: Kind, code: str, action: str, done: list[Revision]) -> dict[str, Any]:
    record = session.scalar(sa.select(Record).where(Record.code == code).execution_options(populate_existing=True))
    for revision in done:
        session.refresh(revision)
    return {
        "action": action,
        "code": code,
        "links": [{"rel": "item", "type": "application/geo+json", "href": item_path(kind, code)}],
        "version": record.version if record else 0,
        "visibility": record.visibility if record else "internal",
        "deleted": bool(record and record.deleted_at),
        "revisions": [describe_revision(KINDS[revision.kind], revision) for revision in done],
    }
