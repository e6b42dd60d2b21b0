"""The ways through the visitors' pages: what stands in the roof of every page, and what its menu opens."""

from __future__ import annotations

from dataclasses import dataclass

from app.http.i18n import catalogue, current_language
from app.publication.collections import COLLECTIONS
from app.web.features import word


def _(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return text


# By the last part of the address; what is not named here has the title of its collection.
_NAMES = {
    "near": _("Near me"),
    "map": _("Map"),
    "calendar": _("Festival calendar"),
    "search": _("Search"),
    "saved": _("Kept on this phone"),
    "developers": _("Open data and API"),
}
_FIRST = ("near", "map", "sites", "calendar", "itineraries")
_BESIDES = ("search", "saved")
_LAST = ("developers",)


@dataclass(frozen=True, slots=True)
class Way:
    """A link of the navigation."""

    page: str
    url: str
    title: str


def first_ways() -> list[Way]:
    """Give the links that every page shows."""
    return [_way(page) for page in _FIRST]


def further_ways() -> list[Way]:
    """Give the links behind the menu: the tools, the other collections but notices, what is for developers."""
    left_out = (*_FIRST, "notices")
    collections = [found.page for found in COLLECTIONS.values() if found.page and found.page not in left_out]
    return [_way(page) for page in (*_BESIDES, *collections, *_LAST)]


def _way(page: str) -> Way:
    known = _NAMES.get(page)
    title = (
        catalogue(current_language()).gettext(known)
        if known
        else next(word(found.title) for found in COLLECTIONS.values() if found.page == page)
    )
    return Way(page, f"/{current_language()}/{page}", title)
