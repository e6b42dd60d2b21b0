"""Quadkeys: a place as one number (a 56-bit Web-Mercator Morton code), and a box as a few ranges of them."""

from __future__ import annotations

import math
from typing import TypeAlias

LEVELS = 28
_SIDE = 1 << LEVELS
# Where Web Mercator's square ends; places beyond are counted to its edge.
_MAX_LAT = 85.05112877980659

Box: TypeAlias = tuple[float, float, float, float]


def _column(lon: float) -> int:
    return min(_SIDE - 1, max(0, math.floor((lon + 180.0) / 360.0 * _SIDE)))


def _row(lat: float) -> int:
    lat = min(_MAX_LAT, max(-_MAX_LAT, lat))
    sine = math.sin(math.radians(lat))
    share = 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)
    return min(_SIDE - 1, max(0, math.floor(share * _SIDE)))


def _spread(value: int) -> int:
    """Put a zero between every two bits of a 28-bit number."""
    value = (value | value << 16) & 0x0000FFFF0000FFFF
    value = (value | value << 8) & 0x00FF00FF00FF00FF
    value = (value | value << 4) & 0x0F0F0F0F0F0F0F0F
    value = (value | value << 2) & 0x3333333333333333
    return (value | value << 1) & 0x5555555555555555


def _gather(value: int) -> int:
    """Take every second bit of a 56-bit number, the lowest first."""
    value &= 0x5555555555555555
    value = (value | value >> 1) & 0x3333333333333333
    value = (value | value >> 2) & 0x0F0F0F0F0F0F0F0F
    value = (value | value >> 4) & 0x00FF00FF00FF00FF
    value = (value | value >> 8) & 0x0000FFFF0000FFFF
    return (value | value >> 16) & 0xFFFFFFFF


def cell_of(column: int, row: int) -> int:
    """Give the number of a cell by its column (from the west) and row (from the north), of whichever level."""
    return _spread(row) << 1 | _spread(column)


def place_of(cell: int) -> tuple[int, int]:
    """Give a cell's column and row: what `cell_of` takes."""
    return _gather(cell), _gather(cell >> 1)


def quadkey(lon: float, lat: float) -> int:
    """Give the quadkey of a place in degrees: 28 pairs of bits, row (from the north) first."""
    return cell_of(_column(lon), _row(lat))


def middle_of(cell: int, level: int) -> tuple[float, float]:
    """Give the middle of a cell of a level, as longitude and latitude in degrees."""
    column, row = place_of(cell)
    side = 1 << level
    mercator = math.pi * (1 - 2 * (row + 0.5) / side)
    return (column + 0.5) / side * 360.0 - 180.0, math.degrees(math.atan(math.sinh(mercator)))


def ranges(box: Box, most: int = 64) -> list[tuple[int, int]]:
    """Give at most `most` ascending ranges (first, last) of quadkeys that hold every place in a box.

    The box is min lon, min lat, max lon, max lat in degrees and does not cross the antimeridian. The ranges may hold
    places outside: the caller asks for lon and lat as well.
    """
    west, east = _column(box[0]), _column(box[2])
    north, south = _row(box[3]), _row(box[1])
    whole: list[tuple[int, int, int]] = []
    partial = [(0, 0, LEVELS)]
    while partial and len(whole) + len(partial) + 3 <= most:
        # The largest square that straddles the edge is divided first: breadth first, coarse to fine.
        x, y, size = partial.pop(0)
        if size == 0:
            whole.append((x, y, size))
            continue
        half = 1 << (size - 1)
        for quarter_x, quarter_y in ((x, y), (x + half, y), (x, y + half), (x + half, y + half)):
            last_x, last_y = quarter_x + half - 1, quarter_y + half - 1
            if quarter_x > east or last_x < west or quarter_y > south or last_y < north:
                continue
            inside = west <= quarter_x and last_x <= east and north <= quarter_y and last_y <= south
            (whole if inside else partial).append((quarter_x, quarter_y, size - 1))
    merged: list[tuple[int, int]] = []
    for first, last in sorted(_range(*square) for square in (*whole, *partial)):
        if merged and merged[-1][1] + 1 >= first:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def _range(x: int, y: int, size: int) -> tuple[int, int]:
    first = cell_of(x, y)
    return first, first + (1 << 2 * size) - 1
