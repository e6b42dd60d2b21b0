"""The public collection `itineraries`: suggested routes with their stops, as far as each stop may be told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
import sqlalchemy as sa
from shapely.geometry import MultiPoint, Point
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import selectinload

from app.core.text import document_tokens
from app.heritage.models import Site
from app.publication.links import item_links
from app.publication.schema import Collection, Place, Projection, Property, Rendering, Workshop
from app.publication.shared import (
    NAME_PROPERTIES,
    public_keys,
    record_pages,
    record_slug,
    render_description,
    render_name,
)
from app.publication.sites import site_pages
from app.publication.tied import RECORD_PROPERTIES, Tie, place_values, record_properties
from app.publication.touched import Touched
from app.publication.visitor_places import tie_of
from app.tourism.models import Itinerary, RoutedWay, Stop, VisitorPlace
from app.tourism.routing import End, read_ways, way_key


@dataclass(frozen=True, slots=True)
class _Shown:
    """A stop as it may be told; `leg` is the way to it that an officer drew, where both its ends may be told exactly.

    `key` names the way to it that a routing engine may find between the places as they are told, `routed` is that.
    """

    stop: Stop
    tie: Tie
    place: Place | None
    leg: BaseGeometry | None
    key: str | None = None
    routed: RoutedWay | None = None

    @property
    def line(self) -> BaseGeometry | None:
        """The way to it, drawn or found."""
        return self.leg if self.leg is not None or self.routed is None else self.routed.line


def _affected(touched: Touched) -> set[int]:
    """Find the itineraries among the records, and those that stop at a site or place that one of them touches."""
    return (
        touched.keys(Itinerary.id, Itinerary.id, touched.ids)
        | touched.keys(Stop.itinerary_id, Stop.site_id, touched.sites)
        | touched.keys(Stop.itinerary_id, Stop.place_id, touched.places)
    )


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    of_site = (selectinload(Site.locations), selectinload(Site.current_unit))
    query = (
        sa.select(Itinerary)
        .where(Itinerary.id.in_(ids))
        .options(
            selectinload(Itinerary.sources),
            selectinload(Itinerary.doubts),
            selectinload(Itinerary.stops).options(
                selectinload(Stop.site).options(*of_site),
                selectinload(Stop.place).options(
                    selectinload(VisitorPlace.locations),
                    selectinload(VisitorPlace.unit),
                    selectinload(VisitorPlace.site).options(*of_site),
                ),
            ),
        )
    )
    found = [(one, _shown_stops(one)) for one in workshop.session.scalars(query) if one.is_public]
    ways = read_ways(workshop.session, {one.key for _, shown in found for one in shown if one.key})
    for itinerary, shown in found:
        told = [replace(one, routed=ways.get(one.key) if one.key else None) for one in shown]
        yield itinerary.id, _projection(workshop, itinerary, told)


def _shown_stops(itinerary: Itinerary) -> list[_Shown]:
    """Leave out the stops at something that is not public; what is told of the others follows their sites."""
    shown: list[_Shown] = []
    is_before_exact = True
    for stop in itinerary.stops:
        target = stop.place or stop.site
        if target is not None and not target.is_public:
            # The way on from here begins at something that is not told.
            is_before_exact = False
            continue
        tie = tie_of(stop.place) if stop.place else Tie(stop.site, None)
        leg = stop.leg if is_before_exact and tie.is_exact else None
        key = None
        if leg is None and shown:
            key = way_key(itinerary.mode, _end(shown[-1].place), _end(tie.place))
        shown.append(_Shown(stop, tie, tie.place, leg, key))
        is_before_exact = tie.is_exact
    return shown


def _end(place: Place | None) -> End:
    return End(place.lon, place.lat, place.precision_m) if place else End(None, None, None)


def _projection(workshop: Workshop, itinerary: Itinerary, shown: list[_Shown]) -> Projection:
    values = {(name, value) for one in shown for name, value in place_values(workshop, one.tie)}
    values = {(name, value) for name, value in values if name in ("within", "site")}
    values |= {("place", one.stop.place.code) for one in shown if one.stop.place}
    values |= {("mode", itinerary.mode), *(("tags", tag) for tag in itinerary.tags)}
    values |= {("difficulty", itinerary.difficulty)} if itinerary.difficulty else set()
    return Projection(
        code=itinerary.code,
        weight=0,
        place=_place(shown),
        values=tuple(sorted(values)),
        renderings={
            language: _render(workshop, itinerary, shown, language) for language in workshop.settings.languages
        },
    )


def _place(shown: Sequence[_Shown]) -> Place | None:
    """Give the route: its legs where all are drawn, else its stops; it is near where its first known stop is."""
    places = [one.place for one in shown if one.place]
    if not places:
        return None
    legs = [one.line for one in shown[1:]]
    drawn = [leg for leg in legs if leg is not None]
    points = [Point(place.lon, place.lat) for place in places]
    geometry: BaseGeometry = points[0] if len(points) == 1 else MultiPoint(points)
    if drawn and len(drawn) == len(legs):
        geometry = shapely.multilinestrings([line for leg in drawn for line in shapely.get_parts(leg)])
    return Place(places[0].lon, places[0].lat, places[0].precision_m, geometry)


def _render(workshop: Workshop, itinerary: Itinerary, shown: Sequence[_Shown], language: str) -> Rendering:
    pages = record_pages(workshop, "itineraries", itinerary.name, itinerary.code)
    place = _place(shown)
    credits_of = sorted({one.routed.source for one in shown if one.routed})
    credits_of += sorted({one.tie.shown_location.credit for one in shown if one.tie.shown_location} - {None})
    stops = [_stop(workshop, one, index, language) for index, one in enumerate(shown, 1)]
    properties: dict[str, Any] = {
        "code": itinerary.code,
        **render_name(workshop, itinerary.name, itinerary.code, language),
        "mode": itinerary.mode,
        "mode_label": workshop.label("travel_modes", itinerary.mode, language),
        "difficulty": itinerary.difficulty,
        "difficulty_label": workshop.label("difficulties", itinerary.difficulty, language),
        "duration_h": itinerary.duration_h,
        "date_rule": workshop.text(itinerary.date_rule, language),
        **render_description(workshop, itinerary.description, language, is_text_open=True),
        "stops": stops,
        "dwell_basis": itinerary.dwell_basis,
        "dwell_basis_label": workshop.label("dwell_bases", itinerary.dwell_basis, language),
        "location_precision_m": place.precision_m if place else None,
        **record_properties(
            workshop,
            itinerary,
            Tie(None, None),
            language,
            credit="; ".join([workshop.settings.attribution, *credits_of]),
            url=pages[language],
        ),
        "languages": [code for code in workshop.settings.languages if code in itinerary.name],
    }
    texts = [itinerary.code, properties["description"] or "", *(stop["name"] for stop in stops)]
    tokens = document_tokens(list(itinerary.name.values()), [], texts)
    slug = record_slug(workshop, itinerary.name, itinerary.code, language)
    return Rendering(slug, properties, item_links("itineraries", itinerary.code, pages), tokens)


def _stop(workshop: Workshop, one: _Shown, position: int, language: str) -> dict[str, Any]:
    stop, place = one.stop, one.place
    target = stop.place or stop.site
    url = None
    if stop.place:
        url = record_pages(workshop, "places", stop.place.name, stop.place.code)[language]
    elif stop.site:
        url = site_pages(workshop, stop.site)[language]
    return {
        "position": position,
        **render_name(workshop, target.name if target else stop.name, stop.uid, language),
        "site": stop.site.code if stop.site else None,
        "place": stop.place.code if stop.place else None,
        "url": url,
        "dwell_min": stop.dwell_min,
        "text": workshop.text(stop.text, language) if one.tie.is_text_open else None,
        "lon": place.lon if place else None,
        "lat": place.lat if place else None,
        "location_precision_m": place.precision_m if place else None,
        "leg": json.loads(shapely.to_geojson(one.line)) if one.line is not None else None,
        **_leg_facts(one),
    }


def _leg_facts(one: _Shown) -> dict[str, Any]:
    """Tell on what the way to a stop rests, and of one that was found what the engine says of it."""
    way = one.routed if one.leg is None else None
    return {
        "leg_basis": "drawn" if one.leg is not None else "routed" if way else None,
        "leg_distance_m": round(way.distance_m) if way else None,
        "leg_duration_min": max(1, round(way.duration_s / 60)) if way else None,
        "leg_source": way.source if way else None,
        "leg_found_on": way.found_on.isoformat() if way else None,
    }


_PROPERTIES = (
    Property("code", "string", "The itinerary's code, which is the feature's id.", is_queryable=True),
    *NAME_PROPERTIES,
    Property("mode", "string", "How one travels.", scheme="travel_modes", is_queryable=True),
    Property("mode_label", "string", "The name of `mode`."),
    Property("difficulty", "string", "How hard it is.", scheme="difficulties", is_queryable=True),
    Property("difficulty_label", "string", "The name of `difficulty`."),
    Property("duration_h", "number", "How long it takes, in hours.", is_queryable=True),
    Property("date_rule", "string", "On which days it makes sense, in words."),
    Property("description", "string", "What it is."),
    Property("description_lang", "string", "The language `description` is in."),
    Property(
        "stops",
        "array",
        "The stops in order: `name`, `site` or `place` (codes), `url`, `dwell_min` (minutes), `text`, `lon`, `lat`, "
        "`location_precision_m`, `leg` (GeoJSON of the way to it), `leg_basis` (`drawn` by an officer, or `routed` by "
        "an engine, which gives `leg_distance_m`, `leg_duration_min`, `leg_source`, `leg_found_on`).",
        items="object",
    ),
    Property("dwell_basis", "string", "What the times at the stops rest on.", scheme="dwell_bases", is_queryable=True),
    Property("dwell_basis_label", "string", "The name of `dwell_basis`."),
    Property("site", "string", "Code of a site it stops at.", is_queryable=True, is_filter_only=True),
    Property("place", "string", "Code of a visitor place it stops at.", is_queryable=True, is_filter_only=True),
    Property("within", "string", "A unit, old or new, it leads through.", is_queryable=True, is_filter_only=True),
    Property("location_precision_m", "integer", "Within how many metres its first stop is known.", is_queryable=True),
    *RECORD_PROPERTIES,
    Property("languages", "array", "Languages the name is given in."),
)

ITINERARIES = Collection(
    name="itineraries",
    kind="itinerary",
    title={"vi": "Hành trình", "en": "Itineraries"},
    description={
        "vi": "Hành trình tham quan gợi ý với các điểm dừng theo thứ tự.",
        "en": "Suggested routes with their stops in order.",
    },
    geometry="area",
    properties=_PROPERTIES,
    keys=lambda: public_keys("itinerary"),
    project=_project,
    affected=_affected,
    page="itineraries",
)
