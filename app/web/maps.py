"""The map: a list of what lies in view, with the same filters beside a map that is fetched when somebody wants it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, json
from werkzeug.wrappers import Response as BaseResponse

from app.config import ROOT
from app.core import clock
from app.core.db import now
from app.core.errors import Gone, InvalidInput, NotFound
from app.engine.questions import Point
from app.http import parameters
from app.http.caching import cached
from app.http.i18n import content_language, current_language
from app.http.reading import reading
from app.http.settings import current_settings
from app.publication.around import Around
from app.publication.collections import COLLECTIONS
from app.publication.conditions import Box
from app.publication.links import item_path
from app.publication.queries import read_item
from app.publication.search import newest_number
from app.publication.view import MOST_POINTS, Spot, count_view, read_list, read_view
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.features import load_feature, word
from app.web.finding import KINDS, Sought, make_card, read_at, write_at

FIRST_ZOOM, LAST_ZOOM = 5, 19
_USUAL_ZOOM = 15
_WHOLE_ZOOM = 9
_PAGE = 24
# Where nobody says how large a map is: about as much as a phone or half a desk shows.
_WIDTH_PX, _HEIGHT_PX = 640, 640
_TILE_PX = 256
_OWN = ("at", "z", "bbox", "view", "way")
# Around what is shown as a whole there is some room.
_ROOM_DEGREES = 0.002
_BASEMAP = ("overview", "province", "archipelagos", "units")
_MANIFEST = ROOT / "static" / "map" / "manifest.json"


def init_routes(web: Blueprint) -> None:
    """Mount the page and what its map fetches."""
    web.add_url_rule("/<language>/map", "map", show_map)
    web.add_url_rule("/<language>/map.json", "map_json", show_spots)


class Place:
    """Where a map looks: a box in degrees and a zoom; `here` is the middle that was asked for, if any was.

    `way` is the itinerary whose way is drawn, as its published properties.
    """

    def __init__(self, sought: Sought) -> None:
        self.way: dict[str, Any] | None = sought.check(_read_way, sought["way"]) if sought["way"] else None
        self.here: Point | None = sought.check(read_at, sought["at"]) if sought["at"] else None
        self.zoom = _USUAL_ZOOM if self.here else _WHOLE_ZOOM
        if sought["z"]:
            self.zoom = sought.check(_read_zoom, sought["z"]) or self.zoom
        boxes = sought.check(parameters.parse_bbox, sought["bbox"]) if sought["bbox"] else None
        self.box: Box = current_settings().plausible_box
        if boxes:
            self.box = boxes[0]
        elif self.here:
            self.box = _box_around(self.here, self.zoom)
        elif self.way and (stops := _stops(self.way)):
            lats, lons = [stop[0] for stop in stops], [stop[1] for stop in stops]
            south, north = min(lats) - _ROOM_DEGREES, max(lats) + _ROOM_DEGREES
            self.box = (min(lons) - _ROOM_DEGREES, south, max(lons) + _ROOM_DEGREES, north)

    @property
    def middle(self) -> Point:
        """The middle of what is seen."""
        west, south, east, north = self.box
        return self.here or Point((west + east) / 2, (south + north) / 2)


def _read_way(code: str) -> dict[str, Any]:
    try:
        item = read_item(reading(), "itineraries", code, content_language())
    except (NotFound, Gone) as error:
        raise InvalidInput("There is no public itinerary “%(value)s”.", value=code[:60]) from error
    properties: dict[str, Any] = load_feature(item.feature)["properties"]
    return properties


def _stops(way: dict[str, Any]) -> list[list[Any]]:
    """Give the stops of an itinerary whose places are told: latitude, longitude, number, name and address."""
    told = [stop for stop in way["stops"] if stop["lon"] is not None]
    return [[stop["lat"], stop["lon"], stop["position"], stop["name"], stop["url"]] for stop in told]


def _read_zoom(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", text) or not FIRST_ZOOM <= int(text) <= LAST_ZOOM:
        raise InvalidInput(
            "z: “%(value)s” is no zoom of this map; it goes from %(first)s, the whole country, to %(last)s, a house.",
            field="z",
            value=text[:20],
            first=FIRST_ZOOM,
            last=LAST_ZOOM,
        )
    return int(text)


def _box_around(here: Point, zoom: int) -> Box:
    degrees = 360 / 2**zoom / _TILE_PX
    across = degrees * _WIDTH_PX / 2
    along = degrees * _HEIGHT_PX / 2 * math.cos(math.radians(here.lat))
    south, north = max(here.lat - along, -90), min(here.lat + along, 90)
    return max(here.lon - across, -180), south, min(here.lon + across, 180), north


def _tag(sought: Sought, what: str) -> str:
    number = newest_number(reading(), tuple(COLLECTIONS))
    minute = int(now().timestamp() // 60) if sought.is_open else 0
    return page_etag(what, number, clock.today(), minute, sought.address(), sought["cursor"])


def show_map(language: str) -> BaseResponse:
    """Show the list of what lies in view, what has an exact place first; the map itself comes with a script."""
    enter(language)
    sought = Sought("map", _OWN)
    etag = _tag(sought, "map")
    if had := unchanged(etag):
        return _finish(had, sought)
    place = Place(sought)
    everything = sought.queries()
    queries = sought.chosen(everything)

    def read(cursor: str | None) -> tuple[list[tuple[str, bytes]], str | None]:
        return read_list(reading(), queries, place.box, limit=_PAGE, cursor=cursor)

    found, cursor = _read_or_say(sought, read)
    counts = count_view(reading(), everything, place.box)
    middle = place.middle
    response = render_page(
        "web/map.html",
        etag,
        sought.addresses(),
        sought=sought,
        kinds=sought.choices(counts, MOST_POINTS),
        cards=[make_card(Around(name, feature, middle.lon, middle.lat, 0), middle) for name, feature in found],
        total=sought.sum(counts, MOST_POINTS),
        errors=sought.errors,
        next_url=sought.address(cursor=cursor) if cursor else None,
        first_url=sought.address() if sought["cursor"] else None,
        near_url=sought.address(page="near", at=write_at(middle), z=None, bbox=None, view=None),
        is_narrowed=bool(sought["at"] or sought["bbox"]),
        whole_url=sought.address(at=None, z=None, bbox=None),
        setup=_setup(place),
        way=place.way,
    )
    return _finish(response, sought)


def _read_or_say(
    sought: Sought, read: Callable[[str | None], tuple[list[tuple[str, bytes]], str | None]]
) -> tuple[list[tuple[str, bytes]], str | None]:
    found = sought.check(read, sought["cursor"] or None)
    return found if found is not None else read(None)


def _setup(place: Place) -> dict[str, Any]:
    """Give what the map begins with."""
    return {
        "at": [round(place.middle.lat, 5), round(place.middle.lon, 5)],
        "zoom": place.zoom,
        "box": None if place.here else place.box,
        "first": FIRST_ZOOM,
        "last": LAST_ZOOM,
        "files": _BASEMAP,
        "way": {"path": item_path("itineraries", place.way["code"]), "stops": _stops(place.way)} if place.way else None,
        "attribution": json.loads(_MANIFEST.read_text())["attribution"],
    }


def show_spots(language: str) -> BaseResponse:
    """Give what a map shows: spots as short lists, or counts of cells where there are more than `MOST_POINTS`."""
    enter(language)
    sought = Sought("map.json", _OWN)
    place = Place(sought)
    if sought.errors:
        response = Response(json.dumps({"errors": sought.errors}, ensure_ascii=False), 400, mimetype="application/json")
        return _finish(response, sought)
    etag = _tag(sought, "map.json")
    if had := unchanged(etag):
        return _finish(had, sought)
    view = read_view(reading(), sought.chosen(sought.queries()), place.box, place.zoom)
    body = {
        "kinds": [word(COLLECTIONS[name].title) for name in KINDS],
        "spots": [_write(spot) for spot in view.spots],
        "clusters": [[round(one.lon, 5), round(one.lat, 5), one.n] for one in view.clusters],
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return _finish(cached(Response(text, mimetype="application/json"), etag), sought)


def _write(spot: Spot) -> list[Any]:
    """Write a spot: longitude, latitude, the place of its kind, name, address, rank, precision in metres, code."""
    mark = spot.mark
    there, here = f"/{content_language()}/", f"/{current_language()}/"
    url = str(mark["url"])
    return [
        round(spot.lon, 6),
        round(spot.lat, 6),
        KINDS.index(spot.collection),
        mark["name"],
        here + url.removeprefix(there) if url.startswith(there) else url,
        mark.get("rank", ""),
        spot.precision_m,
        mark["code"],
    ]


def _finish(response: BaseResponse, sought: Sought) -> BaseResponse:
    """Keep to the visitor what tells where somebody looks."""
    if sought["at"] or sought["bbox"]:
        response.headers["Cache-Control"] = "private, max-age=60"
        response.headers["X-Robots-Tag"] = "noindex"
    return response
