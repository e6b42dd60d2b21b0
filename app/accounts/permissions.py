"""What each role may do, within which scope, and the one check."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from app.accounts.models import Role, RoleGrant, User
from app.core.errors import NotAllowed


class Permission(enum.StrEnum):
    """Something that may be done, `subject:action`."""

    VIEW = "records:view"
    EDIT = "records:edit"
    REVIEW = "records:review"
    PUBLISH = "records:publish"
    DELETE = "records:delete"
    SEE_SENSITIVE = "records:see_sensitive"
    WRITE_REFERENCE = "reference:write"
    MANAGE_USERS = "users:manage"


_VIEWER = frozenset({Permission.VIEW})
_EDITOR = _VIEWER | {Permission.EDIT}
_REVIEWER = _EDITOR | {Permission.REVIEW, Permission.PUBLISH, Permission.DELETE, Permission.SEE_SENSITIVE}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.EDITOR: _EDITOR,
    Role.REVIEWER: _REVIEWER,
    Role.ADMIN: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What something is done to: a kind of record, and for each of its places the public ids of all units that hold it.

    `places` is None for a kind without place; a scope by unit then does not bind. Empty means that it lies nowhere yet,
    which no scope by unit covers.
    """

    kind: str
    places: tuple[frozenset[str], ...] | None = None


def is_permitted(user: User, permission: Permission, subject: Subject | None = None) -> bool:
    """Tell whether an active user may do something: to the subject, or without one to anything at all.

    A role's scope binds what changes records; what is merely seen, and what concerns no record, has none. A token
    leaves at most what its owner may do.
    """
    if not user.is_active or (user.limits is not None and permission not in user.limits):
        return False
    if permission == Permission.SEE_SENSITIVE and user.may_see_sensitive:
        return bool(user.roles)
    return any(permission in PERMISSIONS[Role(grant.role)] and _covers(grant, subject) for grant in user.roles)


def is_permitted_anywhere(user: User, permission: Permission) -> bool:
    """Tell whether no scope binds what a user may do, so that a subject need not be found out."""
    unscoped = [grant for grant in user.roles if not grant.unit and not grant.kinds]
    return is_permitted(user, permission) and any(permission in PERMISSIONS[Role(grant.role)] for grant in unscoped)


def _covers(grant: RoleGrant, subject: Subject | None) -> bool:
    if subject is None:
        return True
    if grant.kinds and subject.kind not in grant.kinds:
        return False
    if not grant.unit or subject.places is None:
        return True
    return bool(subject.places) and all(grant.unit in place for place in subject.places)


def require(user: User, permission: Permission, subject: Subject | None = None) -> None:
    """Raise `NotAllowed`, naming the user and what is missing, unless it is permitted."""
    if is_permitted(user, permission, subject):
        return
    if subject is not None and is_permitted(user, permission):
        raise NotAllowed(
            "%(user)s holds the permission “%(permission)s” for other places or kinds of records only.",
            user=user.shown_name,
            permission=str(permission),
        )
    raise NotAllowed(
        "%(user)s may not do this; it needs the permission “%(permission)s”.",
        user=user.shown_name,
        permission=str(permission),
    )
