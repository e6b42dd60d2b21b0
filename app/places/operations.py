"""Writing administrative units: from an import, as a whole list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.core.errors import InvalidInput
from app.places.models import Unit, public_id

_PLAIN = (
    "name",
    "other_names",
    "level",
    "valid_from",
    "valid_to",
    "lon",
    "lat",
    "location_precision_m",
    "location_source",
    "source",
    "note",
)


def write_units(session: Session, rows: Sequence[dict[str, Any]], *, actor: User) -> list[str]:
    """Write units as `UnitSchema` loaded them; gives a verdict per row: created, updated or unchanged.

    A row is the unit of its code and first day (which may be unknown). Raises `InvalidInput` naming the row's code
    when a parent or a successor is not to be found at the time it takes (the day a unit ended, and the day after).
    """
    require(actor, Permission.WRITE_REFERENCE)
    units = {(unit.code, unit.valid_from): unit for unit in session.scalars(sa.select(Unit))}
    verdicts = []
    for row in rows:
        key = (row["code"], row["valid_from"])
        unit = units.get(key)
        if unit is None:
            unit = units[key] = Unit(code=row["code"])
            session.add(unit)
            verdicts.append("created")
        elif any(getattr(unit, name) != row[name] for name in _PLAIN):
            verdicts.append("updated")
        else:
            verdicts.append("unchanged")
        for name in _PLAIN:
            setattr(unit, name, row[name])
        unit.public_id = public_id(unit.code, unit.valid_to)
    session.flush()
    by_code: dict[str, list[Unit]] = {}
    for unit in units.values():
        by_code.setdefault(unit.code, []).append(unit)
    for index, row in enumerate(rows):
        unit = units[row["code"], row["valid_from"]]
        if _link(unit, row, by_code) and verdicts[index] == "unchanged":
            verdicts[index] = "updated"
    session.flush()
    _refuse_loops({unit.id: unit for unit in units.values()})
    return verdicts


def _refuse_loops(units: dict[int, Unit]) -> None:
    """Raise `InvalidInput` when a unit lies in itself or, by way of others, comes after itself."""

    def above(unit: Unit) -> list[Unit]:
        return [units[unit.parent_id]] if unit.parent_id else []

    for step in (above, lambda unit: unit.successors):
        done: set[int] = set()
        for start in units.values():
            path: list[Unit] = []
            waiting = [(start, 0)]
            while waiting:
                unit, depth = waiting.pop()
                del path[depth:]
                if unit in path:
                    raise InvalidInput(
                        "Unit %(value)s leads back to itself through its parents or successors.", value=unit.public_id
                    )
                if unit.id not in done:
                    path.append(unit)
                    waiting += [(other, depth + 1) for other in step(unit)]
            done.add(start.id)


def _link(unit: Unit, row: dict[str, Any], by_code: dict[str, list[Unit]]) -> bool:
    """Set a unit's parent and successors; tells whether that changed anything."""
    end = unit.valid_to
    parent = _in_force(by_code, unit.code, row["parent"], end) if row["parent"] else None
    after = end + dt.timedelta(days=1) if end else None
    successors = [_in_force(by_code, unit.code, code, after) for code in row["successors"]]
    is_changed = unit.parent_id != (parent.id if parent else None) or {u.id for u in unit.successors} != {
        u.id for u in successors
    }
    unit.parent_id = parent.id if parent else None
    if is_changed:
        unit.successors = successors
    return is_changed


def _in_force(by_code: dict[str, list[Unit]], of: str, code: str, day: dt.date | None) -> Unit:
    """Give the unit that bears a code on a day (None: today, that is without an end)."""
    for unit in by_code.get(code, []):
        begun = unit.valid_from is None or day is None or unit.valid_from <= day
        lasting = unit.valid_to is None or (day is not None and unit.valid_to >= day)
        if begun and lasting:
            return unit
    raise InvalidInput(
        "Unit %(of)s names unit %(value)s, of which no span covers %(day)s.", of=of, value=code, day=day or "today"
    )
