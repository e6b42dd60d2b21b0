"""Condition surveys, and works of preservation, repair and restoration."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.heritage.models.common import Threat
from app.heritage.models.decision import Decision
from app.heritage.models.party import Party
from app.heritage.models.site import Site
from app.records.models import Record


class Survey(Record):
    """A survey of the condition (khảo sát hiện trạng) of a site or an artefact; the latest says when the next is due.

    `surveyed_on` is EDTF, `condition` a concept of `condition_grades`; `next_due_on` is a day.
    """

    __tablename__ = "surveys"

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    subject_id: Mapped[int | None] = mapped_column(sa.ForeignKey("records.id"), index=True)
    surveyed_on: Mapped[str] = mapped_column(sa.String(100), default="")
    surveyor: Mapped[str | None] = mapped_column(sa.Text)
    surveyor_party_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parties.id"), index=True)
    condition: Mapped[str | None] = mapped_column(sa.String(40))
    findings: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    recommendations: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    next_due_on: Mapped[dt.date | None]
    subject: Mapped[Record | None] = relationship(foreign_keys=[subject_id])
    surveyor_party: Mapped[Party | None] = relationship(foreign_keys=[surveyor_party_id])
    threats: Mapped[list[Threat]] = relationship(
        cascade="all, delete-orphan", order_by="Threat.position", foreign_keys="Threat.record_id"
    )
    __mapper_args__ = {"polymorphic_identity": "survey", "inherit_condition": id == Record.id}


class Work(Record):
    """A work on a site: preservation, repair, restoration (bảo quản, tu bổ, phục hồi); Decree 208/2025/NĐ-CP.

    `work_kind` is a concept of `work_kinds`, `state` one of `work_states`; the dates are EDTF. `cost` is in whole units
    of `currency` (ISO 4217). The permit is a paper with number, date and issuer, or a decision of the register.
    """

    __tablename__ = "works"
    __mapper_args__ = {"polymorphic_identity": "work"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    work_kind: Mapped[str] = mapped_column(sa.String(40), default="")
    state: Mapped[str] = mapped_column(sa.String(40), default="")
    permit_number: Mapped[str | None] = mapped_column(sa.String(100))
    permit_date: Mapped[str | None] = mapped_column(sa.String(100))
    permit_issuer: Mapped[str | None] = mapped_column(sa.Text)
    decision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decisions.id"), index=True)
    started_on: Mapped[str | None] = mapped_column(sa.String(100))
    finished_on: Mapped[str | None] = mapped_column(sa.String(100))
    cost: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    fund_source: Mapped[str | None] = mapped_column(sa.Text)
    contractor: Mapped[str | None] = mapped_column(sa.Text)
    contractor_party_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parties.id"), index=True)
    state_before: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    state_after: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    site: Mapped[Site | None] = relationship(foreign_keys=[site_id])
    decision: Mapped[Decision | None] = relationship(foreign_keys=[decision_id])
    contractor_party: Mapped[Party | None] = relationship(foreign_keys=[contractor_party_id])
