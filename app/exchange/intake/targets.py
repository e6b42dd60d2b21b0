"""What a column of a table may be mapped to: the fields of a kind, and ways of writing places over several columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from marshmallow import Schema, fields

from app.catalogue.references import COORDINATES, RECORDS, SCHEMES, SYSTEMS, UNITS, found_in
from app.core.fields import Edtf, Localized
from app.records.kinds import Kind
from app.records.schemas import part_schema
from app.records.shapes import LOCATIONS

# The values of a place that stand in columns of their own; on Vietnamese sheets X is north.
NORTH, EAST, LATITUDE, LONGITUDE = "x_north", "y_east", "latitude", "longitude"
AXES = (NORTH, EAST, LATITUDE, LONGITUDE)
# Written into a part when a column of it says something and none says this.
DEFAULTS: dict[str, str] = {
    "locations.role": "main",
    "addresses.role": "historical",
    "other_names.language": "vi",
    "placements.role": "detail",
}
MOST_PARTS = 20
# What a list of sites says of the decision that ranks each; it is a record of its own.
MENTION = "decision."
_MENTIONED = (("number", "text"), ("date", "date"), ("issuer", "text"), ("level", "term"))
_PartKey = tuple[str, int] | None
_PART = re.compile(r"(?P<list>[a-z_]+)\.(?P<number>[1-9]\d?)\.(?P<field>[a-z0-9_]+)(?:\.(?P<language>[a-z]{2,3}))?")


@dataclass(frozen=True, slots=True)
class Target:
    """Something a column may say.

    `path` names it: `name.vi`, `types`, `addresses.1.text` (of the first address); `plain` is the same without number
    and language, as the labels of forms have it. `sort` says how a cell is read: text, texts, terms, term, unit,
    record, date, day, integer, number, boolean, coordinates, system, or one of AXES.
    """

    path: str
    plain: str
    sort: str
    scheme: str | None = None
    record_kind: str | None = None
    language: str | None = None
    part: tuple[str, int] | None = None
    is_required: bool = False

    @property
    def keys(self) -> tuple[Any, ...]:
        """The way to the value in a payload, without the part's list and number."""
        name = self.plain.rpartition(".")[2]
        return (name, self.language) if self.language else (name,)


@lru_cache(maxsize=256)
def targets_of(kind: Kind, languages: tuple[str, ...], parts: int = 1) -> dict[str, Target]:
    """Give what may be mapped in a kind, by path, in the order of its schema; of each list the first `parts` parts."""
    targets = {target.path: target for target in _walk(kind, kind.schema(), languages, parts)}
    if kind.name == "site":
        for name, sort in _MENTIONED:
            path = f"{MENTION}{name}"
            targets[path] = Target(path, path, sort, "levels" if name == "level" else None)
    return targets


def find_target(kind: Kind, path: str, languages: tuple[str, ...]) -> Target | None:
    """Give what a path means; None for one that means nothing in this kind."""
    found = _PART.fullmatch(path)
    parts = min(int(found["number"]), MOST_PARTS) if found else 1
    return targets_of(kind, languages, parts).get(path)


def part_names(kind: Kind) -> list[str]:
    """Give the names of a kind's repeatable parts, each of which may have a sheet of its own."""
    return [name for name, field in kind.schema().fields.items() if part_schema(field) is not None]


def part_targets(kind: Kind, name: str, languages: tuple[str, ...]) -> dict[str, Target]:
    """Give what the columns of a part's own sheet may say, by path as of the first part; its `uid` too."""
    return {
        path: target for path, target in targets_of(kind, languages).items() if target.part and target.part[0] == name
    } | {f"{name}.1.uid": Target(f"{name}.1.uid", f"{name}.uid", "text", part=(name, 1))}


def _walk(kind: Kind, schema: Schema, languages: Sequence[str], parts: int) -> Iterator[Target]:
    for name, field in schema.fields.items():
        inner = part_schema(field)
        if inner is None:
            yield from _of_field(kind.name, field, name, name, languages=languages, part=None)
            if name in COORDINATES:
                yield from _axes(name, None, "")
            continue
        for number in range(1, parts + 1):
            for key, found in inner.fields.items():
                plain, part = f"{name}.{key}", (name, number)
                if key == "uid":
                    continue
                path = f"{name}.{number}.{key}"
                yield from _of_field(kind.name, found, path, plain, languages=languages, part=part)
                if plain in COORDINATES and name == LOCATIONS:
                    yield from _axes(plain, part, f"{name}.{number}.")


def _of_field(
    kind: str, field: fields.Field[Any], path: str, plain: str, *, languages: Sequence[str], part: _PartKey
) -> Iterator[Target]:
    scheme, record = found_in(SCHEMES, kind, plain), found_in(RECORDS, kind, plain)
    if isinstance(field, Localized):
        for language in languages:
            needed = field.required and field.needs == language
            yield Target(f"{path}.{language}", plain, "text", language=language, part=part, is_required=needed)
    else:
        sort = _sort(field, plain, has_scheme=scheme is not None, names_record=record is not None)
        yield Target(path, plain, sort, scheme, record, part=part, is_required=field.required)


def _axes(plain: str, part: _PartKey, prefix: str) -> Iterator[Target]:
    owner = plain.rpartition(".")[0]
    for axis in AXES:
        yield Target(f"{prefix}{axis}", f"{owner}.{axis}" if owner else axis, axis, part=part)


def _sort(field: fields.Field[Any], plain: str, *, has_scheme: bool, names_record: bool) -> str:
    """Say how a cell is read: the first rule that fits."""
    is_list = isinstance(field, fields.List)
    rules: tuple[tuple[bool, str], ...] = (
        (is_list, "terms" if has_scheme else "texts"),
        (plain in COORDINATES, "coordinates"),
        (plain in SYSTEMS, "system"),
        (has_scheme, "term"),
        (plain in UNITS, "unit"),
        (names_record, "record"),
        (isinstance(field, Edtf), "date"),
        (isinstance(field, fields.Date), "day"),
        (isinstance(field, fields.Boolean), "boolean"),
        (isinstance(field, fields.Integer), "integer"),
        (isinstance(field, fields.Float), "number"),
    )
    return next((sort for fits, sort in rules if fits), "text")
