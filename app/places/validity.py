"""Why a shape is no valid one, said with the place where it goes wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import shapely
from shapely.geometry.base import BaseGeometry

from app.core.errors import InvalidInput

# What GEOS says (its class TopologyValidationError), and what a person is told.
_SENTENCES = {
    "Self-intersection": "The boundary crosses or touches itself at %(place)s. "
    "Write the corners in their order along the boundary.",
    "Ring Self-intersection": "The boundary comes back to a corner that it has passed, at %(place)s. "
    "Leave that corner out, or draw two areas.",
    "Hole lies outside shell": "A hole lies outside its area, at %(place)s. "
    "Move it inside, or draw it as another area.",
    "Holes are nested": "A hole lies in another hole, at %(place)s. Remove one of them.",
    "Nested shells": "An area lies in another area of the same shape, at %(place)s. Remove one of them.",
    "Interior is disconnected": "Holes cut the area in two, at %(place)s. Draw two areas.",
    "Duplicate Rings": "The same ring comes twice, at %(place)s. Remove one of them.",
    "Too few points in geometry component": "There are too few different points, at %(place)s. "
    "A line needs two, an area three.",
    "Invalid Coordinate": "A coordinate is no number. Write both values of every corner.",
}
_ANYWHERE = "The shape is not valid at %(place)s. Draw it anew there."
_REASON = re.compile(r"(?P<what>[^\[]+)\[(?P<x>\S+) (?P<y>\S+)\]")


def refuse_invalid(
    shape: BaseGeometry,
    say: Callable[[float, float], str],
    to_wgs84: Callable[[float, float], tuple[float, float]] | None = None,
) -> None:
    """Raise `InvalidInput` when a shape is not valid (OGC Simple Features, 6.1.11), with the place in `place`.

    `say` writes x and y of the shape as the reader writes places; `to_wgs84` turns them into `lon` and `lat` of the
    error, degrees, so that a map can point there.
    """
    if shape.is_valid:
        return
    found = _REASON.match(shapely.is_valid_reason(shape))
    x, y = (float(found["x"]), float(found["y"])) if found else (math.nan, math.nan)
    sentence = _SENTENCES.get(found["what"].strip(), _ANYWHERE) if found else _ANYWHERE
    if not (math.isfinite(x) and math.isfinite(y)):
        raise InvalidInput(sentence, place="?")
    lon, lat = to_wgs84(x, y) if to_wgs84 else (x, y)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise InvalidInput(sentence, place=say(x, y))
    raise InvalidInput(sentence, place=say(x, y), lon=round(lon, 7), lat=round(lat, 7))
