"""The accounts' own log: what happened to whom, appended and read, and what of it expires."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import AccountEvent, LoginThrottle, User, UserSession
from app.config import Settings
from app.core.db import now


class Happening(enum.StrEnum):
    """What can happen to an account."""

    LOGGED_IN = "log_in"
    LOG_IN_FAILED = "log_in_failed"
    LOCKED_OUT = "locked_out"
    UNLOCKED = "unlocked"
    LOGGED_OUT = "log_out"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (what happened, no password)
    PROFILE_CHANGED = "profile_changed"
    INVITED = "invited"
    LINK_MADE = "link_made"
    LINK_USED = "link_used"
    ROLES_CHANGED = "roles_changed"
    DEACTIVATED = "deactivated"
    REACTIVATED = "reactivated"
    TOKEN_MADE = "token_made"  # noqa: S105  (the same)
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  (the same)
    EXPORTED = "exported"


def note(
    session: Session,
    action: Happening,
    *,
    actor: User | None,
    user: User | None,
    address: str | None = None,
    **details: Any,
) -> None:
    """Append that `actor` did something to `user`; either is None where nobody known is meant."""
    session.add(
        AccountEvent(
            action=action,
            actor_id=actor.id if actor else None,
            user_id=user.id if user else None,
            address=address,
            details=details,
        )
    )


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events are asked for; empty fields bind nothing. `before` is the (at, id) of the last one had.

    `person_id` is whoever did it or to whom it was done, `own_id` binds to one's own deeds and account besides.
    """

    person_id: int | None = None
    own_id: int | None = None
    action: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    before: tuple[dt.datetime, int] | None = None
    most: int = 51


def read_events(session: Session, query: EventQuery) -> Sequence[AccountEvent]:
    """Give events with who did them and to whom, the newest first."""
    found = sa.select(AccountEvent).options(joinedload(AccountEvent.actor), joinedload(AccountEvent.user))
    for person in (query.person_id, query.own_id):
        if person is not None:
            found = found.where(sa.or_(AccountEvent.actor_id == person, AccountEvent.user_id == person))
    if query.action is not None:
        found = found.where(AccountEvent.action == query.action)
    if query.since is not None:
        found = found.where(AccountEvent.at >= query.since)
    if query.until is not None:
        found = found.where(AccountEvent.at < query.until)
    if query.before is not None:
        at, key = query.before
        found = found.where(sa.or_(AccountEvent.at < at, sa.and_(AccountEvent.at == at, AccountEvent.id < key)))
    return session.scalars(found.order_by(AccountEvent.at.desc(), AccountEvent.id.desc()).limit(query.most)).all()


def expire_traces(session: Session, settings: Settings) -> None:
    """Take network addresses out of the log when their time is over; forget ended sessions and old failures."""
    at = now()
    limit = at - dt.timedelta(days=settings.address_log_days)
    session.execute(
        sa.update(AccountEvent)
        .where(AccountEvent.at < limit, AccountEvent.address.is_not(None))
        .values(address=None)
        .execution_options(synchronize_session=False)
    )
    for old in (
        sa.delete(UserSession).where(UserSession.expires_at < at),
        sa.delete(LoginThrottle).where(LoginThrottle.failed_at < limit),
    ):
        session.execute(old.execution_options(synchronize_session=False))
