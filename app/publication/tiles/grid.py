"""The grid WebMercatorQuad (OGC 17-083r4, annex D.1): which tile is where, and shapes in a tile's own units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.publication.quadkeys import LEVELS, Box, cell_of

# A tile's side in its own units, and how far beyond it lines and areas are drawn, so that no edge shows.
EXTENT = 4096
BUFFER = 64
# What is given up for fewer vertices: an eighth of a pixel where a tile is shown 256 pixels wide.
_TOLERANCE = 2.0
_MAX_LAT = 85.05112877980659


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile by its zoom, its column from the west and its row from the north, all within the grid."""

    zoom: int
    column: int
    row: int

    @property
    def cell(self) -> int:
        """The number of the tile among those of its zoom: the quadkeys in it begin with these bits."""
        return cell_of(self.column, self.row)

    def cells(self, level: int) -> tuple[int, int]:
        """Give the first and the last cell of a finer level in the tile; of level 28, these are quadkeys."""
        shift = 2 * (level - self.zoom)
        return self.cell << shift, ((self.cell + 1) << shift) - 1

    @property
    def keys(self) -> tuple[int, int]:
        """The first and the last quadkey in the tile."""
        return self.cells(LEVELS)

    def ancestor(self, zoom: int) -> Tile:
        """Give the tile of a coarser zoom that holds this one; itself where it is as coarse."""
        up = max(0, self.zoom - zoom)
        return Tile(self.zoom - up, self.column >> up, self.row >> up)

    def bounds(self, beyond_units: int = 0) -> Box:
        """Give the tile's box and what lies so many of its units beyond: west, south, east, north in degrees."""
        side, beyond = 1 << self.zoom, beyond_units / EXTENT
        return (
            max(-180.0, (self.column - beyond) / side * 360 - 180),
            _latitude((self.row + 1 + beyond) / side),
            min(180.0, (self.column + 1 + beyond) / side * 360 - 180),
            _latitude((self.row - beyond) / side),
        )

    def project(self, degrees: Any) -> Any:
        """Bring places, an array of (lon, lat) in degrees, into the tile's units: x to the east, y to the south."""
        lat = np.radians(np.clip(degrees[:, 1], -_MAX_LAT, _MAX_LAT))
        side = 1 << self.zoom
        x = (degrees[:, 0] + 180.0) / 360.0 * side - self.column
        y = (0.5 - np.arctanh(np.sin(lat)) / (2 * math.pi)) * side - self.row
        return np.column_stack((x, y)) * EXTENT


def _latitude(share: float) -> float:
    """Give the latitude of a line so far from the grid's northern edge, as a share of its height."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * min(1.0, max(0.0, share))))))


def place_points(tile: Tile, places: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Give places, in degrees and within the tile, as whole units of it."""
    if not places:
        return []
    units = np.clip(np.floor(tile.project(np.array(places, float))), 0, EXTENT - 1)
    return [(int(x), int(y)) for x, y in units]


def fit(tile: Tile, shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Draw shapes, in degrees, in a tile: cut, thinned to what the zoom shows, in whole units, valid; some are empty.

    Points are in one tile alone, the one they lie in; lines and areas reach a little beyond their tile. Outer rings
    have a positive area by the surveyor's formula, as MVT 2.1, 4.3.4.4, asks. All at once is far quicker than each.
    """
    drawn = shapely.transform(np.array(shapes, dtype=object), tile.project)
    low, high = -BUFFER, EXTENT + BUFFER
    thin = shapely.simplify(shapely.clip_by_rect(drawn, low, low, high, high), _TOLERANCE)
    # A cut along an edge can leave a ring that touches itself, which no rounding takes.
    wrong = ~shapely.is_valid(thin)
    thin[wrong] = shapely.make_valid(thin[wrong])
    whole = shapely.orient_polygons(shapely.set_precision(thin, 1.0))
    for index in np.flatnonzero(shapely.get_dimensions(drawn) == 0):
        places = shapely.get_coordinates(drawn[index])
        whole[index] = shapely.multipoints(np.floor(places[((places >= 0) & (places < EXTENT)).all(axis=1)]))
    return list(whole)
