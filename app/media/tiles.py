"""How a large picture is cut into tiles: levels, each half as fine as the one before, in squares from its corner."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

# The folder of keys in the storage.
TILES = "tiles"
TILE_PX = 512
# A picture is large when a side is longer than this; what is smaller is seen well enough in its renditions.
LARGE_PX = 4096


class Tile(NamedTuple):
    """A square of a level: the level's `scale` (1, 2, 4 …), the square's column and row, its own size in pixels."""

    scale: int
    column: int
    row: int
    width: int
    height: int


def scales_of(width: int, height: int, tile_px: int = TILE_PX) -> list[int]:
    """Give the scales of a picture's levels, down to the first that is a single tile."""
    scales = [1]
    while max(level_size(width, height, scales[-1])) > tile_px:
        scales.append(2 * scales[-1])
    return scales


def level_size(width: int, height: int, scale: int) -> tuple[int, int]:
    """Give the size of a level: that of the picture, divided and rounded up."""
    return -(-width // scale), -(-height // scale)


def tiles_of(width: int, height: int, tile_px: int = TILE_PX) -> Iterator[Tile]:
    """Give all tiles of a picture: the finest level first, each from the top, row by row."""
    for scale in scales_of(width, height, tile_px):
        wide, high = level_size(width, height, scale)
        for row in range(-(-high // tile_px)):
            for column in range(-(-wide // tile_px)):
                left, top = column * tile_px, row * tile_px
                yield Tile(scale, column, row, min(tile_px, wide - left), min(tile_px, high - top))


def find_tile(
    width: int, height: int, tile_px: int, region: tuple[int, int, int, int], size: tuple[int, int]
) -> Tile | None:
    """Give the tile that shows a region (left, top, width, height) in a size, both in pixels; None where none does."""
    left, top, wide, high = region
    scale = next((one for one in scales_of(width, height, tile_px) if level_size(wide, high, one) == size), None)
    if scale is None or left % (tile_px * scale) or top % (tile_px * scale) or left >= width or top >= height:
        return None
    if (wide, high) != (min(tile_px * scale, width - left), min(tile_px * scale, height - top)):
        return None
    return Tile(scale, left // (tile_px * scale), top // (tile_px * scale), *size)


def image_id(sha256: str) -> str:
    """Name the picture of a file for the public: 32 hexadecimal digits, by its checksum and without telling that."""
    return hashlib.sha256(f"image {sha256}".encode()).hexdigest()[:32]


def tile_key(name: str, tile_px: int, tile: Tile) -> str:
    """Give the key of a tile in the storage; `name` is the picture's `image_id`."""
    return f"{tiles_folder(name)}/{tile_px}/{tile.scale}-{tile.column}-{tile.row}.jpg"


def tiles_folder(name: str) -> str:
    """Give the folder of keys in which a picture's tiles lie."""
    return f"{TILES}/{name[:2]}/{name}"
