"""What lies under and about the zones on a map: coast and rivers of our own basemap, where it is fine enough."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import shapely
from PIL import Image, ImageDraw
from shapely.geometry.base import BaseGeometry

from app.config import ROOT
from app.exchange.papers.lettering import INK, mm, write

_WATER, _LAND, _COAST, _RIVER = "#e4eef4", "#fbfaf5", "#9aa5ad", "#7fa8c2"
# How far the small map shows the country about a place, in degrees to each side.
_REACH = 0.3
# Gives where a place (longitude, latitude) is drawn.
Place: TypeAlias = Callable[[float, float], tuple[float, float]]


@cache
def _ground() -> tuple[tuple[BaseGeometry, ...], BaseGeometry]:
    """Read the province of our own basemap (WGS 84), and the box that it covers."""
    told = json.loads((ROOT / "static" / "map" / "province.geojson").read_text(encoding="utf-8"))
    kinds = ("land", "river")
    features = sorted(
        (one for one in told["features"] if one["properties"]["kind"] in kinds),
        key=lambda one: kinds.index(one["properties"]["kind"]),
    )
    shapes = tuple(shapely.from_geojson(json.dumps(one["geometry"])) for one in features)
    return shapes, shapely.union_all([one.envelope for one in shapes]).envelope


def draw_ground(image: Image.Image, window: BaseGeometry, place: Place) -> bool:
    """Draw land, water and rivers within a window of degrees; gives False where the basemap does not cover it."""
    shapes, covered = _ground()
    met = [one.intersection(window) for one in shapes if one.intersects(window)]
    if not met or not covered.contains(window):
        return False
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 0, image.width, image.height], fill=_WATER)
    for part in (part for shape in met for part in shapely.get_parts(shape)):
        if part.geom_type == "Polygon":
            draw.polygon([place(*corner) for corner in part.exterior.coords], fill=_LAND, outline=_COAST)
            for hole in part.interiors:
                draw.polygon([place(*corner) for corner in hole.coords], fill=_WATER, outline=_COAST)
        elif part.geom_type == "LineString":
            draw.line([place(*corner) for corner in part.coords], fill=_RIVER, width=mm(0.25))
    return True


def draw_inset(side: int, lon: float, lat: float) -> Image.Image | None:
    """Draw a small square map of the country about a place, so many pixels wide; None where there is no basemap."""

    def place(x: float, y: float) -> tuple[float, float]:
        return (x - lon + _REACH) / (2 * _REACH) * side, side - (y - lat + _REACH) / (2 * _REACH) * side

    inset = Image.new("RGB", (side, side))
    if not draw_ground(inset, shapely.box(lon - _REACH, lat - _REACH, lon + _REACH, lat + _REACH), place):
        return None
    draw = ImageDraw.Draw(inset)
    x, y = place(lon, lat)
    draw.ellipse([x - 10, y - 10, x + 10, y + 10], fill="#c1121f", outline="white", width=3)
    draw.rectangle([0, 0, side - 1, side - 1], outline=INK, width=3)
    write(draw, (mm(1), mm(0.8)), "Vị trí trong vùng", 2.0)
    return inset
