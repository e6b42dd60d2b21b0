"""The fields and parts that several kinds of heritage share."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.fields import Edtf, Localized, Text, refuse_reversed
from app.heritage.models import LocationPolicy
from app.records.schemas import PartSchema, StrictSchema


def optional(longest: int = 500) -> Text:
    """Give a text that may be absent."""
    return Text(load_default=None, allow_none=True, longest=longest)


def optional_date() -> Edtf:
    """Give a date as known, in EDTF, that may be absent."""
    return Edtf(load_default=None, allow_none=True, longest=100)


def optional_year() -> fields.Integer:
    """Give a year that may be absent; before year 1 negative."""
    return fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(-99_999, 9999))


def optional_metres() -> fields.Integer:
    """Give an accuracy in metres that may be absent."""
    return fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 100_000))


def optional_area() -> fields.Float:
    """Give an area in square metres that may be absent."""
    return fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, min_inclusive=False))


def codes(longest: int = 60) -> fields.List[str]:
    """Give a list of codes of concepts or languages."""
    return fields.List(Text(required=True, longest=longest), load_default=list)


def location_policy() -> Text:
    """Give a policy of location that may be absent."""
    choices = [str(policy) for policy in LocationPolicy]
    return Text(load_default=None, allow_none=True, validate=[validate.OneOf(choices)])


def refuse_reversed_years(data: dict[str, Any]) -> None:
    """Refuse a span of years that ends before it begins."""
    refuse_reversed(data, "year_from", "year_to")


class OtherNameSchema(PartSchema):
    """Another name of a record."""

    text = Text(required=True)
    language = Text(required=True, longest=20)
    note = optional()


class ThreatSchema(PartSchema):
    """What endangers a thing: a concept of `threats`, and a note."""

    threat = Text(required=True, longest=40)
    note = optional(2000)


class KeptSchema(StrictSchema):
    """Where a movable thing is kept: `site` and `holder_party` are codes, `holder` words."""

    site = optional(60)
    kept_place = optional(1000)
    plan_number = optional(40)
    holder_party = optional(60)
    holder = Localized(longest=1000)
    holder_kind = optional(40)
    location_policy = location_policy()
    is_text_cleared = fields.Boolean(load_default=False)

    @validates_schema
    def check_holder(self, data: dict[str, Any], **_: Any) -> None:
        """Ask what sort of holder it is: a person's name is never told to the public."""
        if data.get("holder") and not data.get("holder_kind"):
            raise ValidationError({"holder_kind": ["Say whether the holder is a person or an organisation."]})


class DatedSchema(StrictSchema):
    """Of what age a thing is."""

    period = Localized(longest=500)
    dated = optional_date()
    year_from = optional_year()
    year_to = optional_year()

    @validates_schema
    def check_years(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a span of years that ends before it begins."""
        refuse_reversed_years(data)
