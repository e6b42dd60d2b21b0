"""What papers say of a site's protection zones: their bounds in words and in VN-2000, the markers, and the map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from app.exchange.papers.asking import Asked, Row
from app.exchange.papers.maps import Drawing, Marked, Shape, Sheet, draw_map, name_system
from app.exchange.papers.wording import (
    join,
    name_concept,
    name_decision,
    say,
    title_of,
    write_area,
    write_date,
    write_metres,
)
from app.heritage.models import BoundaryMarker, Zone
from app.places.coordinates import in_system

# A marker stands on a boundary that is so near, in metres: as well as such places are known.
_NEAR_M = 2.0
# A table that anybody can check against the ground; a boundary of more corners is a drawing.
_MOST_CORNERS = 150
_AREAS = ("Polygon", "MultiPolygon")
# The frame of the map as it is printed, in millimetres: a page of A4 within its margins.
_SHEET = Sheet(width_mm=160, height_mm=222)


def _zones(asked: Asked) -> list[Zone]:
    """Give the zones that hold on the day: of each sort those of the latest decision or minutes."""
    if "zones" not in asked.kept:
        zones: list[Zone] = [one for one in asked.record.zones if one.deleted_at is None and one.version]
        known = [one for one in zones if not (day := _decided_on(one)) or day <= asked.day.isoformat()]
        latest: dict[str, str] = {}
        for one in known:
            latest[one.zone_type] = max(latest.get(one.zone_type, ""), _decided_on(one))
        asked.kept["zones"] = sorted(
            (one for one in known if _decided_on(one) == latest[one.zone_type]),
            key=lambda one: (_place(asked, one.zone_type), one.code),
        )
    found: list[Zone] = asked.kept["zones"]
    return found


def _place(asked: Asked, zone_type: str) -> int:
    order = [*asked.vocabulary.get("zone_types", {})]
    return order.index(zone_type) if zone_type in order else len(order)


def _decided_on(zone: Zone) -> str:
    """Give the day of what set a zone, for comparing; nothing where it is not known."""
    if zone.decision is not None and zone.decision.earliest_on:
        return zone.decision.earliest_on.isoformat()
    return (zone.minutes_date or "")[:10]


def _hidden(asked: Asked) -> dict[str, frozenset[str]]:
    if "hidden_zones" not in asked.kept:
        asked.kept["hidden_zones"] = asked.withheld_of(_zones(asked))
    hidden: dict[str, frozenset[str]] = asked.kept["hidden_zones"]
    return hidden


def _name(asked: Asked, zone: Zone) -> str:
    return name_concept(asked.vocabulary, "zone_types", zone.zone_type) or zone.code


def _list(asked: Asked) -> list[Row]:
    return [_zone(asked, zone, _hidden(asked)[zone.code]) for zone in _zones(asked)]


def _zone(asked: Asked, zone: Zone, hidden: frozenset[str]) -> Row:
    minutes = join([zone.minutes, write_date(zone.minutes_date)], ", ")
    shape = _shape(asked, zone)

    def told(name: str, value: str | None) -> str | None:
        return asked.withhold("zones.list") if value and name in hidden else value

    return {
        "name": _name(asked, zone),
        "edition": zone.edition or "",
        "boundary": told("boundary_text", say(zone.boundary_text)),
        "area": write_area(zone.area_m2),
        "measured_area": write_area(round(shape.area, 1)) or "" if shape is not None else "",
        "sheet": told("cadastral_sheet", zone.cadastral_sheet),
        "plot": told("cadastral_plot", zone.cadastral_plot),
        "papers": join([name_decision(zone.decision), minutes], "; "),
    }


def _shape(asked: Asked, zone: Zone) -> BaseGeometry | None:
    """Give a zone's boundary on the local grid, metres; None where there is none, or the actor may not see it."""
    if zone.geom is None or zone.geom.geom_type not in _AREAS:
        return None
    if "entered_text" in _hidden(asked)[zone.code]:
        asked.hidden.add("zones.map")
        return None
    return in_system(zone.geom, asked.settings.grid)


def _shapes(asked: Asked) -> list[tuple[Zone, BaseGeometry]]:
    found = ((zone, _shape(asked, zone)) for zone in _zones(asked))
    return [(zone, shape) for zone, shape in found if shape is not None]


def _points(asked: Asked) -> list[tuple[BoundaryMarker, Any]]:
    """Give the markers with their places on the local grid, as far as these are known and may be seen."""
    markers: Sequence[BoundaryMarker] = asked.record.boundary_markers
    is_hidden = "boundary_markers" in asked.withheld
    return [
        (one, None if is_hidden or one.geom is None else in_system(one.geom, asked.settings.grid)) for one in markers
    ]


def _markers(asked: Asked) -> list[Row]:
    points = _points(asked)
    if points and "boundary_markers" in asked.withheld:
        row = dict.fromkeys(("number", "x", "y", "zone", "state", "note"), "")
        return [{**row, "name": asked.withhold("zones.markers")}]
    shapes = _shapes(asked)
    return [
        {
            "number": str(number),
            "name": one.number,
            "x": write_metres(point.y) if point is not None else None,
            "y": write_metres(point.x) if point is not None else None,
            "zone": join(_name(asked, zone) for zone, shape in shapes if _is_on(point, shape)) or "",
            "state": name_concept(asked.vocabulary, "marker_statuses", one.status),
            "note": one.note or "",
        }
        for number, (one, point) in enumerate(points, start=1)
    ]


def _is_on(point: Any, shape: BaseGeometry) -> bool:
    return point is not None and shape.boundary.distance(point) <= _NEAR_M


def _corners(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for zone, shape in _shapes(asked):
        places = [place for ring in _rings(shape) for place in shapely.get_coordinates(ring)[:-1].tolist()]
        for number, (east, north) in enumerate(places, start=1):
            row = {"number": str(number), "zone": _name(asked, zone)}
            rows.append({**row, "x": write_metres(north), "y": write_metres(east)})
    if len(rows) > _MOST_CORNERS:
        note = f"{len(rows)} điểm góc: xem ranh giới trên bản đồ và tệp tọa độ kèm theo"
        return [{"number": "", "zone": note, "x": "", "y": ""}]
    return rows


def _rings(shape: BaseGeometry) -> list[BaseGeometry]:
    return list(shapely.get_rings(shape))


def _map(asked: Asked) -> dict[str, Any] | None:
    """Draw the map; gives the picture's name and width as it is to be printed, in millimetres."""
    if not asked.draws:
        return {"picture": "", "width_mm": _SHEET.width_mm} if _shapes(asked) else None
    drawing = _drawn(asked)
    if drawing is None:
        return None
    asked.pictures["map.png"] = drawing.png
    return {"picture": "map.png", "width_mm": _SHEET.width_mm}


def _drawn(asked: Asked) -> Drawing | None:
    if "map" not in asked.kept:
        shapes = [Shape(_name(asked, zone), zone.zone_type, shape) for zone, shape in _shapes(asked)]
        marks = [Marked(one.number, point.x, point.y) for one, point in _points(asked) if point is not None]
        title = title_of(asked.record)
        found = draw_map(shapes, marks, title=title, crs=asked.settings.grid, sheet=_SHEET) if shapes else None
        asked.kept["map"] = found
    drawing: Drawing | None = asked.kept["map"]
    return drawing


def _map_note(asked: Asked) -> str:
    if not asked.draws or _drawn(asked) is not None:
        return ""
    return asked.words["withheld"] if "zones.map" in asked.hidden else asked.words["no_boundary"]


def _scale(asked: Asked) -> str:
    drawing = _drawn(asked) if asked.draws else None
    return f"1:{drawing.scale}" if drawing else ""


FACTS: dict[str, Callable[[Asked], Any]] = {
    "zones.list": _list,
    "zones.markers": _markers,
    "zones.corners": _corners,
    "zones.map": _map,
    "zones.map_note": _map_note,
    "zones.scale": _scale,
    "zones.system": lambda asked: name_system(asked.settings.grid),
}
