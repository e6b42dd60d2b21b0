"""Addresses of public things as they stand in stored text: root-relative, without a host."""

from __future__ import annotations

from collections.abc import Mapping

API = "/api/v1"
IIIF = "/iiif"
MANIFEST = 'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"'
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


def image_path(name: str) -> str:
    """Give the path of a picture in the image service."""
    return f"{IIIF}/image/{name}"


def manifest_path(collection: str, code: str) -> str:
    """Give the path of the manifest of an item's pictures."""
    return f"{IIIF}/{collection}/{code}/manifest"


def manifest_link(collection: str, code: str) -> dict[str, str]:
    """Give the link to the manifest of an item's pictures (IIIF Presentation API 3)."""
    return {"rel": "alternate", "type": MANIFEST, "href": manifest_path(collection, code)}
