"""The payloads of decisions and their items."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from app.core.clock import today
from app.core.dates import parse_edtf
from app.core.errors import InvalidInput
from app.core.fields import Localized, Sentence, Text
from app.heritage.schemas.common import optional, optional_date
from app.records.schemas import PartSchema, RecordSchema

_OBJECTS = {
    "rank": ("level", "Say at which level the site is ranked."),
    "inscribe": ("inscription", "Say on which list the record is inscribed."),
    "recognise": ("recognition", "Say as what the record is recognised."),
}
_CANCELLED = ("cancels", "level", "inscription", "recognition")


class DecisionItemSchema(PartSchema):
    """What an article and clause of a decision does to a record, named by its code; `cancels` is a decision's code."""

    article = optional(20)
    clause = optional(20)
    record = Text(required=True, longest=60)
    action = Text(required=True, longest=20)
    level = optional(20)
    inscription = optional(40)
    recognition = optional(40)
    cancels = optional(60)
    note = optional(1000)

    @validates_schema
    def check_object(self, data: dict[str, Any], **_: Any) -> None:
        """Ask a ranking for its level, an inscription for its list, a cancellation for what it cancels."""
        action = data.get("action")
        if action in _OBJECTS:
            name, sentence = _OBJECTS[action]
            if not data.get(name):
                raise ValidationError({name: [sentence]})
        if action == "cancel" and not any(data.get(name) for name in _CANCELLED):
            raise ValidationError({"cancels": ["Say what is cancelled: a decision, a level, a listing or a title."]})
        if action != "cancel" and data.get("cancels"):
            raise ValidationError({"cancels": ["Only a cancellation cancels a decision."]})


class DecisionSchema(RecordSchema):
    """A decision with its items."""

    number = optional(100)
    date = optional_date()
    issuer = Text(required=True)
    title = Localized(longest=1000)
    items = fields.List(fields.Nested(DecisionItemSchema), load_default=list)

    @validates_schema
    def check_date(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a decision that has not been taken yet: one whose earliest day lies in the future."""
        if not data.get("date"):
            return
        earliest = parse_edtf(data["date"]).earliest
        if earliest is not None and earliest > today():
            error = InvalidInput("%(date)s lies in the future; a decision has been taken already.", date=data["date"])
            raise ValidationError({"date": [Sentence(error)]})

    @validates_schema
    def check_cancelled(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a decision that cancels itself."""
        for index, item in enumerate(data.get("items", ())):
            if item.get("cancels") and item["cancels"] == data.get("code"):
                raise ValidationError({"items": {str(index): {"cancels": ["A decision cannot cancel itself."]}}})
