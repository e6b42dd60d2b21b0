"""Spatial checks of what officers draw: zones against zones, against their site's point, a place against its commune.

A check never forbids: it says what looks wrong and where, for papers may say what a map does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pyproj
import shapely
import sqlalchemy as sa
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.heritage.models import Location, Site, Zone
from app.places.coordinates import in_system, say_place
from app.places.models import Unit, UnitLevel

ZONE_1, ZONE_2 = "zone_1", "zone_2"
# Markers are written to the centimetre and VN-2000 is known to a metre here: less is no overlap, and no gap.
SLIVER_M2 = 1.0
TOUCH_M = 1.0
# A site's point may stand at its gate, beside zone I; its own accuracy counts if that is larger.
POINT_ALLOWANCE_M = 100
# No open boundaries of communes exist: a commune's point stands for it within its precision, and this is added.
UNIT_ALLOWANCE_M = 3_000
_FAR = (
    "This place lies %(distance_km)s km from the point of %(unit)s, beyond its surroundings (%(allowed_km)s km). "
    "Check the coordinates, or the commune."
)
_NEARER = (
    "This place lies %(distance_km)s km from the point of %(unit)s, beyond its surroundings (%(allowed_km)s km). "
    "Nearer are: %(nearer)s. Check the coordinates, or the commune."
)
_GEOD = pyproj.Geod(ellps="WGS84")
# A site's point in WGS 84 and its accuracy in metres.
SitePoint: TypeAlias = tuple[BaseGeometry, int | None]


@dataclass(frozen=True, slots=True)
class SpatialWarning:
    """Something that looks wrong: a code, a sentence with its values, and where (WGS 84) if it is at a place."""

    code: str
    message: str
    params: Mapping[str, Any]
    geometry: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class ZoneShape:
    """A zone as the checks see it: its code ("" for one not kept yet), type, area in WGS 84, and edition if it has."""

    code: str
    zone_type: str
    geometry: BaseGeometry
    edition: str | None = None
    _flat: dict[str, BaseGeometry] = field(default_factory=dict, compare=False, repr=False)

    def on(self, grid: str) -> BaseGeometry:
        """Give its area on a grid, kept for the next question; an edge bends there, which may cross another."""
        if grid not in self._flat:
            self._flat[grid] = _areas(in_system(self.geometry, grid))
        return self._flat[grid]


def check_zones(
    zone: ZoneShape, others: Iterable[ZoneShape], *, grid: str, crs: str, point: SitePoint | None
) -> list[SpatialWarning]:
    """Check a zone against the other zones of its site, and against the site's point with its accuracy in metres.

    Zone II (khu vực bảo vệ II) surrounds or touches zone I (khu vực bảo vệ I), Law on Cultural Heritage 45/2024/QH15,
    and shares no ground with it. Measures on `grid`; says places in `crs`, as the reader writes them. Zones of other
    types, a World Heritage buffer for instance, and of another edition, where both name one, are not compared.
    """
    found: list[SpatialWarning] = []
    shapes = [
        other
        for other in others
        if {other.zone_type, zone.zone_type} == {ZONE_1, ZONE_2}
        and (not zone.edition or not other.edition or zone.edition == other.edition)
    ]
    for other in shapes:
        if shapely.box(*zone.on(grid).bounds).intersects(shapely.box(*other.on(grid).bounds)):
            found += _overlap(zone, other, grid=grid, crs=crs)
    if shapes:
        found += _apart(zone, shapes, grid=grid)
    if point is not None and zone.zone_type in (ZONE_1, ZONE_2):
        # Zone II lies round or beside zone I, where the site is.
        inner = [other.on(grid) for other in shapes] if zone.zone_type == ZONE_2 else []
        found += _without_point(shapely.union_all([zone.on(grid), *inner]), *point, grid=grid)
    return found


def read_zones(session: Session, site_ids: Iterable[int]) -> dict[int, list[ZoneShape]]:
    """Give the accepted zones of sites that have an area, by the site's key, in one statement."""
    query = sa.select(Zone).where(Zone.site_id.in_(list(site_ids)), Zone.deleted_at.is_(None)).order_by(Zone.code)
    found: dict[int, list[ZoneShape]] = {}
    for zone in session.scalars(query):
        if zone.geom is not None and zone.site_id is not None:
            found.setdefault(zone.site_id, []).append(ZoneShape(zone.code, zone.zone_type, zone.geom, zone.edition))
    return found


def read_point(site: Site) -> SitePoint | None:
    """Give the point that stands for an accepted site, the main one before others."""
    points = sorted((place for place in site.locations if place.geom.geom_type == "Point"), key=_by_role)
    return (points[0].geom, points[0].accuracy_m) if points else None


def read_communes(session: Session) -> Sequence[Unit]:
    """Give the communes of today of which a point is known."""
    query = sa.select(Unit).where(Unit.level == UnitLevel.COMMUNE, Unit.valid_to.is_(None), Unit.lon.is_not(None))
    return session.scalars(query).all()


def check_unit(
    unit: Unit, geometry: BaseGeometry, communes: Callable[[], Sequence[Unit]], *, accuracy_m: int | None = None
) -> list[SpatialWarning]:
    """Check whether a place, known to `accuracy_m`, lies in the surroundings of the commune it is said to lie in.

    Compares with the commune's point: further away than its `location_precision_m`, UNIT_ALLOWANCE_M and the place's
    own accuracy together, it looks wrong if the point of another commune of today is nearer, or it is twice as far.
    Says nothing of a unit without a point, or above communes. `communes` gives those to compare with, and is asked only
    where something looks wrong. In `params`, `unit` and each of `nearer` are localized.
    """
    if unit.lon is None or unit.lat is None or unit.level != UnitLevel.COMMUNE:
        return []
    lon, lat = shapely.get_coordinates(shapely.point_on_surface(geometry))[0].tolist()
    distance = _distance(lon, lat, unit)
    allowed = (unit.location_precision_m or 0) + UNIT_ALLOWANCE_M + (accuracy_m or 0)
    if distance <= allowed:
        return []
    others = sorted((_distance(lon, lat, other), other.public_id, other) for other in communes() if other.id != unit.id)
    nearer = [other.name for far, _, other in others[:3] if far < distance]
    if not nearer and distance <= 2 * allowed:
        return []
    params = {
        "unit": unit.name,
        "distance_km": round(distance / 1000, 1),
        "allowed_km": round(allowed / 1000, 1),
        "nearer": nearer,
    }
    return [SpatialWarning("outside_unit", _NEARER if nearer else _FAR, params, geometry)]


def _overlap(zone: ZoneShape, other: ZoneShape, *, grid: str, crs: str) -> list[SpatialWarning]:
    mine, theirs = zone.on(grid), other.on(grid)
    shared_m2 = float(mine.intersection(theirs).area)
    if shared_m2 <= SLIVER_M2:
        return []
    shared = zone.geometry.intersection(other.geometry)
    shared = shapely.union_all([part for part in shapely.get_parts(shared) if part.area > 0])
    if shared.is_empty:
        # Only edges meet, which bend otherwise on the grid.
        return []
    inner, outer = (mine, theirs) if zone.zone_type == ZONE_1 else (theirs, mine)
    x, y = shapely.get_coordinates(in_system(shapely.point_on_surface(shared), crs))[0].tolist()
    params = {"other": other.code, "area_m2": round(shared_m2), "place": say_place(x, y, crs)}
    if float(inner.difference(outer).area) <= SLIVER_M2:
        return [
            SpatialWarning(
                "zone_2_covers_zone_1",
                "Zone II covers zone I as well (%(area_m2)s m², with %(other)s). Zone II is what lies round zone I: "
                "cut zone I out of it as a hole.",
                params,
                shared,
            )
        ]
    return [
        SpatialWarning(
            "zones_overlap",
            "Zones I and II overlap: %(area_m2)s m² lie in both this zone and %(other)s, at %(place)s.",
            params,
            shared,
        )
    ]


def _apart(zone: ZoneShape, others: Sequence[ZoneShape], *, grid: str) -> list[SpatialWarning]:
    mine, theirs = zone.on(grid), shapely.union_all([other.on(grid) for other in others])
    first, second = (mine, theirs) if zone.zone_type == ZONE_1 else (theirs, mine)
    distance = float(first.distance(second))
    if distance <= TOUCH_M or _filled(second).contains(first):
        return []
    return [
        SpatialWarning(
            "zones_apart",
            "Zones I and II lie apart: %(distance_m)s m between this zone and %(other)s. Zone II surrounds or touches "
            "zone I.",
            {"other": ", ".join(other.code for other in others), "distance_m": round(distance)},
        )
    ]


def _without_point(
    area: BaseGeometry, point: BaseGeometry, accuracy_m: int | None, *, grid: str
) -> list[SpatialWarning]:
    distance = float(_filled(area).distance(in_system(point, grid)))
    if distance <= max(accuracy_m or 0, POINT_ALLOWANCE_M):
        return []
    return [
        SpatialWarning(
            "zone_far_from_point",
            "The site's point lies %(distance_m)s m outside this zone. Check the point, or the boundary.",
            {"distance_m": round(distance)},
            point,
        )
    ]


def _by_role(location: Location) -> bool:
    """Put the location that stands for a site first."""
    return location.role != "main"


def _filled(shape: BaseGeometry) -> BaseGeometry:
    """Give an area without its holes: what it surrounds."""
    return shapely.union_all([_areas(Polygon(part.exterior)) for part in _parts(shape)])


def _areas(shape: BaseGeometry) -> BaseGeometry:
    """Give what is an area in a shape that may cross itself."""
    return shapely.union_all(_parts(shapely.make_valid(shape)))


def _parts(shape: BaseGeometry) -> list[Polygon]:
    return [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)] + [
        part
        for collection in shapely.get_parts(shape)
        if collection.geom_type == "MultiPolygon"
        for part in shapely.get_parts(collection)
    ]


def _distance(lon: float, lat: float, unit: Unit) -> float:
    return float(_GEOD.inv(lon, lat, unit.lon, unit.lat)[2])
