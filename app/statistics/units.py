"""Administrative units in counts: what lies within one, and the former district where history tells it for certain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.heritage.models import Address, LocationPolicy, Site
from app.places.models import Unit, UnitLevel, unit_successors

UNITS = cast("sa.Table", Unit.__table__)
_ADDRESSES = cast("sa.Table", Address.__table__)
_SITES = cast("sa.Table", Site.__table__)
# The key of sites of which history does not tell one district for certain.
UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Within:
    """What lies within a unit: the keys of a unit in force and of those below it, or a former district."""

    unit_ids: frozenset[int] = frozenset()
    district: str = ""


def units_within(session: Session, public_id: str) -> Within:
    """Give what lies within a unit: of one in force all below it, of a former district what history says."""
    rows = session.execute(sa.select(Unit.id, Unit.public_id, Unit.parent_id, Unit.level, Unit.valid_to)).all()
    asked = next((row for row in rows if row.public_id == public_id), None)
    if asked is None:
        return Within()
    if asked.valid_to is not None and asked.level == UnitLevel.DISTRICT:
        return Within(district=public_id)
    below: dict[int, list[int]] = {}
    for row in rows:
        if row.parent_id is not None and (row.valid_to is None or asked.valid_to is not None):
            below.setdefault(row.parent_id, []).append(row.id)
    return Within(frozenset(_all_below(asked.id, below)))


def _all_below(unit_id: int, below: dict[int, list[int]]) -> Iterable[int]:
    found, waiting = {unit_id}, [unit_id]
    while waiting:
        new = [child for child in below.get(waiting.pop(), []) if child not in found]
        found.update(new)
        waiting += new
    return found


def is_within(site_id: ColumnElement[Any] | None, unit_id: ColumnElement[Any], within: Within) -> ColumnElement[bool]:
    """Say that a site or a place lies within a unit; no place but a site's is known of a former district."""
    if within.district:
        if site_id is None:
            return sa.false()
        found = districts("within")
        return site_id.in_(sa.select(found.c.site_id).where(found.c.district == within.district))
    return unit_id.in_(sorted(within.unit_ids))


def districts(name: str = "district") -> sa.Subquery:
    """Give each site's former district by its public id, where one alone is meant: `site_id`, `district`.

    It is that of the units which the site's former addresses name, each as it was when it ended; without such an
    address, that in which all that went before its current unit lay. Addresses of sites that are told less than
    exactly play no part, for they tell more than the current unit does.
    """
    lay = _district_of_units()
    addressed = (
        sa.select(
            _ADDRESSES.c.site_id,
            sa.func.min(lay.c.district).label("first"),
            sa.func.max(lay.c.district).label("last"),
        )
        .join(lay, lay.c.id == _ADDRESSES.c.unit_id)
        .where(_ADDRESSES.c.site_id.not_in(sa.select(_restricted().c.id)))
        .group_by(_ADDRESSES.c.site_id)
        .subquery(f"{name}_addressed")
    )
    came = (
        sa.select(
            unit_successors.c.successor_id,
            sa.func.min(sa.func.coalesce(lay.c.district, "")).label("first"),
            sa.func.max(sa.func.coalesce(lay.c.district, "")).label("last"),
        )
        .outerjoin(lay, lay.c.id == unit_successors.c.unit_id)
        .group_by(unit_successors.c.successor_id)
        .subquery(f"{name}_came")
    )
    key = sa.case(
        (addressed.c.first == addressed.c.last, addressed.c.first),
        (addressed.c.first.is_not(None), UNCERTAIN),
        (sa.and_(came.c.first == came.c.last, came.c.first != ""), came.c.first),
        else_=UNCERTAIN,
    )
    return (
        sa.select(_SITES.c.id.label("site_id"), key.label("district"))
        .outerjoin(addressed, addressed.c.site_id == _SITES.c.id)
        .outerjoin(came, came.c.successor_id == _SITES.c.current_unit_id)
        .subquery(name)
    )


def _district_of_units() -> sa.Subquery:
    """Give the district in which each former unit lay when it ended, or which it is itself."""
    above = UNITS.alias("above")
    own = sa.case((UNITS.c.level == UnitLevel.DISTRICT, UNITS.c.public_id), else_=above.c.public_id)
    return (
        sa.select(UNITS.c.id, own.label("district"))
        .outerjoin(above, sa.and_(above.c.id == UNITS.c.parent_id, above.c.level == UnitLevel.DISTRICT))
        .where(UNITS.c.valid_to.is_not(None), own.is_not(None))
        .subquery("lay")
    )


def _restricted() -> sa.CTE:
    """Give the sites that are told less than exactly, by their own policy or by one above them."""
    own = sa.or_(
        _SITES.c.location_policy != LocationPolicy.EXACT,
        sa.and_(_SITES.c.location_policy.is_(None), sa.cast(_SITES.c.types, sa.Text).like('%"archaeological"%')),
    )
    found = sa.select(_SITES.c.id).where(own).cte("restricted", recursive=True)
    below = _SITES.alias("component")
    return found.union(sa.select(below.c.id).join(found, below.c.parent_id == found.c.id))
