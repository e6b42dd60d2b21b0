"""Tokens with which machines act for a user: made and shown once, checked by hash, revoked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.events import Happening, note
from app.accounts.models import AccessToken, User
from app.accounts.permissions import Permission, held_permissions, is_permitted
from app.accounts.secrets import hash_secret, make_secret
from app.core.db import now
from app.core.errors import InvalidInput, NotAllowed, NotAuthenticated, NotFound

PREFIX = "disan_"
DEFAULT_PERMISSIONS = frozenset({Permission.VIEW, Permission.EDIT})
# What a machine may never do: make and unmake people.
GRANTABLE = frozenset(Permission) - {Permission.MANAGE_USERS}
DEFAULT_DAYS = 90
MOST_DAYS = 366


def add_token(
    session: Session,
    *,
    user: User,
    name: str,
    actor: User,
    permissions: Iterable[str] = DEFAULT_PERMISSIONS,
    days: int = DEFAULT_DAYS,
) -> tuple[AccessToken, str]:
    """Make a token for oneself (an admin's command line makes it for others) and give its secret, shown this once.

    `permissions` are some of the user's own, by default to read and edit; `days` 1 to 366. Raises `InvalidInput`
    naming the field.
    """
    wanted = frozenset(permissions)
    if not name.strip() or len(name) > 100:
        raise InvalidInput("Give the token a name of up to %(most)s characters.", field="name", most=100)
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput("A token lives for 1 to %(most)s days.", field="days", most=MOST_DAYS)
    too_much = sorted(wanted - (held_permissions(user) & GRANTABLE))
    if too_much or not wanted:
        raise InvalidInput(
            "A token can be given only what its owner may do; not: %(value)s.",
            field="permissions",
            value=", ".join(too_much) or "–",
        )
    secret = PREFIX + make_secret()
    token = AccessToken(
        secret_hash=hash_secret(secret),
        prefix=secret[: len(PREFIX) + 6],
        user_id=user.id,
        name=name.strip(),
        permissions=sorted(wanted),
        expires_at=now() + dt.timedelta(days=days),
    )
    session.add(token)
    session.flush()
    note(session, Happening.TOKEN_MADE, actor=actor, user=user, name=token.name, prefix=token.prefix)
    return token, secret


def authenticate_token(session: Session, text: str) -> User:
    """Give the user for whom a token acts, limited to what the token permits.

    Raises `NotAuthenticated` when it is unknown, revoked or expired, or its user is inactive.
    """
    found = session.scalar(
        sa.select(AccessToken).where(AccessToken.secret_hash == hash_secret(text)).options(joinedload(AccessToken.user))
    )
    if found is None or not found.is_live or not found.user.is_active:
        raise NotAuthenticated("This token opens nothing: it is unknown, revoked or expired.")
    user = found.user
    user.limited_to = frozenset(found.permissions)
    return user


def touch_token(session: Session, text: str) -> None:
    """Say that a token is being used just now."""
    session.execute(
        sa.update(AccessToken)
        .where(AccessToken.secret_hash == hash_secret(text))
        .values(used_at=now())
        .execution_options(synchronize_session=False)
    )


def read_tokens(session: Session, user: User) -> Sequence[AccessToken]:
    """Give a user's tokens that still open something, the newest first."""
    query = sa.select(AccessToken).where(
        AccessToken.user_id == user.id, AccessToken.revoked_at.is_(None), AccessToken.expires_at > now()
    )
    return session.scalars(query.order_by(AccessToken.id.desc())).all()


def revoke_token(session: Session, token_id: int, *, actor: User) -> AccessToken:
    """Make a token open nothing any more; its owner's to do, or an admin's.

    Raises `NotFound` for one that is not there, `NotAllowed` for somebody else's.
    """
    token = session.get(AccessToken, token_id)
    if token is None or token.revoked_at is not None:
        raise NotFound("There is no such token.")
    if token.user_id != actor.id and not is_permitted(actor, Permission.MANAGE_USERS):
        raise NotAllowed("This token is somebody else's.")
    token.revoked_at = now()
    note(session, Happening.TOKEN_REVOKED, actor=actor, user=token.user, name=token.name, prefix=token.prefix)
    session.flush()
    return token
