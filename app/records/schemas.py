"""The shape every record's payload shares: the one validator of form, API body and import row."""

from __future__ import annotations

from collections import Counter
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from app.core.errors import InvalidInput
from app.core.fields import Edtf, Sentence, Text


class StrictSchema(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        """Unknown keys are errors; nested schemas do not inherit this, so every part derives from this class."""

        unknown = RAISE


def part_schema(field: fields.Field[Any]) -> Schema | None:
    """Give the schema of a list's parts, None for any other field."""
    if isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
        schema: Schema = field.inner.schema
        return schema
    return None


class PartSchema(StrictSchema):
    """A repeatable part: `uid` names it for good within its record."""

    uid = Text(required=True, longest=40)


class SourceSchema(PartSchema):
    """Where a fact comes from; `statement` names the field it supports (`dated`, `locations.l1`), none for all."""

    citation = Text(required=True, longest=2000)
    page = Text(load_default=None, allow_none=True, longest=200)
    url = fields.Url(load_default=None, allow_none=True, schemes={"http", "https"}, validate=validate.Length(max=2000))
    statement = Text(load_default=None, allow_none=True, longest=100)
    published = Edtf(load_default=None, allow_none=True, longest=100)


class DoubtSchema(PartSchema):
    """What is uncertain: a concept of the scheme `doubts`, what is known of it, and how and when it was resolved."""

    tag = Text(required=True, longest=60)
    note = Text(load_default=None, allow_none=True, longest=2000)
    resolved_on = fields.Date(load_default=None, allow_none=True)
    resolution = Text(load_default=None, allow_none=True, longest=2000)

    @validates_schema
    def check_resolution(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for day and reason of a resolution together."""
        if (data.get("resolved_on") is None) != (not data.get("resolution")):
            missing = "resolution" if data.get("resolved_on") else "resolved_on"
            raise ValidationError({missing: ["Say both when the doubt was resolved and how."]})


class RelationSchema(PartSchema):
    """What another record, named by its code, is to this one: a concept of the scheme `relation_types`."""

    relation = Text(required=True, longest=40)
    target = Text(required=True, longest=60)
    note = Text(load_default=None, allow_none=True, longest=1000)


class ExternalRefSchema(PartSchema):
    """A record's code in another system (the one-stop dossier, Q-office, the national database)."""

    system = Text(required=True, longest=60)
    code = Text(required=True, longest=200)
    url = fields.Url(load_default=None, allow_none=True, schemes={"http", "https"}, validate=validate.Length(max=2000))
    dated = Edtf(load_default=None, allow_none=True, longest=100)


def find_repeated_uids(data: dict[str, Any]) -> dict[str, list[str]]:
    """Name the uids that occur twice in one list of parts, as `{list: [message]}`; empty when all is well."""
    errors: dict[str, list[str]] = {}
    for name, rows in data.items():
        if isinstance(rows, list) and rows and all(isinstance(row, dict) and "uid" in row for row in rows):
            twice = sorted(uid for uid, count in Counter(row["uid"] for row in rows).items() if count > 1)
            if twice:
                errors[name] = [f"The uid “{uid}” occurs more than once." for uid in twice]
    return errors


def _no_field(name: str) -> InvalidInput:
    return InvalidInput("There is no field “%(name)s” in this record.", name=name)


class RecordSchema(StrictSchema):
    """What every kind of record carries."""

    code = Text(required=True, longest=60)
    licence = Text(load_default=None, allow_none=True, longest=60)
    tags = fields.List(Text(required=True, longest=60), load_default=list)
    sources = fields.List(fields.Nested(SourceSchema), load_default=list)
    doubts = fields.List(fields.Nested(DoubtSchema), load_default=list)
    relations = fields.List(fields.Nested(RelationSchema), load_default=list)
    external_refs = fields.List(fields.Nested(ExternalRefSchema), load_default=list)

    @validates_schema
    def check_uids(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a uid used twice in one list of parts."""
        if errors := find_repeated_uids(data):
            raise ValidationError(errors)

    @validates_schema
    def check_statements(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a source for a statement that the record does not make."""
        unknown = {
            str(index): {"statement": [Sentence(_no_field(source["statement"]))]}
            for index, source in enumerate(data.get("sources", ()))
            if source.get("statement") and source["statement"].split(".")[0] not in self.fields
        }
        if unknown:
            raise ValidationError({"sources": unknown})
