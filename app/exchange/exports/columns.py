"""Records as rows of a table, in the shape that the importer reads: `name_vi`, `a|b`, parts in tables of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from marshmallow import fields

from app.core.fields import Localized
from app.exchange.coercion import SEPARATOR
from app.exchange.exports.gathering import OfKind, parts_of
from app.exchange.exports.wording import Wording
from app.records.payloads import rows_of, schema_of

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, the path of its field (`locations.obtained` in a part), of a text its language."""

    heading: str
    path: str
    field: fields.Field[Any]
    language: str = ""

    @property
    def name(self) -> str:
        """The field's name within its record or part."""
        return self.path.rpartition(".")[2]

    def value(self, row: Mapping[str, Any]) -> Value:
        """Give what a record or a part says there, None for nothing."""
        value = row.get(self.name)
        if self.language:
            return value.get(self.language) or None if isinstance(value, Mapping) else None
        if isinstance(value, list):
            return SEPARATOR.join(str(one) for one in value) or None
        if isinstance(value, str):
            return value or None
        return value if isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a kind: its main one, called like the kind's collection, or one of a list of parts, `sites.sources`.

    In a table of parts the record's code stands first, then `uid`, by which a part is known again.
    """

    name: str
    part: str
    columns: tuple[Column, ...]

    @property
    def headings(self) -> list[str]:
        """What stands in its first line."""
        return [*(["code"] if self.part else []), *(column.heading for column in self.columns)]

    def rows(self, code: str, payload: Mapping[str, Any]) -> Iterable[list[Value]]:
        """Give the rows of a record: one in the main table, as many as it has parts in another."""
        if not self.part:
            yield [column.value(payload) for column in self.columns]
            return
        for row in rows_of(payload, self.part):
            yield [code, *(column.value(row) for column in self.columns)]


def tables_of(found: OfKind, wording: Wording) -> list[Table]:
    """Give the tables that hold the records of a kind: the main one, and one for each list that has any part."""
    plural, parts = found.kind.plural, parts_of(found.kind)
    tables = [Table(plural, "", main_columns(found, wording))]
    for name in wording.in_order(found.kind.name, parts):
        if found.parts[name]:
            fields = parts[name].fields
            names = ["uid", *(inner for inner in fields if inner != "uid")]
            tables.append(
                Table(f"{plural}.{name}", name, _columns(fields, names, f"{name}.", found, wording.languages))
            )
    return tables


def main_columns(found: OfKind, wording: Wording) -> tuple[Column, ...]:
    """Give the columns of a kind's main table: the code, then its fields in the order of its form."""
    fields, parts = schema_of(found.kind.schema).fields, parts_of(found.kind)
    names = wording.in_order(found.kind.name, (name for name in fields if name != "code" and name not in parts))
    return _columns(fields, ["code", *names], "", found, wording.languages)


def _columns(
    known: Mapping[str, fields.Field[Any]], names: Iterable[str], prefix: str, found: OfKind, languages: Sequence[str]
) -> tuple[Column, ...]:
    """Give a column for each of some fields, for a text one in each language."""
    columns: list[Column] = []
    for name in names:
        path = prefix + name
        if isinstance(known[name], Localized):
            used = found.languages.get(path, set())
            # Every language of the register, so that a text which is wanting has a place to be written in.
            codes = [*languages, *sorted(used - set(languages))]
            columns += [Column(f"{name}_{code}", path, known[name], code) for code in codes]
        else:
            columns.append(Column(name, path, known[name]))
    return tuple(columns)
