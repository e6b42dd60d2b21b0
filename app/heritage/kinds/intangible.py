"""The kind `intangible`: how its payload becomes rows, and what the register's index says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.heritage.kinds.common import full_standing
from app.heritage.kinds.whereabouts import present_units, units_of_records
from app.heritage.models import (
    IntangibleElement,
    LocationPolicy,
    OtherName,
    Party,
    PracticePlace,
    Practitioner,
    Site,
    Threat,
)
from app.heritage.policies import binding_policy, withhold_rows
from app.heritage.schemas import IntangibleSchema
from app.places.entries import read_unit_id
from app.places.models import Unit
from app.records.kinds import Facts, Kind, label_from
from app.records.parts import apply_common, named_record, sync_parts, write_fields
from app.records.payloads import rows_of, strings, texts_of
from app.vocabularies.checks import check_codes, check_doubts, check_parts


def apply_intangible(session: Session, settings: Settings, element: IntangibleElement, data: dict[str, Any]) -> None:
    """Write an intangible element's payload into its rows."""
    del settings
    check_codes(session, "intangible_domains_2024", [data["domain"]], "domain")
    check_codes(session, "intangible_domains", data["domains_as_recorded"], "domains_as_recorded")
    check_codes(session, "transmission_states", [data["transmission"]], "transmission")
    check_parts(session, data, "threats", threat="threats")
    check_parts(session, data, "practitioners", title="artisan_titles")
    check_doubts(session, data)
    apply_common(session, element, data)
    write_fields(element, data, "name", "domain", "is_domain_reviewed", "domains_as_recorded", "domain_basis")
    write_fields(element, data, "community", "schedule", "description", "significance", "safeguarding", "note")
    write_fields(element, data, "transmission", "transmission_note")
    practitioners = [
        {**row, "party": named_record(session, Party, row["party"], f"practitioners.{index}.party")}
        for index, row in enumerate(data["practitioners"])
    ]
    places = [
        {
            **{name: value for name, value in row.items() if name != "unit"},
            "unit_id": read_unit_id(session, row["unit"], f"places.{index}.unit"),
            "site": named_record(session, Site, row["site"], f"places.{index}.site"),
        }
        for index, row in enumerate(data["places"])
    ]
    sync_parts(element.other_names, data["other_names"], OtherName)
    sync_parts(element.practitioners, practitioners, Practitioner)
    sync_parts(element.places, places, PracticePlace)
    sync_parts(element.threats, data["threats"], Threat)


def _describe(session: Session, element: IntangibleElement) -> Facts:
    standing = full_standing(element)
    gaps = [
        gap
        for gap, is_open in (
            ("no_domain", not element.domain),
            ("domain_not_reviewed", element.domain and not element.is_domain_reviewed),
            ("no_practitioners", not element.practitioners),
            ("no_transmission", not element.transmission),
        )
        if is_open
    ]
    values = [("domain", element.domain), ("transmission", element.transmission)]
    values += [("inscription", code) for code in standing.inscriptions]
    values += [("recognition", code) for code in standing.recognitions]
    are_open = all(binding_policy(one.site) == LocationPolicy.EXACT for one in element.places if one.site)
    units = {place.unit_id for place in element.places if place.unit_id}
    units |= {place.site.current_unit_id for place in element.places if place.site and place.site.current_unit_id}
    return Facts(
        label=element.name,
        names=tuple(other.text for other in element.other_names),
        texts=(*texts_of(element.community), *(place.text for place in element.places if are_open)),
        unit_ids=tuple(sorted(present_units(session, units))),
        past_unit_ids=tuple(place.unit.id for place in element.places if place.unit and not place.unit.is_in_force),
        gaps=tuple(gaps),
        values=tuple((name, value) for name, value in values if value),
    )


def _places(session: Session, payload: Mapping[str, Any]) -> set[int]:
    rows = rows_of(payload, "places")
    names = strings([row.get("unit") for row in rows])
    units = set(session.scalars(sa.select(Unit.id).where(Unit.public_id.in_(names)))) if names else set()
    return present_units(session, units) | units_of_records(session, strings([row.get("site") for row in rows]))


INTANGIBLE = Kind(
    name="intangible",
    plural="intangible",
    title="Intangible element",
    prefix="I",
    model=IntangibleElement,
    schema=IntangibleSchema,
    apply=apply_intangible,
    describe=_describe,
    label=label_from("name"),
    places=_places,
    withheld=withhold_rows("places"),
    sensitive=("places",),
)
