"""Projections for tests of the publication's tables, made without a register: features by code and place."""

from __future__ import annotations

from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.publication.schema import Place, Projection, Rendering
from app.publication.store import journal, store
from app.publication.tiles.grid import EXTENT, Tile


def projection(code: str, shape: BaseGeometry | None, **properties: Any) -> Projection:
    """A feature with a place that is known to within 20 m, or without any, the same in both languages."""
    told = {"code": code, "name": f"Điểm {code}", "url": f"/vi/x/{code}", "location_precision_m": 20, **properties}
    point = shape.representative_point() if shape else None
    place = Place(point.x, point.y, 20, shape) if point and shape else None
    rendering = Rendering(code.lower(), told, [], [])
    return Projection(code, 0, place, (), dict.fromkeys(("vi", "en"), rendering))


def publish_points(session: Session, collection: str, points: dict[int, tuple[float, float] | None]) -> None:
    """Publish points (lon, lat) by the number of their row in the register; None takes one out."""
    shown = {key: projection(f"T-{key}", shapely.Point(*place)) for key, place in points.items() if place is not None}
    journal(session, [store(session, collection, list(points), shown)])


def tile_at(lon: float, lat: float, zoom: int) -> Tile:
    """The tile in which a place lies."""
    x, y = Tile(zoom, 0, 0).project(shapely.get_coordinates(shapely.Point(lon, lat)))[0] / EXTENT
    return Tile(zoom, int(x), int(y))
