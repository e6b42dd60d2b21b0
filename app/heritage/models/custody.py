"""Who answers for a site, and the papers and marks that its ranking calls for."""

from __future__ import annotations

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model
from app.engine.types import geometry_type
from app.heritage.models.decision import Decision
from app.heritage.models.party import Party
from app.records.models import Part


class Custodianship(Part, Model):
    """That a party answers for a site in some role (`custodian_roles`), from when until when (EDTF), on what basis."""

    __tablename__ = "site_custodianships"

    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    party_id: Mapped[int] = mapped_column(sa.ForeignKey("parties.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(40))
    since: Mapped[str | None] = mapped_column(sa.String(100))
    until: Mapped[str | None] = mapped_column(sa.String(100))
    basis: Mapped[str | None] = mapped_column(sa.Text)
    decision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decisions.id"), index=True)
    party: Mapped[Party] = relationship(foreign_keys=[party_id])
    decision: Mapped[Decision | None] = relationship(foreign_keys=[decision_id])


class LandPaper(Part, Model):
    """The certificate of land use (giấy chứng nhận quyền sử dụng đất) of a site's ground, or how far it has come."""

    __tablename__ = "site_land_papers"

    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    status: Mapped[str] = mapped_column(sa.String(40))
    number: Mapped[str | None] = mapped_column(sa.String(100))
    dated: Mapped[str | None] = mapped_column(sa.String(100))
    area_m2: Mapped[float | None]
    note: Mapped[str | None] = mapped_column(sa.Text)


class Stele(Part, Model):
    """The stele (bia di tích) that a ranking decision orders where a relic is degraded or gone."""

    __tablename__ = "site_steles"

    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    status: Mapped[str] = mapped_column(sa.String(40))
    placed_on: Mapped[str | None] = mapped_column(sa.String(100))
    note: Mapped[str | None] = mapped_column(sa.Text)


class BoundaryMarker(Part, Model):
    """A boundary marker (mốc giới) of the protection zones, its place as entered and derived in WGS 84."""

    __tablename__ = "site_boundary_markers"

    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    number: Mapped[str] = mapped_column(sa.String(40))
    status: Mapped[str] = mapped_column(sa.String(40))
    entered_text: Mapped[str | None] = mapped_column(sa.Text)
    entered_crs: Mapped[str | None] = mapped_column(sa.String(20))
    geom: Mapped[BaseGeometry | None] = mapped_column(geometry_type())
    note: Mapped[str | None] = mapped_column(sa.Text)


class Certificate(Part, Model):
    """The certificate of ranking (Bằng xếp hạng) that goes with a decision, and whether it was handed over."""

    __tablename__ = "site_certificates"

    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    status: Mapped[str] = mapped_column(sa.String(40))
    decision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decisions.id"), index=True)
    number: Mapped[str | None] = mapped_column(sa.String(100))
    delivered_on: Mapped[str | None] = mapped_column(sa.String(100))
    note: Mapped[str | None] = mapped_column(sa.Text)
    decision: Mapped[Decision | None] = relationship(foreign_keys=[decision_id])
