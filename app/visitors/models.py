"""Visitors' reports as they are kept: what was sent, the links that open them, where they lie, what officers did."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Model, UtcDateTime, now


class ReportKind(enum.StrEnum):
    """What a visitor says is wrong."""

    DAMAGE = "damage"
    DANGER = "danger"
    INFORMATION = "information"
    SIGN = "sign"
    CLOSED = "closed"
    OTHER = "other"


class ReportStatus(enum.StrEnum):
    """How far a report has come; the last two are the end of it."""

    RECEIVED = "received"
    SEEN = "seen"
    IN_WORK = "in_work"
    DONE = "done"
    DECLINED = "declined"


ENDED = frozenset({ReportStatus.DONE, ReportStatus.DECLINED})


class Report(Model):
    """A visitor's word that something is wrong, with a public record (`code`) or anywhere, which `place` tells.

    `record_kind` is the kind of the record, empty for a report about none: that is for whoever is bound by no scope.
    `is_placed` says that a unit's scope binds it; `units` are then those that held the record when the report came.
    `language` is the one that the visitor read. `lon` and `lat` are degrees, where the visitor stood. `photo` names a
    picture in the storage that shows nothing but pixels, for officers only; `contact` is how to ask back.
    `suspicion` says why it may have been sent by a program. `digest` is what repeats are told by, and `repeats` how
    many came. `answer` is what the visitor is told. `version` counts the changes. What tells of a person or was written
    by one is blank from `erased_at` on.
    """

    __tablename__ = "visitor_reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    status: Mapped[str] = mapped_column(sa.String(20), default=ReportStatus.RECEIVED)
    kind: Mapped[str] = mapped_column(sa.String(20))
    code: Mapped[str | None] = mapped_column(sa.String(60), index=True)
    record_kind: Mapped[str] = mapped_column(sa.String(40), default="")
    is_placed: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(sa.String(20))
    text: Mapped[str] = mapped_column(sa.Text)
    place: Mapped[str] = mapped_column(sa.Text, default="")
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    contact: Mapped[str] = mapped_column(sa.String(200), default="")
    photo: Mapped[str | None] = mapped_column(sa.String(60))
    suspicion: Mapped[str] = mapped_column(sa.String(40), default="")
    digest: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    repeats: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    erased_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    units: Mapped[list[ReportUnit]] = relationship(cascade="all, delete-orphan")
    links: Mapped[list[ReportLink]] = relationship(cascade="all, delete-orphan")
    events: Mapped[list[ReportEvent]] = relationship(cascade="all, delete-orphan", order_by="ReportEvent.id")

    __table_args__ = (
        sa.Index("ix_visitor_reports_status", "status", "suspicion", "id"),
        sa.Index("ix_visitor_reports_received_at", "received_at"),
    )


class ReportUnit(Model):
    """That a unit, by its public id, holds one of the places (`place`, numbered) of the record that a report is of."""

    __tablename__ = "visitor_report_units"

    report_id: Mapped[int] = mapped_column(sa.ForeignKey("visitor_reports.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(sa.String(60), primary_key=True)


class ReportLink(Model):
    """A private link to a report: its secret is with whoever sent it, here lies the hash; a repeat has its own."""

    __tablename__ = "visitor_report_links"

    secret_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("visitor_reports.id"), index=True)
    report: Mapped[Report] = relationship(back_populates="links")


class ReportEvent(Model):
    """What an officer did to a report: the status given, the answer as it then stood; appended, never changed.

    `note` is for officers only. `is_trusted` is set where a suspicion was lifted. Erasing a report blanks its words.
    """

    __tablename__ = "visitor_report_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(sa.ForeignKey("visitor_reports.id"), index=True)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    status: Mapped[str] = mapped_column(sa.String(20))
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    is_trusted: Mapped[bool] = mapped_column(default=False)
    actor: Mapped[User] = relationship()
