"""Artefacts and their measurements."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model
from app.heritage.models.common import Dated, Kept, Named
from app.heritage.models.decision import Decided
from app.records.models import Part, Record


class Artefact(Named, Dated, Kept, Decided, Record):
    """A relic object, antiquity or national treasure (di vật, cổ vật, bảo vật quốc gia), or a set of them.

    Its columns are those of the inventory of a relic's artefacts (Circular 09/2011/TT-BVHTTDL, form 2), where
    `inventory_code` A.B.C says relic, place and number on the plan. `artefact_kind`, `origin`, `style`, `condition` and
    `materials` are concepts; `period_concept` is one of `periods`, `period` its words. Registration of antiquities
    outside museums and relics gives a certificate (`registration_number`). `found_at` is the find spot in words.
    """

    __tablename__ = "artefacts"
    __mapper_args__ = {"polymorphic_identity": "artefact"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    artefact_kind: Mapped[str | None] = mapped_column(sa.String(40))
    inventory_code: Mapped[str | None] = mapped_column(sa.String(60))
    registration_number: Mapped[str | None] = mapped_column(sa.String(100))
    registered_on: Mapped[str | None] = mapped_column(sa.String(100))
    origin: Mapped[str | None] = mapped_column(sa.String(40))
    period_concept: Mapped[str | None] = mapped_column(sa.String(40))
    year_note: Mapped[str | None] = mapped_column(sa.Text)
    style: Mapped[str | None] = mapped_column(sa.String(40))
    materials: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    material_note: Mapped[str | None] = mapped_column(sa.Text)
    description: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    condition: Mapped[str | None] = mapped_column(sa.String(40))
    condition_note: Mapped[str | None] = mapped_column(sa.Text)
    found_at: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    provenance: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    note: Mapped[str | None] = mapped_column(sa.Text)
    measurements: Mapped[list[Measurement]] = relationship(
        cascade="all, delete-orphan", order_by="Measurement.position"
    )


class Measurement(Part, Model):
    """A size, weight or count of an artefact or a part of it: a value with its unit, or the words of a source."""

    __tablename__ = "artefact_measurements"

    artefact_id: Mapped[int] = mapped_column(sa.ForeignKey("artefacts.id"), index=True)
    part: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    measure: Mapped[str] = mapped_column(sa.String(40))
    value: Mapped[float | None]
    unit: Mapped[str | None] = mapped_column(sa.String(20))
    text: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)
