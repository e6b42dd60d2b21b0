"""One-time links of an admin's, with which somebody sets a password: made and shown once, used once, expiring."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.entrance import unblock
from app.accounts.events import Happening, note
from app.accounts.models import AccountLink, User
from app.accounts.passwords import hash_password
from app.accounts.permissions import Permission, require
from app.accounts.secrets import hash_secret, make_secret
from app.accounts.sessions import end_sessions
from app.config import Settings
from app.core.db import now
from app.core.errors import InvalidInput, NotFound


def make_link(session: Session, user: User, *, actor: User, settings: Settings) -> str:
    """Make a link for somebody active and give its secret, shown this once; earlier ones open nothing any more."""
    require(actor, Permission.MANAGE_USERS)
    if user.is_system or not user.is_active:
        raise InvalidInput("A link is for an active person.")
    _void(session, user)
    secret = make_secret()
    session.add(
        AccountLink(
            secret_hash=hash_secret(secret),
            user_id=user.id,
            made_by_id=actor.id,
            expires_at=now() + dt.timedelta(hours=settings.link_hours),
        )
    )
    note(session, Happening.LINK_MADE, actor=actor, user=user)
    session.flush()
    return secret


def _void(session: Session, user: User) -> None:
    session.execute(
        sa.update(AccountLink)
        .where(AccountLink.user_id == user.id, AccountLink.used_at.is_(None))
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )


def find_link(session: Session, secret: str, *, for_update: bool = False) -> AccountLink:
    """Give the link that a secret opens, with its user; raises `NotFound` when it is unknown, used or expired."""
    query = sa.select(AccountLink).where(AccountLink.secret_hash == hash_secret(secret))
    query = query.options(joinedload(AccountLink.user, innerjoin=True))
    if for_update:
        query = query.with_for_update(of=AccountLink)
    found = session.scalar(query)
    if found is None or found.used_at is not None or found.expires_at <= now() or not found.user.is_active:
        raise NotFound("This link was used already, or its time is over. Ask an administrator for a new one.")
    return found


def use_link(session: Session, secret: str, *, password: str, address: str | None = None) -> User:
    """Set a password by a link, which is then used up; sessions end, waits are forgotten.

    Raises `NotFound` for a link that opens nothing, `InvalidInput` for a password that is none.
    """
    link = find_link(session, secret, for_update=True)
    user = link.user
    user.password_hash = hash_password(password, name=user.name)
    _void(session, user)
    unblock(session, user)
    note(session, Happening.LINK_USED, actor=user, user=user, address=address)
    end_sessions(session, user, actor=user)
    session.flush()
    return user
