"""The kinds of this subject, and how their payloads become rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.batches import keys_where
from app.core.dates import parse_edtf, year_bounds
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
from app.heritage.status import INVENTORIED, derive_standing
from app.places.entries import read_geometry, read_unit_id
from app.places.models import Unit
from app.records.kinds import Facts, Kind, label_from
from app.records.parts import apply_common, named_record, sync_parts
from app.vocabularies.queries import require_concept


def _check_codes(session: Session, scheme: str, codes: Sequence[str | None], field: str) -> None:
    for code in codes:
        if code is not None:
            require_concept(session, scheme, code, field)


def apply_site(session: Session, settings: Settings, site: Site, data: dict[str, Any]) -> None:
    """Write a site's payload into its rows; the years follow from the dating where they are not given."""
    _check_codes(session, "site_types", data["types"], "types")
    _check_codes(session, "doubts", [row["tag"] for row in data["doubts"]], "doubts.tag")
    _check_codes(session, "address_roles", [row["role"] for row in data["addresses"]], "addresses.role")
    _check_codes(session, "visit_topics", [row["topic"] for row in data["visit_facts"]], "visit_facts.topic")
    apply_common(session, site, data)
    for name in ("name", "types", "types_as_ranked", "period", "dated", "description", "significance"):
        setattr(site, name, data[name])
    for name in ("address_detail", "location_policy", "is_text_cleared"):
        setattr(site, name, data[name])
    earliest, latest = year_bounds(data["dated"]) if data["dated"] else (None, None)
    site.year_from = data["year_from"] if data["year_from"] is not None else earliest
    site.year_to = data["year_to"] if data["year_to"] is not None else latest
    parent = named_record(session, Site, data["parent"], "parent")
    _check_ancestry(site, parent)
    site.parent = parent
    site.current_unit_id = read_unit_id(session, data["current_unit"], "current_unit")
    addresses = [
        {
            **{k: v for k, v in row.items() if k != "unit"},
            "unit_id": read_unit_id(session, row["unit"], "addresses.unit"),
        }
        for row in data["addresses"]
    ]
    locations = [
        {
            **row,
            "geom": read_geometry(settings, row["entered_text"], row["entered_crs"], f"locations.{index}.entered_text"),
        }
        for index, row in enumerate(data["locations"])
    ]
    sync_parts(site.other_names, data["other_names"], OtherName)
    sync_parts(site.addresses, addresses, Address)
    sync_parts(site.locations, locations, Location)
    sync_parts(site.visit_facts, data["visit_facts"], VisitFact)
    entries = [
        {
            **row,
            "listed_from_on": _span(row["listed_from"])[0],
            "listed_until_on": _span(row["listed_until"])[1],
        }
        for row in data["inventory_entries"]
    ]
    sync_parts(site.inventory_entries, entries, InventoryEntry)


def _span(text: str | None) -> tuple[dt.date | None, dt.date | None]:
    """Give the first and the last day that a date in EDTF may mean."""
    if not text:
        return None, None
    date = parse_edtf(text)
    return date.earliest, date.latest


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
    apply_common(session, decision, data)
    for name in ("number", "date", "issuer", "title"):
        setattr(decision, name, data[name])
    decision.earliest_on, decision.latest_on = _span(data["date"])
    items = []
    for index, row in enumerate(data["items"]):
        _check_codes(session, "decision_actions", [row["action"]], f"items.{index}.action")
        _check_codes(session, "levels", [row["level"]], f"items.{index}.level")
        _check_codes(session, "inscriptions", [row["inscription"]], f"items.{index}.inscription")
        site = named_record(session, Site, row["site"], f"items.{index}.site")
        items.append({**row, "site": site})
    sync_parts(decision.items, items, DecisionItem)


def apply_zone(session: Session, settings: Settings, zone: Zone, data: dict[str, Any]) -> None:
    """Write a zone's payload into its row; a boundary that is not an area is refused."""
    _check_codes(session, "zone_types", [data["zone_type"]], "zone_type")
    apply_common(session, zone, data)
    for name in ("zone_type", "edition", "entered_text", "entered_crs", "boundary_text", "area_m2", "accuracy_m"):
        setattr(zone, name, data[name])
    for name in ("cadastral_sheet", "cadastral_plot", "minutes"):
        setattr(zone, name, data[name])
    zone.site = named_record(session, Site, data["site"], "site")
    zone.decision = named_record(session, Decision, data["decision"], "decision")
    zone.geom = None
    if data["entered_text"]:
        zone.geom = read_geometry(settings, data["entered_text"], data["entered_crs"], "entered_text")
        if zone.geom.geom_type not in ("Polygon", "MultiPolygon"):
            raise InvalidInput(
                "entered_text: a zone's boundary is an area; this is a %(value)s.",
                field="entered_text",
                value=zone.geom.geom_type,
            )


def _describe_site(session: Session, site: Site) -> Facts:
    """Name a site, say where it lies and what is missing: a point, a unit, papers, zones, a responsible party."""
    del session
    standing = derive_standing(
        [item for item in site.decision_items if item.decision.deleted_at is None],
        site.inventory_entries,
        dt.date.max,
    )
    values = [("type", code) for code in site.types]
    values += [("rank", standing.level or "none")]
    gaps = []
    if not site.locations:
        gaps.append("no_point")
    if site.current_unit_id is None:
        gaps.append("no_unit")
    if standing.level not in (None, INVENTORIED) and not any(zone.deleted_at is None for zone in site.zones):
        gaps.append("no_zones")
    return Facts(
        label=site.name,
        names=tuple(other.text for other in site.other_names),
        texts=tuple(address.text for address in site.addresses),
        unit_ids=(site.current_unit_id,) if site.current_unit_id else (),
        past_unit_ids=tuple(address.unit_id for address in site.addresses if address.unit_id),
        gaps=tuple(gaps),
        values=tuple(values),
    )


def _places_of_site(session: Session, payload: Mapping[str, Any]) -> set[int]:
    unit = payload.get("current_unit")
    return set(session.scalars(sa.select(Unit.id).where(Unit.public_id == unit))) if isinstance(unit, str) else set()


def _sites_of_decisions(session: Session, record_ids: Iterable[int]) -> set[int]:
    return keys_where(session, DecisionItem.site_id, DecisionItem.decision_id, record_ids)


def _describe_decision(session: Session, decision: Decision) -> Facts:
    del session
    gaps = [name for name, value in (("no_number", decision.number), ("no_date", decision.date)) if not value]
    return Facts(
        label=label_decision({"number": decision.number, "title": decision.title}) or {"vi": decision.code},
        names=tuple(decision.title.values()),
        texts=(decision.issuer, decision.date or ""),
        gaps=tuple(gaps),
        values=tuple(sorted({("action", item.action) for item in decision.items} | _year_of(decision))),
    )


def _year_of(decision: Decision) -> set[tuple[str, str]]:
    return {("year", str(decision.earliest_on.year))} if decision.earliest_on else set()


def label_decision(payload: Mapping[str, Any]) -> Mapping[str, str]:
    """Name a decision by its number, else by its title."""
    return label_from("number", "title")(payload)


def _places_of_decision(session: Session, payload: Mapping[str, Any]) -> set[int]:
    items = payload.get("items")
    codes = [item.get("site") for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
    return _units_of_sites(session, codes)


def _units_of_sites(session: Session, codes: Sequence[Any]) -> set[int]:
    wanted = [code for code in codes if isinstance(code, str)]
    found = session.scalars(sa.select(Site.current_unit_id).where(Site.code.in_(wanted)))
    return {unit_id for unit_id in found if unit_id is not None}


def _describe_zone(session: Session, zone: Zone) -> Facts:
    del session
    name = zone.site.name if zone.site else {}
    return Facts(
        label={language: f"{zone.code} – {text}" for language, text in name.items()} or {"vi": zone.code},
        unit_ids=(zone.site.current_unit_id,) if zone.site and zone.site.current_unit_id else (),
        gaps=() if zone.geom is not None else ("no_boundary",),
        values=(("zone_type", zone.zone_type),),
    )


def _places_of_zone(session: Session, payload: Mapping[str, Any]) -> set[int]:
    return _units_of_sites(session, [payload.get("site")])


def _sites_of_zones(session: Session, record_ids: Iterable[int]) -> set[int]:
    return keys_where(session, Zone.site_id, Zone.id, record_ids)


SITE = Kind(
    name="site",
    plural="sites",
    title="Site",
    prefix="",
    model=Site,
    schema=SiteSchema,
    apply=apply_site,
    describe=_describe_site,
    label=label_from("name"),
    places=_places_of_site,
)
DECISION = Kind(
    name="decision",
    plural="decisions",
    title="Decision",
    prefix="D",
    model=Decision,
    schema=DecisionSchema,
    apply=apply_decision,
    describe=_describe_decision,
    label=label_decision,
    dependents=_sites_of_decisions,
    places=_places_of_decision,
)
ZONE = Kind(
    name="zone",
    plural="zones",
    title="Protection zone",
    prefix="Z",
    model=Zone,
    schema=ZoneSchema,
    apply=apply_zone,
    describe=_describe_zone,
    label=label_from("code"),
    dependents=_sites_of_zones,
    places=_places_of_zone,
    under="site",
)
KINDS = (SITE, DECISION, ZONE)
