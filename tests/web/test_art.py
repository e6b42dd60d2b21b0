"""Drawn cards: which motif and colour a record gets, and what they weigh."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from app.config import ROOT
from app.web import art
from app.web.art import choose_art

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PAGE = 24
MOST_BYTES = 1024


def site(kind: str, year: int | None = None, **further: Any) -> dict[str, Any]:
    return {"url": "/vi/sites/x", "types": [kind], "type_labels": [kind], "year_from": year, **further}


@pytest.mark.parametrize(
    ("item", "motif", "tone"),
    [
        (site("architectural_artistic", 900), "tower", "brick"),
        (site("architectural_artistic", 380, year_to=1300), "tower", "brick"),
        (site("architectural_artistic", 1400, year_to=1817), "hall", "brick"),
        (site("architectural_artistic", 1590), "hall", "ochre"),
        (site("archaeological", 700), "tower", "brick"),
        (site("archaeological", -500), "strata", "brick"),
        (site("historical", 1885), "gate", "indigo"),
        (site("historical", 1968), "memorial", "moss"),
        (site("memorial_person", 1647), "gate", "ochre"),
        (site("scenic", 900), "hills", "brick"),
        ({"url": "/en/places/x", "category": "beach"}, "hills", "moss"),
        ({"url": "/en/places/x", "category": "museum"}, "street", "ochre"),
        ({"url": "/en/artefacts/x"}, "ceramics", "indigo"),
    ],
)
def test_card_is_chosen_by_type_and_period(item: dict[str, Any], motif: str, tone: str) -> None:
    found = choose_art(item)
    assert found
    assert (found.motif, found.tone) == (motif, tone)


def test_card_says_type_period_and_place() -> None:
    found = choose_art(site("historical", 1885, period="1885 – 1887", unit_name="Xã Phú Ninh, thành phố Đà Nẵng"))
    assert found
    assert (found.title, found.line) == ("historical", "1885 – 1887 · Xã Phú Ninh")


def test_places_have_their_colours_where_no_period_is_known() -> None:
    tones = {choose_art(site("historical", unit_name=f"Xã {number}")) for number in range(40)}
    assert len({found.tone for found in tones if found}) > 3
    assert choose_art(site("historical", unit_name="Xã 1")) == choose_art(site("historical", unit_name="Xã 1"))


@pytest.mark.parametrize("url", ["/vi/notices/x", "/vi/sites?unit=20410"])
def test_what_is_no_thing_to_see_has_no_card(url: str) -> None:
    assert choose_art({"url": url}) is None


def test_style_and_drawing_have_every_motif_and_colour() -> None:
    style = (ROOT / "static/css/art.css").read_text(encoding="utf-8")
    motifs = {*art._OF_TYPE.values(), *(motif for motif, _ in art._OF_PAGE.values()), "tower", "gate", "memorial"}
    tones = {*(tone for _, tone in art._OF_PAGE.values()), *art._TONES_OF_PLACES, "brick", "moss"}
    panels = dict(re.findall(r"\.art\.(\w+) \{ --panel: (\d+); \}", style))
    assert panels.keys() == motifs
    assert set(re.findall(r"\.art\.(\w+) \{ --tone:", style)) == tones
    drawn = etree.parse(ROOT / "static/img/motifs.svg").getroot()
    assert sorted(panels.values(), key=int) == [str(number) for number in range(len(drawn.findall("{*}svg")))]


def test_drawing_of_all_motifs_is_light() -> None:
    assert len((ROOT / "static/img/motifs.svg").read_bytes()) < 24_000


def test_cards_of_a_page_add_less_than_a_kilobyte(seeded_client: FlaskClient) -> None:
    page = seeded_client.get("/vi/sites").text
    assert page.count('class="art ') == PAGE
    without, found = re.subn(r'<div class="thumb">.*?</p>\s*</div></div>', "", page, flags=re.DOTALL)
    assert found == PAGE
    assert "art " not in without
    assert len(gzip.compress(page.encode())) - len(gzip.compress(without.encode())) < MOST_BYTES


def test_page_of_a_record_without_a_picture_has_its_card(seeded_client: FlaskClient) -> None:
    page = seeded_client.get("/vi/sites/khu-den-thap-my-son-qnm-0045").text
    assert page.count('<div class="art tower brick" aria-hidden="true">') == 1
