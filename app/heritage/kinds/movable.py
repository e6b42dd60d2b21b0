"""The kinds `artefact` and `documentary`: how payloads become rows, and what the register's index says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from app.config import Settings
from app.core.batches import keys_where
from app.heritage.kinds.common import full_standing, latest_survey, write_age, write_keeping
from app.heritage.kinds.whereabouts import units_of_records
from app.heritage.models import Artefact, DocumentaryItem, LocationPolicy, Measurement, OtherName, Survey
from app.heritage.policies import FOUND_AT, binding_policies, keeping_policy, own_policy, strictest
from app.heritage.schemas import ArtefactSchema, DocumentarySchema
from app.records.kinds import Facts, Kind, label_from
from app.records.parts import apply_common, sync_parts, write_fields
from app.records.payloads import rows_of, strings, texts_of
from app.vocabularies.checks import check_codes, check_doubts, check_parts

_WHERE_KEPT = ("site", "kept_place", "plan_number", "holder_party", "holder")
_WHERE_FOUND = ("found_at", "provenance")


def apply_artefact(session: Session, settings: Settings, artefact: Artefact, data: dict[str, Any]) -> None:
    """Write an artefact's payload into its rows."""
    del settings
    for name, scheme in (
        ("artefact_kind", "artefact_kinds"),
        ("origin", "artefact_origins"),
        ("period_concept", "periods"),
        ("style", "styles"),
        ("condition", "condition_grades"),
    ):
        check_codes(session, scheme, [data[name]], name)
    check_codes(session, "materials", data["materials"], "materials")
    check_parts(session, data, "measurements", measure="measures")
    check_doubts(session, data)
    apply_common(session, artefact, data)
    write_fields(artefact, data, "name", "artefact_kind", "inventory_code", "registration_number", "registered_on")
    write_fields(artefact, data, "origin", "period_concept", "year_note", "style", "materials", "material_note")
    write_fields(artefact, data, "description", "condition", "condition_note", "found_at", "provenance", "note")
    write_age(artefact, data)
    write_keeping(session, artefact, data)
    sync_parts(artefact.other_names, data["other_names"], OtherName)
    sync_parts(artefact.measurements, data["measurements"], Measurement)


def apply_documentary(session: Session, settings: Settings, item: DocumentaryItem, data: dict[str, Any]) -> None:
    """Write the payload of an item of documentary heritage into its rows."""
    del settings
    check_codes(session, "scripts", data["scripts"], "scripts")
    check_codes(session, "document_carriers", [data["carrier"]], "carrier")
    check_codes(session, "condition_grades", [data["condition"]], "condition")
    check_doubts(session, data)
    apply_common(session, item, data)
    write_fields(item, data, "name", "inventory_code", "scripts", "languages", "carrier", "extent", "author")
    write_fields(item, data, "description", "significance", "condition", "condition_note", "provenance", "note")
    write_age(item, data)
    write_keeping(session, item, data)
    sync_parts(item.other_names, data["other_names"], OtherName)


def _describe_artefact(session: Session, artefact: Artefact) -> Facts:
    gaps = [
        gap
        for gap, value in (
            ("no_inventory_code", artefact.inventory_code),
            ("no_artefact_kind", artefact.artefact_kind),
            ("no_measurements", artefact.measurements),
        )
        if not value
    ]
    values = [
        ("artefact_kind", artefact.artefact_kind),
        ("origin", artefact.origin),
        *(("material", code) for code in artefact.materials),
    ]
    return _describe(session, artefact, gaps, values)


def _describe_documentary(session: Session, item: DocumentaryItem) -> Facts:
    gaps = [] if item.inventory_code else ["no_inventory_code"]
    values = [("carrier", item.carrier), *(("script", code) for code in item.scripts)]
    return _describe(session, item, gaps, values)


def _describe(
    session: Session, thing: Artefact | DocumentaryItem, gaps: list[str], values: list[tuple[str, str | None]]
) -> Facts:
    """Name a movable thing, say where it is kept, how it stands with it and what is missing."""
    standing, survey = full_standing(thing), latest_survey(session, thing.id)
    if not (thing.site_id or thing.holder_party_id or thing.holder):
        gaps = [*gaps, "no_holder"]
    condition = survey.condition if survey and survey.condition else thing.condition
    is_open = keeping_policy(thing) == LocationPolicy.EXACT
    site = thing.site if is_open else None
    values = [*values, ("condition", condition), ("site", site.code if site else None)]
    values += [("recognition", code) for code in standing.recognitions]
    values += [("inscription", code) for code in standing.inscriptions]
    unit_id = thing.site.current_unit_id if thing.site else None
    party = thing.holder_party.name if thing.holder_party and is_open else {}
    holder = thing.holder if is_open else None
    return Facts(
        label=thing.name,
        names=tuple(other.text for other in thing.other_names),
        texts=texts_of(holder or {}, party, {"": thing.inventory_code or ""}, site.name if site else {}),
        unit_ids=(unit_id,) if unit_id else (),
        gaps=tuple(gaps),
        values=tuple((name, value) for name, value in values if value),
        due_on=survey.next_due_on if survey else None,
    )


def _surveys(session: Session, record_ids: Iterable[int]) -> set[int]:
    return keys_where(session, Survey.id, Survey.subject_id, record_ids)


def _places(session: Session, payload: Mapping[str, Any]) -> set[int]:
    return units_of_records(session, strings([payload.get("site")]))


def _withheld(
    session: Session, payloads: Sequence[Mapping[str, Any]], *, is_proposed: bool = False
) -> list[tuple[str, ...]]:
    """Name the fields that tell where a thing is or was found, when its own policy or a site's restricts that."""
    kept = [strings([payload.get("site")]) for payload in payloads]
    found = [
        strings([row.get("target") for row in rows_of(payload, "relations") if row.get("relation") == FOUND_AT])
        for payload in payloads
    ]
    known = binding_policies(session, chain.from_iterable(kept + found), is_proposed=is_proposed)

    # A site that nobody knows is told to nobody; what a thing was found at need not be a site.
    unknown = {code: LocationPolicy.HIDDEN for code in chain.from_iterable(kept) if code not in known}

    def is_open(payload: Mapping[str, Any], policies: Iterable[LocationPolicy | None]) -> bool:
        own = own_policy(payload.get("location_policy"), ())
        return strictest(own, *filter(None, policies)) == LocationPolicy.EXACT

    return [
        (() if is_open(payload, ((known | unknown).get(code) for code in at)) else _WHERE_KEPT)
        + (() if is_open(payload, map(known.get, of)) else _WHERE_FOUND)
        for payload, at, of in zip(payloads, kept, found, strict=True)
    ]


ARTEFACT = Kind(
    name="artefact",
    plural="artefacts",
    title="Artefact",
    prefix="A",
    model=Artefact,
    schema=ArtefactSchema,
    apply=apply_artefact,
    describe=_describe_artefact,
    label=label_from("name"),
    dependents=_surveys,
    places=_places,
    withheld=_withheld,
    sensitive=(*_WHERE_KEPT, *_WHERE_FOUND),
)
DOCUMENTARY = Kind(
    name="documentary",
    plural="documentary",
    title="Documentary heritage",
    prefix="T",
    model=DocumentaryItem,
    schema=DocumentarySchema,
    apply=apply_documentary,
    describe=_describe_documentary,
    label=label_from("name"),
    dependents=_surveys,
    places=_places,
    withheld=_withheld,
    sensitive=(*_WHERE_KEPT, *_WHERE_FOUND),
)
