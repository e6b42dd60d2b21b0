"""Writing Mapbox Vector Tiles, version 2.1: a layer's features, its words once each, and the bytes of it all."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from app.publication.tiles.grid import EXTENT

_POINT, _LINE, _AREA = 1, 2, 3
_MOVE_TO, _LINE_TO, _CLOSE = 1, 2, 15
# Numbers of the protocol's fields with their wire types (MVT 2.1, 4.1 and vector_tile.proto).
_TILE_LAYER = b"\x1a"
_LAYER_NAME, _LAYER_FEATURE, _LAYER_KEY, _LAYER_VALUE = b"\x0a", b"\x12", b"\x1a", b"\x22"
_LAYER_EXTENT, _LAYER_VERSION = b"\x28", b"\x78\x02"
_FEATURE_ID, _FEATURE_TAGS, _FEATURE_TYPE, _FEATURE_GEOMETRY = b"\x08", b"\x12", b"\x18", b"\x22"
_STRING, _DOUBLE, _UINT, _SINT, _BOOL = b"\x0a", b"\x19", b"\x28", b"\x30", b"\x38"

Value = str | int | float | bool

# Nearly every number in a tile is short: these are looked up, not made.
_SHORT = [bytes((n,)) for n in range(128)] + [bytes((n & 127 | 128, n >> 7)) for n in range(128, 1 << 14)]


def _varint(number: int) -> bytes:
    if number < 1 << 14:
        return _SHORT[number]
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    written.append(number)
    return bytes(written)


def _zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1


def _field(tag: bytes, content: bytes) -> bytes:
    return b"".join((tag, _varint(len(content)), content))


def _value(value: Value) -> bytes:
    # A truth value is a number to Python: it comes first.
    if isinstance(value, bool):
        return _BOOL + _varint(value)
    if isinstance(value, int):
        return _UINT + _varint(value) if value >= 0 else _SINT + _varint(_zigzag(value))
    if isinstance(value, float):
        return _DOUBLE + struct.pack("<d", value)
    return _field(_STRING, value.encode())


class Layer:
    """A layer that is being written; `len` is how many features it has."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._features: list[bytes] = []
        self._keys: dict[str, int] = {}
        self._values: dict[tuple[type, Value], int] = {}

    def __len__(self) -> int:
        return len(self._features)

    def add_point(self, x: int, y: int, tags: Mapping[str, Value], number: int | None = None) -> None:
        """Add a point in the tile's units, what is told of it, and its number, which is one feature's in the layer."""
        self._add(_POINT, b"\x09" + _varint(_zigzag(x)) + _varint(_zigzag(y)), tags, number)

    def add(self, shape: BaseGeometry, tags: Mapping[str, Value], number: int | None = None) -> None:
        """Add a shape in whole units of the tile; of a mixed one the parts of the highest dimension, if it has any."""
        # Collections hold shapes that may be of several parts themselves.
        parts = [one for part in shapely.get_parts(shape) for one in shapely.get_parts(part) if not one.is_empty]
        if not parts:
            return
        highest = max(shapely.get_dimensions(parts))
        parts = [part for part in parts if shapely.get_dimensions(part) == highest]
        write = (_write_points, _write_lines, _write_areas)[highest]
        self._add(highest + 1, write(parts), tags, number)

    def _add(self, kind: int, geometry: bytes, tags: Mapping[str, Value], number: int | None) -> None:
        keys, values = self._keys, self._values
        packed = b"".join(
            _varint(keys.setdefault(name, len(keys))) + _varint(values.setdefault((type(value), value), len(values)))
            for name, value in tags.items()
        )
        written = [_FEATURE_ID, _varint(number)] if number is not None else []
        written += [_FEATURE_TAGS, _varint(len(packed)), packed, _FEATURE_TYPE, _SHORT[kind]]
        written += [_FEATURE_GEOMETRY, _varint(len(geometry)), geometry]
        self._features.append(b"".join(written))

    def encode(self) -> bytes:
        """Give the layer's message."""
        written = [_field(_LAYER_NAME, self.name.encode())]
        written += [_field(_LAYER_FEATURE, feature) for feature in self._features]
        written += [_field(_LAYER_KEY, key.encode()) for key in self._keys]
        written += [_field(_LAYER_VALUE, _value(value)) for _, value in self._values]
        return b"".join((*written, _LAYER_EXTENT, _varint(EXTENT), _LAYER_VERSION))


def encode_tile(layers: Iterable[Layer]) -> bytes:
    """Give a tile's bytes; a layer without a feature is left out (MVT 2.1, 4.1), a tile without a layer is empty."""
    return b"".join(_field(_TILE_LAYER, layer.encode()) for layer in layers if len(layer))


class _Pen:
    """Writes a geometry's commands (MVT 2.1, 4.3), each place as the way from the one before."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self._x = self._y = 0

    def command(self, identity: int, count: int) -> None:
        self.written.append(_varint(identity | count << 3))

    def go(self, places: Sequence[tuple[int, int]]) -> None:
        for x, y in places:
            self.written.append(_varint(_zigzag(x - self._x)))
            self.written.append(_varint(_zigzag(y - self._y)))
            self._x, self._y = x, y


def _places(shape: BaseGeometry) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in shapely.get_coordinates(shape)]


def _write_points(points: Sequence[BaseGeometry]) -> bytes:
    pen = _Pen()
    pen.command(_MOVE_TO, len(points))
    for point in points:
        pen.go(_places(point))
    return b"".join(pen.written)


def _write_lines(lines: Sequence[BaseGeometry]) -> bytes:
    pen = _Pen()
    for line in lines:
        first, *others = _places(line)
        pen.command(_MOVE_TO, 1)
        pen.go([first])
        pen.command(_LINE_TO, len(others))
        pen.go(others)
    return b"".join(pen.written)


def _write_areas(areas: Sequence[BaseGeometry]) -> bytes:
    pen = _Pen()
    for ring in shapely.get_rings(areas):
        # The way back to the first place is the command's that closes.
        first, *others = _places(ring)[:-1]
        pen.command(_MOVE_TO, 1)
        pen.go([first])
        pen.command(_LINE_TO, len(others))
        pen.go(others)
        pen.written.append(_SHORT[_CLOSE])
    return b"".join(pen.written)
