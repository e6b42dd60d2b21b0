"""Administrative units with their validity and successors: a reference table, not records."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, UtcDateTime, now


class UnitLevel(enum.StrEnum):
    """The levels of administration; districts were abolished on 1 July 2025."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


unit_successors = sa.Table(
    "unit_successors",
    Model.metadata,
    sa.Column("unit_id", sa.ForeignKey("units.id"), primary_key=True),
    sa.Column("successor_id", sa.ForeignKey("units.id"), primary_key=True, index=True),
)


class Unit(Model):
    """An administrative unit (đơn vị hành chính) during one span of time.

    Codes were used again by the reform of 2025, so `code` alone names nobody: `public_id` is the code for the unit now
    in force and `{code}~{last year}` for a former one. Unknown dates are empty.
    """

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(20), unique=True)
    code: Mapped[str] = mapped_column(sa.String(10), index=True)
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    other_names: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    level: Mapped[str] = mapped_column(sa.String(10))
    valid_from: Mapped[dt.date | None]
    valid_to: Mapped[dt.date | None]
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    location_precision_m: Mapped[int | None]
    location_source: Mapped[str | None] = mapped_column(sa.Text)
    source: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
    parent: Mapped[Unit | None] = relationship(remote_side=[id])
    successors: Mapped[list[Unit]] = relationship(
        secondary=unit_successors,
        primaryjoin=id == unit_successors.c.unit_id,
        secondaryjoin=id == unit_successors.c.successor_id,
        order_by="Unit.code",
        back_populates="predecessors",
    )
    predecessors: Mapped[list[Unit]] = relationship(
        secondary=unit_successors,
        primaryjoin=id == unit_successors.c.successor_id,
        secondaryjoin=id == unit_successors.c.unit_id,
        order_by="Unit.code",
        back_populates="successors",
    )

    @property
    def is_in_force(self) -> bool:
        """Whether the unit exists today, as far as is known: it has no end."""
        return self.valid_to is None


def public_id(code: str, valid_to: dt.date | None) -> str:
    """Give the id under which the public knows a unit: `20410`, or `20410~2025` once it has ended."""
    return code if valid_to is None else f"{code}~{valid_to.year}"
