"""Finding administrative units by what a person types: a public id, a code, or a name they bear or bore."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.core.text import fold
from app.places.models import Unit


def read_units_in_force(session: Session) -> list[Unit]:
    """Give the units of today, by code."""
    return list(session.scalars(sa.select(Unit).where(Unit.valid_to.is_(None)).order_by(Unit.code)))


def find_unit(session: Session, text: str, *, field: str) -> Unit:
    """Give the one unit that a text means: its public id, else a name without regard to marks; today's before former.

    Raises `InvalidInput` naming the field when there is none, or naming the choices when there are several.
    """
    typed = text.strip()
    # As the list of suggestions writes it: “Hội An Tây (20398)”.
    last = typed.rpartition("(")[2].rstrip(")").strip() if typed.endswith(")") else typed
    found = session.scalar(sa.select(Unit).where(Unit.public_id.in_({typed[:20], last[:20]})))
    if found is not None:
        return found
    wanted = fold(typed)
    units = session.scalars(sa.select(Unit).order_by(Unit.public_id))
    named = [u for u in units if wanted in {fold(name) for name in (*u.name.values(), *u.other_names)}]
    todays = [unit for unit in named if unit.is_in_force]
    chosen = todays or named
    if not chosen:
        raise InvalidInput("There is no administrative unit “%(value)s”.", field=field, value=typed[:60])
    if len(chosen) > 1:
        raise InvalidInput(
            "“%(value)s” may be several units; write the code: %(choices)s.",
            field=field,
            value=typed[:60],
            choices=", ".join(f"{next(iter(unit.name.values()), '')} {unit.public_id}" for unit in chosen[:10]),
        )
    return chosen[0]
