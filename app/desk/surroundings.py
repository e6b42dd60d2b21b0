"""What looks wrong with where records lie, for who writes and who reviews: zones among zones, places among communes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from babel.numbers import format_decimal
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted_anywhere
from app.catalogue import KINDS
from app.config import Settings
from app.core.errors import InvalidInput
from app.desk.context import say, shown
from app.heritage.models import LocationPolicy, Site
from app.heritage.policies import binding_policies
from app.heritage.zone_checks import (
    SitePoint,
    SpatialWarning,
    ZoneShape,
    check_unit,
    check_zones,
    read_communes,
    read_point,
    read_zones,
)
from app.http.i18n import current_language
from app.places.entries import read_geometry
from app.places.models import Unit
from app.records.index import OPEN
from app.records.models import Revision, RevisionState
from app.records.shapes import LOCATIONS, TEXT, Entry, main_entry, main_position
from app.records.withholding import withheld_in, withheld_of

# What nobody has decided yet: what it proposes can still be mended.
UNDECIDED = (*OPEN, RevisionState.REJECTED)
_AREAS = ("Polygon", "MultiPolygon")
_LEAST_EXACT_M = 100_000
# Of somebody's own drafts so many are looked through for those of a site.
_DRAFTS = 200
# About forty thousand corners: what a page can compare while somebody waits for it.
_MOST_TEXT = 1_000_000
_NOT_CHECKED = (
    "There are too many corners here to compare this place with its neighbours. Open it in its form to have it checked."
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a record says, or would say, and which of its fields the reader may not see."""

    kind: str
    code: str
    payload: Mapping[str, Any]
    withheld: frozenset[str] = frozenset()

    @property
    def entry(self) -> Entry | None:
        """Where it lies, as entered and as far as the reader may see it."""
        found = main_entry(self.payload)
        return None if found is None or found.path[0] in self.withheld else found

    @property
    def accuracy_m(self) -> int | None:
        """How exactly that is known, in metres, as far as it says so."""
        position = main_position(self.payload)
        found = (self.payload if position is None else self.payload[LOCATIONS][position]).get("accuracy_m")
        return found if type(found) is int and 0 < found <= _LEAST_EXACT_M else None


def drafts_beside(session: Session, site_code: str, actor: User) -> list[Said]:
    """Give what somebody has under way of a site and of its zones, as far as they may see it."""
    query = sa.select(Revision).where(
        Revision.author_id == actor.id, Revision.state.in_(OPEN), Revision.kind.in_(("site", "zone"))
    )
    found = session.scalars(query.order_by(Revision.id.desc()).limit(_DRAFTS))
    newest: dict[str, Revision] = {}
    for revision in found:
        if site_code in (revision.code if revision.kind == "site" else "", _text(revision.payload, "site")):
            newest.setdefault(revision.code, revision)
    withheld = withheld_in(session, KINDS, actor, list(newest.values()))
    return [said_in(revision, withheld[revision.id]) for revision in newest.values()]


def said_in(revision: Revision, withheld: frozenset[str] = frozenset()) -> Said:
    """Give what a revision says."""
    return Said(revision.kind, revision.code, revision.payload, withheld)


def check_places(
    session: Session, settings: Settings, said: Sequence[Said], *, actor: User
) -> dict[str, list[SpatialWarning]]:
    """Look for what is wrong with places among each other and among what is accepted; by code.

    What is said counts in the place of what is accepted under its code. Nothing is told that the actor may not see.
    Asks as many questions for many records as for one.
    """
    bounded, left = _within_reach(said)
    shapes = {one.code: shape for one in bounded if (shape := _shape(settings, one)) is not None}
    placed = [one for one in bounded if one.code in shapes]
    sites = _sites(session, placed, actor)
    replaced = {one.code for one in said}
    found = _check_zones(session, settings, placed, shapes, sites, replaced=replaced)
    for code, warnings in _check_units(session, placed, shapes, sites).items():
        found.setdefault(code, []).extend(warnings)
    found |= {one.code: [SpatialWarning("not_checked", _NOT_CHECKED, {})] for one in left}
    return {code: warnings for code, warnings in found.items() if warnings}


def _within_reach(said: Sequence[Said]) -> tuple[list[Said], list[Said]]:
    """Part what can be compared while somebody waits from what is too much."""
    bounded: list[Said] = []
    left: list[Said] = []
    reach = _MOST_TEXT
    for one in said:
        length = len(one.entry.text) if one.entry else 0
        is_near = length <= reach
        reach -= length if is_near else 0
        (bounded if is_near else left).append(one)
    return bounded, left


def _sites(session: Session, said: Sequence[Said], actor: User) -> dict[str, Site]:
    """Read the accepted sites that others belong to, with their places, as far as the actor may see those."""
    codes = sorted({code for one in said if (code := _owner(one))})
    if not codes:
        return {}
    query = sa.select(Site).where(Site.code.in_(codes), Site.deleted_at.is_(None))
    whole = query.options(joinedload(Site.locations), joinedload(Site.current_unit))
    found = session.scalars(whole).unique().all()
    return {site.code: site for site in visible_sites(session, found, actor)}


def visible_sites(session: Session, sites: Sequence[Site], actor: User) -> list[Site]:
    """Leave out the sites whose place, or that of whose zones, the actor may not see."""
    if is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        return list(sites)
    policies = binding_policies(session, [site.code for site in sites])
    restricted = [site for site in sites if policies.get(site.code) != LocationPolicy.EXACT]
    told = [
        {
            "code": site.code,
            "site": site.code,
            "current_unit": site.current_unit.public_id if site.current_unit else None,
        }
        for site in restricted
    ]
    hidden = {
        site.code
        for kind in ("site", "zone")
        for site, names in zip(
            restricted, withheld_of(session, KINDS, KINDS[kind], actor, [[one] for one in told]), strict=True
        )
        if names
    }
    return [site for site in sites if site.code not in hidden]


def _check_zones(
    session: Session,
    settings: Settings,
    said: Sequence[Said],
    shapes: Mapping[str, BaseGeometry],
    sites: Mapping[str, Site],
    *,
    replaced: set[str],
) -> dict[str, list[SpatialWarning]]:
    """Check zones against those that are proposed with them, those that stand beside, and their site's point."""
    zones = {one.code: one for one in said if one.kind == "zone" and shapes[one.code].geom_type in _AREAS}
    if not zones:
        return {}
    accepted = read_zones(session, [site.id for site in sites.values()]) if sites else {}
    standing = {code: site for code, site in sites.items() if code not in replaced}
    points = {code: point for code, site in standing.items() if (point := read_point(site))} | _points(said, shapes)
    shaped = {code: _zone(one, shapes[code]) for code, one in zones.items()}
    found: dict[str, list[SpatialWarning]] = {}
    for code, one in zones.items():
        owner = _owner(one)
        site = sites.get(owner)
        others = [zone for zone in accepted.get(site.id, ()) if zone.code not in replaced] if site is not None else []
        others += [shaped[other.code] for other in zones.values() if other is not one and _owner(other) == owner]
        crs = str(one.payload.get("entered_crs") or "")
        found[code] = check_zones(shaped[code], others, grid=settings.grid, crs=crs, point=points.get(owner))
    return found


def _check_units(
    session: Session, said: Sequence[Said], shapes: Mapping[str, BaseGeometry], sites: Mapping[str, Site]
) -> dict[str, list[SpatialWarning]]:
    """Look for places that lie far from the commune that they, or their sites, are said to lie in."""
    named = {one.code: _text(one.payload, "current_unit") or _text(one.payload, "unit") for one in said}
    query = sa.select(Unit).where(Unit.public_id.in_(sorted(set(filter(None, named.values())))))
    units = {unit.public_id: unit for unit in session.scalars(query)} if any(named.values()) else {}
    communes = cache(lambda: read_communes(session))
    found: dict[str, list[SpatialWarning]] = {}
    for one in said:
        site = sites.get(_owner(one))
        unit = units.get(named[one.code]) or (site.current_unit if site is not None else None)
        if unit is not None:
            found[one.code] = check_unit(unit, shapes[one.code], communes, accuracy_m=one.accuracy_m)
    return found


def _shape(settings: Settings, said: Said) -> BaseGeometry | None:
    """Read where a record lies; what cannot be read is no place yet."""
    if (entry := said.entry) is None:
        return None
    try:
        return read_geometry(settings, entry.text, entry.crs, TEXT)
    except InvalidInput:
        return None


def _zone(said: Said, shape: BaseGeometry) -> ZoneShape:
    return ZoneShape(said.code, _text(said.payload, "zone_type"), shape, _text(said.payload, "edition") or None)


def _points(said: Sequence[Said], shapes: Mapping[str, BaseGeometry]) -> dict[str, SitePoint]:
    return {
        one.code: (shapes[one.code], one.accuracy_m)
        for one in said
        if one.kind == "site" and one.code in shapes and shapes[one.code].geom_type == "Point"
    }


def _owner(said: Said) -> str:
    """Give the code of the site that something belongs to."""
    return _text(said.payload, "site")


def _text(payload: Mapping[str, Any], name: str) -> str:
    found = payload.get(name)
    return found if isinstance(found, str) and len(found) <= 60 else ""


def say_warning(warning: SpatialWarning) -> str:
    """Write a warning out for the reader."""
    return say(warning.message) % {name: _say(value) for name, value in warning.params.items()}


def _say(value: Any) -> str:
    """Write a value of a sentence: numbers and names as the reader writes and calls them."""
    if isinstance(value, Mapping):
        return shown(value)
    if isinstance(value, list):
        return ", ".join(_say(part) for part in value)
    return say_number(value) if isinstance(value, int | float) else str(value)


def say_number(value: float, pattern: str = "#,##0.###") -> str:
    """Write a number as the reader's language does."""
    return str(format_decimal(value, format=pattern, locale=current_language()))
