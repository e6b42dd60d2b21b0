"""Tokens for machines: shown once, kept as hashes, limited, expiring, revocable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.events import note
from app.accounts.models import AccessToken, User
from app.accounts.permissions import Permission, is_permitted, require
from app.accounts.secrets import hash_secret, make_secret
from app.core.db import now
from app.core.errors import InvalidInput, NotAllowed, NotFound

PREFIX = "disan_"
MOST_DAYS = 366
# What a token may do unless more is said; never to see sensitive places or to manage users.
DEFAULT = (Permission.VIEW, Permission.EDIT)


def add_token(
    session: Session,
    owner: User,
    *,
    name: str,
    days: int,
    actor: User,
    permissions: Iterable[Permission] = DEFAULT,
) -> str:
    """Make a token of one's own; gives its secret, which is shown once.

    Raises `InvalidInput` for a name or a number of days that will not do, `NotAllowed` for a permission that the owner
    does not hold or for somebody else's account.
    """
    if actor.id != owner.id:
        raise NotAllowed("Everybody makes their own tokens.")
    if not name.strip():
        raise InvalidInput("Name the machine or program that will use the token.", field="name")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput("A token lasts from 1 to %(most)s days.", field="days", most=MOST_DAYS)
    wanted = sorted({Permission.VIEW, *permissions})
    for permission in wanted:
        require(owner, permission)
    secret = make_secret(PREFIX)
    token = AccessToken(
        user_id=owner.id,
        name=name.strip()[:200],
        hint=secret[: len(PREFIX) + 4],
        secret_hash=hash_secret(secret),
        permissions=[str(permission) for permission in wanted],
        expires_at=now() + dt.timedelta(days=days),
    )
    session.add(token)
    session.flush()
    note(session, "token_made", actor=actor, user=owner, token=token.name, hint=token.hint)
    return secret


def authenticate_token(session: Session, secret: str) -> User | None:
    """Give the owner of a token that is in force, limited to what the token may do; None for any other text."""
    query = sa.select(AccessToken).where(AccessToken.secret_hash == hash_secret(secret))
    token = session.scalar(query.options(joinedload(AccessToken.user)))
    if token is None or token.revoked_at is not None or token.expires_at < now() or not token.user.is_active:
        return None
    token.user.limits = frozenset(token.permissions)
    return token.user


def note_use(session: Session, secret: str) -> None:
    """Write down that a token is in use, at most once a minute."""
    at = now()
    session.execute(
        sa.update(AccessToken)
        .where(
            AccessToken.secret_hash == hash_secret(secret),
            sa.or_(AccessToken.used_at.is_(None), AccessToken.used_at < at - dt.timedelta(minutes=1)),
        )
        .values(used_at=at)
    )


def revoke_token(session: Session, token_id: int, *, actor: User) -> AccessToken:
    """End a token: its owner may, and whoever manages users; raises `NotFound` for anybody else's."""
    token = session.get(AccessToken, token_id)
    if token is None or (token.user_id != actor.id and not is_permitted(actor, Permission.MANAGE_USERS)):
        raise NotFound("There is no such token.")
    if token.revoked_at is None:
        token.revoked_at = now()
        note(session, "token_revoked", actor=actor, user=token.user, token=token.name, hint=token.hint)
    session.flush()
    return token


def read_tokens(session: Session, user: User) -> Sequence[AccessToken]:
    """Give a user's tokens, the newest first."""
    query = sa.select(AccessToken).where(AccessToken.user_id == user.id)
    return session.scalars(query.order_by(AccessToken.id.desc())).all()
