"""Making users, giving roles, and checking passwords (argon2id, RFC 9106)."""

from __future__ import annotations

import re

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy.orm import Session

from app.accounts.models import Role, RoleGrant, User
from app.core.errors import Conflict, InvalidInput

SHORTEST_PASSWORD = 12
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_hasher = PasswordHasher()


def add_user(session: Session, *, email: str, role: Role, password: str) -> User:
    """Add a person with one role.

    Raises `InvalidInput` for a malformed address or a password under 12 characters, `Conflict` for an address in use.
    """
    name = email.strip().lower()
    if not _EMAIL.fullmatch(name):
        raise InvalidInput("“%(value)s” is not an e-mail address.", field="email", value=email)
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(
            "The password needs at least %(least)s characters.", field="password", least=SHORTEST_PASSWORD
        )
    if session.scalar(sa.select(User.id).where(User.name == name)):
        raise Conflict("There is a user %(value)s already.", field="email", value=name)
    user = User(name=name, password_hash=_hasher.hash(password), roles=[RoleGrant(role=role)])
    session.add(user)
    session.flush()
    return user


def has_password(user: User, password: str) -> bool:
    """Tell whether the password is the user's; never true of a system actor or of somebody inactive."""
    if user.is_system or not user.is_active or user.password_hash is None:
        return False
    try:
        return _hasher.verify(user.password_hash, password)
    except VerificationError:
        return False


def system_actor(session: Session, name: str, role: Role) -> User:
    """Give the named system actor, made with its role if it is new; it has no password."""
    user = session.scalar(sa.select(User).where(User.name == name))
    if user is None:
        user = User(name=name, is_system=True, roles=[RoleGrant(role=role)])
        session.add(user)
        session.flush()
    return user
