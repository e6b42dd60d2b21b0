"""Finding what a new record may be already: by its folded name and by how far it lies from others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import pyproj
import shapely
import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.errors import InvalidInput
from app.core.text import fold
from app.engine.questions import intersects
from app.exchange.intake.lookups import plain_words
from app.places.coordinates import Box, read_place
from app.records.kinds import Kind
from app.records.register import RegisterEntry, RegisterShape
from app.records.shapes import main_entry

_SHAPES = cast("sa.Table", RegisterShape.__table__)
_ENTRIES = cast("sa.Table", RegisterEntry.__table__)
_GEOD = pyproj.Geod(ellps="WGS84")
# Of the same name, things may still be two where they lie further apart (metres).
_FAR_M = 20_000
# Within so many metres, a name that is like it is enough; of the same point any name is told.
_NEAR_M = 150
_DEGREES = 0.0016
_ALIKE = 80
_MOST = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that a line may mean: its code and name, how alike the names are (0–100), how far it lies (m)."""

    code: str
    name: str
    alike: int
    distance_m: int | None
    line: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Give it as a line of an import keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is known of a new record: the line, what it is called, where it lies (longitude, latitude) if anywhere."""

    line: int
    name: str
    place: tuple[float, float] | None


def proposal(kind: Kind, line: int, payload: Mapping[str, Any], settings: Settings) -> Proposal:
    """Take what duplicates are found by from a payload."""
    names = kind.label(payload)
    entry = main_entry(payload)
    place = None
    if entry is not None:
        try:
            shape = read_place(
                entry.text, entry.crs, plausible=Box(*settings.plausible_box), grid=settings.grid
            ).geometry
            point = shape.representative_point()
            place = (point.x, point.y)
        except InvalidInput:
            place = None
    return Proposal(line, names.get("vi") or next(iter(names.values()), ""), place)


class Within:
    """What the table itself has brought so far: a line that says what an earlier one said is a candidate, too."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[tuple[Proposal, str]]] = {}

    def find(self, one: Proposal) -> list[Candidate]:
        """Give earlier lines of the same name that do not lie far off."""
        found = []
        for other, code in self._by_name.get(plain_words(one.name), ()):
            distance = _distance(one.place, other.place)
            if distance is None or distance <= _NEAR_M:
                found.append(Candidate(code, other.name, 100, distance, other.line))
        return found[:_MOST]

    def add(self, one: Proposal, code: str) -> None:
        """Take in a line."""
        self._by_name.setdefault(plain_words(one.name), []).append((one, code))


def find_duplicates(session: Session, kind: Kind, proposals: Sequence[Proposal]) -> dict[int, list[Candidate]]:
    """Give, by line, the records of a kind that the new ones may be, the likeliest first.

    One of the same folded name, unless it is known to lie far off; one close by with a name that is alike. What is
    asked grows with the lines, not with the register.
    """
    found: dict[int, dict[str, Candidate]] = {one.line: {} for one in proposals}
    _by_name(session, kind, proposals, found)
    _by_place(session, kind, proposals, found)
    ranked = {
        line: sorted(rows.values(), key=lambda row: (-row.alike, row.distance_m is None, row.distance_m or 0, row.code))
        for line, rows in found.items()
    }
    return {line: rows[:_MOST] for line, rows in ranked.items() if rows}


def _by_name(
    session: Session, kind: Kind, proposals: Sequence[Proposal], found: dict[int, dict[str, Candidate]]
) -> None:
    keys = {fold(one.name)[:200] for one in proposals if one.name}
    query = (
        sa.select(_ENTRIES.c.sort_key, _ENTRIES.c.code, _ENTRIES.c.label, *_BOUNDS)
        .select_from(_ENTRIES.outerjoin(_SHAPES, _SHAPES.c.id == _ENTRIES.c.id))
        .where(_ENTRIES.c.kind == kind.name, _ENTRIES.c.sort_key.in_(sorted(keys)))
    )
    by_key: dict[str, list[Any]] = {}
    for row in session.execute(query) if keys else ():
        by_key.setdefault(row.sort_key, []).append(row)
    for one in proposals:
        for row in by_key.get(fold(one.name)[:200], ()):
            distance = _distance(one.place, _middle(row))
            if distance is None or distance <= _FAR_M:
                found[one.line][row.code] = Candidate(row.code, _name(row.label), 100, distance)


_BOUNDS = (_SHAPES.c.min_lon, _SHAPES.c.min_lat, _SHAPES.c.max_lon, _SHAPES.c.max_lat)


def _by_place(
    session: Session, kind: Kind, proposals: Sequence[Proposal], found: dict[int, dict[str, Candidate]]
) -> None:
    for one in proposals:
        if one.place is None:
            continue
        lon, lat = one.place
        box = shapely.box(lon - _DEGREES, lat - _DEGREES, lon + _DEGREES, lat + _DEGREES)
        near = sa.select(_SHAPES.c.id).where(intersects(_SHAPES, box))
        query = (
            sa.select(_ENTRIES.c.code, _ENTRIES.c.label, *_BOUNDS)
            .select_from(_SHAPES.join(_ENTRIES, _SHAPES.c.id == _ENTRIES.c.id))
            .where(_SHAPES.c.id.in_(near), _ENTRIES.c.kind == kind.name)
            .limit(200)
        )
        for row in session.execute(query):
            distance = _distance(one.place, _middle(row))
            alike = round(fuzz.token_set_ratio(plain_words(one.name), plain_words(_name(row.label))))
            if distance is not None and distance <= _NEAR_M and alike >= _ALIKE:
                found[one.line].setdefault(row.code, Candidate(row.code, _name(row.label), alike, distance))


def _middle(row: Any) -> tuple[float, float] | None:
    if row.min_lon is None:
        return None
    return (row.min_lon + row.max_lon) / 2, (row.min_lat + row.max_lat) / 2


def _distance(one: tuple[float, float] | None, other: tuple[float, float] | None) -> int | None:
    if one is None or other is None:
        return None
    _, _, metres = _GEOD.inv(*one, *other)
    return round(float(metres))


def _name(label: Mapping[str, str]) -> str:
    return label.get("vi") or next(iter(label.values()), "")
