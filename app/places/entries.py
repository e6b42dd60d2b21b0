"""Reading what a payload says of places: units by public id, geometries as they were entered."""

from __future__ import annotations

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.errors import InvalidInput
from app.places.coordinates import Box, read_place
from app.places.models import Unit


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
