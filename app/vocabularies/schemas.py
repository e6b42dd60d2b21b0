"""The shape of a concept as it is imported."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields

from app.core.fields import Localized, Text


class ConceptSchema(Schema):
    """One term of one scheme."""

    class Meta:
        """Unknown keys are errors."""

        unknown = RAISE

    scheme = Text(required=True, longest=40)
    code = Text(required=True, longest=60)
    notation = Text(load_default=None, allow_none=True, longest=60)
    parent = Text(load_default=None, allow_none=True, longest=60)
    position = fields.Integer(load_default=0, strict=True)
    label = Localized(required=True, needs="vi", longest=500)
    definition = Localized(longest=2000)
    basis = Text(load_default=None, allow_none=True)
    exact_match = Text(load_default=None, allow_none=True, longest=200)
    match_kind = Text(load_default=None, allow_none=True, longest=20)
    year_from = fields.Integer(load_default=None, allow_none=True, strict=True)
    year_to = fields.Integer(load_default=None, allow_none=True, strict=True)
    span_source = Text(load_default=None, allow_none=True)
    score = fields.Integer(load_default=None, allow_none=True, strict=True)
    note = Text(load_default=None, allow_none=True, longest=2000)


DETAILS = ("basis", "match_kind", "year_from", "year_to", "span_source", "score", "note")
