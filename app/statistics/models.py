"""Frozen tables: what a table said on a day, cell by cell and record by record; appended, never changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Model, UtcDateTime, now


class FrozenTable(Model):
    """A table as it was counted and kept: `question` is what was asked, `content` its words, names and cells.

    `code` is the table's, `day` its last day, `note` the officer's words about it. `digest` is that of the content and
    of all members: it tells whether anything was changed since.
    """

    __tablename__ = "frozen_tables"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(60))
    day: Mapped[dt.date]
    question: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    content: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    digest: Mapped[str] = mapped_column(sa.String(64))
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    actor: Mapped[User] = relationship()

    __table_args__ = (sa.Index(None, "code", "day", "id"),)


class FrozenMember(Model):
    """What stood in a cell of a frozen table: a record by its code, or a part of one, and the record's version then."""

    __tablename__ = "frozen_members"

    table_id: Mapped[int] = mapped_column(sa.ForeignKey("frozen_tables.id"), primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    part: Mapped[str] = mapped_column(sa.String(140), primary_key=True)
    row: Mapped[str] = mapped_column(sa.String(60))
    col: Mapped[str] = mapped_column(sa.String(60))
    number: Mapped[int | None]
    is_certain: Mapped[bool]
    version: Mapped[int]
