"""What schema.org calls what records are about, by the name of their collection."""

from __future__ import annotations

_TYPES: dict[str, str | list[str]] = {
    "sites": ["TouristAttraction", "LandmarksOrHistoricalBuildings"],
    "artefacts": "CreativeWork",
    "documentary": "ArchiveComponent",
    "events": "Event",
    # A practice or a skill is no work of anyone's: there is no narrower word for it.
    "intangible": "Thing",
    "itineraries": "TouristTrip",
    # Attractions alone have no opening hours there.
    "places": ["TouristAttraction", "CivicStructure"],
    "notices": "SpecialAnnouncement",
    # Of these the register tells, the publication by other things or not at all.
    "zones": "Place",
    "decisions": "Legislation",
    "surveys": "Report",
    "works": "Action",
    "media": "MediaObject",
    "parties": "Organization",
}
# What a category of places is called there, and a sort of parties; other places are attractions.
_NARROWER = {
    "ticket_office": "LocalBusiness",
    "market": "CivicStructure",
    "museum": "Museum",
    "beach": "Beach",
    "airport": "Airport",
    "transport_rail": "TrainStation",
    "transport_bus": "BusStop",
    "transport_boat": "BoatTerminal",
    "theatre": "PerformingArtsTheater",
    "visitor_centre": "TouristInformationCenter",
    "person": "Person",
    "government_unit": "GovernmentOrganization",
}


def type_of(collection: str, category: str | None = None) -> str | list[str]:
    """Give the type of something in a collection, the narrower one of its category where there is one."""
    return _NARROWER.get(category or "") or _TYPES[collection]
