"""The kinds of this subject, and how their payloads become rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from shapely.geometry import Point
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.dates import year_bounds
from app.core.errors import InvalidInput
from app.heritage.models import (
    Address,
    Decision,
    DecisionItem,
    InventoryEntry,
    Location,
    OtherName,
    Site,
    VisitFact,
    Zone,
)
from app.heritage.schemas import DecisionSchema, SiteSchema, ZoneSchema
from app.places.coordinates import Box, parse_coordinates, parse_geometry
from app.places.models import Unit
from app.records.kinds import Kind
from app.records.models import Record
from app.records.parts import apply_common, sync_parts
from app.vocabularies.queries import require_concept

R = TypeVar("R", bound=Record)

# A line of numbers and letters, no WKT, no GeoJSON, no list of corners.
_ONE_PAIR = re.compile(r"[^\n{(]+")


def _named(session: Session, model: type[R], code: str | None, field: str) -> R | None:
    """Give the record a field names by code, tombstones excluded; raises `InvalidInput` when there is none."""
    if code is None:
        return None
    record = session.scalar(sa.select(model).where(model.code == code, model.deleted_at.is_(None)))
    if record is None:
        raise InvalidInput(
            "%(field)s: there is no %(kind)s with the code “%(value)s”.",
            field=field,
            value=code,
            kind=model.__name__.lower(),
        )
    return record


def _unit_id(session: Session, public_id: str | None, field: str) -> int | None:
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


def _check_codes(session: Session, scheme: str, codes: Sequence[str | None], field: str) -> None:
    for code in codes:
        if code is not None:
            require_concept(session, scheme, code, field)


def _geometry(settings: Settings, text: str, crs: str, field: str) -> Any:
    box = Box(*settings.plausible_box)
    try:
        if _ONE_PAIR.fullmatch(text):
            place = parse_coordinates(text, crs, plausible=box, grid=settings.grid)
            return Point(place.lon, place.lat)
        return parse_geometry(text, crs, plausible=box)
    except InvalidInput as error:
        error.params["field"] = field
        raise


def apply_site(session: Session, settings: Settings, site: Site, data: dict[str, Any]) -> None:
    """Write a site's payload into its rows; the years follow from the dating where they are not given."""
    _check_codes(session, "site_types", data["types"], "types")
    _check_codes(session, "doubts", [row["tag"] for row in data["doubts"]], "doubts.tag")
    _check_codes(session, "address_roles", [row["role"] for row in data["addresses"]], "addresses.role")
    _check_codes(session, "visit_topics", [row["topic"] for row in data["visit_facts"]], "visit_facts.topic")
    apply_common(site, data)
    for name in ("name", "types", "types_as_ranked", "period", "dated", "description", "significance"):
        setattr(site, name, data[name])
    for name in ("address_detail", "location_policy", "is_text_cleared"):
        setattr(site, name, data[name])
    earliest, latest = year_bounds(data["dated"]) if data["dated"] else (None, None)
    site.year_from = data["year_from"] if data["year_from"] is not None else earliest
    site.year_to = data["year_to"] if data["year_to"] is not None else latest
    parent = _named(session, Site, data["parent"], "parent")
    _check_ancestry(site, parent)
    site.parent = parent
    site.current_unit_id = _unit_id(session, data["current_unit"], "current_unit")
    addresses = [
        {**{k: v for k, v in row.items() if k != "unit"}, "unit_id": _unit_id(session, row["unit"], "addresses.unit")}
        for row in data["addresses"]
    ]
    locations = [
        {**row, "geom": _geometry(settings, row["entered_text"], row["entered_crs"], f"locations.{index}.entered_text")}
        for index, row in enumerate(data["locations"])
    ]
    sync_parts(site.other_names, data["other_names"], OtherName)
    sync_parts(site.addresses, addresses, Address)
    sync_parts(site.locations, locations, Location)
    sync_parts(site.visit_facts, data["visit_facts"], VisitFact)
    sync_parts(site.inventory_entries, data["inventory_entries"], InventoryEntry)


def _check_ancestry(site: Site, parent: Site | None) -> None:
    """Refuse a parent that is itself a part of the site."""
    above = parent
    while above is not None:
        if above is site:
            raise InvalidInput(
                "parent: %(value)s is a component of %(code)s itself.",
                field="parent",
                value=parent.code if parent else "",
                code=site.code,
            )
        above = above.parent


def apply_decision(session: Session, settings: Settings, decision: Decision, data: dict[str, Any]) -> None:
    """Write a decision's payload into its rows; each item names a site that exists."""
    del settings
    apply_common(decision, data)
    for name in ("number", "date", "issuer", "title"):
        setattr(decision, name, data[name])
    items = []
    for index, row in enumerate(data["items"]):
        _check_codes(session, "decision_actions", [row["action"]], f"items.{index}.action")
        _check_codes(session, "levels", [row["level"]], f"items.{index}.level")
        _check_codes(session, "inscriptions", [row["inscription"]], f"items.{index}.inscription")
        site = _named(session, Site, row["site"], f"items.{index}.site")
        items.append({**row, "site": site})
    sync_parts(decision.items, items, DecisionItem)


def apply_zone(session: Session, settings: Settings, zone: Zone, data: dict[str, Any]) -> None:
    """Write a zone's payload into its row; a boundary that is not an area is refused."""
    _check_codes(session, "zone_types", [data["zone_type"]], "zone_type")
    apply_common(zone, data)
    for name in ("zone_type", "edition", "entered_text", "entered_crs", "boundary_text", "area_m2", "accuracy_m"):
        setattr(zone, name, data[name])
    for name in ("cadastral_sheet", "cadastral_plot", "minutes"):
        setattr(zone, name, data[name])
    zone.site = _named(session, Site, data["site"], "site")
    zone.decision = _named(session, Decision, data["decision"], "decision")
    zone.geom = None
    if data["entered_text"]:
        zone.geom = _geometry(settings, data["entered_text"], data["entered_crs"], "entered_text")
        if zone.geom.geom_type not in ("Polygon", "MultiPolygon"):
            raise InvalidInput(
                "entered_text: a zone's boundary is an area; this is a %(value)s.",
                field="entered_text",
                value=zone.geom.geom_type,
            )


SITE = Kind("site", "sites", Site, SiteSchema, apply_site)
DECISION = Kind("decision", "decisions", Decision, DecisionSchema, apply_decision)
ZONE = Kind("zone", "zones", Zone, ZoneSchema, apply_zone)
KINDS = (SITE, DECISION, ZONE)
