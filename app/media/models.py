"""Uploaded files, what was made of them, and the records that say what they show."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Model, UtcDateTime, now
from app.records.models import Part, Record


class StoredFile(Model):
    """A file as somebody uploaded it: kept untouched and private under its checksum, `sha256` in hexadecimal.

    `width` and `height` are pixels as it is to be seen, `duration_s` seconds; each is empty for what has no such thing.
    `taken` (local time, ISO 8601), `lon`, `lat`, `camera` and `turned_deg` are what the camera wrote: an offer to
    officers, never published. `signatures` are what `app.media.signatures` gives, empty for what cannot be signed.
    `rendered_at` is empty until its renditions are made; `wish_id` is the job that makes them.
    """

    __tablename__ = "stored_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.Text)
    media_type: Mapped[str] = mapped_column(sa.String(100))
    byte_count: Mapped[int] = mapped_column(sa.BigInteger)
    width: Mapped[int | None]
    height: Mapped[int | None]
    page_count: Mapped[int | None]
    duration_s: Mapped[float | None]
    taken: Mapped[str | None] = mapped_column(sa.String(30))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    camera: Mapped[str] = mapped_column(sa.Text, default="")
    turned_deg: Mapped[int | None]
    placeholder: Mapped[str | None] = mapped_column(sa.Text)
    rendered_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    signatures: Mapped[list[dict[str, Any]] | None] = mapped_column(sa.JSON(none_as_null=True))
    wish_id: Mapped[int | None]
    uploaded_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    uploaded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    uploaded_by: Mapped[User] = relationship()
    renditions: Mapped[list[Rendition]] = relationship(
        cascade="all, delete-orphan", order_by="(Rendition.page, Rendition.media_type, Rendition.width)"
    )
    pyramid: Mapped[Pyramid | None] = relationship(cascade="all, delete-orphan")


class Rendition(Model):
    """What was made of a page of a file for showing; `name` is its content's (`….avif`), the first page is 1."""

    __tablename__ = "renditions"

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(sa.ForeignKey("stored_files.id"))
    name: Mapped[str] = mapped_column(sa.String(60), index=True)
    media_type: Mapped[str] = mapped_column(sa.String(60))
    page: Mapped[int] = mapped_column(default=1, server_default="1")
    width: Mapped[int | None]
    height: Mapped[int | None]
    byte_count: Mapped[int]

    __table_args__ = (sa.UniqueConstraint("file_id", "page", "media_type", "width"),)


class Pyramid(Model):
    """The tiles of a large picture, all of them: there is nothing of them to see while `made_at` is empty.

    `name` is the picture's for the public and the tiles' folder, `width` and `height` are the picture's, `tile_px` is a
    side of a tile; `wish_id` is the job that cuts them.
    """

    __tablename__ = "pyramids"

    file_id: Mapped[int] = mapped_column(sa.ForeignKey("stored_files.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(32), unique=True)
    width: Mapped[int | None]
    height: Mapped[int | None]
    tile_px: Mapped[int | None]
    tile_count: Mapped[int | None]
    byte_count: Mapped[int | None] = mapped_column(sa.BigInteger)
    made_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    wish_id: Mapped[int | None]


class TakenFile(Model):
    """What became of a file that came in piece by piece under `key`: the changeset it went into, and what was told.

    Written with its draft, and kept for a day, so that asking again takes nothing in twice; the changeset may be gone.
    """

    __tablename__ = "taken_files"

    key: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    taken_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    changeset_id: Mapped[int]
    told: Mapped[list[str]] = mapped_column(sa.JSON)
    taken_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)


class Medium(Record):
    """What a file shows, who made it and under which licence (the record's own, a concept of the scheme `licences`).

    `medium_type` is a concept of the scheme `media_types`, `dated` when it was made (EDTF). `transcript` is what is
    said in a recording, `captions` (WebVTT) when, both by language. `is_place_cleared` is a reviewer's word that the
    file tells nothing of a sensitive place.
    """

    __tablename__ = "media"
    __mapper_args__ = {"polymorphic_identity": "media"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    medium_type: Mapped[str | None] = mapped_column(sa.String(40))
    title: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    caption: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    alt: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    transcript: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict, server_default="{}")
    captions: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict, server_default="{}")
    creator: Mapped[str | None] = mapped_column(sa.Text)
    dated: Mapped[str | None] = mapped_column(sa.String(100))
    rights_holder: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)
    is_place_cleared: Mapped[bool] = mapped_column(default=False)
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("stored_files.id"), index=True)
    file: Mapped[StoredFile | None] = relationship()
    placements: Mapped[list[Placement]] = relationship(cascade="all, delete-orphan", order_by="Placement.position")


class Placement(Part, Model):
    """That a medium stands with a record: in which role (`media_roles`), and before those of a higher `rank`."""

    __tablename__ = "media_placements"

    medium_id: Mapped[int] = mapped_column(sa.ForeignKey("media.id"), index=True)
    target_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(40))
    rank: Mapped[int] = mapped_column(default=0)
    target: Mapped[Record] = relationship(foreign_keys=[target_id])
