"""One feature in every language that it is published in, for what is made of all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import Reads
from app.publication.models import ITEMS, TEXTS
from app.publication.queries import missing_item


@dataclass(frozen=True, slots=True)
class ItemTexts:
    """One feature in every language it is published in, finished, by language."""

    code: str
    version: int
    features: dict[str, str]


def read_item_texts(reads: Reads, collection: str, code: str) -> ItemTexts:
    """Read one feature in all languages; raises what `read_item` raises."""
    rows = reads.execute(
        sa.select(ITEMS.c.code, ITEMS.c.version, TEXTS.c.language, TEXTS.c.feature)
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection == collection, ITEMS.c.code_key == code.lower())
    ).all()
    if rows:
        return ItemTexts(rows[0].code, rows[0].version, {row.language: row.feature for row in rows})
    raise missing_item(reads, collection, code)
