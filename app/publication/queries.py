"""Looking things up in the publication: one feature, numbers, counts, values and labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import Reads
from app.core.errors import Gone, NotFound
from app.engine.questions import utf8
from app.publication.models import (
    COUNTS,
    ITEMS,
    TEXTS,
    VALUES,
    PublishedCollection,
    PublishedConcept,
    PublishedFile,
    Tombstone,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One finished feature with what tells whether it is still the same."""

    code: str
    version: int
    slug: str
    feature: bytes


# What is read with every request is written once: making a statement costs more than running it.
_OF_ITEM = (ITEMS.c.collection == sa.bindparam("collection"), ITEMS.c.code_key == sa.bindparam("code_key"))
_ITEM = (
    sa.select(ITEMS.c.code, ITEMS.c.version, TEXTS.c.slug, utf8(TEXTS.c.feature))
    .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
    .where(*_OF_ITEM, TEXTS.c.language == sa.bindparam("language"))
)
_NUMBER = sa.select(PublishedCollection.number).where(PublishedCollection.name == sa.bindparam("collection"))
_COUNTED = sa.select(COUNTS.c.name, COUNTS.c.value, COUNTS.c["items"]).where(
    COUNTS.c.collection == sa.bindparam("collection"),
    COUNTS.c.name.in_(sa.bindparam("names", expanding=True)),
    COUNTS.c.value.in_(sa.bindparam("values", expanding=True)),
)
_CONCEPTS = (
    sa.select(PublishedConcept.code, PublishedConcept.label)
    .where(PublishedConcept.scheme == sa.bindparam("scheme"))
    .order_by(PublishedConcept.position, PublishedConcept.code)
)


def read_item(reads: Reads, collection: str, code: str, language: str) -> Item:
    """Read one feature by its code, in capitals or not; raises `Gone` when it was withdrawn, `NotFound` otherwise."""
    row = reads.execute(_ITEM, {"collection": collection, "code_key": code.lower(), "language": language}).first()
    if row:
        return Item(*row)
    raise missing_item(reads, collection, code)


def missing_item(reads: Reads, collection: str, code: str) -> Gone | NotFound:
    """Give the error for what is not public: `Gone` when it was withdrawn."""
    tombstone = reads.execute(
        sa.select(Tombstone.code, Tombstone.at).where(
            Tombstone.collection == collection, Tombstone.code_key == code.lower()
        )
    ).first()
    if tombstone:
        return Gone(
            "%(code)s was withdrawn on %(at)s.",
            code=tombstone.code,
            at=tombstone.at.date().isoformat(),
            when=tombstone.at,
        )
    return NotFound("There is no “%(code)s” in %(collection)s.", code=code[:80], collection=collection)


def read_features(reads: Reads, collection: str, language: str, codes: Sequence[str]) -> dict[str, str]:
    """Give the finished features of many codes at once, by code; codes that nothing has are left out."""
    statement = (
        sa.select(ITEMS.c.code, TEXTS.c.feature)
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection == collection, ITEMS.c.code_key.in_([code.lower() for code in codes]))
        .where(TEXTS.c.language == language)
    )
    return {row.code: row.feature for row in reads.execute(statement)}


def read_versions(reads: Reads, collection: str, codes: Sequence[str]) -> dict[str, int]:
    """Give the versions of items by code; codes that nothing has are left out."""
    keys = [code.lower() for code in codes]
    found = sa.select(ITEMS.c.code, ITEMS.c.version).where(ITEMS.c.collection == collection, ITEMS.c.code_key.in_(keys))
    return {row.code: row.version for row in reads.execute(found)}


def find_code(reads: Reads, collection: str, slug: str) -> str:
    """Give the code that a slug ends in: the longest that is, or was, public; raises `NotFound`."""
    parts = slug.lower().split("-")[-8:]
    candidates = ["-".join(parts[start:]) for start in range(len(parts))]
    known = set(
        reads.scalars(
            sa.select(ITEMS.c.code_key)
            .where(ITEMS.c.collection == collection, ITEMS.c.code_key.in_(candidates))
            .union(
                sa.select(Tombstone.code_key).where(
                    Tombstone.collection == collection, Tombstone.code_key.in_(candidates)
                )
            )
        )
    )
    for candidate in candidates:
        if candidate in known:
            return candidate
    raise NotFound("There is no “%(code)s” in %(collection)s.", code=slug[:80], collection=collection)


def read_number(reads: Reads, collection: str) -> int:
    """Give the collection's number, which moves with every change; read it before the rows it vouches for."""
    return reads.scalar(_NUMBER, {"collection": collection}) or 0


def read_standings(reads: Reads) -> dict[str, tuple[int, int]]:
    """Give every collection's number and how many items it has, by name."""
    statement = sa.select(PublishedCollection.name, PublishedCollection.number, PublishedCollection.item_count)
    return {row.name: (row.number, row.item_count) for row in reads.execute(statement)}


def read_values(reads: Reads, collection: str, name: str, most: int) -> list[str]:
    """Give some of the values that a property has, at most `most`, in their order."""
    held = sa.select(VALUES.c.value).where(VALUES.c.collection == collection, VALUES.c.name == name)
    return list(reads.scalars(held.distinct().order_by(VALUES.c.value).limit(most)))


def count_values(reads: Reads, collection: str, name: str) -> dict[str, int]:
    """Give how many of a collection's items have each value of a property that is a facet, or of `within`."""
    counted = sa.select(COUNTS.c.value, COUNTS.c["items"]).where(
        COUNTS.c.collection == collection, COUNTS.c.name == name
    )
    return {row[0]: row[1] for row in reads.execute(counted)}


def count_values_of(reads: Reads, collection: str, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Give how many of a collection's items have each of some properties' values, without those that none has.

    What is not counted ahead of time is counted up to one more than `MOST_PROBED`.
    """
    if not pairs:
        return {}
    counted = _counted_ahead(reads, collection, pairs)
    if others := [pair for pair in dict.fromkeys(pairs) if pair not in counted]:
        tries = [
            sa.select(sa.literal(number, sa.Integer), sa.func.count()).select_from(
                sa.select(VALUES.c.item_id)
                .where(VALUES.c.collection == collection, VALUES.c.name == name, VALUES.c.value == value)
                .limit(MOST_PROBED + 1)
                .subquery()
            )
            for number, (name, value) in enumerate(others)
        ]
        counted |= {others[number]: items for number, items in reads.execute(sa.union_all(*tries)) if items}
    return counted


# Beyond it nobody need know how many there are.
MOST_PROBED = 1000


def _counted_ahead(reads: Reads, collection: str, pairs: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    rows = reads.execute(
        _COUNTED,
        {"collection": collection, "names": [pair[0] for pair in pairs], "values": [pair[1] for pair in pairs]},
    )
    return {(name, value): items for name, value, items in rows.all()}


def count_ahead(reads: Reads, collection: str, pair: tuple[str, str]) -> int | None:
    """Give how many of a collection's items have a property's value, where that is counted ahead of time."""
    return _counted_ahead(reads, collection, [pair]).get(pair)


def read_concepts(reads: Reads, scheme: str) -> dict[str, dict[str, str]]:
    """Give the labels by language of a vocabulary's terms, in its order."""
    return {row.code: row.label for row in reads.execute(_CONCEPTS, {"scheme": scheme})}


def read_all_concepts(reads: Reads) -> list[dict[str, str]]:
    """Give the labels by language of every vocabulary's terms."""
    return list(reads.scalars(sa.select(PublishedConcept.label)))


def count_concepts(reads: Reads) -> dict[str, int]:
    """Give how many terms each vocabulary has, by its name."""
    scheme = PublishedConcept.scheme
    statement = sa.select(scheme, sa.func.count().label("concepts")).group_by(scheme).order_by(scheme)
    return {row.scheme: row.concepts for row in reads.execute(statement)}


def published_files(reads: Reads, names: Collection[str]) -> set[str]:
    """Give those of some renditions, by their names, that any public item shows."""
    named = sa.select(PublishedFile.name).where(PublishedFile.name.in_(names)).distinct()
    return set(reads.scalars(named)) if names else set()
