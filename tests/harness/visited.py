"""The pages that visitors meet, one of each sort, in every language that pages speak."""

from __future__ import annotations

LANGUAGES = ("vi", "en", "zh", "ja", "ko", "fr")
# By their sort, below the language; a slug that is none of this language's leads to the one that is.
PAGES = {
    "home": "",
    "list of sites": "sites",
    "list of sites searched": "sites?q=hoi+an",
    "site with pictures": "sites/qnm-0002",
    "site with many parts": "sites/qnm-0045",
    "site without a position": "sites/qnm-0154",
    "site in a fixed cell": "sites/qnm-0031",
    "list of artefacts": "artefacts",
    "artefact": "artefacts/art-001",
    "list of intangible heritage": "intangible",
    "intangible element": "intangible/ich-001",
    "list of events": "events",
    "event": "events/fes-003",
    "list of itineraries": "itineraries",
    "itinerary": "itineraries/iti-01",
    "itinerary's stop": "itineraries/iti-01?stop=2",
    "list of places": "places?category=museum",
    "place": "places/poi-004",
    "list of notices": "notices",
    "search": "search?q=hoi+an",
    "search without a result": "search?q=qqqqqq",
    "near": "near?at=15.8771,108.3260&radius=500",
    "near, not yet": "near",
    "map": "map",
    "calendar": "calendar?month=2027-02",
    "days of a stay": "calendar?from=2027-02-15&to=2027-02-21",
    "saved": "saved?codes=QNM-0002,POI-004",
    "saved, nothing": "saved",
    "report": "report?about=QNM-0002",
    "plaque": "sites/qnm-0002/plaque",
    "developers": "developers",
    "key": "developers/key",
    "guide": "developers/tutorial",
    "style": "style",
    "privacy": "privacy",
    "offline": "offline",
    "error": "nothing",
}


def path_of(sort: str, language: str) -> str:
    """Give the address of a sort of page in a language."""
    return f"/{language}/{PAGES[sort]}"


def share(language: str, of: int) -> list[str]:
    """Give every `of`th sort of page, another part of them for each language, so that together they are all."""
    turn = LANGUAGES.index(language)
    return [sort for place, sort in enumerate(PAGES) if place % of == turn % of]
