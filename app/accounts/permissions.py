"""What each role may do, and the one check."""

from __future__ import annotations

import enum

from app.accounts.models import Role, User
from app.core.errors import NotAllowed


class Permission(enum.StrEnum):
    """Something that may be done, `subject:action`."""

    EDIT = "records:edit"
    REVIEW = "records:review"
    PUBLISH = "records:publish"
    DELETE = "records:delete"
    SEE_SENSITIVE = "records:see_sensitive"
    WRITE_REFERENCE = "reference:write"
    MANAGE_USERS = "users:manage"


_EDITOR = frozenset({Permission.EDIT})
_REVIEWER = _EDITOR | {Permission.REVIEW, Permission.PUBLISH, Permission.DELETE, Permission.SEE_SENSITIVE}
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset(),
    Role.EDITOR: _EDITOR,
    Role.REVIEWER: _REVIEWER,
    Role.ADMIN: frozenset(Permission),
}


def is_permitted(user: User, permission: Permission) -> bool:
    """Tell whether an active user holds a role that permits it."""
    return user.is_active and any(permission in PERMISSIONS[Role(grant.role)] for grant in user.roles)


def require(user: User, permission: Permission) -> None:
    """Raise `NotAllowed`, naming the user and the permission, unless it is permitted."""
    if not is_permitted(user, permission):
        raise NotAllowed(
            "%(user)s may not do this; it needs the permission “%(permission)s”.",
            user=user.name,
            permission=str(permission),
        )
