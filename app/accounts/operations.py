"""Users: added, given roles and scopes, deactivated; their passwords (argon2id, RFC 9106) and one-time links."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy.orm import Session

from app.accounts.events import note
from app.accounts.models import AccessToken, OneTimeLink, Role, RoleGrant, User, UserSession
from app.accounts.permissions import Permission, require
from app.accounts.secrets import hash_secret, make_secret
from app.core.db import now
from app.core.errors import Conflict, InvalidInput, NotFound

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
_LINK_LASTS = dt.timedelta(days=3)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_hasher = PasswordHasher()
# Checked where there is no account, so that an answer takes as long.
_NOBODYS = _hasher.hash(make_secret())


@dataclass(frozen=True, slots=True)
class Grant:
    """A role to be given, everywhere or within a scope."""

    role: Role
    unit: str | None = None
    kinds: tuple[str, ...] = field(default=())


def add_user(session: Session, *, email: str, role: Role, password: str) -> User:
    """Add a person with one role and a password: the operator's way to the first admin.

    Raises `InvalidInput` for a malformed address or a password under 12 characters, `Conflict` for an address in use.
    """
    name = _free_name(session, email)
    _check_new_password(password)
    user = User(name=name, password_hash=hash_password(password), roles=[RoleGrant(role=role)])
    session.add(user)
    session.flush()
    note(session, "added", actor=None, user=user, roles=[str(role)])
    return user


def invite(
    session: Session, *, email: str, display_name: str, grants: Sequence[Grant], actor: User
) -> tuple[User, str]:
    """Add a person without a password; gives them and the secret of the link by which they set one."""
    require(actor, Permission.MANAGE_USERS)
    user = User(name=_free_name(session, email), display_name=display_name.strip()[:200] or None)
    session.add(user)
    session.flush()
    note(session, "added", actor=actor, user=user)
    set_grants(session, user, grants, actor=actor)
    return user, make_link(session, user, actor=actor)


def _free_name(session: Session, email: str) -> str:
    name = email.strip().lower()
    if not _EMAIL.fullmatch(name) or len(name) > 254:
        raise InvalidInput("“%(value)s” is not an e-mail address.", field="email", value=email[:100])
    if session.scalar(sa.select(User.id).where(User.name == name)):
        raise Conflict("There is a user %(value)s already.", field="email", value=name)
    return name


def _check_new_password(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(
            "The password needs at least %(least)s characters.", field="password", least=SHORTEST_PASSWORD
        )
    if len(password) > LONGEST_PASSWORD:
        raise InvalidInput("The password has more than %(most)s characters.", field="password", most=LONGEST_PASSWORD)


def hash_password(password: str) -> str:
    """Hash a password for keeping."""
    return _hasher.hash(password)


def needs_rehash(user: User) -> bool:
    """Tell whether a user's hash was made with weaker parameters than those of today."""
    return user.password_hash is not None and _hasher.check_needs_rehash(user.password_hash)


def has_password(user: User, password: str) -> bool:
    """Tell whether the password is the user's; never true of a system actor or of somebody inactive."""
    return check_password(user, password)


def check_password(user: User | None, password: str) -> bool:
    """Tell whether the password is the user's; takes as long when there is no such user."""
    kept = user.password_hash if user else None
    try:
        _hasher.verify(kept or _NOBODYS, password[: LONGEST_PASSWORD + 1])
    except VerificationError:
        return False
    return user is not None and kept is not None and user.is_active and not user.is_system


def change_password(session: Session, user: User, *, old: str, new: str, actor: User) -> None:
    """Change one's own password; raises `InvalidInput` when the old one is wrong or the new one too short."""
    if actor.id != user.id or not check_password(user, old):
        raise InvalidInput("That is not your present password.", field="old")
    _check_new_password(new)
    user.password_hash = hash_password(new)
    note(session, "password_changed", actor=actor, user=user)


def make_link(session: Session, user: User, *, actor: User) -> str:
    """Make a link by which a user sets a password, once and within three days; earlier ones end. Gives its secret."""
    require(actor, Permission.MANAGE_USERS)
    if user.is_system or not user.is_active:
        raise Conflict("%(value)s cannot log in.", value=user.name)
    session.execute(sa.delete(OneTimeLink).where(OneTimeLink.user_id == user.id, OneTimeLink.used_at.is_(None)))
    secret = make_secret()
    session.add(OneTimeLink(user_id=user.id, secret_hash=hash_secret(secret), expires_at=now() + _LINK_LASTS))
    session.flush()
    note(session, "link_made", actor=actor, user=user)
    return secret


def find_link(session: Session, secret: str) -> OneTimeLink:
    """Give a link that can still be used; raises `NotFound` for any other."""
    link = session.scalar(sa.select(OneTimeLink).where(OneTimeLink.secret_hash == hash_secret(secret)))
    if link is None or link.used_at is not None or link.expires_at < now() or not link.user.is_active:
        raise NotFound("This link has been used or has expired. Ask an administrator for another.")
    return link


def use_link(session: Session, secret: str, *, password: str) -> User:
    """Set a password by a link, which ends with it, as do the user's sessions."""
    link = find_link(session, secret)
    _check_new_password(password)
    link.user.password_hash = hash_password(password)
    link.used_at = now()
    session.execute(sa.delete(UserSession).where(UserSession.user_id == link.user_id))
    note(session, "password_set", actor=link.user, user=link.user)
    session.flush()
    return link.user


def set_grants(session: Session, user: User, grants: Sequence[Grant], *, actor: User) -> None:
    """Give a user exactly these roles; raises `Conflict` when no active admin would be left."""
    require(actor, Permission.MANAGE_USERS)
    before = [_describe(grant) for grant in user.roles]
    user.roles = [RoleGrant(role=grant.role, unit=grant.unit or None, kinds=list(grant.kinds)) for grant in grants]
    session.flush()
    _require_admin(session)
    note(session, "roles_changed", actor=actor, user=user, before=before, after=[_describe(g) for g in user.roles])


def _describe(grant: RoleGrant) -> str:
    return " ".join([grant.role, *([f"@{grant.unit}"] if grant.unit else []), *sorted(grant.kinds)])


def _require_admin(session: Session) -> None:
    """Raise `Conflict` unless somebody is left who can log in and is an admin everywhere."""
    left = sa.select(User.id).join(RoleGrant, RoleGrant.user_id == User.id)
    left = left.where(User.is_active, sa.not_(User.is_system), RoleGrant.role == Role.ADMIN, RoleGrant.unit.is_(None))
    if session.scalar(left.limit(1)) is None:
        raise Conflict("Somebody must remain administrator. Give the role to another person first.")


def set_profile(session: Session, user: User, *, display_name: str, language: str | None, actor: User) -> None:
    """Say how somebody is called and which language the desk speaks to them."""
    if actor.id != user.id:
        require(actor, Permission.MANAGE_USERS)
    user.display_name = display_name.strip()[:200] or None
    user.language = language
    session.flush()


def set_sensitive(session: Session, user: User, *, may_see: bool, actor: User) -> None:
    """Let somebody see exact sensitive places whose role does not, or no longer."""
    require(actor, Permission.MANAGE_USERS)
    if user.may_see_sensitive != may_see:
        user.may_see_sensitive = may_see
        note(session, "sensitive_granted" if may_see else "sensitive_withdrawn", actor=actor, user=user)


def set_active(session: Session, user: User, *, is_active: bool, actor: User) -> None:
    """Let somebody work here or no longer; their sessions and tokens end, their history stays."""
    require(actor, Permission.MANAGE_USERS)
    if user.is_system:
        raise Conflict("%(value)s cannot log in.", value=user.name)
    user.is_active = is_active
    session.flush()
    if not is_active:
        _require_admin(session)
        session.execute(sa.delete(UserSession).where(UserSession.user_id == user.id))
        session.execute(
            sa.update(AccessToken)
            .where(AccessToken.user_id == user.id, AccessToken.revoked_at.is_(None))
            .values(revoked_at=now())
        )
    note(session, "activated" if is_active else "deactivated", actor=actor, user=user)


def find_user(session: Session, user_id: int) -> User:
    """Give a user by key; raises `NotFound`."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no user %(value)s.", value=user_id)
    return user


def system_actor(session: Session, name: str, role: Role) -> User:
    """Give the named system actor, made with its role if it is new; it has no password."""
    user = session.scalar(sa.select(User).where(User.name == name))
    if user is None:
        user = User(name=name, is_system=True, roles=[RoleGrant(role=role)])
        session.add(user)
        session.flush()
    return user
