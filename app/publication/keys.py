"""The key of a text, which is its place in every search: of what a tier finds, the lowest keys come first.

From the top: the item's weight, the place of its collection among the collections, the item's id, and which of its
languages it is. Both engines then find the best by walking an index; and equal things come in the order in which they
were first published, as in a crawl.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.publication.collections import COLLECTIONS

_NAMES = tuple(COLLECTIONS)
_WEIGHT_BITS, _COLLECTION_BITS, _ITEM_BITS, _LANGUAGE_BITS = 7, 7, 44, 5
_ABOVE_ITEM = _ITEM_BITS + _LANGUAGE_BITS
_COLLECTION_MASK = (1 << _COLLECTION_BITS) - 1


def text_key(collection: str, weight: int, item_id: int, place: int) -> int:
    """Give the key of an item's text; `place` is that of its language among the item's, from 0.

    Raises `ValueError` for what has no room in it.
    """
    parts = ((weight, _WEIGHT_BITS), (_NAMES.index(collection), _COLLECTION_BITS))
    key = 0
    for part, bits in (*parts, (item_id, _ITEM_BITS), (place, _LANGUAGE_BITS)):
        if not 0 <= part < 1 << bits:
            raise ValueError(part)
        key = key << bits | part
    return key


def collection_of(key: int) -> str:
    """Give the collection that a text belongs to."""
    return _NAMES[key >> _ABOVE_ITEM & _COLLECTION_MASK]


def item_of(key: int) -> int:
    """Give the id of the item that a text belongs to."""
    return key >> _LANGUAGE_BITS & (1 << _ITEM_BITS) - 1


def in_collections(key: ColumnElement[int], names: tuple[str, ...]) -> ColumnElement[bool]:
    """Say that a text belongs to one of some collections."""
    place = key.op(">>")(sa.literal_column(str(_ABOVE_ITEM))).op("&")(sa.literal_column(str(_COLLECTION_MASK)))
    # Written out, for a list of parameters would be written into the statement each time it runs.
    return place.in_([sa.literal_column(str(_NAMES.index(name))) for name in names])
