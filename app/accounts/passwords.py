"""Passwords: their rule, their hashes (argon2id, RFC 9106), and checks that take as long for nobody as for somebody."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.accounts.models import User
from app.accounts.secrets import make_secret
from app.core.errors import InvalidInput

SHORTEST_PASSWORD = 12
# Longer ones are no safer, and hashing them costs whoever checks.
LONGEST_PASSWORD = 1000
_hasher = PasswordHasher()


def check_password(password: str, *, name: str) -> None:
    """Raise `InvalidInput` for a new password that is too short, too long or the user's own address."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(
            "The password needs at least %(least)s characters.", field="password", least=SHORTEST_PASSWORD
        )
    if len(password) > LONGEST_PASSWORD:
        raise InvalidInput("The password has more than %(most)s characters.", field="password", most=LONGEST_PASSWORD)
    if password.strip().lower() == name:
        raise InvalidInput("The password must not be the e-mail address.", field="password")


def hash_password(password: str, *, name: str) -> str:
    """Hash a new password; raises what `check_password` raises."""
    check_password(password, name=name)
    return _hasher.hash(password)


@lru_cache
def _nobodys_hash() -> str:
    return _hasher.hash(make_secret())


def has_password(user: User | None, password: str) -> bool:
    """Tell whether the password is the user's; never true of a system actor or of somebody inactive.

    For nobody (None), and for whoever has no password, a hash is checked all the same: how long the answer takes does
    not tell who has an account.
    """
    own = user.password_hash if user is not None and user.is_active and not user.is_system else None
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        _hasher.verify(own or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return own is not None


def renew_hash(user: User, password: str) -> None:
    """Hash a password that was just found right once more if the parameters of hashing have changed since."""
    if user.password_hash and _hasher.check_needs_rehash(user.password_hash):
        user.password_hash = _hasher.hash(password)
