"""Concepts of the register's vocabularies (SKOS): a reference table, not records."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UtcDateTime, now


class Concept(Model):
    """A term of a scheme (`levels`, `site_types`, …) with labels by language; `details` are the scheme's own facts."""

    __tablename__ = "concepts"

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(sa.String(40))
    code: Mapped[str] = mapped_column(sa.String(60))
    notation: Mapped[str | None] = mapped_column(sa.String(60))
    parent: Mapped[str | None] = mapped_column(sa.String(60))
    position: Mapped[int] = mapped_column(default=0)
    label: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    definition: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    exact_match: Mapped[str | None] = mapped_column(sa.String(200))
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)

    __table_args__ = (sa.UniqueConstraint("scheme", "code"),)
