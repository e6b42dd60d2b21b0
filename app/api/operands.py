"""The sides of a comparison in CQL2 JSON: properties with the form their text is compared in, and typed values."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from typing import Any

from app.api.times import Times, read_day, read_instant, times_of_day
from app.core.errors import InvalidInput
from app.core.text import excerpt
from app.publication.comparisons import Form, make_form
from app.publication.schema import Property
from app.publication.values import BEGINNING, END, day_number

_FORMS: dict[frozenset[str], Form] = {
    frozenset(): "written",
    frozenset({"casei"}): "small",
    frozenset({"accenti"}): "bare",
    frozenset({"casei", "accenti"}): "folded",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A queryable that is asked for: the names its values are kept under, and the form its text is compared in."""

    found: Property
    names: tuple[str, ...]
    form: Form


@dataclass(frozen=True, slots=True)
class Operand:
    """A side of a comparison without its CASEI and ACCENTI: a property's name, or a value, and the form they make."""

    value: Any
    is_property: bool
    form: Form

    @classmethod
    def read(cls, node: Any) -> Operand:
        """Take the functions off; raises `InvalidInput` where one has not one argument."""
        functions: set[str] = set()
        while isinstance(node, dict) and node.get("op") in ("casei", "accenti"):
            args = node.get("args")
            if not isinstance(args, list) or len(args) != 1:
                raise unfit(node)
            functions.add(node["op"])
            node = args[0]
        is_property = isinstance(node, dict) and set(node) == {"property"}
        return cls(node["property"] if is_property else node, is_property, _FORMS[frozenset(functions)])


def unfit(node: Any) -> InvalidInput:
    """Give the error for a part that is no CQL2, or none that is read at its place."""
    return InvalidInput(
        "filter: “%(value)s” is not read at its place. A condition is like rank = 'national', year_from < 1500, "
        'name LIKE \'%%chùa%%\', or in JSON {"op": "=", "args": [{"property": "rank"}, "national"]}.',
        field="filter",
        value=excerpt(json.dumps(node, ensure_ascii=False)),
    )


def wrong_type(found: Property, value: Any) -> InvalidInput:
    """Give the error for a value of another type than the property's."""
    examples = {
        "text": "'…'",
        "number": "1500",
        "boolean": "TRUE",
        "date": "DATE('2026-01-31')",
        "instant": "TIMESTAMP('2026-01-31T00:00:00Z')",
    }
    return InvalidInput(
        "filter: “%(value)s” cannot be compared with %(name)s; write a value like %(example)s.",
        field="filter",
        value=excerpt(json.dumps(value, ensure_ascii=False)),
        name=found.name,
        example=examples[found.sort],
    )


def read_text_value(found: Property, node: Any) -> str:
    """Read a text in the form that its functions make, composed (NFC); raises `InvalidInput` for anything else."""
    operand = Operand.read(node)
    if not isinstance(operand.value, str):
        raise wrong_type(found, operand.value)
    return make_form(operand.form, unicodedata.normalize("NFC", operand.value))


def read_number(found: Property, value: Any) -> float:
    """Read a number, or a truth as 1 or 0; raises `InvalidInput` where the property is not of that type."""
    if found.sort == "boolean":
        # GDAL writes 1 and 0.
        is_fit = isinstance(value, bool | int) and value in (0, 1)
    else:
        # What JSON calls a number may be larger than any, or none.
        is_fit = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
    if not is_fit:
        raise wrong_type(found, value)
    return float(value)


def read_moment(found: Property, value: Any) -> float:
    """Read what a day or an instant is compared by; a plain text will do, as GDAL writes it."""
    keys = {"date": "date", "instant": "timestamp"}
    text = value.get(keys[found.sort]) if isinstance(value, dict) and len(value) == 1 else value
    if isinstance(text, str):
        if found.sort == "date" and (day := read_day(text)):
            return day_number(day)
        if found.sort == "instant" and (instant := read_instant(text)):
            return instant.timestamp()
    raise wrong_type(found, value)


def read_times(found: Property, value: Any) -> Times:
    """Read a moment or a span of them as its beginning and end; a day lasts until its last second, in UTC."""
    ends = value.get("interval") if isinstance(value, dict) and len(value) == 1 else None
    if ends is None:
        return _read_time(found, value)
    if not isinstance(ends, list) or len(ends) != 2 or not all(isinstance(end, str) for end in ends):
        raise wrong_type(found, value)
    first = BEGINNING if ends[0] in ("", "..") else _read_time(found, ends[0])[0]
    last = END if ends[1] in ("", "..") else _read_time(found, ends[1])[1]
    if first > last:
        raise wrong_type(found, value)
    return first, last


def _read_time(found: Property, value: Any) -> Times:
    text = value.get("date") if isinstance(value, dict) and len(value) == 1 else value
    if found.sort == "instant" and isinstance(text, str) and (day := read_day(text)):
        return times_of_day(day)
    moment = read_moment(found, value)
    return moment, moment
