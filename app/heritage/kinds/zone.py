"""The kind `zone`: how its payload becomes a row, and what the register's index says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.config import Settings
from app.core.errors import InvalidInput
from app.heritage.kinds.whereabouts import sites_of_zones, units_of_records
from app.heritage.models import Decision, LocationPolicy, Site, Zone
from app.heritage.policies import withhold
from app.heritage.schemas import ZoneSchema
from app.places.entries import read_geometry
from app.records.kinds import Facts, Kind, label_from
from app.records.parts import apply_common, named_record, write_fields
from app.records.payloads import strings
from app.vocabularies.checks import check_codes, check_doubts


def apply_zone(session: Session, settings: Settings, zone: Zone, data: dict[str, Any]) -> None:
    """Write a zone's payload into its row; a boundary that is not an area is refused."""
    check_codes(session, "zone_types", [data["zone_type"]], "zone_type")
    check_doubts(session, data)
    apply_common(session, zone, data)
    write_fields(zone, data, "zone_type", "edition", "entered_text", "entered_crs", "boundary_text", "area_m2")
    write_fields(zone, data, "accuracy_m", "cadastral_sheet", "cadastral_plot", "minutes", "minutes_date")
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


def _describe(session: Session, zone: Zone) -> Facts:
    del session
    name = zone.site.name if zone.site else {}
    gaps = [] if zone.geom is not None else ["no_boundary"]
    gaps += [] if zone.has_papers else ["no_zone_papers"]
    values = [("zone_type", zone.zone_type)]
    values += [("site", zone.site.code)] if zone.site else []
    return Facts(
        label={language: f"{zone.code} – {text}" for language, text in name.items()} or {"vi": zone.code},
        unit_ids=(zone.site.current_unit_id,) if zone.site and zone.site.current_unit_id else (),
        gaps=tuple(gaps),
        values=tuple(values),
    )


def _places(session: Session, payload: Mapping[str, Any]) -> set[int]:
    return units_of_records(session, strings([payload.get("site")]))


_SENSITIVE = ("entered_text", "boundary_text", "cadastral_sheet", "cadastral_plot")
ZONE = Kind(
    name="zone",
    plural="zones",
    title="Protection zone",
    prefix="Z",
    model=Zone,
    schema=ZoneSchema,
    apply=apply_zone,
    describe=_describe,
    label=label_from("code"),
    dependents=sites_of_zones,
    places=_places,
    under="site",
    withheld=withhold(*_SENSITIVE, without_site=LocationPolicy.HIDDEN),
    sensitive=_SENSITIVE,
)
