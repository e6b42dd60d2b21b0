"""Acts on a whole changeset, done at once or, where it holds very many revisions, by the worker."""

from __future__ import annotations

import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.config import Settings
from app.core.db import begin_write
from app.core.errors import Conflict
from app.jobs.handlers import Handler, Job
from app.jobs.models import Wish
from app.jobs.operations import wish
from app.jobs.queries import is_alive
from app.publication import operations as publication
from app.publication.undoing import undo
from app.records import operations as records
from app.records.models import Changeset, HistoryEntry, Revision, RevisionState
from app.records.queries import read_changeset

ACT = "act_on_changeset"
# Nobody waits in a request for more revisions than these to be submitted, accepted, published or undone.
MANY = 200
_LOOKED_BACK = 200


class Act(enum.StrEnum):
    """What may take long."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    ACCEPT_AND_PUBLISH = "accept_and_publish"
    PUBLISH = "publish"
    UNDO = "undo"


_PERMISSIONS = {
    Act.SUBMIT: Permission.EDIT,
    Act.ACCEPT: Permission.REVIEW,
    Act.ACCEPT_AND_PUBLISH: Permission.PUBLISH,
    Act.PUBLISH: Permission.PUBLISH,
    Act.UNDO: Permission.EDIT,
}


def is_large(session: Session, changeset_id: int) -> bool:
    """Tell whether a changeset touches so many records that the worker acts on it."""
    revisions = sa.select(Revision.id).where(Revision.changeset_id == changeset_id).limit(MANY + 1)
    entries = sa.select(HistoryEntry.id).where(HistoryEntry.changeset_id == changeset_id).limit(MANY + 1)
    return any(
        (session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0) > MANY
        for query in (revisions, entries)
    )


def accept(
    session: Session,
    changeset: Changeset,
    *,
    actor: User,
    settings: Settings,
    comment: str | None = None,
    is_published: bool = False,
) -> None:
    """Accept a changeset and, if that is wished, publish what it holds; raises as the two do by themselves."""
    publication.accept(session, changeset, actor=actor, settings=settings, comment=comment)
    if is_published:
        publish(session, changeset, actor=actor, settings=settings)


def publish(session: Session, changeset: Changeset, *, actor: User, settings: Settings) -> None:
    """Publish the records of an accepted changeset that are not public; raises `Conflict` for one that is not."""
    revisions = session.scalars(
        sa.select(Revision).where(Revision.changeset_id == changeset.id).order_by(Revision.id)
    ).all()
    if any(one.state != RevisionState.ACCEPTED for one in revisions):
        raise Conflict("Only what has been accepted can be published.")
    found = [one.record for one in revisions if one.record is not None]
    internal = [record for record in found if not record.is_public and record.deleted_at is None]
    if internal:
        publication.publish(session, internal, actor=actor, settings=settings)


def wish_act(
    session: Session, changeset: Changeset, act: Act, *, actor: User, comment: str = "", title: str = ""
) -> Wish:
    """Wish that the worker act on a changeset; `title` is that of the changeset which undoes it.

    Raises `NotAllowed` for who may not, `Conflict` while another act on it is under way.
    """
    require(actor, _PERMISSIONS[act])
    if is_alive(latest_act(session, changeset.id)):
        raise Conflict("Something is being done with this changeset just now. Wait until it is done.")
    payload = {"changeset": changeset.id, "act": str(act), "comment": comment, "title": title}
    return wish(session, ACT, payload, actor=actor)


def latest_act(session: Session, changeset_id: int) -> Wish | None:
    """Give the last wish of the kind for a changeset, as long as it is remembered."""
    query = sa.select(Wish).where(Wish.kind == ACT).order_by(Wish.id.desc()).limit(_LOOKED_BACK)
    return next((found for found in session.scalars(query) if found.payload["changeset"] == changeset_id), None)


def _act(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
    """Do what was wished, in one transaction; the result of undoing names its changeset and what it left."""
    begin_write(session)
    actor = session.get_one(User, job.actor_id)
    changeset = read_changeset(session, job.payload["changeset"])
    act, comment = Act(job.payload["act"]), job.payload["comment"] or None
    if act is Act.SUBMIT:
        records.submit(session, KINDS, changeset, actor=actor, settings=settings, comment=comment)
    elif act is Act.PUBLISH:
        publish(session, changeset, actor=actor, settings=settings)
    elif act is Act.UNDO:
        outcome = undo(session, changeset, title=job.payload["title"], actor=actor, settings=settings)
        skipped = [[code, error.message, _plain(error.params)] for code, error in outcome.skipped]
        return {"changeset": outcome.changeset.id, "done": len(outcome.done), "skipped": skipped}
    else:
        is_published = act is Act.ACCEPT_AND_PUBLISH
        accept(session, changeset, actor=actor, settings=settings, comment=comment, is_published=is_published)
    return {}


def _plain(params: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


HANDLER = Handler(_act)
