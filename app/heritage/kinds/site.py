"""The kind `site`: how its payload becomes rows, and what the register's index says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.clock import today
from app.core.dates import parse_edtf
from app.core.errors import InvalidInput
from app.heritage.kinds.common import full_standing, latest_survey, span, write_age
from app.heritage.kinds.whereabouts import records_of_sites
from app.heritage.models import (
    Address,
    BoundaryMarker,
    Certificate,
    Custodianship,
    Decision,
    InventoryEntry,
    LandPaper,
    Location,
    LocationPolicy,
    OtherName,
    Party,
    Site,
    Stele,
    VisitFact,
)
from app.heritage.policies import binding_policy, withhold_of_sites
from app.heritage.schemas import SiteSchema
from app.heritage.status import INVENTORIED
from app.places.entries import read_geometry, read_unit_id
from app.places.models import Unit
from app.records.kinds import Facts, Kind, label_from
from app.records.parts import apply_common, named_record, sync_parts, write_fields
from app.records.payloads import texts_of
from app.vocabularies.checks import check_codes, check_doubts, check_parts

# Who has to be there: somebody who answers for the site or manages it.
_RESPONSIBLE = frozenset({"responsible", "manager"})


def apply_site(session: Session, settings: Settings, site: Site, data: dict[str, Any]) -> None:
    """Write a site's payload into its rows."""
    check_codes(session, "site_types", data["types"], "types")
    check_doubts(session, data)
    check_codes(session, "address_roles", [row["role"] for row in data["addresses"]], "addresses.role")
    check_codes(session, "visit_topics", [row["topic"] for row in data["visit_facts"]], "visit_facts.topic")
    apply_common(session, site, data)
    write_fields(site, data, "name", "types", "types_as_ranked", "description", "significance")
    write_fields(site, data, "address_detail", "location_policy", "is_text_cleared")
    write_age(site, data)
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
        {**row, "listed_from_on": span(row["listed_from"])[0], "listed_until_on": span(row["listed_until"])[1]}
        for row in data["inventory_entries"]
    ]
    sync_parts(site.inventory_entries, entries, InventoryEntry)
    _apply_custody(session, settings, site, data)


def _apply_custody(session: Session, settings: Settings, site: Site, data: dict[str, Any]) -> None:
    """Write who answers for a site, and its papers and marks."""
    check_parts(session, data, "custodianships", role="custodian_roles")
    check_parts(session, data, "land_papers", status="land_paper_statuses")
    check_parts(session, data, "steles", status="stele_statuses")
    check_parts(session, data, "boundary_markers", status="marker_statuses")
    check_parts(session, data, "certificates", status="certificate_statuses")
    custodianships = [
        {
            **row,
            "party": named_record(session, Party, row["party"], f"custodianships.{index}.party"),
            "decision": named_record(session, Decision, row["decision"], f"custodianships.{index}.decision"),
        }
        for index, row in enumerate(data["custodianships"])
    ]
    certificates = [
        {**row, "decision": named_record(session, Decision, row["decision"], f"certificates.{index}.decision")}
        for index, row in enumerate(data["certificates"])
    ]
    markers = [
        {**row, "geom": _marker_point(settings, row, f"boundary_markers.{index}.entered_text")}
        for index, row in enumerate(data["boundary_markers"])
    ]
    sync_parts(site.custodianships, custodianships, Custodianship)
    sync_parts(site.land_papers, data["land_papers"], LandPaper)
    sync_parts(site.steles, data["steles"], Stele)
    sync_parts(site.boundary_markers, markers, BoundaryMarker)
    sync_parts(site.certificates, certificates, Certificate)


def _marker_point(settings: Settings, row: Mapping[str, Any], field: str) -> Any:
    if not row["entered_text"]:
        return None
    place = read_geometry(settings, row["entered_text"], row["entered_crs"], field)
    if place.geom_type != "Point":
        raise InvalidInput(
            "%(field)s: a boundary marker is a point; this is a %(value)s.", field=field, value=place.geom_type
        )
    return place


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


def _addresses(site: Site) -> list[str]:
    is_open = binding_policy(site) == LocationPolicy.EXACT
    return [address.text for address in site.addresses] if is_open else []


def _describe(session: Session, site: Site) -> Facts:
    """Name a site, say where it lies, when it is to be surveyed again and what is missing."""
    standing = full_standing(site)
    survey = latest_survey(session, site.id)
    is_ranked = standing.level not in (None, INVENTORIED)
    values = [("type", code) for code in site.types]
    values += [("rank", standing.level or "none")]
    values += [("inscription", code) for code in standing.inscriptions]
    if survey and survey.condition:
        values.append(("condition", survey.condition))
    gaps = _gaps(site)
    if is_ranked:
        gaps += _gaps_of_ranked(site)
        gaps += [] if survey else ["no_survey"]
    parties = [one.party.name for one in site.custodianships]
    return Facts(
        label=site.name,
        names=tuple(other.text for other in site.other_names),
        texts=(*_addresses(site), *texts_of(*parties)),
        unit_ids=(site.current_unit_id,) if site.current_unit_id else (),
        past_unit_ids=tuple(address.unit_id for address in site.addresses if address.unit_id),
        gaps=tuple(gaps),
        values=tuple(values),
        due_on=survey.next_due_on if survey else None,
    )


def _gaps(site: Site) -> list[str]:
    day = today()
    is_answered_for = any(
        one.role in _RESPONSIBLE and one.party.deleted_at is None and _lasts(one.until, day)
        for one in site.custodianships
    )
    zones = [zone for zone in site.zones if zone.deleted_at is None]
    found = (
        ("no_responsible", not is_answered_for),
        ("no_point", not site.locations),
        ("no_unit", site.current_unit_id is None),
        ("no_zone_papers", any(not zone.has_papers for zone in zones)),
    )
    return [gap for gap, is_open in found if is_open]


def _gaps_of_ranked(site: Site) -> list[str]:
    """Say what a ranking calls for and is not there (zones, land certificate, markers on the ground)."""
    found = (
        ("no_zones", not any(zone.deleted_at is None for zone in site.zones)),
        ("no_land_papers", not any(paper.status == "issued" for paper in site.land_papers)),
        ("no_markers", not any(marker.status == "placed" for marker in site.boundary_markers)),
    )
    return [gap for gap, is_open in found if is_open]


def _lasts(until: str | None, day: dt.date) -> bool:
    """Whether something that ends then may last still."""
    if until is None:
        return True
    latest = parse_edtf(until).latest
    return latest is None or latest >= day


def _places(session: Session, payload: Mapping[str, Any]) -> set[int]:
    unit = payload.get("current_unit")
    return set(session.scalars(sa.select(Unit.id).where(Unit.public_id == unit))) if isinstance(unit, str) else set()


_SENSITIVE = ("locations", "boundary_markers", "address_detail", "addresses")
SITE = Kind(
    name="site",
    plural="sites",
    title="Site",
    prefix="",
    model=Site,
    schema=SiteSchema,
    apply=apply_site,
    describe=_describe,
    label=label_from("name"),
    dependents=records_of_sites,
    places=_places,
    withheld=withhold_of_sites(*_SENSITIVE),
    sensitive=_SENSITIVE,
)
