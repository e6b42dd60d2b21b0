"""The payloads of parties and of what they consented to."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.fields import Localized, Text, refuse_reversed
from app.heritage.schemas.common import OtherNameSchema, optional, optional_date
from app.records.schemas import PartSchema, RecordSchema


class ConsentSchema(PartSchema):
    """What a person agreed to (`consent_scopes`), when, and by which paper."""

    scope = Text(required=True, longest=40)
    given_on = fields.Date(required=True)
    withdrawn_on = fields.Date(load_default=None, allow_none=True)
    document = Text(required=True, longest=1000)
    note = optional(1000)

    @validates_schema
    def check_span(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a consent that was withdrawn before it was given."""
        refuse_reversed(data, "given_on", "withdrawn_on")


class PartySchema(RecordSchema):
    """A person or organisation; `unit` is a unit's public id, `successor` a party's code."""

    name = Localized(required=True, needs="vi", longest=500)
    other_names = fields.List(fields.Nested(OtherNameSchema), load_default=list)
    party_kind = Text(required=True, longest=40)
    role = Localized(longest=500)
    address = optional(1000)
    phone = optional(100)
    email = fields.Email(load_default=None, allow_none=True, validate=validate.Length(max=200))
    website = fields.Url(
        load_default=None, allow_none=True, schemes={"http", "https"}, validate=validate.Length(max=2000)
    )
    unit = optional(20)
    valid_from = optional_date()
    valid_to = optional_date()
    successor = optional(60)
    consents = fields.List(fields.Nested(ConsentSchema), load_default=list)
    note = optional(2000)

    @validates_schema
    def check_successor(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a party that succeeds itself."""
        if data.get("successor") and data.get("successor") == data.get("code"):
            raise ValidationError({"successor": ["A party cannot be its own successor."]})
