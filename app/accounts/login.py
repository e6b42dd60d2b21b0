"""Logging in and out: sessions that end, and failures that make the next try wait."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.events import note
from app.accounts.models import LoginFailure, User, UserSession
from app.accounts.operations import check_password, hash_password, needs_rehash
from app.accounts.secrets import hash_secret, make_secret
from app.config import Settings
from app.core.db import now

# Failures within this time count; so many of one account, or from one address, are free.
_WINDOW = dt.timedelta(hours=1)
_FREE_PER_NAME = 5
_FREE_PER_ADDRESS = 30
_FIRST_WAIT_S = 15
_LONGEST_WAIT_S = 900
# A session's last use is written at most this often.
_TOUCH = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Login:
    """What came of a try: a session's secret, or how many seconds to wait before the next, 0 for none."""

    user: User | None = None
    secret: str | None = None
    wait_s: int = 0


def log_in(session: Session, *, name: str, password: str, address: str, agent: str, settings: Settings) -> Login:
    """Try to log in; failures are taken down, so the caller commits either way.

    Whether an account exists shows neither in the answer nor in the time it takes. Repeated failures of one account or
    from one address make the next try wait, twice as long each time, up to 15 minutes.
    """
    name = name.strip().lower()[:254]
    _forget_failures(session, settings)
    wait_s = waiting_time(session, name=name, address=address)
    if wait_s:
        return Login(wait_s=wait_s)
    user = session.scalar(sa.select(User).where(User.name == name))
    if not check_password(user, password) or user is None:
        session.add(LoginFailure(name=name, address=address))
        session.flush()
        wait_s = waiting_time(session, name=name, address=address)
        note(session, "lock_out" if wait_s else "login_failed", actor=None, user=user)
        return Login(wait_s=wait_s)
    if needs_rehash(user):
        user.password_hash = hash_password(password)
    session.execute(sa.delete(LoginFailure).where(LoginFailure.name == name))
    secret = open_session(session, user, agent=agent)
    note(session, "login", actor=user, user=user)
    return Login(user, secret)


def waiting_time(session: Session, *, name: str, address: str) -> int:
    """Give how many seconds an account or an address has to wait before the next try."""
    waits = [
        _wait(session, LoginFailure.name == name, _FREE_PER_NAME),
        _wait(session, LoginFailure.address == address, _FREE_PER_ADDRESS),
    ]
    return max(waits)


def _wait(session: Session, condition: sa.ColumnElement[bool], free: int) -> int:
    since = now() - _WINDOW
    count, last = session.execute(
        sa.select(sa.func.count(LoginFailure.id), sa.func.max(LoginFailure.id)).where(
            condition, LoginFailure.at >= since
        )
    ).one()
    if count < free or last is None:
        return 0
    wait_s = min(_FIRST_WAIT_S * 2 ** min(count - free, 10), _LONGEST_WAIT_S)
    failed_at = session.get_one(LoginFailure, last).at
    return max(0, int(wait_s - (now() - failed_at).total_seconds()) + 1) if wait_s else 0


def _forget_failures(session: Session, settings: Settings) -> None:
    """Drop what has been kept as long as addresses may be."""
    oldest = now() - dt.timedelta(days=settings.address_log_days)
    session.execute(sa.delete(LoginFailure).where(LoginFailure.at < oldest))


def open_session(session: Session, user: User, *, agent: str) -> str:
    """Open a session; gives its secret, which is kept nowhere here."""
    secret = make_secret()
    session.add(UserSession(user=user, secret_hash=hash_secret(secret), agent=agent[:200]))
    session.flush()
    return secret


def find_session(session: Session, secret: str, settings: Settings) -> UserSession | None:
    """Give the session with a secret, unless it has ended: idle too long, too old, or its user inactive."""
    query = sa.select(UserSession).where(UserSession.secret_hash == hash_secret(secret))
    found = session.scalar(query.options(joinedload(UserSession.user)))
    if found is None or not found.user.is_active:
        return None
    idle = dt.timedelta(minutes=settings.session_idle_minutes)
    longest = dt.timedelta(hours=settings.session_hours)
    at = now()
    return None if at - found.seen_at > idle or at - found.created_at > longest else found


def is_touch_due(found: UserSession) -> bool:
    """Tell whether a session's last use is worth writing down."""
    return now() - found.seen_at > _TOUCH


def touch(session: Session, found_id: int) -> None:
    """Write down that a session is in use."""
    session.execute(sa.update(UserSession).where(UserSession.id == found_id).values(seen_at=now()))


def log_out(session: Session, secret: str) -> None:
    """End the session with a secret."""
    session.execute(sa.delete(UserSession).where(UserSession.secret_hash == hash_secret(secret)))


def end_sessions(session: Session, user: User, *, but: int | None = None) -> int:
    """End a user's sessions, all but one if that is wanted; gives how many."""
    query = sa.delete(UserSession).where(UserSession.user_id == user.id)
    if but is not None:
        query = query.where(UserSession.id != but)
    return int(session.execute(query).rowcount)  # type: ignore[attr-defined]
