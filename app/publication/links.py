"""Addresses of public things as they stand in stored text: root-relative, without a host."""

from __future__ import annotations

from collections.abc import Mapping

API = "/api/v1"
# The first part of the page's address, by the kind of record that has a page of its own.
PAGES = {
    "site": "sites",
    "artefact": "artefacts",
    "intangible": "intangible",
    "documentary": "documentary",
    "event": "events",
    "itinerary": "itineraries",
    "place": "places",
}


def page_path(page: str, language: str, slug: str) -> str:
    """Give the path of a tourist page."""
    return f"/{language}/{page}/{slug}"


def item_path(collection: str, code: str) -> str:
    """Give the path of a feature in the API."""
    return f"{API}/collections/{collection}/items/{code}"


def item_links(collection: str, code: str, pages: Mapping[str, str]) -> list[dict[str, str]]:
    """Give a feature's links (OGC 17-069r4, requirement /req/core/f-links): itself, its collection, its pages."""
    links = [
        {"rel": "self", "type": "application/geo+json", "href": item_path(collection, code)},
        {"rel": "collection", "type": "application/json", "href": f"{API}/collections/{collection}"},
    ]
    for language, path in pages.items():
        links.append({"rel": "alternate", "type": "text/html", "hreflang": language, "href": path})
        if "?" not in path:
            links.append(
                {"rel": "alternate", "type": "application/ld+json", "hreflang": language, "href": f"{path}.jsonld"}
            )
    return links
