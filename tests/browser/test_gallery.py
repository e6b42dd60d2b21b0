"""The pictures of a record in a real browser: swiped through, looked at large, closely and around, by key and hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from app.core.db import db
from tests.harness import browser as browsers
from tests.harness import media, pictures, register, server
from tests.harness.counts import counts
from tests.harness.databases import open_app
from tests.harness.pictures import square_colour
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.harness.databases import Databases

# 40 megapixels, and 200.
SHEET = counts((8000, 5000), (20_000, 10_000))
LIMITS = {"DISAN_MEDIA_MAX_MEGAPIXELS": "210"}
PHONE = {"width": 390, "height": 844}
PATH = "/en/sites/site-qnm-9001-qnm-9001"
CREDIT = "Nguyễn Văn A · CC-BY-4.0"


@pytest.fixture(scope="module")
def gallery(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose site has two photographs, a map sheet and a panorama."""
    folder = tmp_path_factory.mktemp("gallery")
    database = databases.copy("sqlite", folder / "data")
    with open_app(database, **LIMITS) as app:
        with app.app_context():
            register.write_vocabulary(db.session())
            files = [
                media.keep(app, pictures.encoded(image, quality=90), f"{number}.jpg")
                for number, image in enumerate(
                    (
                        pictures.picture(1600, 1000),
                        pictures.picture(1000, 1600, seed=2),
                        pictures.sheet(*SHEET),
                        pictures.sheet(5000, 2500),
                    )
                )
            ]
            kinds = ("photograph", "photograph", "map", "panorama")
            media_of = [
                ("media", media.medium(file, "QNM-9001", code=f"QNM-P000{number}", **_said(kind, number)))
                for number, (file, kind) in enumerate(zip(files, kinds, strict=True), 1)
            ]
            register.publish(db.session(), ("site", register.site("QNM-9001")), *media_of)
            db.session.commit()
        run_jobs(app)
    with server.serve(database, folder / "server.log") as url:
        yield url


def _said(kind: str, number: int) -> dict[str, object]:
    title = {"vi": f"Ảnh {number}", "en": f"Picture {number}"}
    return {"medium_type": kind, "creator": "Nguyễn Văn A", "title": title, "alt": title}


@pytest.fixture(params=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser, gallery: str) -> Iterator[Page]:
    """The record's page, on a phone and on a desk; nothing is said to the console, and nobody else asked."""
    told: list[str] = []
    asked: list[str] = []
    viewport = PHONE if request.param == "phone" else browsers.DESKTOP
    with browsers.open_page(browser, viewport, gallery) as opened:
        opened.on("console", lambda message: told.append(message.text))
        opened.on("request", lambda one: asked.append(one.url))
        opened.goto(PATH, wait_until="networkidle")
        yield opened
        told = [text for text in told if "GL Driver Message" not in text]
    assert told == []
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}


def test_pictures_come_without_a_jump_and_scripts_only_when_they_are_wanted(browser: Browser, gallery: str) -> None:
    asked: dict[str, int] = {}
    with browsers.open_page(browser, PHONE, gallery, device_scale_factor=3) as opened:
        opened.add_init_script(
            "window.jumps = 0; "
            "new PerformanceObserver(list => { for (const one of list.getEntries()) jumps += one.value })"
            ".observe({ type: 'layout-shift', buffered: true })"
        )
        opened.on(
            "requestfinished",
            lambda one: asked.update({urlsplit(one.url).path: one.sizes()["responseBodySize"]}),
        )
        opened.goto(PATH, wait_until="networkidle")
        assert opened.evaluate("jumps") < 0.01
        assert opened.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        first = opened.locator(".shot").first
        assert first.locator(".blur").evaluate("one => one.complete && one.naturalWidth") == 16
        # The picture lies over what stood for it, and takes the same place.
        box, under = (first.locator(one).bounding_box() for one in ("picture img", ".blur"))
        assert box == under
    assert sum(size for path, size in asked.items() if path.endswith(".js")) < 15_000
    assert sum(asked.values()) < 100_000
    assert not [path for path in asked if "vendor" in path or "iiif" in path]


def test_pictures_are_leafed_through_by_key_and_by_hand(page: Page) -> None:
    first = page.locator("a.shot").first
    first.focus()
    page.keyboard.press("Enter")
    viewer = page.get_by_role("dialog", name="Pictures")
    strip = viewer.locator(".strip")
    assert viewer.is_visible()
    assert viewer.get_by_text("Picture 1").is_visible()
    assert CREDIT in viewer.locator("figcaption").first.inner_text()
    assert viewer.get_by_role("button", name="Previous picture").get_attribute("aria-disabled") == "true"
    page.keyboard.press("ArrowRight")
    _wait_for(page, 1)
    viewer.get_by_role("button", name="Next picture").click()
    _wait_for(page, 2)
    # As a finger leaves it.
    strip.evaluate("one => one.scrollTo({ left: 3 * one.clientWidth, behavior: 'instant' })")
    page.wait_for_function("() => document.querySelector('[data-do=next]').ariaDisabled === 'true'")
    page.keyboard.press("ArrowLeft")
    _wait_for(page, 2)
    page.keyboard.press("Escape")
    assert not viewer.is_visible()
    assert page.evaluate("document.activeElement === document.querySelector('a.shot')")


def _wait_for(page: Page, index: int) -> None:
    page.wait_for_function(
        "index => { const one = document.querySelector('.viewer .strip');"
        " return Math.abs(one.scrollLeft - index * one.clientWidth) < 2 }",
        arg=index,
    )


def test_sheet_is_looked_at_closely(page: Page) -> None:
    tiles: list[str] = []
    page.on("response", lambda one: tiles.append(f"{one.status} {urlsplit(one.url).path}"))
    page.get_by_role("link", name="Look closely").click()
    page.locator(".openseadragon-canvas[role=img][aria-label='Picture 3']").wait_for()
    assert CREDIT in page.locator(".viewer .said").inner_text()
    # To full size, by key, at the middle of the sheet.
    for _ in range(45):
        page.keyboard.press("+")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(700)
    finest = [one for one in tiles if re.search(r"/\d+,\d+,512,512/512,512/0/default\.jpg$", one)]
    assert finest
    assert [one for one in tiles if "/iiif/" in one and not one.startswith("200")] == []
    column, row = SHEET[0] // 2 // 512, SHEET[1] // 2 // 512
    seen = page.evaluate(_COLOURS)
    meant = [square_colour(column + one, row + other) for one in (-1, 0, 1) for other in (-1, 0, 1)]
    assert any(max(abs(a - b) for a, b in zip(one, two, strict=True)) < 8 for one in seen for two in meant)
    page.get_by_role("button", name="Whole picture").click()
    page.get_by_role("button", name="Close").click()
    assert page.evaluate("document.activeElement.textContent") == "Look closely"


_COLOURS = """() => {
  const canvas = document.querySelector('.viewer .openseadragon-canvas canvas');
  const { width, height } = canvas;
  const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  const found = [];
  for (let y = 0; y < height; y += 40)
    for (let x = 0; x < width; x += 40) found.push([...pixels.slice(4 * (y * width + x), 4 * (y * width + x) + 3)]);
  return found;
}"""


def test_panorama_is_looked_at_all_around(page: Page) -> None:
    came: list[str] = []
    page.on("response", lambda one: came.append(urlsplit(one.url).path))
    page.get_by_role("link", name="Look around").click()
    page.locator(".viewer [role=img][aria-label='Picture 4'] canvas").wait_for()
    page.wait_for_function("() => !document.querySelector('.pnlm-load-box')?.checkVisibility()")
    wide = page.locator("[data-look=panorama]").get_attribute("href")
    assert wide in came
    page.get_by_role("button", name="Zoom in").click()
    page.keyboard.press("Escape")
    page.locator(".viewer canvas").wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Look around"


def test_flat_picture_stays_where_there_is_no_webgl(browser: Browser, gallery: str) -> None:
    with browsers.open_page(browser, PHONE, gallery) as opened:
        opened.add_init_script(
            "const get = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext ="
            " function (kind, ...rest) { return kind.includes('webgl') ? null : get.call(this, kind, ...rest) }"
        )
        opened.goto(PATH)
        opened.get_by_role("link", name="Look around").click()
        opened.get_by_text("This cannot be shown here").wait_for()
        assert opened.locator(".viewer .stage img").is_visible()
        assert opened.locator(".viewer [data-do]:visible").count() == 1


def test_everything_leads_to_the_largest_picture_without_javascript(browser: Browser, gallery: str) -> None:
    with browsers.open_page(browser, PHONE, gallery, java_script_enabled=False) as opened:
        opened.goto(PATH)
        widths = []
        for link in opened.locator(".pictures a:has-text('Look'), .pictures a.shot").all():
            address = link.get_attribute("href")
            answer = opened.request.get(f"{gallery}{address}")
            assert answer.headers["content-type"] == "image/jpeg"
            widths.append(pictures.decoded(answer.body()).width)
        assert widths == [1600, 1000, 2048, 2048, 4096, 4096]
        assert not opened.locator(".viewer").is_visible()
        assert opened.locator(".strip").evaluate("one => getComputedStyle(one).scrollSnapType") == "x mandatory"
