"""Geometries in CQL2 text: well-known text and BBOX (OGC 21-065r2, 6.4.5), given as GeoJSON (RFC 7946)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.core.cql2.tokens import Words, unexpected

# Of each type: its name in GeoJSON, and within how many further parentheses its positions stand.
_TYPES = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
}
SHAPES = (*_TYPES, "GEOMETRYCOLLECTION", "BBOX")


def read_shape(words: Words) -> dict[str, Any]:
    """Take a geometry, its keyword first; a collection holds no collection."""
    token = words.take()
    if token.keyword == "BBOX":
        return {"bbox": _in_parentheses(words, words.number)}
    # The letter tells of heights, which the numbers show as well.
    words.takes("Z")
    if token.keyword == "GEOMETRYCOLLECTION":
        return {"type": "GeometryCollection", "geometries": _in_parentheses(words, lambda: _simple(words))}
    name, depth = _TYPES[token.keyword]
    if name == "MultiPoint":
        return {"type": name, "coordinates": _in_parentheses(words, lambda: _bare_or_wrapped(words))}
    if depth == 0:
        words.expect("(")
        position = _position(words)
        words.expect(")")
        return {"type": name, "coordinates": position}
    return {"type": name, "coordinates": _nested(words, depth)}


def _simple(words: Words) -> dict[str, Any]:
    if words.next.keyword not in _TYPES:
        raise words.out_of_place("POINT(108.3 15.9)")
    return read_shape(words)


def _in_parentheses(words: Words, read: Callable[[], Any]) -> list[Any]:
    words.expect("(")
    found = [read()]
    while words.takes(","):
        found.append(read())
    words.expect(")")
    return found


def _nested(words: Words, depth: int) -> list[Any]:
    inner = (lambda: _position(words)) if depth == 1 else (lambda: _nested(words, depth - 1))
    return _in_parentheses(words, inner)


def _bare_or_wrapped(words: Words) -> list[int | float]:
    """Take a position of a MULTIPOINT, which may stand in parentheses of its own."""
    if not words.takes("("):
        return _position(words)
    found = _position(words)
    words.expect(")")
    return found


def _position(words: Words) -> list[int | float]:
    """Take the numbers of a position: longitude, latitude, and a height where there is one."""
    found = [words.number(), words.number()]
    while words.next.kind == "number":
        token = words.next
        found.append(words.number())
        if len(found) > 3:
            raise unexpected(token, "108.3 15.9")
    return found
