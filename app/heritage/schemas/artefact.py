"""The payloads of artefacts and their measurements."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.fields import Localized, Text
from app.heritage.schemas.common import DatedSchema, KeptSchema, OtherNameSchema, codes, optional, optional_date
from app.records.schemas import PartSchema, RecordSchema


class MeasurementSchema(PartSchema):
    """A size, weight or count (`measures`) of the whole or of a part, as value with unit or in the source's words."""

    part = Localized(longest=200)
    measure = Text(required=True, longest=40)
    value = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0))
    unit = optional(20)
    text = optional(1000)
    note = optional(1000)

    @validates_schema
    def check_value(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for a value or for words."""
        if data.get("value") is None and not data.get("text"):
            raise ValidationError({"value": ["Give the value, or what the source says in text."]})


class ArtefactSchema(KeptSchema, DatedSchema, RecordSchema):
    """An artefact, with the columns of the inventory of a relic's artefacts (Circular 09/2011/TT-BVHTTDL, form 2)."""

    name = Localized(required=True, needs="vi", longest=500)
    other_names = fields.List(fields.Nested(OtherNameSchema), load_default=list)
    artefact_kind = optional(40)
    inventory_code = optional(60)
    registration_number = optional(100)
    registered_on = optional_date()
    origin = optional(40)
    period_concept = optional(40)
    year_note = optional(1000)
    style = optional(40)
    materials = codes()
    material_note = optional(1000)
    measurements = fields.List(fields.Nested(MeasurementSchema), load_default=list)
    description = Localized()
    condition = optional(40)
    condition_note = optional(2000)
    found_at = Localized(longest=2000)
    provenance = Localized(longest=5000)
    note = optional(2000)
