"""Reading what a payload says of places: units by public id, geometries as they were entered."""

from __future__ import annotations

import re

import sqlalchemy as sa
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.errors import InvalidInput
from app.places.coordinates import Box, parse_coordinates, parse_geometry
from app.places.models import Unit

# A line of numbers and letters, no WKT, no GeoJSON, no list of corners.
_ONE_PAIR = re.compile(r"[^\n{(]+")


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
    box = Box(*settings.plausible_box)
    try:
        if _ONE_PAIR.fullmatch(text):
            place = parse_coordinates(text, crs, plausible=box, grid=settings.grid)
            return Point(place.lon, place.lat)
        return parse_geometry(text, crs, plausible=box)
    except InvalidInput as error:
        error.params["field"] = field
        raise
