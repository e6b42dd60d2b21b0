"""The publication's tables: all that the public side ever reads."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UtcDateTime
from app.engine.types import geometry_type, tokens_type


class PublishedItem(Model):
    """One public feature: where it is (as far as that is told), its version, and its place in orders.

    `id` never changes while the item is public: a crawl goes by it. `source_id` is the key of the register's row. `lon`
    and `lat` are its published place (of an area, a point in it), `qkey` the place's quadkey, `min_lon` … the bounds of
    `geom`. `weight` orders search results: parents before components, then by level.
    """

    __tablename__ = "published_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    collection: Mapped[str] = mapped_column(sa.String(40))
    code: Mapped[str] = mapped_column(sa.String(60))
    code_key: Mapped[str] = mapped_column(sa.String(60))
    source_id: Mapped[int]
    version: Mapped[int]
    digest: Mapped[str] = mapped_column(sa.String(64))
    modified_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    weight: Mapped[int]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    precision_m: Mapped[int | None]
    qkey: Mapped[int | None] = mapped_column(sa.BigInteger)
    geom: Mapped[BaseGeometry | None] = mapped_column(geometry_type())
    min_lon: Mapped[float | None]
    max_lon: Mapped[float | None]
    min_lat: Mapped[float | None]
    max_lat: Mapped[float | None]

    __table_args__ = (
        sa.UniqueConstraint("collection", "code_key"),
        sa.UniqueConstraint("collection", "source_id"),
        sa.Index(None, "collection", "id"),
        # With the place in it, a page of a box is read off the index alone.
        sa.Index(None, "collection", "qkey", "id", postgresql_include=["lon", "lat"]),
    )


class PublishedText(Model):
    """An item in one language: its finished GeoJSON Feature and its slug.

    `id` is the place among all that a search finds (`app.publication.keys`).
    `terms` are those of its words, between blanks, that `published_terms` counts for it.
    """

    __tablename__ = "published_texts"

    id: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("published_items.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(sa.String(20))
    slug: Mapped[str] = mapped_column(sa.String(200))
    feature: Mapped[str] = mapped_column(sa.Text)
    terms: Mapped[str | None] = mapped_column(sa.Text)

    __table_args__ = (sa.UniqueConstraint("item_id", "language"),)


class PublishedWords(Model):
    """The tokens that search finds a text by, under the text's key; apart from what is long in it."""

    __tablename__ = "published_words"

    id: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("published_items.id", ondelete="CASCADE"), index=True)
    tokens: Mapped[list[str]] = mapped_column(tokens_type())


class PublishedValue(Model):
    """A value by which items are filtered and put in order: `rank=national`, or `within=508~2025`, one of many.

    A property that differs by language has a row for each, `name@vi`. `number` is what a number, a day or an instant is
    compared by (days and instants in seconds since 1970 UTC), and a vocabulary's term sorted by (its position);
    `number_to` is the end of a span, whose beginning `number` is. `folded` is the text as search compares it, kept
    where text is sorted or differs; `small` and `bare` (no capitals, no marks) only where they differ from the value.
    """

    __tablename__ = "published_values"

    collection: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(800), primary_key=True)
    item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("published_items.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    number: Mapped[float | None]
    number_to: Mapped[float | None]
    folded: Mapped[str | None] = mapped_column(sa.String(800))
    small: Mapped[str | None] = mapped_column(sa.String(800))
    bare: Mapped[str | None] = mapped_column(sa.String(800))

    __table_args__ = (
        sa.Index(
            "ix_published_values_number",
            *("collection", "name", "number", "item_id"),
            postgresql_where=sa.text("number IS NOT NULL"),
            sqlite_where=sa.text("number IS NOT NULL"),
        ),
        sa.Index(
            "ix_published_values_folded",
            *("collection", "name", "folded", "item_id"),
            postgresql_where=sa.text("folded IS NOT NULL"),
            sqlite_where=sa.text("folded IS NOT NULL"),
        ),
    )


class PublishedMark(Model):
    """What a map shows of an item in one language, beside its place: names and values as JSON."""

    __tablename__ = "published_marks"

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("published_items.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    mark: Mapped[str] = mapped_column(sa.Text)


class PublishedCell(Model):
    """How many items of a collection lie in a cell: its number is a quadkey's first `2 * level` bits, 0 to 16.

    `item_sum` is the sum of their ids: of a single one its id. `number` is the collection's at the last change of
    anything in the cell, and goes on when nothing is left there.
    """

    __tablename__ = "published_cells"

    collection: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cell: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    n: Mapped[int]
    item_sum: Mapped[int] = mapped_column(sa.BigInteger)
    number: Mapped[int] = mapped_column(sa.BigInteger)


class PublishedTerm(Model):
    """A word that occurs in the names and places of public items, with its marks, and in how many of them.

    `folded` is what a search compares, `length` how many letters that has.
    """

    __tablename__ = "published_terms"

    collection: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    term: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    folded: Mapped[str] = mapped_column(sa.String(40))
    length: Mapped[int] = mapped_column(sa.SmallInteger)
    items: Mapped[int]

    __table_args__ = (sa.Index(None, "language", "length", "collection"),)


class PublishedCount(Model):
    """How many of a collection's items have a value: what a facet of the whole collection says."""

    __tablename__ = "published_counts"

    collection: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    items: Mapped[int]


class PublishedFile(Model):
    """A rendition that an item's text names: what is not here is not served. `text` is that of captions."""

    __tablename__ = "published_files"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    item_id: Mapped[int] = mapped_column(
        sa.ForeignKey("published_items.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    text: Mapped[str | None] = mapped_column(sa.Text)


class PublishedImage(Model):
    """A picture that may be looked at through the image service, by its public name, once for each item showing it.

    `told` says what there is of it: `width`, `height`, `sizes`, `tile_px`, `rights`. It is empty since the item shows
    the picture no more; that the name was public is remembered, so `item_id` may be of an item that is gone.
    """

    __tablename__ = "published_images"

    name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True, index=True, autoincrement=False)
    told: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))


class PublishedConcept(Model):
    """A vocabulary's term as the public side names it."""

    __tablename__ = "published_concepts"

    scheme: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    position: Mapped[int]
    label: Mapped[dict[str, str]] = mapped_column(sa.JSON)


class PublishedCollection(Model):
    """A collection's number, which moves with each of its journal entries, and how many items it has."""

    __tablename__ = "published_collections"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    item_count: Mapped[int] = mapped_column(default=0)


class Tombstone(Model):
    """That an item was public and is no more; its version goes on if it comes back."""

    __tablename__ = "published_tombstones"

    collection: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    code_key: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(60))
    version: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class CalledOff(Model):
    """A time that a public event was to be held and is not: the event was withdrawn, or its days are others now.

    Whoever took it over into a calendar is told so by `version`, the event's own at that change. The row goes when the
    event is held on that day after all. `category` is the event's before.
    """

    __tablename__ = "published_called_off"

    code_key: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    starts_on: Mapped[dt.date] = mapped_column(primary_key=True)
    ends_on: Mapped[dt.date]
    code: Mapped[str] = mapped_column(sa.String(60))
    category: Mapped[str | None] = mapped_column(sa.String(60))
    version: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.Index(None, "ends_on"),)


class JournalEntry(Model):
    """What changed in public, strictly in the order of commits: `state` is `updated` or `deleted`."""

    __tablename__ = "published_journal"

    seq: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
    )
    collection: Mapped[str] = mapped_column(sa.String(40))
    code: Mapped[str] = mapped_column(sa.String(60))
    state: Mapped[str] = mapped_column(sa.String(10))
    version: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime)

    __table_args__ = (sa.Index(None, "collection", "code", "seq"),)


ITEMS = PublishedItem.__table__
TEXTS = PublishedText.__table__
WORDS = PublishedWords.__table__
VALUES = PublishedValue.__table__
MARKS = PublishedMark.__table__
CELLS = PublishedCell.__table__
TERMS = PublishedTerm.__table__
COUNTS = PublishedCount.__table__
CALLED_OFF = CalledOff.__table__
