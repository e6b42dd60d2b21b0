"""The drawn card of a record without a picture: which motif and which colour stand for its type, period and place."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What the style page shows: every motif once, each colour at least once.
MOTIFS = (
    ("hall", "ochre"),
    ("tower", "brick"),
    ("strata", "earth"),
    ("gate", "brick"),
    ("memorial", "moss"),
    ("hills", "moss"),
    ("lanterns", "plum"),
    ("ceramics", "indigo"),
    ("scroll", "earth"),
    ("river", "water"),
    ("street", "ochre"),
)
# The motifs are the panels of `static/img/motifs.svg`, in its order; `static/css/art.css` names them, and the colours.
_OF_TYPE = {
    "architectural_artistic": "hall",
    "archaeological": "strata",
    "scenic": "hills",
    "mixed": "hills",
}
_OF_PAGE = {
    "artefacts": ("ceramics", "indigo"),
    "intangible": ("lanterns", "plum"),
    "documentary": ("scroll", "earth"),
    "events": ("lanterns", "brick"),
    "itineraries": ("river", "water"),
    "places": ("street", "ochre"),
}
_OUTDOORS = frozenset(["nature", "beach", "island", "viewpoint"])
# The property that words an item's type, and the first that words its time, its place.
_TYPES = ("artefact_kind_label", "domain_label", "category_label", "mode_label")
_TIMES = ("period", "dated_label", "rule_label")
_PLACES = ("unit_name", "place", "kept_place")
# The first years after Champa's centuries here, the trading port's, the Nguyễn dynasty's (which ended in 1945).
_CHAMPA_FROM, _PORT_FROM, _NGUYEN_FROM, _MODERN_FROM = 300, 1471, 1802, 1945
_TONES_OF_PLACES = ("ochre", "moss", "earth", "water", "plum", "indigo")


@dataclass(frozen=True, slots=True)
class Art:
    """A drawn card: its motif, its colour, the type in words, and period and place in a line under it."""

    motif: str
    tone: str
    title: str
    line: str


def choose_art(item: Mapping[str, Any]) -> Art | None:
    """Choose the card of a published item by its properties; None for what is no thing to be seen: a notice, a unit."""
    page = str(item["url"]).split("/")[2]
    if page == "sites":
        motif, tone = _motif_of_site(item), _tone_of_year(item.get("year_from"))
        title = next(iter(item["type_labels"]), "")
    elif page in _OF_PAGE:
        motif, tone = _OF_PAGE[page]
        title = _first(item, _TYPES)
        if item.get("category") in _OUTDOORS:
            motif, tone = "hills", "moss"
    else:
        return None
    time, place = _first(item, _TIMES), _first(item, _PLACES).partition(",")[0]
    # Where no period is known, the place has its colour, so that a list of one type is not all alike.
    tone = tone or _TONES_OF_PLACES[zlib.crc32(place.encode()) % len(_TONES_OF_PLACES)]
    return Art(motif, tone, title, " · ".join(part for part in (time, place) if part))


def _motif_of_site(site: Mapping[str, Any]) -> str:
    kind, year = next(iter(site["types"]), ""), site.get("year_from")
    if kind not in _OF_TYPE:
        return "memorial" if year is not None and year >= _MODERN_FROM else "gate"
    last = site.get("year_to") or year
    # What lasted longer, or was begun at the turn of the ages, may as well be a communal house.
    if kind != "scenic" and year is not None and last is not None and _CHAMPA_FROM <= year <= last < _PORT_FROM:
        return "tower"
    return _OF_TYPE[kind]


def _tone_of_year(year: int | None) -> str:
    """Give the colour of an age: brick for Champa and before, ochre walls for the port, then indigo, then moss."""
    if year is None:
        return ""
    ages = ((_PORT_FROM, "brick"), (_NGUYEN_FROM, "ochre"), (_MODERN_FROM, "indigo"))
    return next((tone for end, tone in ages if year < end), "moss")


def _first(item: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(item[name]) for name in names if item.get(name)), "")
