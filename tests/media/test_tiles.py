"""Tiles cover a picture, each once on every level, and what is asked for is found among them and nothing else."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from app.media.tiles import Tile, find_tile, image_id, level_size, scales_of, tile_key, tiles_of
from tests.harness.counts import counts

_SIDES = st.integers(1, counts(3000, 40_000))


def test_sheet_is_cut_into_levels_down_to_a_single_tile() -> None:
    tiles = list(tiles_of(1100, 600))
    assert [(one.scale, one.column, one.row) for one in tiles[:6]] == [
        (1, 0, 0),
        (1, 1, 0),
        (1, 2, 0),
        (1, 0, 1),
        (1, 1, 1),
        (1, 2, 1),
    ]
    assert tiles[2][3:] == (76, 512)
    assert tiles[-1] == (4, 0, 0, 275, 150)
    assert scales_of(1100, 600) == [1, 2, 4]
    assert list(tiles_of(512, 512)) == [(1, 0, 0, 512, 512)]


def region_of(width: int, height: int, tile: Tile) -> tuple[int, int, int, int]:
    side = 512 * tile.scale
    left, top = tile.column * side, tile.row * side
    return left, top, min(side, width - left), min(side, height - top)


# At the edge of a line of pixels, two levels have a tile of the same region and size: either will do.
@example(1, 2049)
@given(_SIDES, _SIDES)
def test_every_tile_is_found_by_its_region_and_its_size(width: int, height: int) -> None:
    for tile in tiles_of(width, height):
        region = region_of(width, height, tile)
        found = find_tile(width, height, 512, region, (tile.width, tile.height))
        assert found is not None
        assert (region_of(width, height, found), found[3:]) == (region, tile[3:])
    covered = sum(one.width * one.height for one in tiles_of(width, height) if one.scale == 1)
    assert covered == width * height


def test_nothing_else_is_found() -> None:
    assert find_tile(1100, 600, 512, (512, 0, 512, 512), (512, 512)) == (1, 1, 0, 512, 512)
    for region, size in (
        ((1, 0, 512, 512), (512, 512)),
        ((0, 0, 500, 500), (500, 500)),
        ((0, 0, 512, 512), (512, 511)),
        ((0, 0, 512, 512), (256, 256)),
        ((1024, 0, 512, 512), (512, 512)),
        ((2048, 0, 512, 512), (512, 512)),
        ((0, 0, 1100, 600), (1100, 600)),
        ((0, 0, 1100, 600), (275, 151)),
    ):
        assert find_tile(1100, 600, 512, region, size) is None, (region, size)


def test_name_tells_nothing_of_the_checksum() -> None:
    name = image_id("ab" * 32)
    assert len(name) == 32
    assert "ab" * 8 not in name
    assert tile_key(name, 512, next(tiles_of(10, 10))) == f"tiles/{name[:2]}/{name}/512/1-0-0.jpg"
    assert level_size(1101, 600, 4) == (276, 150)
