"""How much of a place the public is told: the policies of location, applied before anything is rendered."""

from __future__ import annotations

import math

from shapely.geometry import Point

from app.heritage.models import Location, LocationPolicy, Site
from app.heritage.policies import binding_policy
from app.places.models import Unit
from app.publication.schema import Place

# A fixed grid, never a random offset: asking again must not narrow it down.
CELL_DEGREES = 0.02
CELL_PRECISION_M = 1600


def shown_parent(site: Site) -> Site | None:
    """Give the parent that a site may be shown under; None where that would tell more of its place than its policy.

    A restricted component of a site that is told more exactly would be found by its parent's point.
    """
    parent = site.parent
    if parent is None or not parent.is_public:
        return None
    policy = binding_policy(site)
    return parent if policy in (LocationPolicy.EXACT, binding_policy(parent)) else None


def main_location(site: Site) -> Location | None:
    """Give the location that stands for a site: the first with the role `main`, else the first."""
    return next((location for location in site.locations if location.role == "main"), next(iter(site.locations), None))


def blur(lon: float, lat: float) -> Point:
    """Give the centre of the grid cell that a place lies in."""
    return Point(*(round((math.floor(value / CELL_DEGREES) + 0.5) * CELL_DEGREES, 6) for value in (lon, lat)))


def published_place(site: Site, policy: LocationPolicy) -> Place | None:
    """Give where the public is told that a site is, under a policy; None where it is not told or not known."""
    if policy == LocationPolicy.HIDDEN:
        return None
    if policy == LocationPolicy.UNIT_ONLY:
        return unit_place(site.current_unit)
    location = main_location(site)
    if location is None:
        return None
    point = location.geom.representative_point()
    if policy == LocationPolicy.BLURRED:
        centre = blur(point.x, point.y)
        return Place(centre.x, centre.y, max(location.accuracy_m or 0, CELL_PRECISION_M), centre)
    exact = Point(round(point.x, 7), round(point.y, 7))
    return Place(exact.x, exact.y, location.accuracy_m, exact)


def unit_place(unit: Unit | None) -> Place | None:
    """Give the point that stands for an administrative unit."""
    if unit is None or unit.lon is None or unit.lat is None:
        return None
    return Place(unit.lon, unit.lat, unit.location_precision_m, Point(unit.lon, unit.lat))
