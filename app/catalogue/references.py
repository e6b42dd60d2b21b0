"""What the fields of the kinds name: terms of vocabularies, other records, administrative units, coordinates."""

from __future__ import annotations

# The vocabulary that a field chooses from.
SCHEMES: dict[str, str] = {
    "artefact_kind": "artefact_kinds",
    "origin": "artefact_origins",
    "period_concept": "periods",
    "style": "styles",
    "materials": "materials",
    "measurements.measure": "measures",
    "condition": "condition_grades",
    "holder_kind": "party_kinds",
    "scripts": "scripts",
    "carrier": "document_carriers",
    "domain": "intangible_domains_2024",
    "domains_as_recorded": "intangible_domains",
    "practitioners.title": "artisan_titles",
    "transmission": "transmission_states",
    "threats.threat": "threats",
    "work_kind": "work_kinds",
    "state": "work_states",
    "party_kind": "party_kinds",
    "consents.scope": "consent_scopes",
    "custodianships.role": "custodian_roles",
    "land_papers.status": "land_paper_statuses",
    "steles.status": "stele_statuses",
    "boundary_markers.status": "marker_statuses",
    "certificates.status": "certificate_statuses",
    "items.recognition": "recognitions",
    "event.category": "event_categories",
    "place.category": "place_categories",
    "prices.audience": "price_audiences",
    "mode": "travel_modes",
    "difficulty": "difficulties",
    "dwell_basis": "dwell_bases",
    "notice_kind": "notice_kinds",
    "severity": "severities",
    "medium_type": "media_types",
    "placements.role": "media_roles",
    "media.licence": "licences",
    "site.types": "site_types",
    "addresses.role": "address_roles",
    "visit_facts.topic": "visit_topics",
    "items.action": "decision_actions",
    "items.level": "levels",
    "items.inscription": "inscriptions",
    "zone_type": "zone_types",
    "doubts.tag": "doubts",
    "relations.relation": "relation_types",
    "location_policy": "location_policies",
}
# The kind of record that a field names, "" for any.
RECORDS: dict[str, str] = {
    "survey.record": "",
    "surveyor_party": "party",
    "contractor_party": "party",
    "holder_party": "party",
    "practitioners.party": "party",
    "places.site": "site",
    "custodianships.party": "party",
    "custodianships.decision": "decision",
    "certificates.decision": "decision",
    "items.cancels": "decision",
    "successor": "party",
    "intangible": "intangible",
    "organiser_party": "party",
    "stops.site": "site",
    "stops.place": "place",
    "placements.record": "",
    "parent": "site",
    "site": "site",
    "items.site": "site",
    "items.record": "",
    "decision": "decision",
    "relations.target": "",
}
UNITS = frozenset({"current_unit", "unit", "addresses.unit", "places.unit"})
# Fields that hold coordinates, with the field of their system.
COORDINATES = {
    "entered_text": "entered_crs",
    "locations.entered_text": "locations.entered_crs",
    "boundary_markers.entered_text": "boundary_markers.entered_crs",
    "stops.leg_text": "stops.leg_crs",
}
SYSTEMS = frozenset(COORDINATES.values())


def found_in(table: dict[str, str], kind: str, path: str) -> str | None:
    """Look a field up by kind and path, then by path."""
    return table.get(f"{kind}.{path}", table.get(path))
