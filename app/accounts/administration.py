"""Keeping accounts: invitations, roles and their scopes, deactivation, and what people change of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.events import Happening, note
from app.accounts.models import AccessToken, Role, RoleGrant, User
from app.accounts.operations import free_name
from app.accounts.passwords import has_password, hash_password
from app.accounts.permissions import Permission, require
from app.accounts.sessions import end_sessions
from app.core.db import now
from app.core.errors import Conflict, InvalidInput, NotFound

LONGEST_DISPLAY_NAME = 200


@dataclass(frozen=True, slots=True)
class Grant:
    """A role as an admin gives it; `unit` is a public id that the caller has looked up, no `kinds` means all."""

    role: Role
    unit: str | None = None
    kinds: tuple[str, ...] = ()
    sees_sensitive: bool = False


def read_users(session: Session) -> Sequence[User]:
    """Give all people, the active ones first, by name; the system's own actors are not among them."""
    query = sa.select(User).where(User.is_system.is_(False)).order_by(User.is_active.desc(), User.name)
    return session.scalars(query).all()


def read_user(session: Session, user_id: int) -> User:
    """Give a person by key; raises `NotFound`."""
    user = session.get(User, user_id)
    if user is None or user.is_system:
        raise NotFound("There is no such user.")
    return user


def invite_user(session: Session, *, email: str, display_name: str, grants: Iterable[Grant], actor: User) -> User:
    """Add somebody who sets their password by a link; raises `InvalidInput` or `Conflict` naming the field."""
    require(actor, Permission.MANAGE_USERS)
    name = free_name(session, email)
    wanted = _checked(grants)
    user = User(name=name, display_name=_display_name(display_name), roles=[_row(grant) for grant in wanted])
    session.add(user)
    session.flush()
    note(session, Happening.INVITED, actor=actor, user=user, roles=_written(wanted))
    return user


def set_grants(session: Session, user: User, grants: Iterable[Grant], *, actor: User) -> None:
    """Give a person these roles in place of all they had; raises `Conflict` when no admin would be left."""
    require(actor, Permission.MANAGE_USERS)
    wanted = _checked(grants)
    admins = _hold_admins(session)
    user.roles = [_row(grant) for grant in wanted]
    _keep_an_admin(admins, without=user if not any(grant.role is Role.ADMIN for grant in wanted) else None)
    note(session, Happening.ROLES_CHANGED, actor=actor, user=user, roles=_written(wanted))
    session.flush()


def _checked(grants: Iterable[Grant]) -> list[Grant]:
    wanted = list(dict.fromkeys(grants))
    if any(grant.role is Role.ADMIN and (grant.unit or grant.kinds) for grant in wanted):
        raise InvalidInput("An administrator’s role holds everywhere; leave unit and kinds empty.", field="role")
    return wanted


def _row(grant: Grant) -> RoleGrant:
    return RoleGrant(
        role=grant.role, unit=grant.unit, kinds=sorted(set(grant.kinds)), sees_sensitive=grant.sees_sensitive
    )


def _written(grants: Iterable[Grant]) -> list[str]:
    """Write grants for the log: `editor unit=20410 kinds=site,zone +sensitive`."""
    return [
        str(grant.role)
        + (f" unit={grant.unit}" if grant.unit else "")
        + (f" kinds={','.join(grant.kinds)}" if grant.kinds else "")
        + (" +sensitive" if grant.sees_sensitive else "")
        for grant in grants
    ]


def _hold_admins(session: Session) -> list[int]:
    """Give the keys of the people who can log in as admins, held so that two do not unmake each other at once."""
    query = sa.select(User.id).join(RoleGrant, RoleGrant.user_id == User.id).order_by(User.id)
    able = (User.is_active, User.is_system.is_(False), User.password_hash.is_not(None), RoleGrant.role == Role.ADMIN)
    return list(session.scalars(query.where(*able).with_for_update(of=User)))


def _keep_an_admin(admins: list[int], *, without: User | None) -> None:
    if without is not None and admins and not set(admins) - {without.id}:
        raise Conflict("This is the last active administrator; make somebody else one first.")


def deactivate(session: Session, user: User, *, actor: User) -> None:
    """Let somebody in no more: sessions end, tokens are revoked; raises `Conflict` for the last admin."""
    require(actor, Permission.MANAGE_USERS)
    _keep_an_admin(_hold_admins(session), without=user)
    user.is_active = False
    end_sessions(session, user, actor=actor)
    session.execute(
        sa.update(AccessToken)
        .where(AccessToken.user_id == user.id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=now())
        .execution_options(synchronize_session=False)
    )
    note(session, Happening.DEACTIVATED, actor=actor, user=user)
    session.flush()


def reactivate(session: Session, user: User, *, actor: User) -> None:
    """Let somebody in again, with the roles and the password they had; tokens stay revoked."""
    require(actor, Permission.MANAGE_USERS)
    user.is_active = True
    note(session, Happening.REACTIVATED, actor=actor, user=user)
    session.flush()


def change_profile(session: Session, user: User, *, display_name: str, language: str | None) -> None:
    """Change what one is called and the language one works in."""
    user.display_name, user.language = _display_name(display_name), language
    note(session, Happening.PROFILE_CHANGED, actor=user, user=user)
    session.flush()


def _display_name(text: str) -> str | None:
    cleaned = " ".join(text.split())
    if len(cleaned) > LONGEST_DISPLAY_NAME or not cleaned.isprintable():
        raise InvalidInput(
            "A name has up to %(most)s letters and no control characters.",
            field="display_name",
            most=LONGEST_DISPLAY_NAME,
        )
    return cleaned or None


def change_password(
    session: Session, user: User, *, old: str, new: str, keep: int | None = None, address: str | None = None
) -> None:
    """Change one's own password and end one's other sessions; `keep` is the session that goes on.

    Raises `InvalidInput` naming the field when the old one is not right or the new one is none.
    """
    if not has_password(user, old):
        raise InvalidInput("This is not your present password.", field="old_password")
    user.password_hash = hash_password(new, name=user.name)
    note(session, Happening.PASSWORD_CHANGED, actor=user, user=user, address=address)
    end_sessions(session, user, actor=user, but=keep)
    session.flush()
