"""Reading what a payload says of places: units by public id, geometries as they were entered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.errors import InvalidInput
from app.places.coordinates import Box, read_place
from app.places.models import Unit
from app.records.shapes import main_entry


def read_unit_id(session: Session, public_id: str | None, field: str) -> int | None:
    """Give the key of the unit with a public id; raises `InvalidInput` naming the units of that code."""
    if public_id is None:
        return None
    unit_id = session.scalar(sa.select(Unit.id).where(Unit.public_id == public_id))
    if unit_id is None:
        near = session.scalars(
            sa.select(Unit.public_id).where(Unit.code == public_id.split("~")[0]).order_by(Unit.public_id)
        ).all()
        raise InvalidInput(
            "%(field)s: there is no administrative unit “%(value)s”; there is %(near)s.",
            field=field,
            value=public_id,
            near=", ".join(near) or "none of that code",
        )
    return unit_id


def read_geometry(settings: Settings, text: str, crs: str, field: str) -> BaseGeometry:
    """Derive the geometry in WGS 84 from a text as entered in `crs`; raises `InvalidInput` that names the field."""
    try:
        return read_place(text, crs, plausible=Box(*settings.plausible_box), grid=settings.grid).geometry
    except InvalidInput as error:
        error.params["field"] = field
        raise


def shape_of(payload: Mapping[str, Any], settings: Settings) -> BaseGeometry | None:
    """Give where a payload lies as a whole, in WGS 84; None for nowhere, and for what cannot be read."""
    entry = main_entry(payload)
    if entry is None:
        return None
    try:
        return _derive(entry.text, entry.crs, settings.plausible_box, settings.grid)
    except InvalidInput:
        return None


@lru_cache(maxsize=8192)
def _derive(text: str, crs: str, box: tuple[float, float, float, float], grid: str) -> BaseGeometry:
    return read_geometry(Settings(plausible_box=box, grid=grid), text, crs, "geometry")
