"""What sitemaps list: the addresses of a collection's records, in spans of ids that never move."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import Reads
from app.publication.models import ITEMS, TEXTS

# The ids of a file. With six languages it lists 6,000 addresses at most, of the 50,000 that sitemaps.org allows.
SPAN = 1000
# As many files as the index may name.
_MOST_FILES = 50_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A record: when it was last changed, and its slug by language."""

    modified_at: dt.datetime
    slugs: dict[str, str]


def find_spans(reads: Reads, collection: str) -> list[int]:
    """Give the numbers of the spans in which a collection has records, ascending; one step in the index for each."""
    found: list[int] = []
    after = 0
    while len(found) < _MOST_FILES:
        first = reads.scalar(
            sa.select(sa.func.min(ITEMS.c.id)).where(ITEMS.c.collection == collection, ITEMS.c.id >= after)
        )
        if first is None:
            break
        found.append(first // SPAN)
        after = (first // SPAN + 1) * SPAN
    return found


def read_span(reads: Reads, collection: str, number: int) -> list[Listed]:
    """Read the records of a span, by id; what it costs does not depend on how many others there are."""
    statement = (
        sa.select(ITEMS.c.id, ITEMS.c.modified_at, TEXTS.c.language, TEXTS.c.slug)
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection == collection, ITEMS.c.id >= number * SPAN, ITEMS.c.id < (number + 1) * SPAN)
        .order_by(ITEMS.c.id, TEXTS.c.language)
    )
    listed: dict[int, Listed] = {}
    for row in reads.execute(statement):
        listed.setdefault(row.id, Listed(row.modified_at, {})).slugs[row.language] = row.slug
    return list(listed.values())
