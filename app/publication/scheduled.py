"""Publishing at a set time: wished for now, checked again and done by the worker then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.config import Settings
from app.core.db import begin_write, now
from app.core.errors import DisanError, InvalidInput, NotFound, Unavailable
from app.jobs.handlers import Handler, Job
from app.jobs.models import Wish, WishState
from app.jobs.operations import wish
from app.publication.operations import publish
from app.records.models import Record, Visibility
from app.records.operations import find_record, require_changeable, require_for

PUBLISH = "publish"


def wish_publication(session: Session, codes: Sequence[str], *, at: dt.datetime, actor: User) -> Wish:
    """Wish that records be published at `at` (aware), by the actor and as far as they may then.

    Raises `NotAllowed` when the actor may not publish one of them, `InvalidInput` for a time that is past or no record
    at all, `NotFound` for a code that no record has.
    """
    require(actor, Permission.PUBLISH)
    if at <= now():
        raise InvalidInput("Choose a time that is still to come.", field="at", value=at.isoformat())
    if not codes:
        raise InvalidInput("Choose at least one record to publish.", field="codes")
    for code in codes:
        require_for(session, KINDS, find_record(session, code), actor, Permission.PUBLISH)
    return wish(session, PUBLISH, {"codes": list(dict.fromkeys(codes))}, actor=actor, run_at=at)


def planned_publications(session: Session, *, limit: int = 20) -> Sequence[Wish]:
    """Give the wishes that wait for their time, the soonest first."""
    query = _planned().order_by(Wish.run_at, Wish.id).limit(limit)
    return session.scalars(query.options(joinedload(Wish.actor).lazyload(User.roles))).all()


def planned_publication(session: Session, code: str) -> Wish | None:
    """Give the wish by which a record will be published at a set time, if there is one."""
    named = _planned().where(sa.cast(Wish.payload, sa.Text).contains(f'"{code}"', autoescape=True))
    return next((found for found in session.scalars(named) if code in found.payload["codes"]), None)


def _planned() -> sa.Select[Wish]:
    return sa.select(Wish).where(Wish.kind == PUBLISH, Wish.state == WishState.WAITING)


def _publish_wished(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
    """Publish what can be; the result names the codes `published` and, with a sentence each, those `left`.

    A second run finds the records public already and leaves them.
    """
    begin_write(session)
    actor = session.get_one(User, job.actor_id)
    left: dict[str, DisanError] = {}
    ready: list[str] = []
    for code in job.payload["codes"]:
        try:
            _require_ready(session, code)
            ready.append(code)
        except DisanError as error:
            left[code] = error
    published = ready
    # Together if that goes, so that what hangs together is rendered once; else each by itself.
    if ready and _try_publish(session, ready, actor, settings) is not None:
        published = []
        for code in ready:
            refusal = _try_publish(session, [code], actor, settings)
            if refusal is None:
                published.append(code)
            else:
                left[code] = refusal
    return {
        "published": published,
        "left": [
            {"code": code, "message": error.message, "params": {k: str(v) for k, v in error.params.items()}}
            for code, error in left.items()
        ],
    }


def _require_ready(session: Session, code: str) -> None:
    record = session.scalar(sa.select(Record).where(Record.code == code))
    if record is None:
        raise NotFound("There is no record %(code)s.", code=code)
    require_changeable(record, Visibility.PUBLIC)


def _try_publish(session: Session, codes: Sequence[str], actor: User, settings: Settings) -> DisanError | None:
    """Publish records or leave everything as it was, and give the reason."""
    try:
        with session.begin_nested():
            records = session.scalars(sa.select(Record).where(Record.code.in_(codes)).order_by(Record.id)).all()
            publish(session, records, actor=actor, settings=settings)
    except Unavailable:
        raise
    except DisanError as error:
        return error
    return None


HANDLER = Handler(_publish_wished)
