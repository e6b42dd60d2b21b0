"""Protection zones."""

from __future__ import annotations

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.engine.types import geometry_type
from app.heritage.models.decision import Decision
from app.heritage.models.site import Site
from app.records.models import Record


class Zone(Record):
    """A protection zone (khu vực bảo vệ I, khu vực bảo vệ II) or a World Heritage buffer; Law 45/2024/QH15.

    Its boundary is a polygon, or only the words of the minutes (`boundary_text`), or both. `edition` names its version,
    for a boundary may be adjusted; it rests on `decision` and on the minutes (biên bản khoanh vùng), their date EDTF.
    """

    __tablename__ = "zones"
    __mapper_args__ = {"polymorphic_identity": "zone"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    zone_type: Mapped[str] = mapped_column(sa.String(30), default="")
    edition: Mapped[str | None] = mapped_column(sa.String(60))
    entered_text: Mapped[str | None] = mapped_column(sa.Text)
    entered_crs: Mapped[str | None] = mapped_column(sa.String(20))
    geom: Mapped[BaseGeometry | None] = mapped_column(geometry_type())
    boundary_text: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    area_m2: Mapped[float | None]
    cadastral_sheet: Mapped[str | None] = mapped_column(sa.String(60))
    cadastral_plot: Mapped[str | None] = mapped_column(sa.Text)
    decision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("decisions.id"), index=True)
    minutes: Mapped[str | None] = mapped_column(sa.Text)
    minutes_date: Mapped[str | None] = mapped_column(sa.String(100))
    accuracy_m: Mapped[int | None]
    site: Mapped[Site | None] = relationship(foreign_keys=[site_id], back_populates="zones")
    decision: Mapped[Decision | None] = relationship(foreign_keys=[decision_id])

    @property
    def has_papers(self) -> bool:
        """Whether a decision or minutes set it."""
        return self.decision_id is not None or bool(self.minutes)
