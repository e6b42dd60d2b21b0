"""In which direction something lies, as people say it: one of eight points of the compass."""

from __future__ import annotations

import math

from app.engine.questions import Point
from app.web.facts import translated


def _(text: str) -> str:
    """Mark a word for the catalogues; it is translated when it is said."""
    return text


_DIRECTIONS = (
    _("north"),
    _("north-east"),
    _("east"),
    _("south-east"),
    _("south"),
    _("south-west"),
    _("west"),
    _("north-west"),
)


def say_direction(here: Point, there: Point) -> str:
    """Name the direction from one place to another, over some kilometres; no word where they are the same."""
    east = (there.lon - here.lon) * math.cos(math.radians((here.lat + there.lat) / 2))
    north = there.lat - here.lat
    if not east and not north:
        return ""
    bearing = math.degrees(math.atan2(east, north)) % 360
    return translated(_DIRECTIONS[round(bearing / 45) % 8])
