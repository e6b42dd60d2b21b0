"""Logging in: tries are counted before the password is looked at, and waits grow for an account and for an address."""

from __future__ import annotations

import datetime as dt
import math

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.events import Happening, expire_traces, note
from app.accounts.models import LoginThrottle, User
from app.accounts.operations import fold_name
from app.accounts.passwords import has_password, renew_hash
from app.accounts.permissions import Permission, require
from app.accounts.secrets import hash_secret
from app.accounts.sessions import open_session
from app.config import Settings
from app.core.db import now
from app.core.errors import NotAllowed

# So many tries are free: a person's mistakes, and those of an office behind one address.
FREE_TRIES = 5
FREE_TRIES_OF_ADDRESS = 50
_FIRST_WAIT_S = 30
_LONGEST_WAIT_S = 3600
_FORGIVEN_AFTER = dt.timedelta(days=1)


def _account_key(email: str) -> str:
    return hash_secret(f"account:{fold_name(email)}")


def _address_key(address: str) -> str:
    return hash_secret(f"address:{address}")


def _throttle(session: Session, key: str) -> LoginThrottle:
    """Give the count under a key, made if need be, held against others who count at the same time."""
    found = session.get(LoginThrottle, key, with_for_update=True, populate_existing=True)
    if found is not None:
        return found
    try:
        with session.begin_nested():
            made = LoginThrottle(key=key, failures=0, failed_at=now())
            session.add(made)
    except IntegrityError:
        return session.get_one(LoginThrottle, key, with_for_update=True, populate_existing=True)
    return made


def count_try(session: Session, *, email: str, address: str) -> int:
    """Count a try to log in, and give 0; or give in how many seconds the next one is allowed, and count nothing.

    The caller commits before the password is checked: tries made at once are counted one by one, and a failure needs
    nothing more. After five for an account, or fifty from an address, each further one doubles the wait, from 30
    seconds to an hour; a day without any forgives.
    """
    at = now()
    throttles = [
        (_throttle(session, key), free)
        for key, free in ((_account_key(email), FREE_TRIES), (_address_key(address), FREE_TRIES_OF_ADDRESS))
    ]
    waits = [(row.blocked_until - at).total_seconds() for row, _ in throttles if row.blocked_until]
    if waits and max(waits) > 0:
        return math.ceil(max(waits))
    for row, free in throttles:
        row.failures = 1 if row.failed_at < at - _FORGIVEN_AFTER else row.failures + 1
        row.failed_at = at
        over = row.failures - free
        wait = min(_FIRST_WAIT_S * 2 ** min(over, 10), _LONGEST_WAIT_S) if over >= 0 else 0
        row.blocked_until = at + dt.timedelta(seconds=wait) if wait else None
    session.flush()
    return 0


def must_wait(wait_s: int, **params: str) -> NotAllowed:
    """Say how long to wait; the caller raises or shows it."""
    return NotAllowed("Too many attempts. Please try again in %(minutes)s minutes.", minutes=-(-wait_s // 60), **params)


def find_by_password(session: Session, *, email: str, password: str) -> User | None:
    """Give the active person whose address and password these are; takes as long where there is nobody."""
    user = session.scalar(sa.select(User).where(User.name == fold_name(email)))
    return user if has_password(user, password) else None


def enter(session: Session, user: User, *, password: str, settings: Settings, agent: str | None, address: str) -> str:
    """Log somebody in whose password was found right: give the new session's secret, and take the try back."""
    renew_hash(user, password)
    forgive(session, user, address=address)
    secret = open_session(session, user, settings=settings, agent=agent, address=address)
    note(session, Happening.LOGGED_IN, actor=user, user=user, address=address)
    expire_traces(session, settings)
    session.flush()
    return secret


def forgive(session: Session, user: User, *, address: str) -> None:
    """Take a try back that was right: forget the account's failures, and one of the address's."""
    unblock(session, user)
    throttle = _throttle(session, _address_key(address))
    throttle.failures = max(throttle.failures - 1, 0)
    throttle.blocked_until = None if throttle.failures < FREE_TRIES_OF_ADDRESS else throttle.blocked_until


def note_failure(session: Session, *, email: str, address: str) -> None:
    """Note that a log-in failed, and that the account waits if it does; what was typed is not kept."""
    user = session.scalar(sa.select(User).where(User.name == fold_name(email), User.is_system.is_(False)))
    note(session, Happening.LOG_IN_FAILED, actor=None, user=user, address=address)
    throttle = session.get(LoginThrottle, _account_key(email))
    if user is not None and throttle is not None and throttle.blocked_until:
        seconds = (throttle.blocked_until - throttle.failed_at).total_seconds()
        note(session, Happening.LOCKED_OUT, actor=None, user=user, address=address, seconds=round(seconds))
    session.flush()


def blocked_until(session: Session, user: User) -> dt.datetime | None:
    """Give until when nobody may try to log in as the user, if that is still to come."""
    throttle = session.get(LoginThrottle, _account_key(user.name))
    until = throttle.blocked_until if throttle else None
    return until if until and until > now() else None


def lift_wait(session: Session, user: User, *, actor: User) -> None:
    """Let somebody try again at once."""
    require(actor, Permission.MANAGE_USERS)
    unblock(session, user)
    note(session, Happening.UNLOCKED, actor=actor, user=user)
    session.flush()


def unblock(session: Session, user: User) -> None:
    """Forget the account's failures."""
    session.execute(sa.delete(LoginThrottle).where(LoginThrottle.key == _account_key(user.name)))
