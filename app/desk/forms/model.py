"""A form as a page shows it: groups of fields made from a kind's schema and filled from a payload."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from marshmallow import Schema, fields

from app.catalogue.references import COORDINATES, RECORDS, SCHEMES, SYSTEMS, UNITS, found_in
from app.core.fields import Edtf, Localized, Text
from app.desk.forms.labels import GROUPS, OPTIONS, group_of, label_of, place_of
from app.desk.forms.words import Label
from app.records.compare import Conflict
from app.records.kinds import Kind
from app.records.schemas import part_schema

# Longer texts get room.
_LONGEST_LINE = 600
Errors: TypeAlias = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Widget:
    """A field of a form: `sort` says how it is shown, `name` is what it is sent under.

    `scheme` names the choices there are, `value` is text, or a list of texts for several choices; `texts` are those of
    a localized field by language; `rows` those of a list of parts, each a uid with its widgets.
    """

    sort: str
    name: str
    path: str
    label: Label
    value: Any = ""
    texts: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[str, list[Widget]]] = field(default_factory=list)
    errors: Sequence[str] = ()
    others: Sequence[Conflict] = ()
    scheme: str | None = None
    record_kind: str | None = None
    is_required: bool = False
    is_withheld: bool = False
    is_fixed: bool = False


@dataclass(slots=True)
class Group:
    """Fields that belong together; `wrong` is how many of them have an error."""

    name: str
    title: str
    widgets: list[Widget]

    @property
    def wrong(self) -> int:
        """How many fields have an error, parts included."""
        return sum(_count_errors(widget) for widget in self.widgets)

    @property
    def is_filled(self) -> bool:
        """Whether any field says something."""
        return any(widget.value or widget.rows or any(widget.texts.values()) for widget in self.widgets)


def _count_errors(widget: Widget) -> int:
    return bool(widget.errors) + sum(_count_errors(inner) for _, row in widget.rows for inner in row)


@dataclass(frozen=True, slots=True)
class Look:
    """What a form shows beside the payload: errors by a field's sent name, other texts by path, what is withheld."""

    errors: Errors = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    withheld: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()


def build(kind: Kind, payload: Mapping[str, Any], languages: Sequence[str], look: Look) -> list[Group]:
    """Make the form of a kind, filled from a payload, in groups that have fields, in their order."""
    builder = _Builder(kind.name, tuple(languages), look)
    groups: dict[str, list[Widget]] = {name: [] for name in GROUPS}
    for name, found in kind.schema().fields.items():
        widget = builder.widget(found, name, name, payload.get(name))
        widget.is_withheld = name in look.withheld
        widget.is_fixed = name in look.fixed
        groups[group_of(kind.name, name)].append(widget)
    for widgets in groups.values():
        widgets.sort(key=lambda widget: place_of(kind.name, widget.path))
    return [Group(name, GROUPS[name], widgets) for name, widgets in groups.items() if widgets]


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a field: the widgets that lead to it, the last its own, and the sentences."""

    trail: tuple[Widget, ...]
    texts: Sequence[str]
    place: int = 0


def complaints(groups: Iterable[Group], errors: Errors) -> list[Complaint]:
    """Give what is wrong in the order of the form, first what concerns no field; a row's `place` counts from 1."""
    found: list[Complaint] = []
    for group in groups:
        for widget in group.widgets:
            found += [Complaint((widget,), widget.errors)] if widget.errors else []
            for place, (_, row) in enumerate(widget.rows, 1):
                found += [Complaint((widget, inner), inner.errors, place) for inner in row if inner.errors]
    told = {complaint.trail[-1].name for complaint in found}
    return [Complaint((), texts) for name, texts in errors.items() if name not in told] + found


@dataclass(frozen=True, slots=True)
class _Builder:
    """Makes widgets for the fields of a kind."""

    kind: str
    languages: tuple[str, ...]
    look: Look

    def widget(self, found: fields.Field[Any], name: str, path: str, value: Any) -> Widget:
        """Make the widget of a field that is sent under `name` and stands at `path` of the schema."""
        parts = part_schema(found)
        widget = Widget(
            sort="parts" if parts else _sort(self.kind, found, path),
            name=name,
            path=path,
            label=label_of(self.kind, path),
            errors=self.look.errors.get(name, ()),
            others=_others(name, self.look.conflicts),
            scheme=found_in(SCHEMES, self.kind, path) or (path if path in OPTIONS else None),
            record_kind=found_in(RECORDS, self.kind, path),
            is_required=found.required,
        )
        if parts:
            rows = value if isinstance(value, list) else []
            widget.rows = [
                (str(row["uid"]), self._row(parts, f"{name}.{row['uid']}", path, row))
                for row in rows
                if isinstance(row, Mapping) and row.get("uid")
            ]
        elif isinstance(found, Localized):
            texts = value if isinstance(value, Mapping) else {}
            widget.texts = {language: str(texts.get(language) or "") for language in (*self.languages, *texts)}
        elif widget.sort in ("lines", "choices"):
            widget.value = [str(one) for one in value] if isinstance(value, list) else ([str(value)] if value else [])
        else:
            widget.value = _written(value)
        return widget

    def _row(self, schema: Schema, name: str, path: str, row: Mapping[str, Any]) -> list[Widget]:
        return [
            self.widget(inner, f"{name}.{key}", f"{path}.{key}", row.get(key))
            for key, inner in schema.fields.items()
            if key != "uid"
        ]


def _others(name: str, conflicts: Iterable[Conflict]) -> list[Conflict]:
    """Give what others say of a field; a localized field has one for each language."""
    return [found for found in conflicts if ".".join(found.path) == name or ".".join(found.path[:-1]) == name]


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _sort(kind: str, found: fields.Field[Any], path: str) -> str:
    """Say how a field is shown: the first rule that fits."""
    scheme = found_in(SCHEMES, kind, path)
    is_list = isinstance(found, fields.List)
    rules: tuple[tuple[bool, str], ...] = (
        (is_list and scheme is not None, "choices"),
        (is_list, "lines"),
        (isinstance(found, Localized), "long texts" if _is_long(found) else "texts"),
        (path in COORDINATES, "coordinates"),
        (path in SYSTEMS, "system"),
        (scheme is not None or path in OPTIONS, "choice"),
        (path in UNITS, "unit"),
        (found_in(RECORDS, kind, path) is not None, "record"),
        (isinstance(found, Edtf), "edtf"),
        (isinstance(found, fields.Boolean), "boolean"),
        (isinstance(found, (fields.Integer, fields.Float)), "number"),
        (isinstance(found, fields.Date), "date"),
        (isinstance(found, fields.Url), "url"),
        (_is_long(found), "long"),
    )
    return next((sort for fits, sort in rules if fits), "line")


def _is_long(found: fields.Field[Any]) -> bool:
    return isinstance(found, (Localized, Text)) and found.longest > _LONGEST_LINE


def new_uid() -> str:
    """Make a lasting name for a new part."""
    return f"n{secrets.token_hex(4)}"
