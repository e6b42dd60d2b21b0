"""Decisions and their items."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.core.db import Model
from app.records.models import Part, Record


class Decision(Record):
    """A decision (quyết định) by which records are ranked, recognised, inscribed, amended or struck off; one does many.

    `number` empty means unknown; `date` is EDTF, for often only a year is known; `earliest_on` and `latest_on` are the
    first and the last day that it may mean, empty where it is unknown or open.
    """

    __tablename__ = "decisions"
    __mapper_args__ = {"polymorphic_identity": "decision"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    number: Mapped[str | None] = mapped_column(sa.String(100))
    date: Mapped[str | None] = mapped_column(sa.String(100))
    earliest_on: Mapped[dt.date | None] = mapped_column(index=True)
    latest_on: Mapped[dt.date | None]
    issuer: Mapped[str] = mapped_column(sa.Text, default="")
    title: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    items: Mapped[list[DecisionItem]] = relationship(
        cascade="all, delete-orphan",
        order_by="DecisionItem.position",
        back_populates="decision",
        foreign_keys="DecisionItem.decision_id",
    )


class DecisionItem(Part, Model):
    """What one article and clause (điều, khoản) of a decision does to one record.

    `level` is a concept of `levels` (for `rank`), `inscription` one of `inscriptions` (for `inscribe`), `recognition`
    one of `recognitions` (for `recognise`). A `cancel` names what it ends by one of these, or by the decision it
    cancels.
    """

    __tablename__ = "decision_items"

    decision_id: Mapped[int] = mapped_column(sa.ForeignKey("decisions.id"), index=True)
    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    article: Mapped[str | None] = mapped_column(sa.String(20))
    clause: Mapped[str | None] = mapped_column(sa.String(20))
    action: Mapped[str] = mapped_column(sa.String(20))
    level: Mapped[str | None] = mapped_column(sa.String(20))
    inscription: Mapped[str | None] = mapped_column(sa.String(40))
    recognition: Mapped[str | None] = mapped_column(sa.String(40))
    cancels_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decisions.id"), index=True)
    note: Mapped[str | None] = mapped_column(sa.Text)
    decision: Mapped[Decision] = relationship(back_populates="items", foreign_keys=[decision_id])
    record: Mapped[Record] = relationship(foreign_keys=[record_id])
    cancels: Mapped[Decision | None] = relationship(foreign_keys=[cancels_id])


class Decided:
    """Mixin of a record that decisions are about."""

    @declared_attr
    @classmethod
    def decision_items(cls) -> Mapped[list[DecisionItem]]:
        """Give what decisions say of it, in no order."""
        return relationship(
            "DecisionItem",
            primaryjoin=f"foreign(DecisionItem.record_id) == {cls.__name__}.id",
            viewonly=True,
        )
