"""The shape of an administrative unit as it is imported."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from app.core.fields import Localized, Text, refuse_reversed
from app.places.models import UnitLevel


class UnitSchema(Schema):
    """One unit in one span of time; `parent` and `successors` are codes, resolved by the dates."""

    class Meta:
        """Unknown keys are errors."""

        unknown = RAISE

    code = Text(required=True, longest=10)
    name = Localized(required=True, needs="vi", longest=200)
    other_names = fields.List(Text(required=True, longest=200), load_default=list)
    level = Text(required=True, validate=[validate.OneOf([str(level) for level in UnitLevel])])
    valid_from = fields.Date(load_default=None, allow_none=True)
    valid_to = fields.Date(load_default=None, allow_none=True)
    parent = Text(load_default=None, allow_none=True, longest=10)
    successors = fields.List(Text(required=True, longest=10), load_default=list)
    lon = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-180, 180))
    lat = fields.Float(load_default=None, allow_none=True, validate=validate.Range(-90, 90))
    location_precision_m = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1))
    location_source = Text(load_default=None, allow_none=True)
    source = Text(load_default=None, allow_none=True)
    note = Text(load_default=None, allow_none=True)

    @validates_schema
    def check_span(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a span that ends before it begins, and half a coordinate."""
        refuse_reversed(data, "valid_from", "valid_to")
        if (data.get("lon") is None) != (data.get("lat") is None):
            raise ValidationError({"lat": ["Give both lon and lat, or neither."]})
