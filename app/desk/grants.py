"""Roles and their scopes as rows of a form: read, checked against places and kinds, and shown as they were typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.accounts.administration import Grant
from app.accounts.models import Role, RoleGrant
from app.catalogue import KINDS
from app.core.errors import InvalidInput
from app.core.localized import pick
from app.desk.context import say
from app.desk.names import ROLES
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.places.lookup import find_unit, read_units_in_force

_MOST_ROWS = 20
_BLANK = {"role": "", "unit": "", "kinds": [], "sees_sensitive": False}
Row: TypeAlias = dict[str, Any]
Form: TypeAlias = MultiDict[str, str]


def rows_of(grants: Iterable[RoleGrant]) -> list[Row]:
    """Give the rows of a form for grants that are held, and a blank one for another."""
    rows = [
        {"role": grant.role, "unit": grant.unit or "", "kinds": grant.kinds, "sees_sensitive": grant.sees_sensitive}
        for grant in grants
    ]
    return [*rows, dict(_BLANK)]


def typed_rows(form: Form, more: int = 0) -> list[Row]:
    """Give the rows as they were typed, and `more` blank ones."""
    count = min(form.get("rows", 0, type=int), _MOST_ROWS)
    rows = [
        {
            "role": form.get(f"role-{index}", ""),
            "unit": form.get(f"unit-{index}", ""),
            "kinds": form.getlist(f"kinds-{index}"),
            "sees_sensitive": f"sensitive-{index}" in form,
        }
        for index in range(max(count, 1))
    ]
    return rows + [dict(_BLANK) for _ in range(more)]


def read_grants(session: Session, form: Form) -> list[Grant]:
    """Read the rows that name a role; raises `InvalidInput` naming the field (`unit-0`) that is wrong."""
    grants = []
    for index, row in enumerate(typed_rows(form)):
        if not row["role"]:
            if row["unit"].strip() or row["kinds"]:
                raise InvalidInput("Choose the role that this scope belongs to.", field=f"role-{index}")
            continue
        if row["role"] not in set(Role):
            raise InvalidInput("There is no such role.", field=f"role-{index}")
        if not set(row["kinds"]) <= set(KINDS):
            raise InvalidInput("There is no such kind of record.", field=f"kinds-{index}")
        is_admin = row["role"] == Role.ADMIN
        if is_admin and (row["unit"].strip() or row["kinds"]):
            raise InvalidInput(
                "An administrator’s role holds everywhere; leave unit and kinds empty.", field=f"role-{index}"
            )
        unit = find_unit(session, row["unit"], field=f"unit-{index}").public_id if row["unit"].strip() else None
        grants.append(Grant(Role(row["role"]), unit, tuple(sorted(set(row["kinds"]))), row["sees_sensitive"]))
    return grants


def grant_values(session: Session) -> dict[str, Any]:
    """Give what the templates need to show grants and to choose them."""
    settings, language = current_settings(), current_language()
    units = read_units_in_force(session)
    named = {unit.public_id: pick(unit.name, language, settings.languages) for unit in units}
    return {
        "roles": {str(role): say(name) for role, name in ROLES.items()},
        "kinds": [(kind.name, say(kind.title)) for kind in KINDS.values()],
        "units": {key: name[0] if name else key for key, name in named.items()},
    }
