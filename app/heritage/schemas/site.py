"""The payloads of sites and of their parts."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.fields import Localized, Text
from app.heritage.schemas.common import (
    DatedSchema,
    OtherNameSchema,
    codes,
    location_policy,
    optional,
    optional_date,
    optional_metres,
)
from app.heritage.schemas.custody import (
    BoundaryMarkerSchema,
    CertificateSchema,
    CustodianshipSchema,
    LandPaperSchema,
    SteleSchema,
)
from app.records.schemas import PartSchema, RecordSchema


class AddressSchema(PartSchema):
    """An address as decided or of an earlier administration; `unit` is a unit's public id."""

    role = Text(required=True, longest=20)
    text = Text(required=True, longest=1000)
    unit = optional(20)
    valid_to = optional_date()
    reason = optional()


class LocationSchema(PartSchema):
    """A location as entered; `role` says what of the place it is, the main one stands for it; accuracy in metres."""

    role = Text(required=True, longest=20, validate=[validate.OneOf(["main", "entrance", "part"])])
    entered_text = Text(required=True, longest=200_000)
    entered_crs = Text(required=True, longest=20)
    accuracy_m = optional_metres()
    obtained = Localized(longest=1000)


class VisitFactSchema(PartSchema):
    """A fact for visitors, with when and by what it was verified."""

    topic = Text(required=True, longest=20)
    value = Text(required=True, longest=1000)
    verified_on = fields.Date(load_default=None, allow_none=True)
    source = optional(1000)


class InventoryEntrySchema(PartSchema):
    """A place on an inventory list."""

    list_name = Text(required=True)
    listed_from = optional_date()
    listed_until = optional_date()
    note = optional()


class SiteSchema(DatedSchema, RecordSchema):
    """A site; `parent` is a site's code, `current_unit` a unit's public id."""

    name = Localized(required=True, needs="vi", longest=500)
    other_names = fields.List(fields.Nested(OtherNameSchema), load_default=list)
    types = codes()
    types_as_ranked = fields.List(Text(required=True), load_default=list)
    parent = optional(60)
    description = Localized()
    significance = Localized()
    current_unit = optional(20)
    address_detail = optional(1000)
    addresses = fields.List(fields.Nested(AddressSchema), load_default=list)
    locations = fields.List(fields.Nested(LocationSchema), load_default=list)
    location_policy = location_policy()
    is_text_cleared = fields.Boolean(load_default=False)
    visit_facts = fields.List(fields.Nested(VisitFactSchema), load_default=list)
    inventory_entries = fields.List(fields.Nested(InventoryEntrySchema), load_default=list)
    custodianships = fields.List(fields.Nested(CustodianshipSchema), load_default=list)
    land_papers = fields.List(fields.Nested(LandPaperSchema), load_default=list)
    steles = fields.List(fields.Nested(SteleSchema), load_default=list)
    boundary_markers = fields.List(fields.Nested(BoundaryMarkerSchema), load_default=list)
    certificates = fields.List(fields.Nested(CertificateSchema), load_default=list)

    @validates_schema
    def check_parent(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a site that is its own parent."""
        if data.get("parent") and data.get("parent") == data.get("code"):
            raise ValidationError({"parent": ["A site cannot be a component of itself."]})
