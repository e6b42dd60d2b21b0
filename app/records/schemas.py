"""The shape every record's payload shares: the one validator of form, API body and import row."""

from __future__ import annotations

from collections import Counter
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from app.core.fields import Text


class StrictSchema(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        """Unknown keys are errors; nested schemas do not inherit this, so every part derives from this class."""

        unknown = RAISE


class PartSchema(StrictSchema):
    """A repeatable part: `uid` names it for good within its record."""

    uid = Text(required=True, longest=40)


class SourceSchema(PartSchema):
    """Where a fact comes from."""

    citation = Text(required=True, longest=2000)
    page = Text(load_default=None, allow_none=True, longest=200)
    url = fields.Url(load_default=None, allow_none=True, schemes={"http", "https"}, validate=validate.Length(max=2000))


class DoubtSchema(PartSchema):
    """What is uncertain: a concept of the scheme `doubts`, and what is known of it."""

    tag = Text(required=True, longest=60)
    note = Text(load_default=None, allow_none=True, longest=2000)


def find_repeated_uids(data: dict[str, Any]) -> dict[str, list[str]]:
    """Name the uids that occur twice in one list of parts, as `{list: [message]}`; empty when all is well."""
    errors: dict[str, list[str]] = {}
    for name, rows in data.items():
        if isinstance(rows, list) and rows and all(isinstance(row, dict) and "uid" in row for row in rows):
            twice = sorted(uid for uid, count in Counter(row["uid"] for row in rows).items() if count > 1)
            if twice:
                errors[name] = [f"The uid “{uid}” occurs more than once." for uid in twice]
    return errors


class RecordSchema(StrictSchema):
    """What every kind of record carries."""

    code = Text(required=True, longest=60)
    licence = Text(load_default=None, allow_none=True, longest=60)
    tags = fields.List(Text(required=True, longest=60), load_default=list)
    sources = fields.List(fields.Nested(SourceSchema), load_default=list)
    doubts = fields.List(fields.Nested(DoubtSchema), load_default=list)

    @validates_schema
    def check_uids(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a uid used twice in one list of parts."""
        if errors := find_repeated_uids(data):
            raise ValidationError(errors)
