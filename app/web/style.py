"""The living style page: the colours, letters and parts that visitors' pages and the desk are made of, as they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from flask import Response

from app.config import ROOT
from app.http.reading import reading
from app.http.settings import current_settings
from app.publication.queries import read_concepts
from app.web.art import MOTIFS
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.facts import translated
from app.web.features import word

_TOKENS = ROOT / "static" / "css" / "tokens.css"
_TOKEN = re.compile(r"--([\w-]+): ([^;]+);")
_COLOUR = re.compile(r"#(?:[0-9a-f]{3}){1,2}")
_SHORT = 4
# Which colour is written on which ground.
PAIRS = (
    ("ink", "ground"),
    ("ink", "card"),
    ("ink", "notice"),
    ("soft", "ground"),
    ("soft", "card"),
    ("soft", "notice"),
    ("indigo", "ground"),
    ("brick", "ground"),
    ("on-indigo", "indigo"),
    ("on-brick", "brick"),
    ("wall-ink", "wall"),
    ("gilt", "lacquer"),
    ("good", "good-ground"),
    ("warn", "warn-ground"),
    ("bad", "bad-ground"),
)


def _(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return text


# What each colour is for.
_PURPOSES = {
    "ground": _("the page"),
    "card": _("cards and fields"),
    "ink": _("text"),
    "soft": _("what is said beside"),
    "line": _("lines between"),
    "edge": _("edges of fields"),
    "wall": _("the head of a page"),
    "wall-ink": _("text on it"),
    "lacquer": _("roof and foot"),
    "gilt": _("text on them"),
    "indigo": _("links and buttons"),
    "brick": _("special national sites, doubts"),
    "notice": _("notices"),
    "good": _("open, done"),
    "warn": _("take care"),
    "bad": _("closed, wrong"),
}


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour of the house: its name, how it is written by day and by night, and what it is for."""

    name: str
    light: str
    dark: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Text on a ground, and the contrast between them by day and by night (WCAG 2.2, 1.4.3: 4.5 at least)."""

    text: str
    ground: str
    light: float
    dark: float


@lru_cache
def read_tokens() -> tuple[dict[str, str], dict[str, str]]:
    """Give every token's value by day, and by night."""
    light, _media, dark = _TOKENS.read_text(encoding="utf-8").partition(
        "@media screen and (prefers-color-scheme: dark)"
    )
    by_day = dict(_TOKEN.findall(light))
    return by_day, by_day | dict(_TOKEN.findall(dark))


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours as they are written in hexadecimal (WCAG 2.2, “contrast ratio”)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) > _SHORT else "".join(2 * digit for digit in colour[1:])
    parts = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def read_pairs() -> list[Pair]:
    """Measure every text on its ground."""
    light, dark = read_tokens()
    return [
        Pair(text, ground, contrast(light[text], light[ground]), contrast(dark[text], dark[ground]))
        for text, ground in PAIRS
    ]


def show_style(language: str) -> Response:
    """Show the page."""
    enter(language)
    etag = page_etag("style")
    if had := unchanged(etag):
        return had
    light, dark = read_tokens()
    return render_page(
        "web/style.html",
        etag,
        {code: f"/{code}/style" for code in current_settings().page_languages},
        colours=[
            Colour(name, value, dark[name], translated(_PURPOSES[name]) if name in _PURPOSES else "")
            for name, value in light.items()
            if _COLOUR.fullmatch(value)
        ],
        pairs=read_pairs(),
        ranks=[(code, word(label)) for code, label in read_concepts(reading(), "levels").items()],
        motifs=MOTIFS,
    )
