"""The payloads of a site's custody: who answers for it, and its papers and marks."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.core.fields import Text, refuse_reversed
from app.heritage.schemas.common import optional, optional_area, optional_date
from app.records.schemas import PartSchema


class CustodianshipSchema(PartSchema):
    """A party, named by its code, in a role (`custodian_roles`); `decision` is a decision's code, `basis` words."""

    party = Text(required=True, longest=60)
    role = Text(required=True, longest=40)
    since = optional_date()
    until = optional_date()
    basis = optional(1000)
    decision = optional(60)

    @validates_schema
    def check_span(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a custodianship that ends before it begins."""
        refuse_reversed(data, "since", "until")


class LandPaperSchema(PartSchema):
    """A certificate of land use, or how far it has come (`land_paper_statuses`)."""

    status = Text(required=True, longest=40)
    number = optional(100)
    dated = optional_date()
    area_m2 = optional_area()
    note = optional(1000)


class SteleSchema(PartSchema):
    """A stele and how it stands with it (`stele_statuses`)."""

    status = Text(required=True, longest=40)
    placed_on = optional_date()
    note = optional(1000)


class BoundaryMarkerSchema(PartSchema):
    """A boundary marker, its place as entered if it is known (`marker_statuses`)."""

    number = Text(required=True, longest=40)
    status = Text(required=True, longest=40)
    entered_text = optional(200)
    entered_crs = optional(20)
    note = optional(1000)

    @validates_schema
    def check_system(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for the system of coordinates that are given."""
        if data.get("entered_text") and not data.get("entered_crs"):
            raise ValidationError({"entered_crs": ["Say in which coordinate system the marker is given."]})


class CertificateSchema(PartSchema):
    """A certificate of ranking (`certificate_statuses`); `decision` is the code of the decision it goes with."""

    status = Text(required=True, longest=40)
    decision = optional(60)
    number = optional(100)
    delivered_on = optional_date()
    note = optional(1000)
