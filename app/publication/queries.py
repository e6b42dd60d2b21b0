"""Looking things up in the publication: one feature, numbers, counts, values and labels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import Gone, NotFound
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
    feature: str


def read_item(session: Session, collection: str, code: str, language: str) -> Item:
    """Read one feature by its code, in capitals or not; raises `Gone` when it was withdrawn, `NotFound` otherwise."""
    row = session.execute(
        sa.select(ITEMS.c.code, ITEMS.c.version, TEXTS.c.slug, TEXTS.c.feature)
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection == collection, ITEMS.c.code_key == code.lower(), TEXTS.c.language == language)
    ).first()
    if row:
        return Item(*row)
    raise missing_item(session, collection, code)


def missing_item(session: Session, collection: str, code: str) -> Gone | NotFound:
    """Give the error for what is not public: `Gone` when it was withdrawn."""
    tombstone = session.get(Tombstone, (collection, code.lower()))
    if tombstone:
        return Gone(
            "%(code)s was withdrawn on %(at)s.",
            code=tombstone.code,
            at=tombstone.at.date().isoformat(),
            when=tombstone.at,
        )
    return NotFound("There is no “%(code)s” in %(collection)s.", code=code[:80], collection=collection)


def read_features(session: Session, collection: str, language: str, codes: Sequence[str]) -> dict[str, str]:
    """Give the finished features of many codes at once, by code; codes that nothing has are left out."""
    statement = (
        sa.select(ITEMS.c.code, TEXTS.c.feature)
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection == collection, ITEMS.c.code_key.in_([code.lower() for code in codes]))
        .where(TEXTS.c.language == language)
    )
    return {row.code: row.feature for row in session.execute(statement)}


def find_code(session: Session, collection: str, slug: str) -> str:
    """Give the code that a slug ends in: the longest that is, or was, public; raises `NotFound`."""
    parts = slug.lower().split("-")[-8:]
    candidates = ["-".join(parts[start:]) for start in range(len(parts))]
    known = set(
        session.scalars(
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


def read_number(session: Session, collection: str) -> int:
    """Give the collection's number, which moves with every change; read it before the rows it vouches for."""
    return session.scalar(sa.select(PublishedCollection.number).where(PublishedCollection.name == collection)) or 0


def read_standings(session: Session) -> dict[str, tuple[int, int]]:
    """Give every collection's number and how many items it has, by name."""
    statement = sa.select(PublishedCollection.name, PublishedCollection.number, PublishedCollection.item_count)
    return {row.name: (row.number, row.item_count) for row in session.execute(statement)}


def has_value(session: Session, collection: str, name: str, value: str) -> bool:
    """Tell whether any item of a collection has a value."""
    held = sa.select(VALUES.c.item_id).where(
        VALUES.c.collection == collection, VALUES.c.name == name, VALUES.c.value == value
    )
    return session.scalar(held.limit(1)) is not None


def read_values(session: Session, collection: str, name: str, most: int) -> list[str]:
    """Give some of the values that a property has, at most `most`, in their order."""
    held = sa.select(VALUES.c.value).where(VALUES.c.collection == collection, VALUES.c.name == name)
    return list(session.scalars(held.distinct().order_by(VALUES.c.value).limit(most)))


def count_values(session: Session, collection: str, name: str) -> dict[str, int]:
    """Give how many of a collection's items have each value of a property that is a facet, or of `within`."""
    counted = sa.select(COUNTS.c.value, COUNTS.c["items"]).where(
        COUNTS.c.collection == collection, COUNTS.c.name == name
    )
    return {row[0]: row[1] for row in session.execute(counted)}


def read_concepts(session: Session, scheme: str) -> dict[str, dict[str, str]]:
    """Give the labels by language of a vocabulary's terms, in its order."""
    statement = (
        sa.select(PublishedConcept.code, PublishedConcept.label)
        .where(PublishedConcept.scheme == scheme)
        .order_by(PublishedConcept.position, PublishedConcept.code)
    )
    return {row.code: row.label for row in session.execute(statement)}


def count_concepts(session: Session) -> dict[str, int]:
    """Give how many terms each vocabulary has, by its name."""
    scheme = PublishedConcept.scheme
    statement = sa.select(scheme, sa.func.count().label("concepts")).group_by(scheme).order_by(scheme)
    return {row.scheme: row.concepts for row in session.execute(statement)}


def published_files(session: Session, names: Collection[str]) -> set[str]:
    """Give those of some renditions, by their names, that any public item shows."""
    named = sa.select(PublishedFile.name).where(PublishedFile.name.in_(names)).distinct()
    return set(session.scalars(named)) if names else set()
