"""What a camera says of a picture: when and with what it was taken, and how far from the records that it shows.

It is an offer to officers; nothing of it is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyproj
import sqlalchemy as sa
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.catalogue import KINDS
from app.core.errors import InvalidInput
from app.desk.context import say, shown
from app.desk.media import Seen
from app.desk.surroundings import say_number
from app.http.settings import current_settings
from app.media.models import StoredFile
from app.places.coordinates import to_grid
from app.records.payloads import rows_of, strings
from app.records.register import RegisterEntry, RegisterShape
from app.records.shapes import LOCATIONS, TEXT
from app.records.shown import read_accepted
from app.records.withholding import withheld_of

_GEOD = pyproj.Geod(ellps="WGS84")
# Further away it is another place, or the camera's clock and position are not to be trusted.
_FAR_M = 1000


class Place(NamedTuple):
    """Where a record lies, and what it is called."""

    geometry: BaseGeometry
    label: str


def say_camera(
    session: Session, actor: User, pictures: Sequence[tuple[Mapping[str, Any], Seen | None]]
) -> list[list[str]]:
    """Say for each payload of a medium and its file what the camera says, as sentences in the reader's language.

    Nothing is said of a file that the actor may not see, nor how far it is to a record whose place is withheld.
    """
    codes = {
        code
        for payload, seen in pictures
        if seen and seen.is_told and seen.file.lon is not None
        for code in _of(payload)
    }
    places = places_of(session, actor, sorted(codes))
    return [_say(payload, seen.file, places) if seen and seen.is_told else [] for payload, seen in pictures]


def _of(payload: Mapping[str, Any]) -> list[str]:
    return strings([row.get("record") for row in rows_of(payload, "placements")])


def places_of(session: Session, actor: User, codes: Sequence[str]) -> dict[str, Place]:
    """Give where accepted records lie, of those whose place the actor may know."""
    query = (
        sa.select(RegisterEntry.code, RegisterEntry.kind, RegisterEntry.label, RegisterShape.geom)
        .join(RegisterShape, RegisterShape.id == RegisterEntry.id)
        .where(RegisterEntry.code.in_(codes))
    )
    rows = session.execute(query).all() if codes else []
    accepted = read_accepted(session, [row.code for row in rows]) if rows else {}
    found = {}
    for code, kind, label, geometry in rows:
        states = [accepted[code].payload] if code in accepted else []
        (hidden,) = withheld_of(session, KINDS, KINDS[kind], actor, [states])
        if not {LOCATIONS, TEXT} & hidden:
            found[code] = Place(geometry, f"{shown(label)} ({code})")
    return found


def _say(payload: Mapping[str, Any], file: StoredFile, places: Mapping[str, Place]) -> list[str]:
    said = []
    if file.taken:
        said.append(say("The camera's clock: %(moment)s.", moment=file.taken.replace("T", " ")))
    if file.camera:
        said.append(say("The camera: %(camera)s.", camera=file.camera))
    if file.turned_deg:
        said.append(
            say("The camera was held sideways: the picture is shown turned by %(degrees)s°.", degrees=file.turned_deg)
        )
    if file.lon is None or file.lat is None:
        return said
    near = [_say_distance(file.lon, file.lat, places[code]) for code in dict.fromkeys(_of(payload)) if code in places]
    return [*said, *near, _say_place(file.lon, file.lat)]


def distance_m(lon: float, lat: float, place: Place) -> float:
    """Give how far a point is from a record, in metres; nothing within its shape."""
    here = Point(lon, lat)
    if place.geometry.geom_type != "Point" and place.geometry.contains(here):
        return 0
    there = nearest_points(place.geometry, here)[0]
    return float(_GEOD.inv(lon, lat, there.x, there.y)[2])


def _say_distance(lon: float, lat: float, place: Place) -> str:
    if place.geometry.geom_type != "Point" and place.geometry.contains(Point(lon, lat)):
        return say("This photo was taken within %(record)s.", record=place.label)
    metres = distance_m(lon, lat, place)
    if metres < _FAR_M:
        return say("This photo was taken %(metres)s m from %(record)s.", metres=round(metres), record=place.label)
    return say(
        "This photo was taken %(km)s km from %(record)s. Is it the right record?",
        km=say_number(metres / 1000, "#,##0.0"),
        record=place.label,
    )


def _say_place(lon: float, lat: float) -> str:
    settings = current_settings()
    place = f"{lat:.6f}, {lon:.6f}"
    try:
        grid = to_grid(lon, lat, settings.grid)
    except InvalidInput:
        return say("The camera's place: %(place)s (WGS 84).", place=place)
    return say(
        "The camera's place: %(place)s (WGS 84); %(crs)s: N %(north)s, E %(east)s.",
        place=place,
        crs=settings.grid,
        north=say_number(grid.north_m, "#,##0"),
        east=say_number(grid.east_m, "#,##0"),
    )
