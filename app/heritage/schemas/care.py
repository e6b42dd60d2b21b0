"""The payloads of condition surveys and of works."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.fields import Edtf, Localized, Text, refuse_reversed
from app.heritage.schemas.common import ThreatSchema, optional, optional_date
from app.records.schemas import RecordSchema


class SurveySchema(RecordSchema):
    """A condition survey of a site or an artefact (`record`, its code)."""

    record = Text(required=True, longest=60)
    surveyed_on = Edtf(required=True, longest=100)
    surveyor = optional()
    surveyor_party = optional(60)
    condition = optional(40)
    threats = fields.List(fields.Nested(ThreatSchema), load_default=list)
    findings = Localized()
    recommendations = Localized()
    next_due_on = fields.Date(load_default=None, allow_none=True)

    @validates_schema
    def check_due(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a next survey that lies before this one."""
        refuse_reversed(data, "surveyed_on", "next_due_on")


class WorkSchema(RecordSchema):
    """A work of preservation, repair or restoration on a site; `cost` in whole units of `currency` (ISO 4217)."""

    name = Localized(required=True, needs="vi", longest=1000)
    site = Text(required=True, longest=60)
    work_kind = Text(required=True, longest=40)
    state = Text(required=True, longest=40)
    permit_number = optional(100)
    permit_date = optional_date()
    permit_issuer = optional()
    decision = optional(60)
    started_on = optional_date()
    finished_on = optional_date()
    cost = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 10**15))
    currency = Text(load_default=None, allow_none=True, validate=[validate.Regexp(r"[A-Z]{3}\Z")])
    fund_source = optional(1000)
    contractor = optional()
    contractor_party = optional(60)
    state_before = Localized()
    state_after = Localized()

    @validates_schema
    def check_span(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a work that ends before it begins, and a cost without its currency."""
        refuse_reversed(data, "started_on", "finished_on")
        if data.get("cost") is not None and not data.get("currency"):
            raise ValidationError({"currency": ["Say in which currency the cost is, VND for instance."]})
