"""The kinds of this subject, and how their payloads become rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.batches import keys_where
from app.core.clock import today
from app.core.errors import InvalidInput
from app.heritage.models import LocationPolicy, Site
from app.heritage.policies import binding_policy, withhold, withhold_rows
from app.places.entries import read_geometry, read_unit_id
from app.places.models import Unit
from app.records.kinds import Facts, Kind, label_from
from app.records.models import Record
from app.records.parts import apply_common, named_record, sync_parts
from app.tourism.models import (
    Event,
    EventLocation,
    EventName,
    EventRule,
    Itinerary,
    Notice,
    PlaceLocation,
    PlaceName,
    Price,
    Stop,
    VisitorPlace,
)
from app.tourism.occurrences import write_occurrences
from app.tourism.schemas import EventSchema, ItinerarySchema, NoticeSchema, PlaceSchema
from app.vocabularies.queries import require_concept


def _check(session: Session, data: Mapping[str, Any], **schemes: str) -> None:
    """Refuse a code that its scheme does not have; an empty field is no code."""
    for field, scheme in schemes.items():
        if data[field] is not None:
            require_concept(session, scheme, data[field], field)
    for row in data["doubts"]:
        require_concept(session, "doubts", row["tag"], "doubts.tag")


def _set(record: Record, data: Mapping[str, Any], names: str) -> None:
    for name in names.split():
        setattr(record, name, data[name])


def _locations(settings: Settings, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**row, "geom": read_geometry(settings, row["entered_text"], row["entered_crs"], f"locations.{i}.entered_text")}
        for i, row in enumerate(rows)
    ]


def apply_event(session: Session, settings: Settings, event: Event, data: dict[str, Any]) -> None:
    """Write an event's payload into its rows, and the occurrences that its followed rule gives."""
    _check(session, data, category="event_categories")
    apply_common(session, event, data)
    _set(event, data, "name category description date_note time_start time_end time_note last_known status_note place")
    _set(event, data, "site_name organiser")
    event.site = named_record(session, Site, data["site"], "site")
    event.unit_id = read_unit_id(session, data["unit"], "unit")
    event.intangible = _intangible(session, data["intangible"])
    event.organiser_party = named_record(session, Record, data["organiser_party"], "organiser_party")
    sync_parts(event.other_names, data["other_names"], EventName)
    sync_parts(event.rules, data["rules"], EventRule)
    sync_parts(event.locations, _locations(settings, data["locations"]), EventLocation)
    write_occurrences(event, today())


def _intangible(session: Session, code: str | None) -> str | None:
    """Give the code of the intangible element that a field names; raises `InvalidInput` where there is none."""
    if code is None:
        return None
    elements = sa.select(Record.id).where(Record.kind == "intangible", Record.deleted_at.is_(None))
    if session.scalar(elements.where(Record.code == code)) is None:
        raise InvalidInput(
            "%(field)s: there is no %(kind)s with the code “%(value)s”.",
            field="intangible",
            value=code,
            kind="intangible",
        )
    return code


def apply_place(session: Session, settings: Settings, place: VisitorPlace, data: dict[str, Any]) -> None:
    """Write a visitor place's payload into its rows."""
    _check(session, data, category="place_categories")
    for index, row in enumerate(data["prices"]):
        require_concept(session, "price_audiences", row["audience"], f"prices.{index}.audience")
    apply_common(session, place, data)
    _set(place, data, "name category description address opening_hours opening_hours_verified_on website phone contact")
    _set(place, data, "contact_kind consent_on status_note note")
    place.site = named_record(session, Site, data["site"], "site")
    place.unit_id = read_unit_id(session, data["unit"], "unit")
    sync_parts(place.other_names, data["other_names"], PlaceName)
    sync_parts(place.prices, data["prices"], Price)
    sync_parts(place.locations, _locations(settings, data["locations"]), PlaceLocation)


def apply_itinerary(session: Session, settings: Settings, itinerary: Itinerary, data: dict[str, Any]) -> None:
    """Write an itinerary's payload into its rows; a stop's site or place exists, its leg is a line."""
    _check(session, data, mode="travel_modes", difficulty="difficulties", dwell_basis="dwell_bases")
    apply_common(session, itinerary, data)
    _set(itinerary, data, "name mode difficulty duration_h date_rule dwell_basis description")
    stops = []
    for index, row in enumerate(data["stops"]):
        at = f"stops.{index}"
        leg = None
        if row["leg_text"]:
            leg = read_geometry(settings, row["leg_text"], row["leg_crs"], f"{at}.leg_text")
            if leg.geom_type not in ("LineString", "MultiLineString"):
                raise InvalidInput(
                    "%(field)s: the way to a stop is a line; this is a %(value)s.",
                    field=f"{at}.leg_text",
                    value=leg.geom_type,
                )
        site = named_record(session, Site, row["site"], f"{at}.site")
        place = named_record(session, VisitorPlace, row["place"], f"{at}.place")
        stops.append({**row, "site": site, "place": place, "leg": leg})
    sync_parts(itinerary.stops, stops, Stop)


def apply_notice(session: Session, settings: Settings, notice: Notice, data: dict[str, Any]) -> None:
    """Write a notice's payload into its row."""
    del settings
    _check(session, data, notice_kind="notice_kinds", severity="severities")
    apply_common(session, notice, data)
    _set(notice, data, "title text notice_kind severity starts_on ends_on")
    notice.site = named_record(session, Site, data["site"], "site")
    notice.unit_id = read_unit_id(session, data["unit"], "unit")


def _units_of(record: Event | VisitorPlace | Notice) -> tuple[int, ...]:
    """Give the unit that a record names, else that of its site."""
    unit_id = record.unit_id or (record.site.current_unit_id if record.site else None)
    return (unit_id,) if unit_id else ()


def _words_of_place(site: Site | None, *texts: Mapping[str, str]) -> tuple[str, ...]:
    """Give the words about a place, none at a site whose place is sensitive."""
    is_open = site is None or binding_policy(site) == LocationPolicy.EXACT
    return tuple(word for text in texts for word in text.values()) if is_open else ()


def _describe_event(session: Session, event: Event) -> Facts:
    del session
    rule = event.followed_rule
    values = [("category", event.category)] if event.category else []
    values += [("calendar", rule.calendar), ("recurrence", rule.recurrence)] if rule else []
    return Facts(
        label=event.name,
        names=tuple(other.text for other in event.other_names),
        texts=(*_words_of_place(event.site, event.place, event.site_name), event.organiser or ""),
        unit_ids=_units_of(event),
        gaps=() if rule else ("no_rule",),
        values=tuple(values),
    )


def _describe_place(session: Session, place: VisitorPlace) -> Facts:
    del session
    gaps = [] if place.opening_hours else ["no_hours"]
    gaps += [] if place.locations else ["no_point"]
    return Facts(
        label=place.name,
        names=tuple(other.text for other in place.other_names),
        texts=_words_of_place(place.site, place.address),
        unit_ids=_units_of(place),
        gaps=tuple(gaps),
        values=(("category", place.category),),
    )


def _describe_itinerary(session: Session, itinerary: Itinerary) -> Facts:
    del session
    units = [_stop_units(stop) for stop in itinerary.stops]
    return Facts(
        label=itinerary.name,
        texts=tuple(text for stop in itinerary.stops for text in stop.name.values()),
        unit_ids=tuple(sorted({unit_id for found in units for unit_id in found})),
        values=(("mode", itinerary.mode),),
    )


def _stop_units(stop: Stop) -> tuple[int, ...]:
    if stop.place:
        return _units_of(stop.place)
    return (stop.site.current_unit_id,) if stop.site and stop.site.current_unit_id else ()


def _describe_notice(session: Session, notice: Notice) -> Facts:
    del session
    return Facts(
        label=notice.title,
        texts=tuple(notice.text.values()),
        unit_ids=_units_of(notice),
        values=(("notice_kind", notice.notice_kind), ("severity", notice.severity)),
    )


def _places_of(session: Session, payload: Mapping[str, Any]) -> set[int]:
    """Give the unit that a payload names and that of its site: whoever is bound to one may not write of the other."""
    named = _units_at(session, Unit.id, Unit.public_id, [payload.get("unit")])
    return named | _units_at(session, Site.current_unit_id, Site.code, [payload.get("site")])


def _units_at(session: Session, wanted: Any, column: Any, codes: Sequence[Any]) -> set[int]:
    named = [code for code in codes if isinstance(code, str)]
    found = session.scalars(sa.select(wanted).where(column.in_(named), wanted.is_not(None)))
    return set(found) if named else set()


def _places_of_itinerary(session: Session, payload: Mapping[str, Any]) -> set[int]:
    """Give the units of the sites and places at which a payload stops."""
    stops = payload.get("stops")
    stops = [stop for stop in stops if isinstance(stop, Mapping)] if isinstance(stops, list) else []
    at = [stop.get("place") for stop in stops]
    named = [code for code in at if isinstance(code, str)]
    units = _units_at(session, VisitorPlace.unit_id, VisitorPlace.code, at)
    at_sites = sa.select(VisitorPlace.site_id).where(VisitorPlace.code.in_(named), VisitorPlace.unit_id.is_(None))
    of_sites = sa.select(Site.current_unit_id).where(Site.id.in_(at_sites), Site.current_unit_id.is_not(None))
    units |= set(session.scalars(of_sites)) if named else set()
    return units | _units_at(session, Site.current_unit_id, Site.code, [stop.get("site") for stop in stops])


def _itineraries_of_places(session: Session, record_ids: Iterable[int]) -> set[int]:
    return keys_where(session, Stop.itinerary_id, Stop.place_id, record_ids)


def dependents_of_sites(session: Session, record_ids: Iterable[int]) -> set[int]:
    """Give the keys of the events, places, itineraries and notices whose facts depend on sites: they lie where it does.

    Heritage knows nothing of this subject; the catalogue, which knows both, puts this beside the site's own dependents.
    """
    ids = set(record_ids)
    found: set[int] = set()
    for wanted, column in (
        (Event.id, Event.site_id),
        (VisitorPlace.id, VisitorPlace.site_id),
        (Notice.id, Notice.site_id),
        (Stop.itinerary_id, Stop.site_id),
    ):
        found |= keys_where(session, wanted, column, ids)
    return found | _itineraries_of_places(session, keys_where(session, VisitorPlace.id, VisitorPlace.site_id, ids))


_SENSITIVE_OF_EVENT = ("locations", "place", "site_name", "unit")
_SENSITIVE_OF_PLACE = ("locations", "address", "unit")
EVENT = Kind(
    name="event",
    plural="events",
    title="Event",
    prefix="E",
    model=Event,
    schema=EventSchema,
    apply=apply_event,
    describe=_describe_event,
    label=label_from("name"),
    places=_places_of,
    withheld=withhold(*_SENSITIVE_OF_EVENT),
    sensitive=_SENSITIVE_OF_EVENT,
)
PLACE = Kind(
    name="place",
    plural="places",
    title="Visitor place",
    prefix="P",
    model=VisitorPlace,
    schema=PlaceSchema,
    apply=apply_place,
    describe=_describe_place,
    label=label_from("name"),
    dependents=_itineraries_of_places,
    places=_places_of,
    withheld=withhold(*_SENSITIVE_OF_PLACE),
    sensitive=_SENSITIVE_OF_PLACE,
)
ITINERARY = Kind(
    name="itinerary",
    plural="itineraries",
    title="Itinerary",
    prefix="R",
    model=Itinerary,
    schema=ItinerarySchema,
    apply=apply_itinerary,
    describe=_describe_itinerary,
    label=label_from("name"),
    places=_places_of_itinerary,
    withheld=withhold_rows("stops"),
    sensitive=("stops",),
)
NOTICE = Kind(
    name="notice",
    plural="notices",
    title="Notice",
    prefix="N",
    model=Notice,
    schema=NoticeSchema,
    apply=apply_notice,
    describe=_describe_notice,
    label=label_from("title"),
    places=_places_of,
)
KINDS = (EVENT, PLACE, ITINERARY, NOTICE)
