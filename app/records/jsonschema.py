"""JSON Schema of a record, made from the schema that validates it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from app.core.fields import Edtf, Localized

# The most specific first; anything else is said to be of any type.
_TYPES: tuple[tuple[type[fields.Field[Any]], dict[str, Any]], ...] = (
    (fields.Url, {"type": "string", "format": "uri"}),
    (fields.String, {"type": "string"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Number, {"type": "number"}),
    (fields.Boolean, {"type": "boolean"}),
    (fields.DateTime, {"type": "string", "format": "date-time"}),
    (fields.Date, {"type": "string", "format": "date"}),
    (fields.Time, {"type": "string", "format": "time"}),
    (fields.Mapping, {"type": "object"}),
)


def describe_object(schema: Schema) -> dict[str, Any]:
    """Describe a schema's payload, nested parts included.

    Null stands for “not stated” wherever a field is not required; a draft may leave out even what is.
    """
    return {
        "type": "object",
        "properties": {name: describe_field(field) for name, field in schema.fields.items()},
        "required": sorted(name for name, field in schema.fields.items() if field.required),
        "additionalProperties": False,
    }


def describe_field(field: fields.Field[Any]) -> dict[str, Any]:
    """Describe one field."""
    if isinstance(field, Localized):
        text = {"type": "string", "maxLength": field.longest}
        described: dict[str, Any] = {"type": "object", "additionalProperties": text}
        if field.needs:
            described["required"] = [field.needs]
        return described
    if isinstance(field, fields.List):
        return {"type": "array", "items": describe_field(field.inner)}
    if isinstance(field, fields.Nested):
        return describe_object(field.schema)
    described = dict(next((said for kind, said in _TYPES if isinstance(field, kind)), {}))
    if isinstance(field, Edtf):
        described["description"] = "EDTF (ISO 8601-2:2019, Annex A)"
    for validator in field.validators:
        described |= _bounds(validator)
    return described


def _bounds(validator: Any) -> dict[str, Any]:
    match validator:
        case validate.Length(max=int() as most):
            return {"maxLength": most}
        case validate.OneOf(choices=choices):
            return {"enum": list(choices)}
        case validate.Range(min=least, max=most):
            found = {"minimum": least} if least is not None else {}
            return found | ({"maximum": most} if most is not None else {})
    return {}
