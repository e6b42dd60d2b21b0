"""What is wrong with a payload, by the fields of its form and in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from app.core.complaints import as_error
from app.core.errors import DisanError
from app.desk.labels import field_label
from app.http.i18n import sentence
from app.records.kinds import Kind


def tell(message: str) -> str:
    """Say a schema's message in the reader's language."""
    return sentence(as_error(message))


def find(kind: Kind, payload: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give what the schema refuses, by the name that a form sends the field under."""
    try:
        kind.schema().load(payload)
    except ValidationError as error:
        return by_field(error.messages, payload)
    return {}


def by_field(messages: Any, payload: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
    """Turn marshmallow's nested messages into sentences by field; a part goes by its uid instead of its place."""
    found: dict[str, list[str]] = {}
    if not isinstance(messages, Mapping):
        return {prefix: [tell(message) for message in messages]}
    for key, inner in messages.items():
        value = _inner(payload, key)
        name = _name(prefix, key, value)
        for field, texts in by_field(inner, value, name).items():
            found.setdefault(field, []).extend(texts)
    return found


def _inner(payload: Any, key: Any) -> Any:
    if isinstance(payload, Sequence) and not isinstance(payload, str) and str(key).isdigit():
        return payload[int(key)] if int(key) < len(payload) else {}
    return payload.get(key, {}) if isinstance(payload, Mapping) else {}


def _name(prefix: str, key: Any, value: Any) -> str:
    if key == "_schema":
        return prefix
    part = value["uid"] if isinstance(value, Mapping) and "uid" in value and str(key).isdigit() else key
    return f"{prefix}.{part}" if prefix else str(part)


def of_error(error: DisanError, payload: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give an error's sentence under the field that it names, under "" where it names none of the form's."""
    if "fields" in error.params:
        return by_field(error.params["fields"], payload)
    inner = error.params.get("problem")
    text = sentence(inner if isinstance(inner, DisanError) else error)
    path = str(error.params.get("field") or "").split(".")
    names: list[str] = []
    value: Any = payload
    for key in path:
        value = _inner(value, key)
        names.append(_name("", key, value))
    return {".".join(names): [text]}


def in_words(error: DisanError) -> str:
    """Say an error in the reader's language; of a payload that its schema refuses, the fields by their labels."""
    if "fields" not in error.params or "kind" not in error.params:
        return sentence(error)
    # What is a part's place or uid is no part of its label.
    problems = [
        f"{field_label(error.params['kind'], '.'.join(name.split('.')[:3:2]))}: {' '.join(texts).rstrip('.')}"
        for name, texts in by_field(error.params["fields"], {}).items()
    ]
    return sentence(DisanError(error.message, **{**error.params, "problems": "; ".join(problems)}))
