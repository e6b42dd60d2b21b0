"""Boxes in degrees around a circle on the ellipsoid, and within one: what an index of boxes can be asked."""

from __future__ import annotations

import math
from typing import TypeAlias

from app.engine.questions import Point

# A degree of latitude is at least this long on the ellipsoid (at the equator); a box may be too large, never too small.
_SHORTEST_DEGREE_M = 110_500.0
# No degree on the ellipsoid, of latitude or longitude, is longer than this (one of latitude, at the poles).
_LONGEST_DEGREE_M = 111_700.0

Box: TypeAlias = tuple[float, float, float, float]


def boxes_around(point: Point, radius_m: float) -> list[Box]:
    """Give one or two boxes (min lon, min lat, max lon, max lat) that hold every place within `radius_m` of a point."""
    reach = radius_m / _SHORTEST_DEGREE_M + 1e-6
    south, north = point.lat - reach, point.lat + reach
    if south <= -90 or north >= 90:
        return [(-180.0, max(south, -90.0), 180.0, min(north, 90.0))]
    # The widest meridian angle under a circle lies poleward of its centre: asin(sin r / cos lat); r is generous.
    sine = math.sin(math.radians(reach)) / math.cos(math.radians(point.lat))
    spread = math.degrees(math.asin(sine)) * 1.01 + 1e-6 if sine < 1 else 180.0
    west, east = point.lon - spread, point.lon + spread
    if spread >= 180:
        return [(-180.0, south, 180.0, north)]
    if west < -180:
        return [(west + 360, south, 180.0, north), (-180.0, south, east, north)]
    if east > 180:
        return [(west, south, 180.0, north), (-180.0, south, east - 360, north)]
    return [(west, south, east, north)]


def inner_box(point: Point, radius_m: float) -> Box:
    """Give a box (min lon, min lat, max lon, max lat) all of whose places lie within `radius_m` of a point.

    It is for radii up to some 2,000 km: there the square root of 2, a degree of the equator and the bend of the Earth
    are well covered by the fraction taken.
    """
    reach = radius_m * 0.63 / _LONGEST_DEGREE_M
    south, north = max(point.lat - reach, -90.0), min(point.lat + reach, 90.0)
    widest = 0.0 if south <= 0 <= north else min(abs(south), abs(north))
    spread = min(reach / max(math.cos(math.radians(widest)), 1e-9), 180.0)
    return max(point.lon - spread, -180.0), south, min(point.lon + spread, 180.0), north
