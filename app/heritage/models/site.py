"""Sites with their names, addresses, locations, visit facts and places on inventory lists."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model
from app.engine.types import geometry_type
from app.heritage.models.common import Dated, Named
from app.heritage.models.custody import BoundaryMarker, Certificate, Custodianship, LandPaper, Stele
from app.heritage.models.decision import Decided
from app.places.models import Unit
from app.records.models import Part, Record

if TYPE_CHECKING:
    from app.heritage.models.zone import Zone


class Site(Named, Dated, Decided, Record):
    """A relic (di tích): monument, archaeological site or landscape; Law on Cultural Heritage 45/2024/QH15, art. 21–22.

    `types` are concepts of the scheme `site_types` under that law, `types_as_ranked` the words of the ranking
    decision. `location_policy` empty means the default of its type. `is_text_cleared` is a reviewer's word that the
    free text of a site with a restricted location tells nothing of the place.
    """

    __tablename__ = "sites"
    __mapper_args__ = {"polymorphic_identity": "site"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    types: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    types_as_ranked: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    description: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    significance: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    current_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    address_detail: Mapped[str | None] = mapped_column(sa.Text)
    location_policy: Mapped[str | None] = mapped_column(sa.String(10))
    is_text_cleared: Mapped[bool] = mapped_column(default=False)
    parent: Mapped[Site | None] = relationship(
        foreign_keys=[parent_id], remote_side="Site.id", back_populates="components"
    )
    components: Mapped[list[Site]] = relationship(
        foreign_keys=[parent_id], back_populates="parent", order_by="Site.code", viewonly=True
    )
    current_unit: Mapped[Unit | None] = relationship()
    addresses: Mapped[list[Address]] = relationship(cascade="all, delete-orphan", order_by="Address.position")
    locations: Mapped[list[Location]] = relationship(cascade="all, delete-orphan", order_by="Location.position")
    visit_facts: Mapped[list[VisitFact]] = relationship(cascade="all, delete-orphan", order_by="VisitFact.position")
    inventory_entries: Mapped[list[InventoryEntry]] = relationship(
        cascade="all, delete-orphan", order_by="InventoryEntry.position"
    )
    custodianships: Mapped[list[Custodianship]] = relationship(
        cascade="all, delete-orphan", order_by="Custodianship.position"
    )
    land_papers: Mapped[list[LandPaper]] = relationship(cascade="all, delete-orphan", order_by="LandPaper.position")
    steles: Mapped[list[Stele]] = relationship(cascade="all, delete-orphan", order_by="Stele.position")
    boundary_markers: Mapped[list[BoundaryMarker]] = relationship(
        cascade="all, delete-orphan", order_by="BoundaryMarker.position"
    )
    certificates: Mapped[list[Certificate]] = relationship(
        cascade="all, delete-orphan", order_by="Certificate.position"
    )
    zones: Mapped[list[Zone]] = relationship(
        foreign_keys="Zone.site_id", back_populates="site", order_by="Zone.code", viewonly=True
    )


class Address(Part, Model):
    """An address a site had: as the decision writes it (a quotation, never edited) or of an earlier administration.

    The relic's dossier owes the old and the new place names with the reason of the change (Circular 09/2011/TT-BVHTTDL,
    art. 6). The current address is the site's `current_unit` and `address_detail`.
    """

    __tablename__ = "site_addresses"

    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(20))
    text: Mapped[str] = mapped_column(sa.Text)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    valid_to: Mapped[str | None] = mapped_column(sa.String(100))
    reason: Mapped[str | None] = mapped_column(sa.Text)
    unit: Mapped[Unit | None] = relationship()


class Location(Part, Model):
    """Where a site is, as somebody entered it (`entered_text` in `entered_crs`), and derived from that in WGS 84."""

    __tablename__ = "site_locations"

    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(20))
    entered_text: Mapped[str] = mapped_column(sa.Text)
    entered_crs: Mapped[str] = mapped_column(sa.String(20))
    geom: Mapped[BaseGeometry] = mapped_column(geometry_type())
    accuracy_m: Mapped[int | None]
    obtained: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)


class VisitFact(Part, Model):
    """Something a visitor asks (hours, ticket, access, contact, website), with when and by what it was verified."""

    __tablename__ = "site_visit_facts"

    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    topic: Mapped[str] = mapped_column(sa.String(20))
    value: Mapped[str] = mapped_column(sa.Text)
    verified_on: Mapped[dt.date | None]
    source: Mapped[str | None] = mapped_column(sa.Text)


class InventoryEntry(Part, Model):
    """That a site stands on an inventory list (danh mục kiểm kê di tích), from when until when, as EDTF if known.

    `listed_from_on` and `listed_until_on` are the first day that the one and the last day that the other may mean.
    """

    __tablename__ = "site_inventory_entries"

    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    list_name: Mapped[str] = mapped_column(sa.Text)
    listed_from: Mapped[str | None] = mapped_column(sa.String(100))
    listed_until: Mapped[str | None] = mapped_column(sa.String(100))
    listed_from_on: Mapped[dt.date | None]
    listed_until_on: Mapped[dt.date | None]
    note: Mapped[str | None] = mapped_column(sa.Text)
