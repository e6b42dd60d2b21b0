"""What each role may do, and the one check."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from app.accounts.models import Role, User
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

    `places` is None for a kind without place; a scope by unit then does not bind. Empty means that it lies nowhere yet.
    """

    kind: str
    places: tuple[frozenset[str], ...] | None = None


def is_permitted(user: User, permission: Permission, subject: Subject | None = None) -> bool:
    """Tell whether an active user holds a role that permits it."""
    del subject
    return user.is_active and any(permission in PERMISSIONS[Role(grant.role)] for grant in user.roles)


def require(user: User, permission: Permission, subject: Subject | None = None) -> None:
    """Raise `NotAllowed`, naming the user and the permission, unless it is permitted."""
    if not is_permitted(user, permission, subject):
        raise NotAllowed(
            "%(user)s may not do this; it needs the permission “%(permission)s”.",
            user=user.name,
            permission=str(permission),
        )
