"""What is near a record, and what belongs to it: read with its page, from what the public may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.engine.questions import Point
from app.http.i18n import content_language, current_language
from app.http.reading import reading
from app.publication.collections import COLLECTIONS
from app.publication.conditions import NEAR_PRECISION_M, ItemQuery
from app.publication.pages import read_page
from app.web.features import load_feature, word

NEAR_M = 2000
_MOST_NEAR = 6
_MOST_HELD = 12
# What may be at a site, or lead there, in the order in which visitors ask for it; and what may lead to a place.
_HELD = {
    "sites": (
        "site",
        ("places", "events", "itineraries", "artefacts", "intangible", "documentary"),
    ),
    "places": ("place", ("itineraries",)),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Things of one collection that belong to a record; `title` names the collection."""

    title: str
    page: str
    items: list[dict[str, Any]]


def read_near(feature: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the nearest sites and visitor places, nearest first; nothing where the record's own place is not exact."""
    item, geometry = feature["properties"], feature["geometry"]
    precision_m = item.get("location_precision_m")
    if not geometry or geometry["type"] != "Point" or precision_m is None or precision_m > NEAR_PRECISION_M:
        return []
    lon, lat = geometry["coordinates"][:2]
    known = {item["code"], *(part["code"] for part in item.get("components", ()))}
    found: list[dict[str, Any]] = []
    for collection in ("sites", "places"):
        query = ItemQuery(
            collection,
            content_language(),
            limit=_MOST_NEAR + len(known),
            near=Point(lon, lat),
            radius_m=NEAR_M,
        )
        found += [load_feature(one)["properties"] for one in read_page(reading(), query).features]
    others = [one for one in found if one["code"] not in known]
    return sorted(others, key=lambda one: (one["distance_m"], one["code"]))[:_MOST_NEAR]


def read_held(collection: str, code: str) -> list[Group]:
    """Give what belongs to a site or leads to it, by collection; to a place, which itineraries stop there."""
    name, collections = _HELD.get(collection, ("", ()))
    groups = []
    for other in collections:
        query = ItemQuery(other, content_language(), limit=_MOST_HELD, filters=((name, code),))
        items = [load_feature(one)["properties"] for one in read_page(reading(), query).features]
        if items:
            page = COLLECTIONS[other].page or other
            groups.append(Group(word(COLLECTIONS[other].title), f"/{current_language()}/{page}", items))
    return groups
