"""What roles, scopes and tokens permit."""

from __future__ import annotations

import pytest

from app.accounts.models import Role, RoleGrant, User
from app.accounts.permissions import Permission, Subject, is_permitted, require
from app.core.errors import NotAllowed

HOI_AN = frozenset({"20410", "48"})
MY_SON = frozenset({"20700", "48"})


def person(*grants: RoleGrant) -> User:
    return User(name="a@example.vn", is_active=True, is_system=False, roles=list(grants))


def grant(role: Role, unit: str | None = None, kinds: tuple[str, ...] = (), *, sensitive: bool = False) -> RoleGrant:
    return RoleGrant(role=role, unit=unit, kinds=list(kinds), sees_sensitive=sensitive)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ((HOI_AN,), True),
        ((MY_SON,), False),
        ((HOI_AN, MY_SON), False),
        ((), False),
        (None, True),
    ],
)
def test_unit_scope_covers_what_lies_in_it_with_every_place(places, expected) -> None:  # noqa: ANN001
    user = person(grant(Role.EDITOR, "20410"))
    assert is_permitted(user, Permission.EDIT, Subject("site", places)) is expected


def test_unit_scope_of_a_city_covers_its_communes() -> None:
    assert is_permitted(person(grant(Role.EDITOR, "48")), Permission.EDIT, Subject("site", (HOI_AN, MY_SON)))


def test_two_unit_scopes_cover_a_record_that_lies_in_both() -> None:
    user = person(grant(Role.EDITOR, "20410"), grant(Role.EDITOR, "20700"))
    assert is_permitted(user, Permission.EDIT, Subject("site", (HOI_AN, MY_SON)))


def test_scope_of_one_role_lends_nothing_to_another() -> None:
    user = person(grant(Role.EDITOR), grant(Role.REVIEWER, "20410"))
    assert not is_permitted(user, Permission.REVIEW, Subject("site", (MY_SON,)))
    assert is_permitted(user, Permission.EDIT, Subject("site", (MY_SON,)))


def test_kind_scope_binds_with_and_without_places() -> None:
    user = person(grant(Role.EDITOR, kinds=("artefact",)))
    assert is_permitted(user, Permission.EDIT, Subject("artefact", (HOI_AN,)))
    assert not is_permitted(user, Permission.EDIT, Subject("decision"))


def test_reading_the_desk_is_bound_by_no_scope_but_needs_a_role() -> None:
    assert is_permitted(person(grant(Role.EDITOR, "20410")), Permission.VIEW, Subject("site", (MY_SON,)))
    assert not is_permitted(person(), Permission.VIEW)


def test_sensitive_sight_is_granted_apart_and_within_its_scope() -> None:
    user = person(grant(Role.EDITOR, "20410", sensitive=True))
    assert is_permitted(user, Permission.SEE_SENSITIVE, Subject("site", (HOI_AN,)))
    assert not is_permitted(user, Permission.SEE_SENSITIVE, Subject("site", (MY_SON,)))
    assert not is_permitted(person(grant(Role.EDITOR)), Permission.SEE_SENSITIVE)
    assert is_permitted(person(grant(Role.REVIEWER)), Permission.SEE_SENSITIVE)


def test_what_concerns_all_records_needs_a_role_held_everywhere() -> None:
    bound = person(grant(Role.ADMIN, "20410"))
    for permission in (Permission.MANAGE_USERS, Permission.WRITE_REFERENCE):
        assert not is_permitted(bound, permission)
        assert is_permitted(person(grant(Role.ADMIN)), permission)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("permission", list(Permission))
def test_token_never_permits_more_than_its_owner_has(role: Role, permission: Permission) -> None:
    user = person(grant(role))
    owns = is_permitted(user, permission)
    user.limited_to = frozenset(Permission)
    assert is_permitted(user, permission) is owns
    user.limited_to = frozenset({Permission.VIEW})
    assert is_permitted(user, permission) is (owns and permission is Permission.VIEW)


def test_somebody_inactive_may_nothing() -> None:
    user = person(grant(Role.ADMIN))
    user.is_active = False
    with pytest.raises(NotAllowed):
        require(user, Permission.VIEW)
