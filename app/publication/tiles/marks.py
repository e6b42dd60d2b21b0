"""Marks: the few properties of a feature that a map shows, written at publication beside its finished text."""

from __future__ import annotations

import json
from typing import Any

from app.publication.collections import COLLECTIONS
from app.publication.schema import Collection, Property

_SCALARS = ("string", "boolean", "integer", "number")
_ALWAYS = ("name", "location_precision_m", "url")


def marked_properties(collection: Collection) -> tuple[Property, ...]:
    """Give the properties that a collection's features have in tiles: what names them, and by what they are drawn.

    Beside code, name, precision and address these are those that `name=value` filters by, and every list of terms of a
    vocabulary, whose terms are joined by commas, for a tile has no lists.
    """
    return tuple(
        found
        for found in collection.properties
        if not found.is_filter_only
        and (
            found.name in _ALWAYS
            or (found.type in _SCALARS and found.is_queryable)
            or (found.type == "array" and found.scheme)
        )
    )


def write_mark(collection: str, properties: dict[str, Any]) -> str:
    """Write a feature's mark as JSON: names and values, without those that are not known."""
    mark = {}
    for found in marked_properties(COLLECTIONS[collection]):
        value = properties.get(found.name)
        if isinstance(value, list):
            value = ",".join(str(part) for part in value)
        if value not in (None, ""):
            mark[found.name] = value
    return json.dumps(mark, ensure_ascii=False, separators=(",", ":"))
