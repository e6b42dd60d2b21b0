"""What is public under a code alone, in whichever collection it is."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.db import Reads
from app.core.errors import NotFound
from app.publication.collections import COLLECTIONS
from app.publication.models import PublishedItem, Tombstone
from app.publication.queries import Item, read_item


def read_by_code(reads: Reads, code: str, language: str) -> Item:
    """Read what has a code, in capitals or not; raises `Gone` where it was withdrawn, `NotFound` where nothing was."""
    return read_item(reads, _collection_of(reads, code.lower()), code, language)


def _collection_of(reads: Reads, key: str) -> str:
    """Give the collection where a code is public, else the one where it was."""
    for table in (PublishedItem, Tombstone):
        # Both are indexed by collection, then code.
        held = sa.select(table.collection).where(table.collection.in_(COLLECTIONS), table.code_key == key).limit(1)
        found = reads.scalar(held)
        if found:
            return str(found)
    raise NotFound(
        "Nothing is published under the code “%(code)s”. Compare it with the plaque, or search for the name.",
        code=key[:60].upper(),
    )
