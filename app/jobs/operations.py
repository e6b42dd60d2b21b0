"""The life of a wish: wished, claimed by one worker at a time, finished or tried again; these flush, never commit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.accounts.operations import system_actor
from app.accounts.permissions import Permission, is_permitted
from app.core.db import change_rows, now
from app.core.errors import Conflict, DisanError, NotAllowed
from app.jobs.handlers import Job
from app.jobs.models import Wish, WishState

DAILY_ACTOR = "daily-jobs"

_FIRST_PAUSE = dt.timedelta(seconds=10)
_LONGEST_PAUSE = dt.timedelta(hours=1)
_KEPT = dt.timedelta(days=30)
_ENDED = (WishState.DONE, WishState.FAILED, WishState.CANCELLED)


def wish(
    session: Session, kind: str, payload: Mapping[str, Any], *, actor: User, run_at: dt.datetime | None = None
) -> Wish:
    """Wish for something to be done once the caller has committed: at once, or not before `run_at`.

    `kind` is a name of the worker's table of handlers, `payload` what that handler is told, as JSON. What the actor
    may do is asked when the wish is run, not now.
    """
    made = Wish(kind=kind, payload=dict(payload), actor=actor, run_at=run_at or now())
    session.add(made)
    session.flush()
    return made


def cancel(session: Session, wish_id: int, *, actor: User) -> Wish:
    """Take back a wish that waits.

    Raises `NotAllowed` unless it is the actor's own or the actor administers users, and `Conflict` when it is running
    or has come to its end.
    """
    found = session.scalar(
        sa.select(Wish).where(Wish.id == wish_id).with_for_update(of=Wish).execution_options(populate_existing=True)
    )
    if found is None or (found.actor_id != actor.id and not is_permitted(actor, Permission.MANAGE_USERS)):
        raise NotAllowed("This job is not yours to cancel.")
    if found.state != WishState.WAITING:
        raise Conflict("This job cannot be cancelled any more: it is being done, or has come to its end.")
    found.state = WishState.CANCELLED
    found.finished_at = now()
    session.flush()
    return found


def is_any_due(session: Session) -> bool:
    """Tell, without writing, whether there is anything to claim."""
    return session.scalar(sa.select(_due(now()).exists())) or False


def _due(at: dt.datetime) -> sa.Select[Any]:
    """Select what may be claimed: wishes whose time has come, and running ones whose worker has died."""
    return sa.select(Wish).where(
        sa.or_(
            sa.and_(Wish.state == WishState.WAITING, Wish.run_at <= at),
            sa.and_(Wish.state == WishState.RUNNING, Wish.leased_until < at),
        )
    )


def claim(session: Session, *, owner: str, lease: dt.timedelta) -> Job | None:
    """Take the wish that has waited longest, for `lease` from now; None when nothing is due.

    The caller has begun to write (`begin_write`) and commits at once, before running it. Two workers never get the
    same: SQLite has one writer, PostgreSQL passes over the rows that another holds.
    """
    at = now()
    found = session.scalar(_due(at).order_by(Wish.run_at, Wish.id).limit(1).with_for_update(skip_locked=True, of=Wish))
    if found is None:
        return None
    found.state = WishState.RUNNING
    found.attempts += 1
    found.owner = owner
    found.leased_until = at + lease
    found.started_at = at
    session.flush()
    return Job(found.id, found.kind, dict(found.payload), found.actor_id, found.attempts, owner)


def hold(session: Session, job: Job, *, lease: dt.timedelta) -> bool:
    """Go on holding a wish that is being run; False when another has taken it."""
    return _change(session, job, leased_until=now() + lease)


def finish(session: Session, job: Job, result: Any) -> bool:
    """End a wish well, in the transaction of what it wrote; False, and the caller rolls back, if it was lost."""
    return _change(
        session, job, state=WishState.DONE, result=result, error=None, owner=None, leased_until=None, finished_at=now()
    )


def fail(session: Session, job: Job, error: DisanError, *, is_final: bool) -> bool:
    """Note what went wrong: for good, or to be tried again after a pause of 10 s that doubles up to an hour."""
    told = {"message": error.message, "params": {name: _plain(value) for name, value in error.params.items()}}
    if is_final:
        return _change(
            session, job, state=WishState.FAILED, error=told, owner=None, leased_until=None, finished_at=now()
        )
    pause = min(_FIRST_PAUSE * 2 ** (job.attempt - 1), _LONGEST_PAUSE)
    return _change(
        session, job, state=WishState.WAITING, error=told, owner=None, leased_until=None, run_at=now() + pause
    )


def release(session: Session, job: Job) -> bool:
    """Put back a wish that its worker has no time left for; the attempt does not count."""
    return _change(
        session, job, state=WishState.WAITING, attempts=job.attempt - 1, owner=None, leased_until=None, run_at=now()
    )


def _change(session: Session, job: Job, **values: Any) -> bool:
    """Write to a wish as long as it is held under the job's name."""
    held = sa.update(Wish).where(Wish.id == job.id, Wish.owner == job.owner, Wish.state == WishState.RUNNING)
    return bool(change_rows(session, held.values(**values)))


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def plan_day(session: Session, hours: Mapping[str, int], zone: dt.tzinfo) -> list[Wish]:
    """Wish for the work of this day that nobody has wished for yet: kinds and the hour of the day (0–23) in `zone`.

    Asked as often as you like and by several workers: each kind gets one wish a day.
    """
    today = now().astimezone(zone).date()
    names = {kind: f"{kind}:{today.isoformat()}" for kind in hours}
    known = set(session.scalars(sa.select(Wish.once).where(Wish.once.in_(names.values()))))
    made = [
        Wish(
            kind=kind,
            payload={"day": today.isoformat()},
            once=names[kind],
            run_at=dt.datetime.combine(today, dt.time(hour), zone),
        )
        for kind, hour in hours.items()
        if names[kind] not in known
    ]
    if made:
        actor = system_actor(session, DAILY_ACTOR, Role.VIEWER)
        for new in made:
            new.actor = actor
        session.add_all(made)
        session.flush()
    return made


def forget_ended(session: Session) -> int:
    """Delete wishes that came to their end 30 days ago or earlier; gives how many."""
    return change_rows(session, sa.delete(Wish).where(Wish.state.in_(_ENDED), Wish.finished_at < now() - _KEPT))
