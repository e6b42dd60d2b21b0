"""Persons and organisations, and what persons consented to."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model
from app.heritage.models.common import Named
from app.places.models import Unit
from app.records.models import Part, Record

PERSON = "person"
NAME_SCOPE = "name"


class Party(Named, Record):
    """A person, an organisation or a unit of government that owns, keeps, manages, surveys or repairs heritage.

    `party_kind` is a concept of `party_kinds`, `role` what the public is told of a person in place of the name; a
    person's data are personal data (Law 91/2025/QH15). `valid_from` and `valid_to`, EDTF, are when an organisation
    existed; `successor` took over its tasks.
    """

    __tablename__ = "parties"
    __mapper_args__ = {"polymorphic_identity": "party"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    party_kind: Mapped[str] = mapped_column(sa.String(40), default="")
    role: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    address: Mapped[str | None] = mapped_column(sa.Text)
    phone: Mapped[str | None] = mapped_column(sa.String(100))
    email: Mapped[str | None] = mapped_column(sa.String(200))
    website: Mapped[str | None] = mapped_column(sa.Text)
    valid_from: Mapped[str | None] = mapped_column(sa.String(100))
    valid_to: Mapped[str | None] = mapped_column(sa.String(100))
    note: Mapped[str | None] = mapped_column(sa.Text)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    successor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parties.id"), index=True)
    unit: Mapped[Unit | None] = relationship()
    successor: Mapped[Party | None] = relationship(foreign_keys=[successor_id], remote_side="Party.id")
    consents: Mapped[list[Consent]] = relationship(cascade="all, delete-orphan", order_by="Consent.position")

    @property
    def may_be_named(self) -> bool:
        """Whether the public may be told the name: an organisation's, or a person's whose consent stands."""
        return self.party_kind != PERSON or any(
            consent.scope == NAME_SCOPE and consent.withdrawn_on is None for consent in self.consents
        )


class Consent(Part, Model):
    """That a person agreed that something be told of them: what (`consent_scopes`), when, by which paper."""

    __tablename__ = "party_consents"

    party_id: Mapped[int] = mapped_column(sa.ForeignKey("parties.id"), index=True)
    scope: Mapped[str] = mapped_column(sa.String(40))
    given_on: Mapped[dt.date]
    withdrawn_on: Mapped[dt.date | None]
    document: Mapped[str] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)
