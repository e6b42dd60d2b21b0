"""What a schema refuses, said field by field with JSON pointers (RFC 6901) into the record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, TypeAlias

from marshmallow import Schema, ValidationError

from app.core.errors import DisanError, InvalidInput, Unprocessable
from app.core.fields import Localized
from app.http.i18n import catalogue, current_language, sentence
from app.http.settings import current_settings
from app.places.entries import read_geometry
from app.records.kinds import Kind
from app.records.shapes import entries

Path: TypeAlias = tuple[str, ...]
Problem: TypeAlias = dict[str, Any]


def pointer(path: Path) -> str:
    """Write a path as a JSON pointer."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)


def check_payload(kind: Kind, payload: Mapping[str, Any]) -> None:
    """Raise `Unprocessable` for what a draft says and its schema refuses; what it does not say yet may come later."""
    schema = kind.schema()
    try:
        schema.load(payload)
    except ValidationError as error:
        found = [found for found in _problems(schema, error.messages, payload) if _is_said(payload, found[0])]
        if found:
            raise refusal([_problem(path, text) for path, text in found]) from error
    problems = []
    for entry in entries(payload):
        try:
            read_geometry(current_settings(), entry.text, entry.crs, ".".join(entry.path))
        except InvalidInput as error:
            problems.append(_problem(entry.path, sentence(error)))
    if problems:
        raise refusal(problems)


def refusal(problems: list[Problem]) -> Unprocessable:
    """Say that these places are refused."""
    return Unprocessable(
        "What was sent is refused in %(count)s places: %(first)s.",
        count=len(problems),
        first=f"{problems[0]['pointer'] or '/'} – {problems[0]['detail']}".rstrip("."),
        further={"errors": problems},
    )


def refusal_at(path: Path, error: DisanError) -> Unprocessable:
    """Say that one place is refused, and why."""
    return refusal([_problem(path, sentence(error))])


def refuse_at(path: Path, message: str, **params: Any) -> NoReturn:
    """Raise `Unprocessable` for one place; the message is a msgid."""
    raise refusal_at(path, InvalidInput(message, **params))


def as_refusal(error: InvalidInput, kind: Kind | None, payload: Mapping[str, Any]) -> Unprocessable:
    """Say what an operation refused of a record in the form of this API: with a pointer for each field."""
    code = error.params.get("code")
    messages, field = error.params.get("fields"), error.params.get("field")
    if messages and kind is not None:
        found = list(_problems(kind.schema(), messages, payload))
    else:
        cause = error.params.get("problem")
        text = sentence(cause if isinstance(cause, DisanError) else error)
        found = [(tuple(str(field).split(".")) if field else (), text)]
    problems = [{"record": code, **_problem(path, text)} if code else _problem(path, text) for path, text in found]
    return Unprocessable(error.message, **error.params, further={"errors": problems})


def _problem(path: Path, text: str) -> Problem:
    return {"pointer": pointer(path), "detail": text}


def _problems(schema: Schema, messages: Any, payload: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Give marshmallow's nested messages with their places."""
    if not isinstance(messages, Mapping):
        for message in messages if isinstance(messages, list) else [messages]:
            yield path, catalogue(current_language()).gettext(str(message))
        return
    for key, inner in messages.items():
        if key == "_schema":
            yield from _problems(schema, inner, payload, path)
            continue
        field = schema.fields.get(str(key)) if not path else None
        value = payload.get(key) if isinstance(payload, Mapping) else None
        at = (*path, str(key))
        if isinstance(field, Localized) and isinstance(value, Mapping):
            at = (*at, *_language(field, value))
        yield from _problems(schema, inner, value, at)


def _language(field: Localized, texts: Mapping[Any, Any]) -> Path:
    """Tell in which language a localized text is refused, as far as that is one language's matter."""
    for code, text in texts.items():
        try:
            field.__class__(longest=field.longest).deserialize({code: text})
        except ValidationError:
            return (str(code),)
    return (field.needs,) if field.needs else ()


def _is_said(payload: Any, path: Path) -> bool:
    """Tell whether there is anything at a place."""
    found = payload
    for step in path:
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return False
    return found is not None and found not in ("", [], {})
