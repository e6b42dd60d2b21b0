"""The plaque sheet in a real browser: one A4 page, measures in real millimetres, a code that is read off the screen."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from PIL import Image

from app.web.plaque import SIZES

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHEET = "/vi/sites/khu-den-thap-my-son-qnm-0045/plaque?size={}"
MM = 96 / 25.4
# What a plaque's text may overhang its room by: nothing.
_OVERHANG = """() => {
  const faces = document.querySelector('.faces'), plate = document.querySelector('.plate');
  return Math.max(faces.scrollHeight - faces.clientHeight, plate.scrollHeight - plate.clientHeight);
}"""


@pytest.mark.parametrize("size", SIZES)
def test_sheet_prints_as_one_page_of_a4(desktop_page: Page, size: str) -> None:
    desktop_page.goto(SHEET.format(size))
    printed = desktop_page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert box
    assert [round(float(side) / 72 * 25.4) for side in box.groups()] == [210, 297]


@pytest.mark.parametrize("size", SIZES)
def test_plaque_is_as_large_as_it_says(desktop_page: Page, size: str) -> None:
    desktop_page.goto(SHEET.format(size))
    measured = [
        desktop_page.locator(one).bounding_box() for one in (".plate", ".scan img", ".sheet", ".cuts", ".scan .short")
    ]
    plate, code, sheet, cuts, short = (box or {} for box in measured)
    wanted = SIZES[size]
    assert plate["width"] / MM == pytest.approx(wanted.width_mm, abs=0.2)
    assert plate["height"] / MM == pytest.approx(wanted.height_mm, abs=0.2)
    assert code["width"] / MM == pytest.approx(wanted.code_mm, abs=0.2)
    assert (plate["x"] - cuts["x"]) / MM == pytest.approx(8, abs=0.3)
    assert (plate["y"] - cuts["y"]) / MM == pytest.approx(8, abs=0.3)
    assert sheet["width"] / MM == pytest.approx(210, abs=0.6)
    assert short["y"] + short["height"] < plate["y"] + plate["height"]
    assert desktop_page.evaluate(_OVERHANG) <= 0


def test_code_is_read_off_the_screen(page: Page, live_server: str) -> None:
    """On a phone, where the sheet is drawn small, and on a desk."""
    page.goto(SHEET.format("small"))
    picture = Image.open(io.BytesIO(page.locator(".sheet").screenshot()))
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [f"{live_server}/q/QNM-0045"]


def test_drawn_cards_cost_one_request(desktop_page: Page) -> None:
    asked: list[str] = []
    desktop_page.on("request", lambda request: asked.append(request.url))
    desktop_page.goto("/en/sites/hau-xa-archaeological-site-qnm-0031")
    desktop_page.evaluate("document.querySelector('.art').after(...Array(20).fill(0).map(() => "
                          "document.querySelector('.art').cloneNode(true)))")  # fmt: skip
    desktop_page.wait_for_load_state("networkidle")
    assert desktop_page.locator(".art").count() == 21
    assert len([url for url in asked if url.endswith("motifs.svg")]) == 1
