"""What the fields of sites, decisions and zones, and those that every kind has, are called, with their hints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """What a field is called, and a hint that helps to fill it; both are msgids."""

    text: str
    hint: str = ""


# By kind and field, else by field; within parts by list and field.
LABELS: dict[str, Label] = {
    "code": Label("Code", "Stays for good once the record has been accepted."),
    "name": Label("Name"),
    "site.name": Label("Official name", "As the ranking decision writes it; the reform of units does not change it."),
    "title": Label("Title"),
    "other_names": Label("Other names", "With their origin (Circular 09/2011/TT-BVHTTDL, art. 6)."),
    "other_names.text": Label("Name"),
    "other_names.language": Label("Language", "vi, en, fr, zh … or und where it is not one language’s."),
    "other_names.note": Label("Origin"),
    "types": Label("Types under Law 45/2024/QH15", "Article 21; several are possible."),
    "types_as_ranked": Label("Type in the words of the decision", "A line each; never rewritten."),
    "parent": Label("Component of", "The site that this one is a part of."),
    "period": Label("Period in words"),
    "dated": Label("Dating", "1985, 17XX (century), 196X (decade), 1960/1973, 1471~ (about), 1471? (uncertain)."),
    "year_from": Label("First year", "Left empty it follows from the dating. Before year 1 negative."),
    "year_to": Label("Last year"),
    "description": Label("Description"),
    "significance": Label("Significance"),
    "current_unit": Label("Administrative unit today", "Type the name of the commune, old or new, or its code."),
    "address_detail": Label("Address within the unit", "House and street, village or hamlet."),
    "addresses": Label(
        "Earlier addresses",
        "As the decision writes it and every earlier one, with the reason of the change "
        "(Circular 09/2011/TT-BVHTTDL, art. 6).",
    ),
    "addresses.role": Label("Which address"),
    "addresses.text": Label("Address as written"),
    "addresses.unit": Label("Unit of that time"),
    "addresses.valid_to": Label("Until"),
    "addresses.reason": Label("Reason of the change"),
    "locations": Label("Locations", "Point, line or area; none is possible as well."),
    "locations.role": Label("Role"),
    "locations.entered_text": Label(
        "Coordinates", "As on the paper: decimal degrees, degrees and minutes, VN-2000 X and Y."
    ),
    "locations.entered_crs": Label("Coordinate system"),
    "locations.accuracy_m": Label("Accuracy (m)"),
    "locations.obtained": Label("How obtained"),
    "location_policy": Label("How much of the place is public", "Empty: archaeology is blurred, all else exact."),
    "is_text_cleared": Label(
        "The texts tell nothing of a sensitive place", "A reviewer’s word, where the place is not public."
    ),
    "visit_facts": Label("Facts for visitors", "Each with the day it was verified and by what."),
    "visit_facts.topic": Label("Topic"),
    "visit_facts.value": Label("Fact", "Hours as in OpenStreetMap: Mo-Su 07:00-21:00. A price: 80000 VND."),
    "visit_facts.verified_on": Label("Verified on"),
    "visit_facts.source": Label("Verified by"),
    "inventory_entries": Label("Inventory lists", "Law 45/2024/QH15, art. 23: the province’s list of sites."),
    "inventory_entries.list_name": Label("List"),
    "inventory_entries.listed_from": Label("From"),
    "inventory_entries.listed_until": Label("Until"),
    "inventory_entries.note": Label("Note"),
    "decision.number": Label("Number", "As on the paper; empty where it is not known."),
    "decision.title": Label("Subject"),
    "date": Label("Date of the decision", "As far as it is known: 1985-03-19, 1985-03 or 1985."),
    "issuer": Label("Issuer"),
    "items": Label("What it decides", "An item for each article and clause; one decision ranks many."),
    "items.article": Label("Article number"),
    "items.clause": Label("Clause number"),
    "items.site": Label("Site"),
    "items.record": Label("Record"),
    "items.action": Label("What it does"),
    "items.level": Label("Level", "For a ranking."),
    "items.inscription": Label("List", "For an inscription; World Heritage is no rank."),
    "items.note": Label("Note"),
    "site": Label("Site"),
    "zone_type": Label("Zone", "Zone I, zone II or buffer; Law 45/2024/QH15."),
    "edition": Label("Edition"),
    "entered_text": Label("Boundary", "The corners as on the map extract, one a line; or WKT or GeoJSON."),
    "entered_crs": Label("Coordinate system"),
    "boundary_text": Label("Boundary in words", "As in the minutes: north, south, east, west."),
    "area_m2": Label("Area by the papers (m²)"),
    "cadastral_sheet": Label("Cadastral sheet"),
    "cadastral_plot": Label("Cadastral plot"),
    "decision": Label("Decision that set it"),
    "minutes": Label("Minutes of the delimitation", "Number, date and who confirmed them."),
    "accuracy_m": Label("Accuracy (m)"),
    "licence": Label("Licence", "SPDX id; empty for the register’s own licence."),
    "tags": Label("Tags", "A line each."),
    "sources": Label("Sources", "For the whole record, or for one statement of it."),
    "sources.citation": Label("Citation"),
    "sources.page": Label("Page"),
    "sources.url": Label("Address on the web"),
    "sources.statement": Label("For the statement", "The field that it supports; empty for all."),
    "sources.published": Label("Published on"),
    "doubts": Label("Doubts", "What is uncertain; it is resolved with a day and a reason."),
    "doubts.tag": Label("What is in doubt"),
    "doubts.note": Label("What is known"),
    "doubts.resolved_on": Label("Resolved on"),
    "doubts.resolution": Label("How it was resolved"),
    "relations": Label("Relations"),
    "relations.relation": Label("The other record is"),
    "relations.target": Label("Record"),
    "relations.note": Label("Note"),
    "external_refs": Label("In other systems", "One-stop dossier, document system, national database."),
    "external_refs.system": Label("System"),
    "external_refs.code": Label("Code there"),
    "external_refs.url": Label("Address on the web"),
    "external_refs.dated": Label("Date"),
}
