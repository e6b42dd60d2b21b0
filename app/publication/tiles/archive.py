"""A deployment's own basemap: a PMTiles archive (version 3), read tile by tile and never wholly."""

from __future__ import annotations

import gzip
import json
import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pmtiles.tile import (
    Compression,
    Entry,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from app.core.errors import InvalidInput
from app.publication.quadkeys import Box
from app.publication.tiles.grid import Tile

_UNREADABLE = (
    MagicNumberNotFound,
    SpecVersionUnsupported,
    OSError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    EOFError,
    AttributeError,
)
_HEADER_BYTES = 127
# Directories, and tiles, of any use are far smaller.
_MOST_BYTES = 8_000_000
_DEEPEST = 4
MEDIA_TYPES = {
    TileType.MVT: "application/vnd.mapbox-vector-tile",
    TileType.PNG: "image/png",
    TileType.JPEG: "image/jpeg",
    TileType.WEBP: "image/webp",
}


@dataclass(frozen=True, slots=True)
class About:
    """What an archive says of itself: its tiles' media type, zooms, box, packing, layers, and whose it is."""

    media_type: str
    zooms: tuple[int, int]
    box: Box
    is_gzipped: bool
    layers: tuple[str, ...]
    attribution: str | None
    tag: str

    @property
    def is_vector(self) -> bool:
        """Whether the tiles are drawn by the reader, not pictures."""
        return self.media_type == MEDIA_TYPES[TileType.MVT]


class Archive:
    """An archive that is open for reading, from any thread; raises `InvalidInput` where it is none that can be read."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            weakref.finalize(self, os.close, self._file)
            state = os.fstat(self._file)
            self._header: Mapping[str, Any] = deserialize_header(self._read(0, _HEADER_BYTES))
            self.about = self._describe(f"{state.st_size}-{state.st_mtime_ns}")
        except _UNREADABLE as error:
            raise InvalidInput(
                "The setting %(name)s cannot be “%(value)s”: that is no PMTiles archive of version 3 that is "
                "gzipped, if packed at all.",
                name="DISAN_BASEMAP_PMTILES",
                value=str(path),
            ) from error
        # Those at the root are asked for with every tile.
        self._directory = lru_cache(maxsize=64)(self._read_directory)

    def tile(self, tile: Tile) -> bytes | None:
        """Read a tile as it is stored, None where the archive has none."""
        number = zxy_to_tileid(tile.zoom, tile.column, tile.row)
        offset, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(_DEEPEST):
            entry = find_tile(self._directory(offset, length), number)
            if entry is None:
                return None
            if entry.run_length:
                return self._read(self._header["tile_data_offset"] + entry.offset, entry.length)
            offset, length = self._header["leaf_directory_offset"] + entry.offset, entry.length
        return None

    def _read(self, offset: int, length: int) -> bytes:
        if not 0 <= length <= _MOST_BYTES:
            raise ValueError(length)
        return os.pread(self._file, length, offset)

    def _read_directory(self, offset: int, length: int) -> list[Entry]:
        return deserialize_directory(self._read(offset, length))

    def _describe(self, tag: str) -> About:
        header = self._header
        if header["internal_compression"] != Compression.GZIP:
            raise ValueError(header["internal_compression"])
        if header["tile_compression"] not in (Compression.NONE, Compression.GZIP):
            raise ValueError(header["tile_compression"])
        told = json.loads(gzip.decompress(self._read(header["metadata_offset"], header["metadata_length"])))
        box = tuple(header[f"{edge}_e7"] / 1e7 for edge in ("min_lon", "min_lat", "max_lon", "max_lat"))
        return About(
            media_type=MEDIA_TYPES[header["tile_type"]],
            zooms=(header["min_zoom"], header["max_zoom"]),
            box=(box[0], box[1], box[2], box[3]),
            is_gzipped=header["tile_compression"] == Compression.GZIP,
            layers=tuple(str(layer["id"]) for layer in told.get("vector_layers", ())),
            attribution=told.get("attribution"),
            tag=tag,
        )
