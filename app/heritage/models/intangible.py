"""Intangible elements, who practises them and where."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model
from app.heritage.models.common import Named, Threat
from app.heritage.models.decision import Decided
from app.heritage.models.party import Party
from app.heritage.models.site import Site
from app.places.models import Unit
from app.records.models import Part, Record


class IntangibleElement(Named, Decided, Record):
    """An element of intangible heritage (di sản văn hóa phi vật thể); Law 45/2024/QH15, art. 10.

    `domain` is one of the six domains of that law (`intangible_domains_2024`), empty while nobody has decided it;
    `domains_as_recorded` are those of the old seven (`intangible_domains`, Decree 39/2024/NĐ-CP) that the papers or the
    compiler (`domain_basis`) gave, the first one first. `is_domain_reviewed` is an officer's word on `domain`.
    """

    __tablename__ = "intangible_elements"
    __mapper_args__ = {"polymorphic_identity": "intangible"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    domain: Mapped[str | None] = mapped_column(sa.String(40))
    is_domain_reviewed: Mapped[bool] = mapped_column(default=False)
    domains_as_recorded: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    domain_basis: Mapped[str | None] = mapped_column(sa.String(100))
    community: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    schedule: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    description: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    significance: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    transmission: Mapped[str | None] = mapped_column(sa.String(40))
    transmission_note: Mapped[str | None] = mapped_column(sa.Text)
    safeguarding: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    note: Mapped[str | None] = mapped_column(sa.Text)
    practitioners: Mapped[list[Practitioner]] = relationship(
        cascade="all, delete-orphan", order_by="Practitioner.position"
    )
    places: Mapped[list[PracticePlace]] = relationship(cascade="all, delete-orphan", order_by="PracticePlace.position")
    threats: Mapped[list[Threat]] = relationship(cascade="all, delete-orphan", order_by="Threat.position")


class Practitioner(Part, Model):
    """Who practises or hands on an element (người thực hành, nghệ nhân), since when, with which title if any."""

    __tablename__ = "intangible_practitioners"

    element_id: Mapped[int] = mapped_column(sa.ForeignKey("intangible_elements.id"), index=True)
    party_id: Mapped[int] = mapped_column(sa.ForeignKey("parties.id"), index=True)
    title: Mapped[str | None] = mapped_column(sa.String(40))
    since: Mapped[str | None] = mapped_column(sa.String(100))
    note: Mapped[str | None] = mapped_column(sa.Text)
    party: Mapped[Party] = relationship(foreign_keys=[party_id])


class PracticePlace(Part, Model):
    """Where an element is practised (không gian văn hóa liên quan): in words, with a unit or a site where known."""

    __tablename__ = "intangible_places"

    element_id: Mapped[int] = mapped_column(sa.ForeignKey("intangible_elements.id"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    note: Mapped[str | None] = mapped_column(sa.Text)
    unit: Mapped[Unit | None] = relationship()
    site: Mapped[Site | None] = relationship(foreign_keys=[site_id])
