"""Reading tiles of collections: counts of cells at low zooms, whole features at high ones, never a part of them.

Where a tile holds more features than a phone should be sent, it shows counts at high zooms, too: nothing is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import shapely
import sqlalchemy as sa

from app.core.db import Reads
from app.engine.questions import intersects
from app.publication.collections import COLLECTIONS
from app.publication.models import CELLS, ITEMS, MARKS, PublishedCollection
from app.publication.quadkeys import LEVELS, place_of
from app.publication.tiles.cells import FINEST
from app.publication.tiles.grid import BUFFER, EXTENT, Tile, fit, place_points
from app.publication.tiles.mvt import Layer, Value, encode_tile

LAST_ZOOM = 22
# Whole features from this zoom on.
FEATURES_FROM = 11
# Features of a collection in one tile; where there are more, counts are shown.
MOST_FEATURES = 1000
# Counts in one tile, of all its collections together; where there are more, cells are taken together by fours.
MOST_COUNTS = 4096
# Up to so many points in a tile of counts, those that stand for one feature tell which.
MOST_NAMED = 200
# A tile of zoom z shows cells of level z + 6.
_FINER = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """By what a tile of a collection is still the same (`tag`), and how many items lie in it or in what it is part of.

    Items are counted where their point is; an area may reach into a tile that counts none.
    """

    tag: tuple[int, ...]
    n: int


@dataclass(frozen=True, slots=True)
class _Count:
    """A cell and how many of a collection's items lie in it; `item_sum` is the id of a single one."""

    collection: str
    cell: int
    n: int
    item_sum: int


# What is read for every tile is written once: making a statement costs more than running it.
_STANDINGS = (
    sa.select(PublishedCollection.name, PublishedCollection.number, CELLS.c.number, CELLS.c.n, CELLS.c.item_sum)
    .outerjoin(
        CELLS,
        sa.and_(
            CELLS.c.collection == PublishedCollection.name,
            CELLS.c.level == sa.bindparam("level"),
            CELLS.c.cell == sa.bindparam("cell", type_=sa.BigInteger()),
        ),
    )
    .where(PublishedCollection.name.in_(sa.bindparam("names", expanding=True)))
)
_FIRST: Any = sa.bindparam("first", type_=sa.BigInteger())
_LAST: Any = sa.bindparam("last", type_=sa.BigInteger())
_HERE = (ITEMS.c.collection == sa.bindparam("collection"), ITEMS.c.qkey.between(_FIRST, _LAST))
_CELLS = (
    sa.select(CELLS.c.cell, CELLS.c.n, CELLS.c.item_sum)
    .where(CELLS.c.collection == sa.bindparam("collection"), CELLS.c.level == sa.bindparam("level"), CELLS.c.n > 0)
    .where(CELLS.c.cell.between(_FIRST, _LAST))
    .order_by(CELLS.c.cell)
)


def _with_marks(chosen: sa.Select[Any]) -> sa.Select[Any]:
    """Add to items their marks, by id: as many as tell that there are too many, chosen before marks are joined."""
    rows = chosen.limit(sa.literal_column(str(MOST_FEATURES + 1))).subquery()
    marked = sa.and_(MARKS.c.item_id == rows.c.id, MARKS.c.language == sa.bindparam("language"))
    return sa.select(rows, MARKS.c.mark).outerjoin(MARKS, marked).order_by(rows.c.id)


_POINTS = _with_marks(sa.select(ITEMS.c.id, ITEMS.c.lon, ITEMS.c.lat).where(*_HERE))
_NAMED = _with_marks(
    sa.select(ITEMS.c.id, ITEMS.c.lon, ITEMS.c.lat).where(ITEMS.c.id.in_(sa.bindparam("ids", expanding=True)))
)


def read_standings(reads: Reads, collections: Sequence[str], tile: Tile) -> dict[str, Standing]:
    """Read what tells whether tiles of collections are still the same; without collections that have nothing there.

    Points count by the cell that the tile is or lies in: a change elsewhere leaves it. Areas reach beyond their cell:
    where they are drawn whole, any change in their collection counts.
    """
    at = tile.ancestor(FINEST)
    rows = reads.execute(_STANDINGS, {"names": list(collections), "level": at.zoom, "cell": at.cell}).all()
    found = {}
    for name, number, touched, n, item_sum in rows:
        if tile.zoom >= FEATURES_FROM and COLLECTIONS[name].geometry == "area":
            found[name] = Standing((number,), n or 0)
        elif touched is not None:
            found[name] = Standing((touched, n, item_sum), n)
    return found


def read_tile(reads: Reads, standings: Mapping[str, Standing], tile: Tile, language: str) -> bytes:
    """Read and write a tile: a layer for each collection that has something in it, in the collections' order."""
    layers = [Layer(name) for name in COLLECTIONS if name in standings]
    counted = [
        layer
        for layer in layers
        if tile.zoom < FEATURES_FROM or not _add_features(reads, layer, standings[layer.name].n, tile, language)
    ]
    _add_counts(reads, counted, tile, language)
    return encode_tile(layers)


def _add_features(reads: Reads, layer: Layer, n: int, tile: Tile, language: str) -> bool:
    """Add what lies in a tile to a layer; tells False, having added nothing, where that is too much."""
    if COLLECTIONS[layer.name].geometry == "area":
        return _add_areas(reads, layer, tile, language)
    if n == 0 or (n > MOST_FEATURES and tile.zoom <= FINEST):
        return n == 0
    first, last = tile.keys
    asked = {"collection": layer.name, "first": first, "last": last, "language": language}
    rows = reads.execute(_POINTS, asked).all()
    if len(rows) > MOST_FEATURES:
        return False
    _add_points(layer, tile, rows, {})
    return True


def _add_areas(reads: Reads, layer: Layer, tile: Tile, language: str) -> bool:
    chosen = sa.select(ITEMS.c.id, ITEMS.c.lon, ITEMS.c.lat, ITEMS.c.geom).where(
        ITEMS.c.collection == layer.name, intersects(ITEMS, shapely.box(*tile.bounds(BUFFER)))
    )
    rows = reads.execute(_with_marks(chosen), {"language": language}).all()
    if len(rows) > MOST_FEATURES:
        return False
    for row, shape in zip(rows, fit(tile, [row.geom for row in rows]), strict=True):
        layer.add(shape, _read_mark(row.mark), row.id)
    return True


def _read_mark(mark: str | None) -> dict[str, Value]:
    # What was published before there were marks has none until the publication is rebuilt.
    return dict(json.loads(mark)) if mark else {}


def _add_points(layer: Layer, tile: Tile, rows: Sequence[sa.Row[Any]], further: Mapping[str, Value]) -> None:
    places = place_points(tile, [(row.lon, row.lat) for row in rows])
    for (x, y), row in zip(places, rows, strict=True):
        layer.add_point(x, y, {**_read_mark(row.mark), **further}, row.id)


def _add_counts(reads: Reads, layers: Sequence[Layer], tile: Tile, language: str) -> None:
    """Add a point with its `count` in the middle of each cell that holds anything."""
    level = min(tile.zoom + _FINER, LEVELS)
    if FEATURES_FROM <= tile.zoom < FINEST - 2:
        # Some cells that are kept are in it; counting them live would be reading all that lies there.
        level = FINEST
    counts = [count for layer in layers for count in _read_counts(reads, layer.name, tile, level)]
    while len(counts) > MOST_COUNTS:
        counts, level = _by_fours(counts), level - 1
    named = {}
    if len(counts) <= MOST_NAMED:
        named = _read_named(reads, [count.item_sum for count in counts if count.n == 1], language)
    side = EXTENT >> (level - tile.zoom)
    first_column, first_row = place_of(tile.cells(level)[0])
    by_name = {layer.name: layer for layer in layers}
    for count in counts:
        layer, row = by_name[count.collection], named.get(count.item_sum) if count.n == 1 else None
        if row is not None:
            _add_points(layer, tile, [row], {"count": 1})
            continue
        column, line = place_of(count.cell)
        x, y = (column - first_column) * side + side // 2, (line - first_row) * side + side // 2
        layer.add_point(x, y, {"count": count.n})


def _read_counts(reads: Reads, collection: str, tile: Tile, level: int) -> list[_Count]:
    first, last = tile.cells(level) if level <= FINEST else tile.keys
    asked = {"collection": collection, "first": first, "last": last}
    if level <= FINEST:
        rows = reads.execute(_CELLS, asked | {"level": level}).all()
    else:
        rows = reads.execute(_counted(level), asked).all()
    return [_Count(collection, *row) for row in rows]


@lru_cache
def _counted(level: int) -> sa.Select[Any]:
    """Count items by cells finer than those that are kept."""
    cell = ITEMS.c.qkey.bitwise_rshift(sa.literal_column(str(2 * (LEVELS - level)))).label("cell")
    count = sa.select(cell, sa.func.count(), sa.cast(sa.func.sum(ITEMS.c.id), sa.BigInteger))
    return count.where(*_HERE).group_by(cell).order_by(cell)


def _by_fours(counts: Sequence[_Count]) -> list[_Count]:
    """Take cells together by the next coarser level's."""
    grown: dict[tuple[str, int], list[int]] = {}
    for count in counts:
        counted = grown.setdefault((count.collection, count.cell >> 2), [0, 0])
        counted[0] += count.n
        counted[1] += count.item_sum
    return [_Count(collection, cell, n, item_sum) for (collection, cell), (n, item_sum) in grown.items()]


def _read_named(reads: Reads, ids: Sequence[int], language: str) -> dict[int, sa.Row[Any]]:
    """Read items by their ids, with their marks."""
    rows = reads.execute(_NAMED, {"ids": list(ids), "language": language}).all() if ids else []
    return {row.id: row for row in rows}
