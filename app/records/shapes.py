"""Where a record lies as a whole: of its locations the main one, or its boundary; told by the shape of its schema.

A kind with a list `locations` lies at the first one whose role is `main`, else at the first; a kind with `entered_text`
and `entered_crs` of its own (a protection zone) lies within that; any other lies nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from marshmallow import Schema
from shapely.geometry.base import BaseGeometry

from app.records.models import Record

LOCATIONS = "locations"
TEXT, CRS = "entered_text", "entered_crs"


@dataclass(frozen=True, slots=True)
class Entry:
    """A geometry as it was entered, and the path of its text in the payload."""

    text: str
    crs: str
    path: tuple[str, ...]


@lru_cache
def has_shape(schema: type[Schema]) -> bool:
    """Tell whether records of this schema can lie somewhere."""
    fields = schema().fields
    return LOCATIONS in fields or {TEXT, CRS} <= set(fields)


@lru_cache
def has_locations(schema: type[Schema]) -> bool:
    """Tell whether records of this schema have a list of locations, rather than one boundary."""
    return LOCATIONS in schema().fields


def entries(payload: Mapping[str, Any]) -> list[Entry]:
    """Give the geometries that a payload, however incomplete, states as a text in a coordinate system."""
    rows: list[tuple[tuple[str, ...], Any]] = [((), payload)]
    locations = payload.get(LOCATIONS)
    if isinstance(locations, list):
        rows += [((LOCATIONS, str(index)), row) for index, row in enumerate(locations)]
    return [
        Entry(row[TEXT], row[CRS], (*path, TEXT))
        for path, row in rows
        if isinstance(row, Mapping) and _is_filled(row.get(TEXT)) and _is_filled(row.get(CRS))
    ]


def _is_filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def main_position(payload: Mapping[str, Any]) -> int | None:
    """Give which of a payload's locations stands for the record."""
    locations = payload.get(LOCATIONS)
    if not isinstance(locations, list) or not locations:
        return None
    roles = [row.get("role") if isinstance(row, Mapping) else None for row in locations]
    return roles.index("main") if "main" in roles else 0


def main_entry(payload: Mapping[str, Any]) -> Entry | None:
    """Give the geometry as entered that stands for the record a payload describes."""
    position = main_position(payload)
    path = (TEXT,) if position is None else (LOCATIONS, str(position), TEXT)
    return next((entry for entry in entries(payload) if entry.path == path), None)


def main_shape(record: Record) -> BaseGeometry | None:
    """Give the geometry in WGS 84 that stands for an accepted record."""
    locations = getattr(record, LOCATIONS, None)
    if locations is None:
        return cast("BaseGeometry | None", getattr(record, "geom", None))
    found = next((location for location in locations if location.role == "main"), next(iter(locations), None))
    return cast("BaseGeometry | None", found.geom if found is not None else None)
