"""What each role may do, and the one check."""

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

    `places` is None for a kind without place; a scope by unit then does not bind. Empty means that it lies nowhere yet.
    """

    kind: str
    places: tuple[frozenset[str], ...] | None = None


# What concerns everybody's records at once comes of a role held everywhere only.
_UNBOUNDED = frozenset({Permission.WRITE_REFERENCE, Permission.MANAGE_USERS})


def permissions_of(grant: RoleGrant) -> frozenset[Permission]:
    """Give what a grant permits within its bounds."""
    permitted = PERMISSIONS[Role(grant.role)]
    if grant.sees_sensitive:
        permitted |= {Permission.SEE_SENSITIVE}
    return permitted - _UNBOUNDED if grant.is_scoped else permitted


def is_permitted(user: User, permission: Permission, subject: Subject | None = None) -> bool:
    """Tell whether an active user may do it to the subject, or, without one, to anything at all.

    A grant bound to kinds covers those; one bound to a unit covers a subject that lies in it with every place, one of
    several grants for each place. Reading the desk (`VIEW`) is bound by no scope. While a token acts for the user,
    what the token leaves out is not permitted.
    """
    if not user.is_active or (user.limited_to is not None and permission not in user.limited_to):
        return False
    grants = [grant for grant in user.roles if permission in permissions_of(grant)]
    if subject is None or permission is Permission.VIEW:
        return bool(grants)
    grants = [grant for grant in grants if not grant.kinds or subject.kind in grant.kinds]
    if subject.places is None or any(grant.unit is None for grant in grants):
        return bool(grants)
    return bool(subject.places) and all(any(grant.unit in place for grant in grants) for place in subject.places)


def is_permitted_anywhere(user: User, permission: Permission) -> bool:
    """Tell whether no scope binds what a user may do, so that nobody needs to find out where something lies."""
    unscoped = (grant for grant in user.roles if not grant.is_scoped)
    return is_permitted(user, permission) and any(permission in permissions_of(grant) for grant in unscoped)


def held_permissions(user: User) -> frozenset[Permission]:
    """Give all that the user may do somewhere."""
    return frozenset(permission for permission in Permission if is_permitted(user, permission))


def require(user: User, permission: Permission, subject: Subject | None = None) -> None:
    """Raise `NotAllowed`, naming the user and the permission, unless it is permitted."""
    if is_permitted(user, permission, subject):
        return
    if subject is not None and is_permitted(user, permission):
        raise NotAllowed(
            "%(user)s holds the permission “%(permission)s” for other places or kinds of records only.",
            user=user.name,
            permission=str(permission),
        )
    raise NotAllowed(
        "%(user)s may not do this; it needs the permission “%(permission)s”.",
        user=user.name,
        permission=str(permission),
    )
