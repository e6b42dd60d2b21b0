"""Our own basemap in a real browser: the archipelagos named at every zoom, nobody else asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.harness.served_desk import Desk, serve_desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.harness.databases import Databases

HOANG_SA = "Hoàng Sa (Đà Nẵng, Việt Nam)"
TRUONG_SA = "Trường Sa (Khánh Hòa, Việt Nam)"
# Latitude and longitude of an island in the east and one in the west of each, and of a sea among them.
PLACES = [
    (HOANG_SA, 16.834, 112.33),
    (HOANG_SA, 15.786, 111.198),
    (HOANG_SA, 16.5, 112.0),
    (TRUONG_SA, 8.629, 111.916),
    (TRUONG_SA, 10.379, 114.464),
    (TRUONG_SA, 10.749, 115.819),
]
ZOOMS = range(5, 20)
_NAMES = """() => {
  const map = document.querySelector('.leaflet-container').getBoundingClientRect();
  return [...document.querySelectorAll('.bm-name')].filter(e => {
    const b = e.getBoundingClientRect();
    return e.checkVisibility() && b.width > 0
      && b.left >= map.left && b.right <= map.right && b.top >= map.top && b.bottom <= map.bottom;
  }).map(e => e.textContent);
}"""
_MAKE = """([files, lang]) => {
  const box = document.createElement('div');
  box.style.height = '500px';
  document.querySelector('main').replaceChildren(box);
  window.map = L.map(box, { minZoom: 5, maxZoom: 19, fadeAnimation: false, zoomAnimation: false });
  map.setView([15.88, 108.33], 9, { animate: false });
  return disanBasemap.add(map, { files, lang, attribution: '© GSHHG (LGPL) · Natural Earth' });
}"""


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("basemap")
    with serve_desk(databases.copy("sqlite", folder / "data", seeded=True), folder) as served:
        yield served


@pytest.fixture(params=[1280, 390])
def map_page(request: pytest.FixtureRequest, browser: Browser, desk: Desk) -> Iterator[Page]:
    """A page with nothing but a map over our basemap."""
    asked: list[str] = []
    told: list[str] = []
    with desk.page(browser, {"width": request.param, "height": 800}) as page:
        page.on("request", lambda sent: asked.append(sent.url))
        page.on("console", lambda message: told.append(message.text))
        page.on("requestfailed", lambda sent: told.append(sent.url))
        page.goto("/desk/records/site/new")
        page.add_style_tag(url="/static/vendor/leaflet/leaflet.css")
        page.add_style_tag(url="/static/css/map.css")
        page.add_script_tag(url="/static/vendor/leaflet/leaflet.js")
        page.add_script_tag(url="/static/js/basemap.js")
        names = ("overview", "province", "archipelagos", "units")
        page.evaluate(_MAKE, [{name: f"/static/map/{name}.geojson" for name in names}, "vi"])
        yield page
    assert told == []
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}


def test_basemap_names_the_archipelagos_at_every_zoom_where_they_lie_in_view(map_page: Page) -> None:
    for name, lat, lon in PLACES:
        for zoom in ZOOMS:
            map_page.evaluate(
                "([lat, lon, zoom]) => { map.setView([lat, lon], zoom, { animate: false }); }", [lat, lon, zoom]
            )
            assert name in map_page.evaluate(_NAMES), (name, lat, lon, zoom)


def test_basemap_names_an_archipelago_that_only_reaches_into_view(map_page: Page) -> None:
    for zoom in ZOOMS:
        for corner in ("getNorthWest", "getNorthEast", "getSouthWest", "getSouthEast"):
            map_page.evaluate(
                """([lat, lon, zoom, corner]) => {
                  map.setView([lat, lon], zoom, { animate: false });
                  const at = map.project(map.getBounds()[corner](), zoom), middle = map.project(map.getCenter(), zoom);
                  map.panBy(middle.subtract(at).multiplyBy(0.97), { animate: false });
                }""",
                [16.834, 112.33, zoom, corner],
            )
            assert HOANG_SA in map_page.evaluate(_NAMES), (zoom, corner)


def test_basemap_names_both_where_both_lie_in_view(map_page: Page) -> None:
    map_page.evaluate("() => { map.setView([13, 112.6], 5, { animate: false }); }")
    assert {HOANG_SA, TRUONG_SA} <= set(map_page.evaluate(_NAMES))


def test_basemap_does_not_name_what_lies_elsewhere(map_page: Page) -> None:
    map_page.evaluate("() => { map.setView([15.88, 108.33], 10, { animate: false }); }")
    assert not {HOANG_SA, TRUONG_SA} & set(map_page.evaluate(_NAMES))


def test_basemap_names_communes_and_islands_near_by_and_no_two_names_meet(map_page: Page) -> None:
    map_page.evaluate("() => { map.setView([15.9, 108.4], 11, { animate: false }); }")
    map_page.wait_for_function(
        "() => [...document.querySelectorAll('.bm-name')].some(e => e.textContent === 'Cù Lao Chàm')"
    )
    boxes = map_page.evaluate(
        """() => [...document.querySelectorAll('.bm-name')].map(e => e.getBoundingClientRect())
        .map(b => [b.left, b.top, b.right, b.bottom])"""
    )
    assert len(boxes) > 5
    for at, (left, top, right, bottom) in enumerate(boxes):
        for west, north, east, south in boxes[at + 1 :]:
            assert right <= west or east <= left or bottom <= north or south <= top
    assert "GSHHG" in map_page.locator(".leaflet-control-attribution").inner_text()
