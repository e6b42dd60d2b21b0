"""Turning a payload into what a page shows: names for codes, links for records, words for dates, by its schema."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from babel.dates import format_date
from babel.numbers import format_decimal
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from app.core.dates import format_edtf
from app.core.errors import InvalidInput
from app.core.fields import Edtf
from app.desk.context import say, shown
from app.desk.labels import field_label, is_unit, option_label, scheme_of
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.places.models import Unit
from app.records.kinds import Kind
from app.records.queries import read_labels
from app.vocabularies.models import Concept
from app.vocabularies.queries import read_vocabulary

# Fields that name administrative units by public id.
_UNITS = ("current_unit", "unit")


@dataclass(frozen=True, slots=True)
class Node:
    """Something to show: `form` says how (text, link, texts, many, parts, withheld)."""

    form: str
    text: str = ""
    href: str = ""
    lang: str = ""
    items: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A field with its label, what it holds, and the sources that were given for it."""

    name: str
    label: str
    node: Node
    sources: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class Names:
    """What the codes that payloads hold are called: concepts, units, records."""

    vocabulary: Mapping[str, Mapping[str, Concept]] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    records: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def concept(self, scheme: str, code: str) -> str:
        """Name a concept, by its code where it is unknown."""
        found = self.vocabulary.get(scheme, {}).get(code)
        return shown(found.label) if found else code.replace("_", " ")

    def record(self, code: str) -> str:
        """Name a record, by its code where it is unknown."""
        return shown(self.records.get(code)) or code

    def unit(self, public_id: str) -> str:
        """Name a unit; a former one with its last year."""
        name = shown(self.units.get(public_id))
        _, _, year = public_id.partition("~")
        if not name:
            return public_id
        return say("%(name)s (until %(year)s)") % {"name": name, "year": year} if year else name


def read_names(session: Session, payloads: Iterable[Mapping[str, Any]], *, codes: Iterable[str] = ()) -> Names:
    """Read what everything that payloads mention is called, in three statements; `codes` are further records."""
    mentioned = set(codes)
    units: set[str] = set()
    for payload in payloads:
        for path, text in _strings(payload):
            if path in _UNITS:
                units.add(text)
            elif len(text) <= 60 and path != "code" and " " not in text:
                mentioned.add(text)
    query = sa.select(Unit.public_id, Unit.name).where(Unit.public_id.in_(sorted(units)))
    return Names(
        vocabulary=read_vocabulary(session),
        units=dict(session.execute(query).all()) if units else {},
        records=read_labels(session, sorted(mentioned)) if mentioned else {},
    )


def _strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "uid":
                yield from _strings(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, name)


def show_fields(
    kind: Kind, payload: Mapping[str, Any], wanted: Iterable[str], names: Names, withheld: Container[str] = ()
) -> list[Shown]:
    """Show the wanted fields of a payload in their order, those that say nothing left out."""
    known = kind.schema().fields
    found = []
    for name in wanted:
        value = payload.get(name)
        if value in (None, "", [], {}):
            continue
        node = Node("withheld") if name in withheld else show_value(kind.name, known.get(name), value, name, names)
        found.append(Shown(name, field_label(kind.name, name), node, _sources_of(payload, name)))
    return found


def _sources_of(payload: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    sources = payload.get("sources")
    if not isinstance(sources, list):
        return ()
    said = (source for source in sources if isinstance(source, Mapping))
    return tuple(source for source in said if str(source.get("statement") or "").split(".")[0] == name)


def show_value(kind: str, field: fields.Field[Any] | None, value: Any, path: str, names: Names) -> Node:
    """Show a value of a kind's field; `path` is `list.field` in a part.

    What a draft holds wrongly is shown as it was typed.
    """
    if isinstance(value, Mapping):
        order = [code for code in current_settings().languages if code in value]
        order += [str(key) for key in value if key not in order]
        return Node("texts", items=tuple((code, str(value[code])) for code in order if value[code]))
    if isinstance(value, list):
        inner = field.inner if isinstance(field, fields.List) else None
        if any(isinstance(one, Mapping) for one in value):
            rows = [one for one in value if isinstance(one, Mapping)]
            schema = inner.schema if isinstance(inner, fields.Nested) else None
            return Node("parts", items=tuple(show_part(kind, schema, row, path, names) for row in rows))
        return Node("many", items=tuple(show_value(kind, inner, one, path, names) for one in value))
    if isinstance(value, bool):
        return Node("text", say("yes") if value else say("no"))
    if isinstance(value, int | float):
        is_year = path.startswith("year")
        return Node("text", str(value) if is_year else str(format_decimal(value, locale=current_language())))
    return _show_text(kind, field, str(value), path, names)


def _show_text(kind: str, field: fields.Field[Any] | None, text: str, path: str, names: Names) -> Node:
    if isinstance(field, fields.Url):
        return Node("link" if text.startswith(("https://", "http://")) else "text", text, href=text)
    scheme = scheme_of(kind, path)
    if scheme:
        return Node("text", names.concept(scheme, text))
    if label := option_label(path, text):
        return Node("text", label)
    if text in names.records and path not in ("tags", "code"):
        return Node("link", f"{names.record(text)} ({text})", href=f"/desk/records/{text}")
    if is_unit(path):
        return Node("text", names.unit(text))
    return Node("text", show_date(text) if isinstance(field, Edtf | fields.Date) else text)


def show_part(
    kind: str, schema: Schema | None, row: Mapping[str, Any], of: str, names: Names
) -> tuple[str, list[Shown]]:
    """Show a part of a record: its uid and its fields."""
    known = schema.fields if schema is not None else {}
    order = [name for name in known if name in row] + [name for name in row if name not in known]
    found = []
    for name in order:
        value, path = row.get(name), f"{of}.{name}"
        if name != "uid" and value not in (None, "", [], {}):
            found.append(Shown(name, field_label(kind, path), show_value(kind, known.get(name), value, path, names)))
    return str(row.get("uid", "")), found


def show_date(text: str) -> str:
    """Write a date in EDTF in words; one that is none as it was typed."""
    try:
        return format_edtf(text, current_language())
    except InvalidInput:
        return text


def show_day(day: dt.date) -> str:
    """Write a day as people here read it."""
    form = "dd/MM/yyyy" if current_language() == "vi" else "d MMM yyyy"
    return str(format_date(day, form, locale=current_language()))
