"""From the cells of a line to a payload: read, laid over what stands, judged by the kind's schema, faults at cells."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from marshmallow import ValidationError

from app.config import Settings
from app.core.complaints import as_error
from app.core.errors import DisanError, InvalidInput
from app.exchange.intake.targets import AXES, DEFAULTS, EAST, LATITUDE, LONGITUDE, MENTION, NORTH, Target
from app.exchange.intake.values import Reader
from app.exchange.tables.lines import Cell, is_blank, text_of
from app.places.coordinates import WGS84, Box, read_place
from app.records.kinds import Kind

Overlay = dict[str, Any]
_NUMBER = re.compile(r"\d{4,}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line: at a column (from 0), or as a whole (None); a msgid with its values."""

    column: int | None
    message: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, column: int | None, error: DisanError) -> Fault:
        """Take an error's sentence; of errors within it, too."""
        return cls(column, error.message, {name: _plain(value) for name, value in error.params.items()})

    def to_json(self) -> dict[str, Any]:
        """Give it as a line of an import keeps it."""
        return {"column": self.column, "message": self.message, "params": dict(self.params)}


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else str(value)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a table is read: what its columns say, what every line says beside, the system of its coordinates."""

    kind: Kind
    settings: Settings
    columns: tuple[tuple[int, Target], ...]
    constants: tuple[tuple[Target, str], ...] = ()
    system: str | None = None

    def column_of(self, path: str) -> int | None:
        """Give the column that says what stands at a path, or something of the same field or part."""
        return next(iter(self.columns_of(path)), None)

    def columns_of(self, path: str) -> list[int]:
        """Give the columns that say what stands at a path: both of a place's; else those of its field or part."""
        for wanted in _shortened(path):
            owner, _, name = wanted.rpartition(".")
            found = [
                column
                for column, target in self.columns
                if target.path == wanted
                or target.path.startswith(f"{wanted}.")
                or (name == "entered_text" and target.sort in AXES and _owner(target) == owner)
            ]
            if found:
                return found
        return []


def _shortened(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition(".")[0]


@dataclass(slots=True)
class Reading:
    """What a line says: values by target, the parts of its sheets, and what could not be read."""

    values: dict[Target, Any] = field(default_factory=dict)
    # Which of them every line says.
    constants: set[Target] = field(default_factory=set)
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def spoilt(self) -> set[int | None]:
        """The columns that hold a fault already."""
        return {fault.column for fault in self.faults}

    def text(self, path: str) -> str:
        """Give what the line says at a path, "" for nothing."""
        return next((str(value) for target, value in self.values.items() if target.path == path), "")


def references(plan: Plan, lines: Iterable[Sequence[Cell]]) -> dict[str, set[str]]:
    """Give what cells say where other records are named, by the kind of these."""
    asked: dict[str, set[str]] = {}
    named = [(column, target) for column, target in plan.columns if target.sort == "record"]
    for cells in lines:
        for column, target in named:
            if column < len(cells) and not is_blank(cells[column]):
                asked.setdefault(target.record_kind or "", set()).add(text_of(cells[column]))
    for target, text in plan.constants:
        if target.sort == "record":
            asked.setdefault(target.record_kind or "", set()).add(text)
    return asked


def read_line(plan: Plan, reader: Reader, cells: Sequence[Cell]) -> Reading:
    """Read the cells of a line, each as its field wants it."""
    reading = Reading()
    axes: dict[str, dict[str, tuple[int, str]]] = {}
    for column, target in plan.columns:
        cell = cells[column] if column < len(cells) else None
        if is_blank(cell):
            continue
        if target.sort in AXES:
            axes.setdefault(_owner(target), {})[target.sort] = (column, _number_text(cell))
            continue
        try:
            reading.values[target] = reader.read(target, cell)
        except InvalidInput as error:
            reading.faults.append(Fault.of(column, error))
    if not reading.values and not reading.faults and not axes:
        return reading
    for target, text in plan.constants:
        if target not in reading.values:
            try:
                reading.values[target] = reader.read(target, text)
                reading.constants.add(target)
            except InvalidInput as error:
                reading.faults.append(Fault.of(None, error))
    _join_axes(plan, reading, axes)
    _place(plan, reading)
    return reading


def uncounted(plan: Plan, cells: Sequence[Cell], formulas: Iterable[int]) -> list[Fault]:
    """Tell of the formulas in mapped cells whose value no program has written yet."""
    told = InvalidInput(
        "The formula in this cell has no value yet. Open the file in Excel, save it and upload it again, or write the "
        "value itself."
    )
    mapped = {column for column, _ in plan.columns}
    return [
        Fault.of(column, told)
        for column in formulas
        if column in mapped and (column >= len(cells) or is_blank(cells[column]))
    ]


def _owner(target: Target) -> str:
    """Give the path of what an axis belongs to: `locations.1`, or "" for a boundary of the record itself."""
    return target.path.rpartition(".")[0]


def _number_text(cell: Cell) -> str:
    return repr(cell) if isinstance(cell, float) else text_of(cell)


def _join_axes(plan: Plan, reading: Reading, axes: Mapping[str, Mapping[str, tuple[int, str]]]) -> None:
    """Put the two values of a place, which stand in columns of their own, together as a person would write them."""
    for owner, found in axes.items():
        pair = (NORTH, EAST) if NORTH in found or EAST in found else (LATITUDE, LONGITUDE)
        missing = [axis for axis in pair if axis not in found]
        if missing:
            column = next(iter(found.values()))[0]
            other = plan.column_of(f"{owner}.{missing[0]}".lstrip("."))
            told = InvalidInput("A place has two values; the other one is missing.")
            reading.faults.append(Fault.of(other if other is not None else column, told))
            continue
        separator = " " if pair[0] == NORTH else ", "
        text = separator.join(found[axis][1] for axis in pair)
        part = _part_of(owner)
        path = f"{owner}.entered_text".lstrip(".")
        plain = f"{part[0]}.entered_text" if part else "entered_text"
        # Told at the first of its columns.
        reading.values[Target(path, plain, "coordinates", part=part)] = _Joined(text, found[pair[0]][0])


class _Joined(str):
    """The text of a place that was put together of two columns; `column` is the first of them."""

    __slots__ = ("column",)

    def __new__(cls, text: str, column: int) -> Self:
        made = super().__new__(cls, text)
        made.column = column
        return made

    column: int


def _part_of(owner: str) -> tuple[str, int] | None:
    name, _, number = owner.partition(".")
    return (name, int(number)) if number else None


def _place(plan: Plan, reading: Reading) -> None:
    """Say in which system each place is given, and see that it lies where it can."""
    for target, value in list(reading.values.items()):
        if target.sort != "coordinates":
            continue
        system_path = target.path.removesuffix("text") + "crs"
        if reading.spoilt.intersection(column for column, found in plan.columns if found.path == system_path):
            continue
        given = next((each for found, each in reading.values.items() if found.path == system_path), None)
        system = given or plan.system or _guess_system(str(value), plan.settings)
        if given is None:
            plain = target.plain.removesuffix("text") + "crs"
            reading.values[Target(system_path, plain, "system", part=target.part)] = system
        try:
            read_place(str(value), system, plausible=Box(*plan.settings.plausible_box), grid=plan.settings.grid)
        except InvalidInput as error:
            column = value.column if isinstance(value, _Joined) else plan.column_of(target.path)
            reading.faults.append(Fault.of(column, error))


def _guess_system(text: str, settings: Settings) -> str:
    """Tell metres from degrees: these have no number of four digits before the decimals."""
    whole = re.sub(r"[.,]\d+", "", re.sub(r"(?<=\d)[ .,](?=\d{3}\b)", "", text))
    return settings.grid if _NUMBER.search(whole) else WGS84


@dataclass(slots=True)
class Proposed:
    """What a record would say after an import: its payload, and which part of a list a column's number stands for."""

    payload: dict[str, Any]
    places: dict[tuple[str, int], int]


def propose(base: Mapping[str, Any], reading: Reading) -> Proposed:
    """Lay what a line says over what stands; what no column says stays.

    The number of a part counts those that stand, in their order; one beyond them is added, unless it says nothing but
    what every line says.
    """
    payload = copy.deepcopy(dict(base))
    parts: dict[tuple[str, int], dict[str, Any]] = {}
    own = {target.part for target in reading.values if target not in reading.constants}
    for target, value in reading.values.items():
        if target.path.startswith(MENTION):
            continue
        if target.part and target.part not in own and target.part[1] > len(base.get(target.part[0]) or ()):
            continue
        if target.part:
            _put(parts.setdefault(target.part, {}), target.keys, _bare(value))
        else:
            _put(payload, target.keys, _bare(value))
    places: dict[tuple[str, int], int] = {}
    for (name, number), said in sorted(parts.items()):
        rows = payload.setdefault(name, [])
        if number <= len(base.get(name) or ()):
            place = number - 1
            for key, value in said.items():
                rows[place][key] = {**rows[place].get(key, {}), **value} if isinstance(value, dict) else value
        else:
            defaults = {
                path.rpartition(".")[2]: value for path, value in DEFAULTS.items() if path.startswith(f"{name}.")
            }
            place = len(rows)
            rows.append({"uid": _new_uid(rows), **defaults, **said})
        places[name, number] = place
    for name, given in reading.parts.items():
        payload[name] = _with_parts(payload.get(name) or [], given)
    return Proposed(payload, places)


def said_of(reading: Reading) -> dict[str, Any]:
    """Give what the line of a part's own sheet says, as one part."""
    said: dict[str, Any] = {}
    for target, value in reading.values.items():
        _put(said, target.keys, _bare(value))
    return said


def _bare(value: Any) -> Any:
    return str(value) if isinstance(value, _Joined) else value


def _put(owner: dict[str, Any], keys: tuple[Any, ...], value: Any) -> None:
    *way, last = keys
    for key in way:
        inner = owner.get(key)
        owner[key] = owner = dict(inner) if isinstance(inner, dict) else {}
    owner[last] = value


def _new_uid(rows: Sequence[Mapping[str, Any]]) -> str:
    taken = {row.get("uid") for row in rows}
    return next(uid for number in range(1, len(rows) + 2) if (uid := f"i{number}") not in taken)


def _with_parts(standing: list[dict[str, Any]], given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the parts of a sheet among those that stand: the same uid is the same part."""
    rows = [dict(row) for row in standing]
    by_uid = {row.get("uid"): row for row in rows}
    for part in given:
        uid = part.get("uid")
        if uid and uid in by_uid:
            by_uid[uid].update(part)
        else:
            made = {"uid": uid or _new_uid(rows), **{key: value for key, value in part.items() if key != "uid"}}
            rows.append(made)
            by_uid[made["uid"]] = made
    return rows


def judge(plan: Plan, reading: Reading, proposed: Proposed) -> tuple[dict[str, Any] | None, list[Fault]]:
    """Ask the kind's schema about a payload; gives it as it is kept, or None, and the faults, each at its column."""
    schema = plan.kind.schema()
    try:
        loaded = schema.load(proposed.payload)
    except ValidationError as error:
        numbers = {(name, place): number for (name, number), place in proposed.places.items()}
        faults = []
        messages = list(_flatten(error.messages, numbers))
        if reading.faults or len(messages) > 1:
            # No code could be suggested where something else is missing.
            messages = [(path, message) for path, message in messages if path != "code" or plan.columns_of(path)]
        for path, message in messages:
            columns = plan.columns_of(path)
            if not reading.spoilt.intersection(columns):
                told = as_error(message)
                if not columns and path:
                    told = DisanError("%(field)s: %(problem)s", field=path, problem=str(told))
                faults.append(Fault.of(columns[0] if columns else None, told))
        return None, _first_of_each(faults)
    return (None if reading.faults else dict(schema.dump(loaded))), []


def _first_of_each(faults: Iterable[Fault]) -> list[Fault]:
    """Leave one fault at a cell: the others mostly follow from it."""
    found: dict[Any, Fault] = {}
    for fault in faults:
        found.setdefault(fault.column if fault.column is not None else (fault.message, str(fault.params)), fault)
    return list(found.values())


def _flatten(
    messages: Any, numbers: Mapping[tuple[str, int], int], path: tuple[str, ...] = ()
) -> Iterator[tuple[str, str]]:
    """Give marshmallow's messages by the path of a target: the place of a part turned into its column's number."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            step = str(key)
            if len(path) == 1 and step.isdigit():
                step = str(numbers.get((path[0], int(step)), int(step) + 1))
            yield from _flatten(inner, numbers, path if key == "_schema" else (*path, step))
    else:
        for message in messages:
            yield ".".join(path), message
