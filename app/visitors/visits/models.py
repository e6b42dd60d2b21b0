"""Counts of visits as they are kept: sums, of which no row is a visit or tells of a visitor."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model


class VisitCount(Model):
    """How often a record's page was looked at on a day, Vietnam's, in one language, by people who came one way.

    `code` is the record's; it holds no key to it, for counts outlive what they count. `source` is one of `Source`.
    """

    __tablename__ = "visit_counts"
    __table_args__ = (sa.Index("ix_visit_counts_code", "code", "day"),)

    day: Mapped[dt.date] = mapped_column(sa.Date, primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    language: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    views: Mapped[int] = mapped_column(sa.Integer)
