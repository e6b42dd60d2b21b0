"""Reading a form that was sent into a payload; what cannot be turned into its type stays as it was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields
from werkzeug.datastructures import MultiDict

from app.catalogue.references import SCHEMES, found_in
from app.core.fields import Edtf, Localized
from app.desk.forms.model import new_uid
from app.records.kinds import Kind
from app.records.schemas import part_schema

_DAY_FIRST = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")
_MONTH_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{4})")
_LINES = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read(kind: Kind, form: MultiDict[str, str]) -> dict[str, Any]:
    """Read a form of a kind; what was left empty is left out, an empty part too."""
    return _read(kind.name, kind.schema(), form, "", "")


def _read(kind: str, schema: Schema, form: MultiDict[str, str], prefix: str, path: str) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    for key, found in schema.fields.items():
        name, inner_path = f"{prefix}{key}", f"{path}{key}"
        parts = part_schema(found)
        if key == "uid":
            continue
        if parts is not None:
            rows = []
            for uid in dict.fromkeys(_tidy(uid) for uid in form.getlist(name)):
                row = _read(kind, parts, form, f"{name}.{uid}.", f"{inner_path}.")
                if row:
                    rows.append({"uid": uid, **row})
            if rows:
                payload[key] = rows
        else:
            value = _value(kind, found, form, name, inner_path)
            if value not in (None, "", [], {}):
                payload[key] = value
    return payload


def _value(kind: str, found: fields.Field[Any], form: MultiDict[str, str], name: str, path: str) -> Any:
    if isinstance(found, Localized):
        texts = {key.removeprefix(f"{name}."): text for key, text in form.items() if key.startswith(f"{name}.")}
        return {_tidy(language): _tidy(text) for language, text in texts.items() if text.strip()}
    if isinstance(found, fields.List):
        if found_in(SCHEMES, kind, path):
            return [_tidy(text) for text in form.getlist(name) if text.strip()]
        return [line.strip() for line in _tidy(form.get(name, "")).split("\n") if line.strip()]
    text = _tidy(form.get(name, "")).strip()
    return coerce(found, text) if text else None


def _tidy(text: str) -> str:
    """Give text with the line ends that the register keeps, and without characters that no database takes."""
    return _CONTROL.sub("", _LINES.sub("\n", text))


def coerce(found: fields.Field[Any], text: str) -> Any:
    """Turn text into what a strict field takes: numbers with a decimal comma, days as 19/3/1985, yes and no."""
    if isinstance(found, fields.Boolean):
        # A box that is not ticked says nothing, which is the field's default.
        return {"true": True, "false": None}.get(text, text)
    if isinstance(found, fields.Integer):
        digits = re.sub(r"[\s.](?=\d{3}\b)", "", _with_hyphen(text))
        return int(digits) if re.fullmatch(r"-?[0-9]{1,15}", digits) else text
    if isinstance(found, fields.Float):
        return _decimal(text)
    if isinstance(found, (fields.Date, Edtf)):
        return _day(text)
    return text


def _with_hyphen(text: str) -> str:
    """Give text with the minus sign (U+2212), which word processors write, as the hyphen that numbers take."""
    return text.replace("\u2212", "-")


def _decimal(text: str) -> Any:
    """Read a number as it is written in Viet Nam (1.234,5) or in English (1234.5)."""
    bare = re.sub(r"\s", "", _with_hyphen(text))
    if "," in bare or bare.count(".") > 1:
        bare = bare.replace(".", "").replace(",", ".")
    return float(bare) if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", bare) else text


def _day(text: str) -> str:
    """Read a day or month as it is written here (19/3/1985, 3/1985); anything else stays, EDTF among it."""
    if day := _DAY_FIRST.fullmatch(text):
        return f"{day[3]}-{int(day[2]):02d}-{int(day[1]):02d}"
    if month := _MONTH_FIRST.fullmatch(text):
        return f"{month[2]}-{int(month[1]):02d}"
    return text


def apply_act(kind: Kind, payload: dict[str, Any], act: str) -> dict[str, Any]:
    """Do what a button of a list does: `add:locations`, `remove:locations:l1`, `up:locations:l1`."""
    verb, _, rest = act.partition(":")
    name, _, uid = rest.partition(":")
    found = kind.schema().fields.get(name)
    if found is None or part_schema(found) is None:
        return payload
    rows = list(payload.get(name) or [])
    place = next((index for index, row in enumerate(rows) if row.get("uid") == uid), None)
    if verb == "add":
        rows.append({"uid": new_uid()})
    elif verb == "remove" and place is not None:
        del rows[place]
    elif verb == "up" and place:
        rows[place - 1], rows[place] = rows[place], rows[place - 1]
    return {**payload, name: rows}


def keep_withheld(payload: dict[str, Any], standing: Mapping[str, Any], withheld: frozenset[str]) -> dict[str, Any]:
    """Give the payload with the fields that its author may not see as they stand."""
    kept = {name: value for name, value in payload.items() if name not in withheld}
    return kept | {name: standing[name] for name in withheld if name in standing}
