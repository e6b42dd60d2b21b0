"""The tables of the register's own index: a row for every record and every pending new one, for officers only."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UtcDateTime, now
from app.engine.types import geometry_type, tokens_type


class RegisterEntry(Model):
    """A record, or a new one that is still a draft: what it is called, its place in orders, the tokens that find it.

    `record_id` is empty until the first acceptance. `revision_id` is the open revision, if there is one.
    """

    __tablename__ = "register_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int | None] = mapped_column(sa.ForeignKey("records.id"), unique=True)
    revision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("revisions.id"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    code: Mapped[str] = mapped_column(sa.String(60), unique=True)
    label: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    sort_key: Mapped[str] = mapped_column(sa.String(200))
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    tokens: Mapped[list[str]] = mapped_column(tokens_type())

    __table_args__ = (
        sa.Index(None, "kind", "sort_key", "id"),
        sa.Index(None, "kind", "updated_at", "id"),
        sa.Index(None, "kind", "code", "id"),
        sa.Index(None, "kind", "id"),
        sa.Index(None, "sort_key", "id"),
        sa.Index(None, "updated_at", "id"),
    )


class RegisterFacet(Model):
    """A value by which the register's lists are filtered: `state=draft`, `gap=no_point`, `within=20410`.

    The entry's kind is in the key, before the entry: the list of a kind then need not pass over those of others.
    """

    __tablename__ = "register_facets"

    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    entry_id: Mapped[int] = mapped_column(
        sa.ForeignKey("register_entries.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class RegisterShape(Model):
    """Where an accepted record lies, exactly: its main location or its boundary, with its bounds for SQLite's R*Tree.

    `id` is the entry's. Whoever asks for what lies in a box must be allowed to know.
    """

    __tablename__ = "register_shapes"

    id: Mapped[int] = mapped_column(sa.ForeignKey("register_entries.id", ondelete="CASCADE"), primary_key=True)
    geom: Mapped[BaseGeometry] = mapped_column(geometry_type())
    min_lon: Mapped[float]
    min_lat: Mapped[float]
    max_lon: Mapped[float]
    max_lat: Mapped[float]


class SavedView(Model):
    """A list with its filters, order and columns, as its owner saved it: the query string of its address."""

    __tablename__ = "saved_views"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    query: Mapped[str] = mapped_column(sa.Text)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (sa.UniqueConstraint("user_id", "name"),)
