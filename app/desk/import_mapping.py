"""The page on which the columns of a table are mapped: what each is called, holds, and is taken for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.catalogue import KINDS
from app.desk.context import read_key, say
from app.desk.forms.choices import language_name
from app.desk.forms.labels import GROUPS, group_of, label_of, place_of
from app.exchange.intake.models import Import
from app.exchange.intake.queries import first_lines
from app.exchange.intake.targets import AXES, EAST, LATITUDE, LONGITUDE, MENTION, NORTH, Target, targets_of
from app.exchange.tables.lines import GEOMETRY, SYSTEM, Line, text_of
from app.http.settings import current_settings
from app.places.preview import coordinate_systems

# So many values may be said of every line; so many lines show what a column holds.
CONSTANTS = 3
_SAMPLES = 3
_AXIS_LABELS = {
    NORTH: "X (north) on the grid",
    EAST: "Y (east) on the grid",
    LATITUDE: "Latitude",
    LONGITUDE: "Longitude",
}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column to be mapped: its place, its heading, what its first lines say, and what it is taken for."""

    place: int
    heading: str
    samples: Sequence[str]
    path: str


def read_mapping(session: Session, found: Import) -> dict[str, Any]:
    """Give what the page of the mapping shows; what was typed before it was refused stays."""
    typed = request.form if request.method == "POST" else None
    position = read_key(request.values.get("sheet"))
    sheet = next((each for each in found.sheets if each["position"] == position), None) or next(
        each for each in found.sheets if each["position"] == found.sheet
    )
    is_own = sheet["position"] == found.sheet
    mapping = found.mapping if is_own else sheet["guess"]
    lines = [line for line in first_lines(session, found, sheet["position"], 60) if line.number > sheet["heading"]]
    lines = [line for line in lines if not line.is_heading and not Line(line.number, line.cells).is_empty][:_SAMPLES]
    columns = []
    for place, heading in enumerate(sheet["columns"]):
        samples = [text_of(line.cells[place])[:60] for line in lines if place < len(line.cells)]
        path = typed.get(f"column-{place}", "") if typed is not None else mapping.get(str(place), "")
        if heading or any(samples):
            columns.append(_Column(place, _say_heading(heading), [each for each in samples if each], path))
    constants = list(found.constants.items()) if is_own else []
    if typed is not None:
        constants = [(typed.get(f"constant-{n}", ""), typed.get(f"value-{n}", "")) for n in range(CONSTANTS)]
    constants += [("", "")] * (CONSTANTS - len(constants))
    systems = coordinate_systems(current_settings().grid)
    parts = parts_named([column.path for column in columns])
    return {
        "sheets": [each for each in found.sheets if each["part"] is None],
        "parts": [each for each in found.sheets if each["part"] is not None],
        "sheet": sheet,
        "columns": columns,
        "choices": _choices(found.kind, parts),
        "constants": constants,
        "systems": [(each.code, say(each.message) % each.params) for each in systems],
        "system": (typed.get("system", "") if typed is not None else found.options.get("system")) or "",
        "is_known": bool(found.options.get("is_known")) and is_own,
    }


def _say_heading(heading: str) -> str:
    names = {GEOMETRY: "The geometry itself", SYSTEM: "The geometry’s coordinate system"}
    return say(names[heading]) if heading in names else heading


def parts_named(paths: Sequence[str]) -> int:
    """Count how many parts of one list are named at most, and offer one more."""
    numbers = [int(piece) for path in paths for piece in path.split(".") if piece.isdecimal()]
    return min(max(numbers, default=0) + 1, 20)


def _choices(kind: str, parts: int) -> list[tuple[str, list[tuple[str, str]]]]:
    """Give what a column may be said to be, by the groups of the kind's form."""
    groups: dict[str, list[tuple[int, str, str]]] = {}
    for target in targets_of(KINDS[kind], tuple(current_settings().languages), parts).values():
        field = target.plain.partition(".")[0]
        field = "locations" if target.sort in AXES and not target.part else field
        field = "types_as_ranked" if target.path.startswith(MENTION) else field
        group = groups.setdefault(group_of(kind, field), [])
        group.append((place_of(kind, field), target.path, name_target(kind, target)))
    return [
        (say(GROUPS[name]), [(path, label) for _, path, label in sorted(groups[name], key=lambda row: row[0])])
        for name in GROUPS
        if name in groups
    ]


def name_target(kind: str, target: Target) -> str:
    """Name something that a column may say: “Locations 1: Coordinates”, “Name (English)”."""
    if target.path.startswith(MENTION):
        field = target.path.removeprefix(MENTION)
        label = say(label_of("decision", "items.level" if field == "level" else field).text)
        return f"{say(KINDS['decision'].title)}: {label}"
    is_axis = target.sort in AXES
    label = say(_AXIS_LABELS[target.sort] if is_axis else label_of(kind, target.plain).text)
    if target.part:
        name, number = target.part
        label = f"{say(label_of(kind, name).text)} {number}: {label}"
    if target.language:
        label = f"{label} ({language_name(target.language)})"
    return f"{label} *" if target.is_required and not target.part else label
