"""Acts on one record: publish now or at a set time, withdraw, delete, bring back, assign, restore a revision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import RoleGrant, User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.core.clock import VIETNAM
from app.core.db import begin_write, db, now
from app.core.errors import DisanError, InvalidInput, NotFound
from app.desk.context import go, read_key, render, say, shown
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.problems import status_of
from app.http.settings import current_settings
from app.jobs import operations as jobs
from app.publication import operations as publication
from app.publication.scheduled import planned_publication, wish_publication
from app.records import drafts
from app.records import operations as records
from app.records.models import Record
from app.records.queries import read_entry, read_revision


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule(f"/records/<code>/<any({', '.join(_ACTS)}):act>", "act", act_on_record, methods=["GET", "POST"])
    desk.add_url_rule("/records/<code>/revisions/<int:number>/restore", "restore", restore, methods=["POST"])


def act_on_record(code: str, act: str) -> BaseResponse:
    """Ask what an act needs to know, then do it; what is wrong is said there, with what was typed."""
    session, actor = db.session(), require_actor()
    if request.method == "POST":
        begin_write(session)
    permission, do = _ACTS[act]
    require(actor, permission)
    record = records.find_record(session, code)
    if request.method == "GET":
        return _ask(session, record, act)
    try:
        told = do(session, record, actor)
    except DisanError as error:
        session.rollback()
        return _ask(session, records.find_record(session, code), act, error)
    session.commit()
    return go(f"/desk/records/{code}", told)


def _ask(session: Session, record: Record, act: str, error: DisanError | None = None) -> Response:
    entry = read_entry(session, record.code)
    return render(
        "act.html",
        status_of(error) if error else 200,
        act=act,
        record=record,
        title=shown(entry.label) if entry else record.code,
        error=sentence(error) if error else "",
        typed=request.form,
        people=people(session) if act == "assign" else [],
        planned=planned_publication(session, record.code) if act in ("schedule", "unschedule") else None,
    )


def people(session: Session) -> list[tuple[str, str]]:
    """Give who may be given records to work on, as keys and names: active people with a role that edits."""
    editors = sa.select(RoleGrant.user_id).where(RoleGrant.role != "viewer")
    query = sa.select(User).where(User.id.in_(editors), User.is_active, sa.not_(User.is_system))
    return [(str(user.id), user.shown_name) for user in session.scalars(query.order_by(User.name))]


def person(session: Session, key: str) -> User | None:
    """Give the person of a key that a form holds, None for an empty one; raises `InvalidInput` where there is none."""
    if not key:
        return None
    user = session.get(User, read_key(key) or 0)
    if user is None or user.is_system or not user.is_active:
        raise InvalidInput("There is no such person.", field="user")
    return user


def _said() -> str | None:
    return request.form.get("comment", "").strip() or None


def _publish(session: Session, record: Record, actor: User) -> str:
    publication.publish(session, [record], actor=actor, settings=current_settings(), comment=_said())
    return say("%(code)s is public now.") % {"code": record.code}


def _withdraw(session: Session, record: Record, actor: User) -> str:
    publication.withdraw(session, [record], actor=actor, settings=current_settings(), comment=_reason())
    return say("%(code)s is withdrawn; the public gets “withdrawn” at its address.") % {"code": record.code}


def _reason() -> str:
    reason = _said()
    if reason is None:
        raise InvalidInput("Say why.", field="comment")
    return reason


def _delete(session: Session, record: Record, actor: User) -> str:
    publication.set_deleted(
        session, [record], is_deleted=True, actor=actor, settings=current_settings(), comment=_reason()
    )
    return say("%(code)s is deleted. It can be brought back.") % {"code": record.code}


def _undelete(session: Session, record: Record, actor: User) -> str:
    publication.set_deleted(
        session, [record], is_deleted=False, actor=actor, settings=current_settings(), comment=_said()
    )
    return say("%(code)s is back.") % {"code": record.code}


def _assign(session: Session, record: Record, actor: User) -> str:
    user = person(session, request.form.get("user", ""))
    records.assign(session, KINDS, record, user, actor=actor)
    if user is None:
        return say("Nobody is assigned to %(code)s now.") % {"code": record.code}
    return say("%(code)s is assigned to %(name)s.") % {"code": record.code, "name": user.shown_name}


def _schedule(session: Session, record: Record, actor: User) -> str:
    try:
        at = dt.datetime.fromisoformat(f"{request.form.get('day', '')}T{request.form.get('time', '')}")
    except ValueError:
        raise InvalidInput("Give a day and a time.", field="day") from None
    at = at.replace(tzinfo=VIETNAM)
    if at <= now():
        raise InvalidInput("That time has passed. Give a later one, or publish now.", field="day")
    wish_publication(session, [record.code], at=at, actor=actor)
    return say("%(code)s will be published at the time you set.") % {"code": record.code}


def _unschedule(session: Session, record: Record, actor: User) -> str:
    wish = planned_publication(session, record.code)
    if wish is None:
        raise NotFound("Nothing is planned for %(code)s.", code=record.code)
    jobs.cancel(session, wish.id, actor=actor)
    return say("%(code)s will not be published by itself.") % {"code": record.code}


_ACTS: dict[str, tuple[Permission, Callable[[Session, Record, User], str]]] = {
    "publish": (Permission.PUBLISH, _publish),
    "schedule": (Permission.PUBLISH, _schedule),
    "unschedule": (Permission.PUBLISH, _unschedule),
    "withdraw": (Permission.PUBLISH, _withdraw),
    "delete": (Permission.DELETE, _delete),
    "undelete": (Permission.DELETE, _undelete),
    "assign": (Permission.EDIT, _assign),
}


def restore(code: str, number: int) -> BaseResponse:
    """Begin a draft that says what an earlier revision said."""
    session, actor = db.session(), require_actor()
    begin_write(session)
    revision = read_revision(session, code, number)
    title = say("%(code)s as in revision %(number)s") % {"code": code, "number": number}
    changeset = drafts.open_changeset(session, title=title, actor=actor)
    drafts.restore_revision(session, KINDS, revision, changeset=changeset, actor=actor, settings=current_settings())
    target = f"/desk/changesets/{changeset.id}"
    session.commit()
    return go(
        target, say("The draft says what revision %(number)s said. Submit it to restore it.") % {"number": number}
    )
