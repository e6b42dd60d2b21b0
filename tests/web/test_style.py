"""The living style page, and what it promises: every text can be read on its ground, one set of colours for all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.config import ROOT
from app.web.style import contrast, read_pairs, read_tokens

if TYPE_CHECKING:
    from flask.testing import FlaskClient

STYLES = sorted((ROOT / "static" / "css").glob("*.css"))


def test_contrast_is_what_the_standard_says() -> None:
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_text_can_be_read_on_its_ground() -> None:
    poor = [pair for pair in read_pairs() if min(pair.light, pair.dark) < 4.5]
    assert poor == []


# A map's land and water, a dark room for pictures, a sheet of paper, somebody else's page within ours.
_OF_THEIR_OWN = ("tokens.css", "map.css", "gallery.css", "plaque.css", "reference.css")


def test_every_colour_stands_in_the_tokens_alone() -> None:
    """Style sheets name colours; shadows, and the black and white of printed sheets, are no colours of the house."""
    strange = []
    for path in STYLES:
        if path.name in _OF_THEIR_OWN:
            continue
        screen = re.sub(r"@media print \{.*?\n\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        strange += [(path.name, colour) for colour in re.findall(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b", screen)]
    assert [one for one in strange if one[1] not in ("#000", "#fff", "#333")] == []


def test_every_colour_has_its_own_by_night_or_serves_both() -> None:
    light, dark = read_tokens()
    same = {name for name in light if light[name].startswith("#") and light[name] == dark[name]}
    assert same == {"lacquer", "gilt"}


def test_a_sent_report_is_told_in_lines_of_one_margin() -> None:
    sheet = (ROOT / "static" / "css" / "report.css").read_text(encoding="utf-8")
    assert ".report .facts dd { margin: 0; }" in sheet


def test_panels_of_the_roof_have_an_arrow_and_no_sign_open_or_closed() -> None:
    sheet = (ROOT / "static" / "css" / "site.css").read_text(encoding="utf-8")
    assert ".panel > summary::before, .panel[open] > summary::before { content: none; }" in sheet


@pytest.mark.parametrize("language", ["vi", "en", "zh", "ja", "ko", "fr"])
def test_style_page_shows_every_colour_and_part(seeded_client: FlaskClient, language: str) -> None:
    page = seeded_client.get(f"/{language}/style").text
    light, _dark = read_tokens()
    for name, value in light.items():
        assert not value.startswith("#") or f'fill="var(--{name})"' in page, name
    for part in ("button main", "badge world", "state open", "state unknown", 'class="notice"', "art river water"):
        assert part in page
