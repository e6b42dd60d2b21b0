"""Reading a table from a file that somebody sent: in a process of its own, a part at a time, within limits."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.config import Settings
from app.core import sealed
from app.core.errors import InvalidInput
from app.exchange import geodata
from app.exchange.tables.lines import GEOMETRY, SYSTEM, Line, Sheet

_READER = "app.exchange.tables.worker"
_LONGEST_PART = 64_000_000
_GEODATA_START = (b"SQLite format 3\x00", b"<", b"{", b"[")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a table may be, and what its reader may use: memory, answer in bytes, times in seconds."""

    file_bytes: int = 50_000_000
    lines: int = 200_000
    filled_lines: int = 50_000
    columns: int = 500
    sheets: int = 30
    unpacked_bytes: int = 400_000_000
    zip_ratio: int = 100
    memory_bytes: int = 1_200_000_000
    cpu_s: int = 90
    wall_s: float = 150.0
    answer_bytes: int = 400_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """Something of a file: its format, or lines of a sheet; `notes` are sentences on the whole file."""

    format: str = ""
    sheet: Sheet | None = None
    notes: tuple[geodata.Problem, ...] = ()


def read_tables(path: Path, name: str, *, settings: Settings, limits: Limits | None = None) -> Iterator[Part]:
    """Read a file whose type its content decides, part by part; `name` is what its owner calls it.

    First comes the format (`xlsx`, `xlsb`, `ods`, `xls`, `csv`, or one of geodata), then sheets with some lines each,
    the same sheet several times. A layer of geodata is a sheet whose first line names the properties; its last two
    columns hold the geometry. Raises `InvalidInput` with a sentence that says what to do for a file that is none of
    these, is damaged, too large or hostile; what was given before counts for nothing then.
    """
    limits = limits or Limits(file_bytes=settings.import_max_mb * 1_000_000)
    if path.stat().st_size > limits.file_bytes:
        raise geodata.too_large(name, geodata.Limits(file_bytes=limits.file_bytes))
    if _is_geodata(path):
        yield from _read_features(path, name, settings, limits)
        return
    bounds = sealed.Bounds(limits.memory_bytes, limits.cpu_s, limits.wall_s, limits.answer_bytes)
    asked = {"limits": dataclasses.asdict(limits)}
    sheet = Sheet(0, "")
    is_whole = False
    try:
        for head, body in sealed.ask_parts(_READER, path, name, asked, bounds, part_bytes=_LONGEST_PART):
            if "refused" in head:
                message, params = json.loads(body)
                raise InvalidInput(message, field="file", **{"file": name, **params})
            is_whole = "end" in head
            if "format" in head:
                yield Part(format=head["format"])
            elif "sheet" in head:
                sheet = Sheet(head["sheet"], head["name"])
            elif "lines" in head:
                yield Part(sheet=Sheet(sheet.position, sheet.name, [Line(*line) for line in json.loads(body)]))
    except sealed.Ended as ended:
        raise InvalidInput(geodata.TOO_LONG if ended.is_late else geodata.TOO_MUCH, field="file", file=name) from ended
    if not is_whole:
        raise InvalidInput(geodata.TOO_MUCH, field="file", file=name)


def _is_geodata(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(1000)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(_GEODATA_START) or (head.startswith(b"PK") and geodata.is_packed_geodata(path))


def _read_features(path: Path, name: str, settings: Settings, limits: Limits) -> Iterator[Part]:
    """Read geodata: a sheet for each layer, the names of all properties in its first line."""
    bounds = geodata.Limits(
        file_bytes=limits.file_bytes,
        features=limits.filled_lines,
        vertices=5_000_000,
        memory_bytes=limits.memory_bytes,
        cpu_s=limits.cpu_s,
        wall_s=limits.wall_s,
        answer_bytes=limits.answer_bytes,
        text_length=20_000,
    )
    report = geodata.read_geodata(path, name, settings=settings, limits=bounds)
    yield Part(format=report.format, notes=report.notes)
    layers: dict[str, list[geodata.GeodataFeature]] = {}
    for feature in report.features:
        layers.setdefault(feature.layer, []).append(feature)
    for position, (layer, features) in enumerate(layers.items()):
        columns = list(dict.fromkeys(key for feature in features for key in feature.properties))
        lines = [Line(0, [*columns, GEOMETRY, SYSTEM])]
        lines += [_line(feature, columns) for feature in features]
        yield Part(sheet=Sheet(position, layer, lines))


def _line(feature: geodata.GeodataFeature, columns: list[str]) -> Line:
    cells: list[Any] = [feature.properties.get(name) for name in columns]
    cells += [feature.entered_text or None, feature.entered_crs if feature.entered_text else None]
    problems = [
        {"message": problem.message, "params": dict(problem.params)}
        for problem in feature.problems
        if problem.message != geodata.NO_GEOMETRY
    ]
    return Line(feature.number, cells, problems=problems)
