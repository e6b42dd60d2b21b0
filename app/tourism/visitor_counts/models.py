"""The figures: a row for each report of a place's month; a correction is a further row."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Model, UtcDateTime, now
from app.records.models import Record


class Basis(enum.StrEnum):
    """What a figure rests on: tickets sold or given out, or somebody's estimate."""

    TICKETED = "ticketed"
    ESTIMATED = "estimated"


class VisitorCount(Model):
    """The visitors (lượt khách) of a site or a visitor place in a month, as somebody entered what was reported.

    `month` is its first day. Domestic and international visitors may be unknown where the total is known. The latest
    row of a month is current; what it corrects stays. A figure that was taken back is a current row without a total.
    """

    __tablename__ = "visitor_counts"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"))
    month: Mapped[dt.date]
    domestic: Mapped[int | None]
    international: Mapped[int | None]
    total: Mapped[int | None]
    basis: Mapped[str] = mapped_column(sa.String(12))
    source: Mapped[str] = mapped_column(sa.Text)
    reported_on: Mapped[dt.date]
    is_current: Mapped[bool] = mapped_column(default=True)
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    actor: Mapped[User] = relationship()
    record: Mapped[Record] = relationship()

    __table_args__ = (
        sa.Index(None, "record_id", "month", "id"),
        sa.Index(None, "month", "record_id"),
        sa.Index(
            "uq_visitor_counts_current",
            "record_id",
            "month",
            unique=True,
            sqlite_where=sa.text("is_current"),
            postgresql_where=sa.text("is_current"),
        ),
    )
