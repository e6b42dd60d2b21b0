"""Reads of the wishes, for the desk and the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.db import now
from app.core.errors import NotFound
from app.jobs.models import Wish, WishState


def find_wish(session: Session, wish_id: int, *, actor: User) -> Wish:
    """Give the actor's own wish; raises `NotFound` for anybody else's, and for one that is not there."""
    wish = session.scalar(sa.select(Wish).where(Wish.id == wish_id, Wish.actor_id == actor.id))
    if wish is None:
        raise NotFound("You have no job %(id)s.", id=wish_id)
    return wish


def wishes(
    session: Session,
    *,
    states: Sequence[WishState] = (),
    kind: str | None = None,
    actor: User | None = None,
    limit: int = 100,
) -> Sequence[Wish]:
    """List wishes, newest first: those in `states` (none named: in any), of a kind, of an actor."""
    query = sa.select(Wish).order_by(Wish.id.desc()).limit(limit).options(sa.orm.joinedload(Wish.actor))
    if states:
        query = query.where(Wish.state.in_([str(state) for state in states]))
    if kind:
        query = query.where(Wish.kind == kind)
    if actor:
        query = query.where(Wish.actor_id == actor.id)
    return session.scalars(query).all()


def read_wishes(session: Session, wish_ids: Iterable[int]) -> dict[int, Wish]:
    """Give wishes by their keys, whosoever they are; those that ended a month ago are forgotten."""
    wanted = list(wish_ids)
    found = session.scalars(sa.select(Wish).where(Wish.id.in_(wanted))) if wanted else ()
    return {wish.id: wish for wish in found}


def is_alive(wish: Wish | None) -> bool:
    """Tell whether a wish waits or is being run."""
    return wish is not None and wish.state in (WishState.WAITING, WishState.RUNNING)


def has_worker(session: Session, since: dt.datetime) -> bool:
    """Tell whether a job is being run now, or has come to its end since."""
    signs = sa.or_(Wish.leased_until > now(), Wish.finished_at > since)
    return session.scalar(sa.select(Wish.id).where(signs).limit(1)) is not None
