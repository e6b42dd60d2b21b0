"""The payload of documentary heritage."""

from __future__ import annotations

from marshmallow import fields

from app.core.fields import Localized
from app.heritage.schemas.common import DatedSchema, KeptSchema, OtherNameSchema, codes, optional
from app.records.schemas import RecordSchema


class DocumentarySchema(KeptSchema, DatedSchema, RecordSchema):
    """An item or a set of documentary heritage; `scripts` and `carrier` are concepts, `languages` language codes."""

    name = Localized(required=True, needs="vi", longest=500)
    other_names = fields.List(fields.Nested(OtherNameSchema), load_default=list)
    inventory_code = optional(60)
    scripts = codes()
    languages = codes(20)
    carrier = optional(40)
    extent = Localized(longest=1000)
    author = Localized(longest=500)
    description = Localized()
    significance = Localized()
    condition = optional(40)
    condition_note = optional(2000)
    provenance = Localized(longest=5000)
    note = optional(2000)
