"""The payload of protection zones."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.core.fields import Localized, Text
from app.heritage.schemas.common import optional, optional_area, optional_date, optional_metres
from app.records.schemas import RecordSchema


class ZoneSchema(RecordSchema):
    """A protection zone of a site; area in square metres, accuracy in metres."""

    site = Text(required=True, longest=60)
    zone_type = Text(required=True, longest=30)
    edition = optional(60)
    entered_text = optional(200_000)
    entered_crs = optional(20)
    boundary_text = Localized()
    area_m2 = optional_area()
    cadastral_sheet = optional(60)
    cadastral_plot = optional(2000)
    decision = optional(60)
    minutes = optional(1000)
    minutes_date = optional_date()
    accuracy_m = optional_metres()

    @validates_schema
    def check_boundary(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for a boundary, as coordinates with their system or as the words of the minutes."""
        if not data.get("entered_text") and not data.get("boundary_text"):
            raise ValidationError(
                {"entered_text": ["Give the boundary: its coordinates, or its words in boundary_text."]}
            )
        if data.get("entered_text") and not data.get("entered_crs"):
            raise ValidationError({"entered_crs": ["Say in which coordinate system the boundary is given."]})
