"""Records for tests, made as officers make them: drafted, submitted, accepted by somebody else, published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.config import Settings
from app.core.db import db
from app.publication import operations as publication
from app.records.drafts import open_changeset, write_draft
from app.records.models import Changeset, Record
from app.records.operations import submit
from app.vocabularies.operations import write_concepts
from app.vocabularies.schemas import ConceptSchema

if TYPE_CHECKING:
    from flask import Flask

SETTINGS = Settings()

_CONCEPTS = {
    "site_types": ("historical", "architectural_artistic", "archaeological", "scenic"),
    "levels": ("special_national", "national", "provincial", "inventoried"),
    "inscriptions": ("world_heritage", "intangible_national", "documentary_national"),
    "recognitions": ("national_treasure",),
    "decision_actions": ("rank", "supplement", "amend", "adjust_boundary", "cancel", "inscribe", "recognise"),
    "zone_types": ("zone_1", "zone_2"),
    "doubts": ("rank_unverified",),
    "address_roles": ("as_decided", "historical"),
    "visit_topics": ("hours", "ticket", "access", "contact", "website"),
    "location_policies": ("exact", "blurred", "unit_only", "hidden"),
    "event_categories": ("festival", "fair"),
    "place_categories": ("museum", "market"),
    "price_audiences": ("domestic_adult", "foreign_adult"),
    "travel_modes": ("walk", "boat"),
    "difficulties": ("easy",),
    "dwell_bases": ("editorial_suggestion",),
    "notice_kinds": ("closure", "flood"),
    "severities": ("information", "warning"),
    "relation_types": ("found_at", "practised_at", "related"),
    "party_kinds": ("person", "organisation", "government_unit", "community"),
    "consent_scopes": ("name", "contact", "portrait"),
    "custodian_roles": ("owner", "responsible", "manager", "guardian"),
    "land_paper_statuses": ("issued", "applied", "not_issued"),
    "stele_statuses": ("placed", "absent"),
    "marker_statuses": ("placed", "planned"),
    "certificate_statuses": ("delivered", "not_delivered"),
    "artefact_kinds": ("relic_object", "antiquity", "national_treasure"),
    "artefact_origins": ("original", "excavated"),
    "materials": ("sandstone", "bronze"),
    "measures": ("height", "weight"),
    "styles": ("dong_duong",),
    "periods": ("champa",),
    "condition_grades": ("good", "deteriorating"),
    "threats": ("flood", "neglect"),
    "intangible_domains": ("folk_performing_arts", "folk_literature"),
    "intangible_domains_2024": ("folk_performing_arts", "oral_traditions"),
    "transmission_states": ("thriving", "at_risk"),
    "artisan_titles": ("meritorious_artisan",),
    "scripts": ("han", "nom"),
    "document_carriers": ("paper", "woodblock"),
    "work_kinds": ("preservation", "repair"),
    "work_states": ("under_way", "finished"),
    "media_types": ("photograph", "drawing", "map", "scan", "panorama", "document", "audio", "video"),
    "media_roles": ("cover", "detail", "scan", "signed_paper"),
    "licences": ("CC-BY-4.0", "CC0-1.0"),
}


def editor(session: Session) -> User:
    """Somebody who writes."""
    return system_actor(session, "test-editor", Role.EDITOR)


def reviewer(session: Session) -> User:
    """Somebody who accepts and publishes."""
    return system_actor(session, "test-reviewer", Role.REVIEWER)


def fill(app: Flask) -> None:
    """Write the vocabulary and the public site QNM-0001, and commit: what the desk's tests begin with."""
    with app.app_context():
        write_vocabulary(db.session())
        publish(db.session(), ("site", site("QNM-0001", sources=[{"uid": "s1", "citation": "Hồ sơ"}])))
        db.session.commit()


def write_vocabulary(session: Session) -> None:
    """Write the concepts that the payloads below name."""
    schema = ConceptSchema()
    rows = [
        dict(schema.load({"scheme": scheme, "code": code, "position": index, "label": {"vi": code, "en": code}}))
        for scheme, codes in _CONCEPTS.items()
        for index, code in enumerate(codes)
    ]
    write_concepts(session, rows, actor=system_actor(session, "test-admin", Role.ADMIN))


def site(code: str, **fields: Any) -> dict[str, Any]:
    """A site's payload: complete, at Chùa Cầu unless `at` says otherwise as (lat, lon, accuracy) or None."""
    at = fields.pop("at", (15.877083, 108.32605, 20))
    locations = []
    if at:
        lat, lon, accuracy = at
        locations = [
            {
                "uid": "l1",
                "role": "main",
                "entered_text": f"{lat}, {lon}",
                "entered_crs": "EPSG:4326",
                "accuracy_m": accuracy,
            }
        ]
    return {"code": code, "name": {"vi": f"Di tích {code}", "en": f"Site {code}"}, "locations": locations, **fields}


def decision(code: str, *items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A decision's payload; an item is given as what differs from ranking a site (`record`) as national."""
    rows = [{"uid": f"i{index}", "action": "rank", "level": "national", **item} for index, item in enumerate(items)]
    return {"code": code, "issuer": "UBND tỉnh Quảng Nam", "items": rows, **fields}


def zone(code: str, site_code: str, **fields: Any) -> dict[str, Any]:
    """A protection zone's payload: a square of about 200 m about Chùa Cầu."""
    square = "POLYGON((108.325 15.876,108.327 15.876,108.327 15.878,108.325 15.878,108.325 15.876))"
    given = {"entered_text": square, "entered_crs": "EPSG:4326", "zone_type": "zone_1"}
    return {"code": code, "site": site_code, **given, **fields}


def location(lat: float = 15.877083, lon: float = 108.32605, **fields: Any) -> dict[str, Any]:
    """A location's part: at Chùa Cầu, to within 20 m."""
    given = {"uid": "l1", "role": "main", "entered_text": f"{lat}, {lon}", "entered_crs": "EPSG:4326"}
    return {**given, "accuracy_m": 20, **fields}


def rule(**fields: Any) -> dict[str, Any]:
    """A rule's part: the 15th of the 1st lunar month, every year, followed."""
    given = {"uid": "r1", "calendar": "lunar", "recurrence": "yearly", "month": 1, "day": 15, "is_followed": True}
    if fields.get("calendar", "lunar") == "lunar":
        given["leap_month_policy"] = "regular_only"
    return {**given, **fields}


def event(code: str, *rules: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An event's payload, by the rule above unless others are given, at Chùa Cầu."""
    given = {"name": {"vi": f"Lễ hội {code}", "en": f"Festival {code}"}, "locations": [location()]}
    return {"code": code, "rules": list(rules or (rule(),)), **given, **fields}


def place(code: str, **fields: Any) -> dict[str, Any]:
    """A visitor place's payload: a museum at Chùa Cầu."""
    given = {"name": {"vi": f"Điểm {code}", "en": f"Place {code}"}, "category": "museum", "locations": [location()]}
    return {"code": code, **given, **fields}


def itinerary(code: str, *stops: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """An itinerary's payload; a stop is given as what differs from one that only has a name."""
    rows = [{"uid": f"t{index}", "name": {"vi": f"Điểm dừng {index}"}, **stop} for index, stop in enumerate(stops, 1)]
    return {"code": code, "name": {"vi": f"Hành trình {code}", "en": f"Route {code}"}, "mode": "walk"} | {
        "stops": rows,
        **fields,
    }


def party(code: str, **fields: Any) -> dict[str, Any]:
    """A party's payload: an organisation unless `party_kind` says otherwise."""
    return {
        "code": code,
        "name": {"vi": f"Tổ chức {code}", "en": f"Body {code}"},
        "party_kind": "organisation",
        **fields,
    }


def notice(code: str, **fields: Any) -> dict[str, Any]:
    """A notice's payload: a closure from 2020 until further notice."""
    given = {"title": {"vi": f"Thông báo {code}", "en": f"Notice {code}"}, "starts_on": "2020-01-01"}
    return {"code": code, "notice_kind": "closure", "severity": "warning", **given, **fields}


def artefact(code: str, **fields: Any) -> dict[str, Any]:
    """An artefact's payload: an antiquity of bronze, kept nowhere that is known."""
    given = {"artefact_kind": "antiquity", "materials": ["bronze"]}
    return {"code": code, "name": {"vi": f"Hiện vật {code}", "en": f"Artefact {code}"}, **given, **fields}


def intangible(code: str, **fields: Any) -> dict[str, Any]:
    """An intangible element's payload."""
    given = {"domain": "folk_performing_arts", "domains_as_recorded": ["folk_performing_arts"]}
    return {"code": code, "name": {"vi": f"Di sản {code}", "en": f"Element {code}"}, **given, **fields}


def documentary(code: str, **fields: Any) -> dict[str, Any]:
    """A payload of documentary heritage: woodblocks in Hán."""
    given = {"scripts": ["han"], "carrier": "woodblock"}
    return {"code": code, "name": {"vi": f"Tư liệu {code}", "en": f"Document {code}"}, **given, **fields}


def survey(code: str, record_code: str, **fields: Any) -> dict[str, Any]:
    """A condition survey's payload, of 2025 and good unless it says otherwise."""
    return {"code": code, "record": record_code, "surveyed_on": "2025-05-20", "condition": "good", **fields}


def work(code: str, site_code: str, **fields: Any) -> dict[str, Any]:
    """A work's payload: a repair under way."""
    given = {"work_kind": "repair", "state": "under_way"}
    return {"code": code, "site": site_code, "name": {"vi": f"Tu bổ {code}"}, **given, **fields}


def draft(session: Session, *pairs: tuple[str, dict[str, Any]]) -> Changeset:
    """Draft payloads, given with their kinds, in one changeset of the editor's."""
    actor = editor(session)
    changeset = open_changeset(session, title="test", actor=actor)
    for kind, payload in pairs:
        write_draft(session, KINDS, kind, payload, changeset=changeset, actor=actor, settings=SETTINGS)
    session.refresh(changeset)
    return changeset


def accept(session: Session, *pairs: tuple[str, dict[str, Any]]) -> list[Record]:
    """Draft, submit and accept; nothing is published by it that was not public before."""
    changeset = draft(session, *pairs)
    submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    return publication.accept(session, changeset, actor=reviewer(session), settings=SETTINGS)


def publish(session: Session, *pairs: tuple[str, dict[str, Any]]) -> list[Record]:
    """Draft, submit, accept and publish."""
    records = accept(session, *pairs)
    internal = [record for record in records if not record.is_public]
    publication.publish(session, internal, actor=reviewer(session), settings=SETTINGS)
    return records
