"""What is public under a code alone, in whichever collection it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import Reads
from app.core.errors import NotFound
from app.engine.questions import utf8
from app.publication.collections import COLLECTIONS
from app.publication.models import ITEMS, TEXTS, PublishedItem, Tombstone
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


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A finished feature with the collection it is in."""

    collection: str
    code: str
    feature: bytes


@dataclass(frozen=True, slots=True)
class GoneItem:
    """What was public under a code, and when it was withdrawn."""

    code: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What many codes lead to, each list in the order of the codes: what is public, what was, what never was."""

    items: tuple[FoundItem, ...]
    gone: tuple[GoneItem, ...]
    unknown: tuple[str, ...]


def read_many_by_code(reads: Reads, codes: Sequence[str], language: str) -> Found:
    """Read what many codes lead to, in capitals or not, in whichever collections that have pages."""
    if not codes:
        return Found((), (), ())
    keys, pages = [code.lower() for code in codes], [found.name for found in COLLECTIONS.values() if found.page]
    held = (
        sa.select(ITEMS.c.code_key, ITEMS.c.collection, ITEMS.c.code, utf8(TEXTS.c.feature))
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection.in_(pages), ITEMS.c.code_key.in_(keys), TEXTS.c.language == language)
    )
    items = {row[0]: FoundItem(*row[1:]) for row in reads.execute(held)}
    missing = [key for key in keys if key not in items]
    withdrawn = sa.select(Tombstone.code_key, Tombstone.code, Tombstone.at).where(
        Tombstone.collection.in_(pages), Tombstone.code_key.in_(missing)
    )
    gone = {row[0]: GoneItem(*row[1:]) for row in reads.execute(withdrawn)} if missing else {}
    return Found(
        tuple(items[key] for key in keys if key in items),
        tuple(gone[key] for key in missing if key in gone),
        tuple(code for code, key in zip(codes, keys, strict=True) if key not in items and key not in gone),
    )
