"""Reading plain forms by a schema: what was typed, what it says, and what is wrong with it, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from app.core.errors import DisanError
from app.desk.forms.messages import tell
from app.http.i18n import sentence


def read_typed(names: Iterable[str]) -> dict[str, str]:
    """Give what was typed into fields, lines ended alike and trimmed."""
    return {name: request.form.get(name, "").replace("\r\n", "\n").strip() for name in names}


def load_typed(schema: Schema, typed: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Load what was typed, what is empty left out; gives what it says, or for each wrong field a sentence."""
    try:
        return dict(schema.load({name: value for name, value in typed.items() if value not in ("", [], {})})), {}
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, Mapping) else {"": error.messages}
        return {}, {str(name): tell(_first(found)) for name, found in messages.items()}


def _first(messages: Any) -> str:
    """Give the first of the messages of a field, which may be nested by place or language."""
    while not isinstance(messages, str):
        messages = next(iter(messages.values() if isinstance(messages, Mapping) else messages), "")
    return messages


def error_at_field(error: DisanError) -> dict[str, str]:
    """Give an error's sentence by the field that it names."""
    return {str(error.params.get("field") or ""): sentence(error)}
