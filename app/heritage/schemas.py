"""The payloads of sites, decisions and protection zones."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.fields import Edtf, Localized, Text
from app.heritage.models import LocationPolicy
from app.records.schemas import PartSchema, RecordSchema


def _optional(longest: int = 500) -> Text:
    return Text(load_default=None, allow_none=True, longest=longest)


class OtherNameSchema(PartSchema):
    """Another name of a site."""

    text = Text(required=True)
    language = Text(required=True, longest=20)
    note = _optional()


class AddressSchema(PartSchema):
    """An address as decided or of an earlier administration; `unit` is a unit's public id."""

    role = Text(required=True, longest=20)
    text = Text(required=True, longest=1000)
    unit = _optional(20)
    valid_to = Edtf(load_default=None, allow_none=True, longest=100)
    reason = _optional()


class LocationSchema(PartSchema):
    """A location as entered; accuracy in metres."""

    role = Text(required=True, longest=20)
    entered_text = Text(required=True, longest=200_000)
    entered_crs = Text(required=True, longest=20)
    accuracy_m = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 100_000))
    obtained = Localized(longest=1000)


class VisitFactSchema(PartSchema):
    """A fact for visitors, with when and by what it was verified."""

    topic = Text(required=True, longest=20)
    value = Text(required=True, longest=1000)
    verified_on = fields.Date(load_default=None, allow_none=True)
    source = _optional(1000)


class InventoryEntrySchema(PartSchema):
    """A place on an inventory list."""

    list_name = Text(required=True)
    listed_from = Edtf(load_default=None, allow_none=True, longest=100)
    listed_until = Edtf(load_default=None, allow_none=True, longest=100)
    note = _optional()


class SiteSchema(RecordSchema):
    """A site; `parent` is a site's code, `current_unit` a unit's public id."""

    name = Localized(required=True, needs="vi", longest=500)
    other_names = fields.List(fields.Nested(OtherNameSchema), load_default=list)
    types = fields.List(Text(required=True, longest=60), load_default=list)
    types_as_ranked = fields.List(Text(required=True), load_default=list)
    parent = _optional(60)
    period = Localized(longest=500)
    dated = Edtf(load_default=None, allow_none=True, longest=100)
    year_from = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(-99_999, 9999))
    year_to = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(-99_999, 9999))
    description = Localized()
    significance = Localized()
    current_unit = _optional(20)
    address_detail = _optional(1000)
    addresses = fields.List(fields.Nested(AddressSchema), load_default=list)
    locations = fields.List(fields.Nested(LocationSchema), load_default=list)
    location_policy = Text(
        load_default=None, allow_none=True, validate=[validate.OneOf([str(policy) for policy in LocationPolicy])]
    )
    is_text_cleared = fields.Boolean(load_default=False)
    visit_facts = fields.List(fields.Nested(VisitFactSchema), load_default=list)
    inventory_entries = fields.List(fields.Nested(InventoryEntrySchema), load_default=list)

    @validates_schema
    def check_years(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a span of years that ends before it begins, and a site that is its own parent."""
        start, end = data.get("year_from"), data.get("year_to")
        if start is not None and end is not None and end < start:
            raise ValidationError({"year_to": [f"{end} lies before year_from, {start}."]})
        if data.get("parent") and data.get("parent") == data.get("code"):
            raise ValidationError({"parent": ["A site cannot be a component of itself."]})


class DecisionItemSchema(PartSchema):
    """What an article and clause of a decision does to a site, named by its code."""

    article = _optional(20)
    clause = _optional(20)
    site = Text(required=True, longest=60)
    action = Text(required=True, longest=20)
    level = _optional(20)
    inscription = _optional(40)
    note = _optional(1000)

    @validates_schema
    def check_object(self, data: dict[str, Any], **_: Any) -> None:
        """Ask a ranking for its level and an inscription for its list."""
        if data.get("action") == "rank" and not data.get("level"):
            raise ValidationError({"level": ["Say at which level the site is ranked."]})
        if data.get("action") == "inscribe" and not data.get("inscription"):
            raise ValidationError({"inscription": ["Say on which list the site is inscribed."]})


class DecisionSchema(RecordSchema):
    """A decision with its items."""

    number = _optional(100)
    date = Edtf(load_default=None, allow_none=True, longest=100)
    issuer = Text(required=True)
    title = Localized(longest=1000)
    items = fields.List(fields.Nested(DecisionItemSchema), load_default=list)


class ZoneSchema(RecordSchema):
    """A protection zone of a site; area in square metres, accuracy in metres."""

    site = Text(required=True, longest=60)
    zone_type = Text(required=True, longest=30)
    edition = _optional(60)
    entered_text = _optional(200_000)
    entered_crs = _optional(20)
    boundary_text = Localized()
    area_m2 = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, min_inclusive=False))
    cadastral_sheet = _optional(60)
    cadastral_plot = _optional(2000)
    decision = _optional(60)
    minutes = _optional(1000)
    accuracy_m = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 100_000))

    @validates_schema
    def check_boundary(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for a boundary, as coordinates with their system or as the words of the minutes."""
        if not data.get("entered_text") and not data.get("boundary_text"):
            raise ValidationError(
                {"entered_text": ["Give the boundary: its coordinates, or its words in boundary_text."]}
            )
        if data.get("entered_text") and not data.get("entered_crs"):
            raise ValidationError({"entered_crs": ["Say in which coordinate system the boundary is given."]})
