"""The pages that visitors meet, one of each sort, in every language that pages speak."""

from __future__ import annotations

LANGUAGES = ("vi", "en", "zh", "ja", "ko", "fr")
# By their sort, without the language; a slug of another language leads to its own.
PAGES = {
    "home": "",
    "sites": "sites?q=hoi+an",
    "site with a part": "sites/x-qnm-0045",
    "site with a ticket": "sites/x-qnm-0002",
    "artefacts": "artefacts",
    "artefact": "artefacts/x-art-001",
    "intangible": "intangible",
    "intangible element": "intangible/x-ich-001",
    "events": "events",
    "event": "events/x-fes-003",
    "itineraries": "itineraries",
    "itinerary": "itineraries/x-iti-01",
    "places": "places?category=museum",
    "place": "places/x-poi-004",
    "notices": "notices",
    "search": "search?q=hoi+an",
    "near": "near?at=15.8771,108.3260&radius=500",
    "near, not yet": "near",
    "map": "map",
    "calendar": "calendar?month=2027-02",
    "saved": "saved?codes=QNM-0002,POI-004",
    "report": "report?about=QNM-0002",
    "style": "style",
    "privacy": "privacy",
    "offline": "offline",
    "developers": "developers",
    "no such page": "nothing",
}


def path_of(sort: str, language: str) -> str:
    """Give the address of a sort of page in a language."""
    return f"/{language}/{PAGES[sort]}"


def share(language: str, of: int) -> list[str]:
    """Give every `of`th sort of page, another part of them for each language, so that together they are all."""
    turn = LANGUAGES.index(language)
    return [sort for place, sort in enumerate(PAGES) if place % of == turn % of]
