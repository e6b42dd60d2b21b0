"""The payloads of intangible elements and their parts."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from app.core.fields import Localized, Text
from app.heritage.schemas.common import OtherNameSchema, ThreatSchema, codes, optional, optional_date
from app.records.schemas import PartSchema, RecordSchema


class PractitionerSchema(PartSchema):
    """Who practises an element: a party's code, with a title (`artisan_titles`) if there is one."""

    party = Text(required=True, longest=60)
    title = optional(40)
    since = optional_date()
    note = optional(1000)


class PracticePlaceSchema(PartSchema):
    """Where an element is practised: words, with a unit's public id or a site's code where known."""

    text = Text(required=True)
    unit = optional(20)
    site = optional(60)
    note = optional(1000)


class IntangibleSchema(RecordSchema):
    """An intangible element."""

    name = Localized(required=True, needs="vi", longest=500)
    other_names = fields.List(fields.Nested(OtherNameSchema), load_default=list)
    domain = optional(40)
    is_domain_reviewed = fields.Boolean(load_default=False)
    domains_as_recorded = codes()
    domain_basis = optional(100)
    community = Localized(longest=5000)
    practitioners = fields.List(fields.Nested(PractitionerSchema), load_default=list)
    places = fields.List(fields.Nested(PracticePlaceSchema), load_default=list)
    schedule = Localized(longest=5000)
    description = Localized()
    significance = Localized()
    transmission = optional(40)
    transmission_note = optional(2000)
    threats = fields.List(fields.Nested(ThreatSchema), load_default=list)
    safeguarding = Localized()
    note = optional(2000)

    @validates_schema
    def check_review(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a review of a domain that is not given."""
        if data.get("is_domain_reviewed") and not data.get("domain"):
            raise ValidationError({"domain": ["Give the domain that was reviewed."]})
