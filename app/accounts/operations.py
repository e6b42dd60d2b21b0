"""Making users and giving their first role, and the named actors that stand for the system's own work."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Role, RoleGrant, User
from app.accounts.passwords import has_password, hash_password
from app.core.errors import Conflict, InvalidInput, NotFound

__all__ = ["add_user", "find_user", "fold_name", "free_name", "has_password", "system_actor"]

LONGEST_NAME = 254
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+")


def fold_name(email: str) -> str:
    """Give an e-mail address as users are found by it."""
    return email.strip().lower()


def free_name(session: Session, email: str) -> str:
    """Give the name that a new user with this address has.

    Raises `InvalidInput` for a malformed address, `Conflict` for one in use.
    """
    name = fold_name(email)
    if not _EMAIL.fullmatch(name) or len(name) > LONGEST_NAME:
        raise InvalidInput("“%(value)s” is not an e-mail address.", field="email", value=email[:LONGEST_NAME])
    if session.scalar(sa.select(User.id).where(User.name == name)):
        raise Conflict("There is a user %(value)s already.", field="email", value=name)
    return name


def add_user(session: Session, *, email: str, role: Role, password: str) -> User:
    """Add a person with one role, held everywhere.

    Raises `InvalidInput` for a malformed address or a password under 12 characters, `Conflict` for an address in use.
    """
    name = free_name(session, email)
    user = User(name=name, password_hash=hash_password(password, name=name), roles=[RoleGrant(role=role)])
    session.add(user)
    session.flush()
    return user


def find_user(session: Session, email: str) -> User:
    """Give the active person with this address; raises `NotFound`."""
    user = session.scalar(sa.select(User).where(User.name == fold_name(email), User.is_system.is_(False)))
    if user is None or not user.is_active:
        raise NotFound("There is no active user %(value)s.", field="email", value=email[:LONGEST_NAME])
    return user


def system_actor(session: Session, name: str, role: Role) -> User:
    """Give the named system actor, made with its role if it is new; it has no password."""
    user = session.scalar(sa.select(User).where(User.name == name))
    if user is None:
        user = User(name=name, is_system=True, roles=[RoleGrant(role=role)])
        session.add(user)
        session.flush()
    return user
