"""A place as it was entered, beside what it is in WGS 84 and on the local grid (VN-2000)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shapely import get_num_coordinates

from app.config import Settings
from app.core.errors import InvalidInput
from app.places.coordinates import Box, parse_coordinates, parse_geometry, to_grid


@dataclass(frozen=True, slots=True)
class Derived:
    """A location of a record: degrees and grid metres of its point, or of the middle of its shape."""

    part: Mapping[str, Any]
    lon: float | None = None
    lat: float | None = None
    north_m: float | None = None
    east_m: float | None = None
    shape: str = "Point"
    corners: int = 1
    grid: str = ""


def derive_place(settings: Settings, part: Mapping[str, Any]) -> Derived:
    """Derive a location from its `entered_text` in `entered_crs`; what cannot be read yields no degrees."""
    text, crs = str(part.get("entered_text") or ""), str(part.get("entered_crs") or "")
    box = Box(*settings.plausible_box)
    shape, corners = "Point", 1
    try:
        try:
            place = parse_coordinates(text, crs, plausible=box, grid=settings.grid)
            lon, lat = place.lon, place.lat
        except InvalidInput:
            geometry = parse_geometry(text, crs, plausible=box)
            shape, corners = geometry.geom_type, int(get_num_coordinates(geometry))
            lon, lat = geometry.centroid.x, geometry.centroid.y
        grid = to_grid(lon, lat, settings.grid)
    except InvalidInput:
        return Derived(part)
    return Derived(part, lon, lat, grid.north_m, grid.east_m, shape, corners, settings.grid)
