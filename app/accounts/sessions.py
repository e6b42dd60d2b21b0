"""Sessions of people: opened at log-in with a new secret, found by it, ended by time, by log-out or from elsewhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.events import Happening, note
from app.accounts.models import User, UserSession
from app.accounts.permissions import Permission, require
from app.accounts.secrets import hash_secret, make_secret
from app.config import Settings
from app.core.db import now
from app.core.errors import NotFound


def open_session(
    session: Session, user: User, *, settings: Settings, agent: str | None = None, address: str | None = None
) -> str:
    """Open a session and give its secret, which nothing keeps."""
    secret, at = make_secret(), now()
    session.add(
        UserSession(
            secret_hash=hash_secret(secret),
            user_id=user.id,
            created_at=at,
            seen_at=at,
            expires_at=at + dt.timedelta(hours=settings.session_hours),
            agent=(agent or "")[:200] or None,
            address=address,
        )
    )
    session.flush()
    return secret


def _live(settings: Settings) -> list[sa.ColumnElement[bool]]:
    at = now()
    idle_since = at - dt.timedelta(minutes=settings.session_idle_minutes)
    return [UserSession.expires_at > at, UserSession.seen_at > idle_since]


def find_session(session: Session, secret: str, settings: Settings) -> UserSession | None:
    """Give the session that a secret opens, with its user; None when it has ended or its user is inactive."""
    query = sa.select(UserSession).where(UserSession.secret_hash == hash_secret(secret), *_live(settings))
    whole = query.options(joinedload(UserSession.user).joinedload(User.roles))
    found = session.scalars(whole).unique().one_or_none()
    return found if found is not None and found.user.is_active else None


def touch_session(session: Session, secret: str) -> None:
    """Say that a session is being used just now."""
    session.execute(
        sa.update(UserSession)
        .where(UserSession.secret_hash == hash_secret(secret))
        .values(seen_at=now())
        .execution_options(synchronize_session=False)
    )


def read_sessions(session: Session, user: User, settings: Settings) -> Sequence[UserSession]:
    """Give a user's sessions that have not ended, the last used first."""
    query = sa.select(UserSession).where(UserSession.user_id == user.id, *_live(settings))
    return session.scalars(query.order_by(UserSession.seen_at.desc(), UserSession.id.desc())).all()


def close_session(session: Session, session_id: int, *, user: User, address: str | None = None) -> None:
    """End a session by logging out of it."""
    session.execute(sa.delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user.id))
    note(session, Happening.LOGGED_OUT, actor=user, user=user, address=address)


def _require_own_or_admin(user: User, actor: User) -> None:
    if user.id != actor.id:
        require(actor, Permission.MANAGE_USERS)


def end_session(session: Session, session_id: int, *, user: User, actor: User) -> None:
    """End one session from elsewhere, one's own or as an admin; raises `NotFound` when there is none such."""
    _require_own_or_admin(user, actor)
    found = session.get(UserSession, session_id)
    if found is None or found.user_id != user.id:
        raise NotFound("This session has ended already.")
    session.delete(found)
    note(session, Happening.SESSIONS_ENDED, actor=actor, user=user, count=1)


def end_sessions(session: Session, user: User, *, actor: User, but: int | None = None) -> int:
    """End all of a user's sessions (one's own, or as an admin) but one that is kept, and give how many."""
    _require_own_or_admin(user, actor)
    ended = sa.delete(UserSession).where(UserSession.user_id == user.id)
    if but is not None:
        ended = ended.where(UserSession.id != but)
    gone = session.scalars(ended.returning(UserSession.id).execution_options(synchronize_session=False)).all()
    if gone:
        note(session, Happening.SESSIONS_ENDED, actor=actor, user=user, count=len(gone))
    return len(gone)
