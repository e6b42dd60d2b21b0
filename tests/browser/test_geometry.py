"""The geometry field in a real browser: drawing, typing, pasting markers, a file; and without a script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import shapely

from app.config import Settings
from app.places.entries import read_geometry
from tests.harness.served_desk import Desk, serve_desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.harness.databases import Databases

GRID = "EPSG:5899"
ZONE_FORM = "/desk/records/zone/new?site=QNM-0002&zone_type=zone_1"
MARKERS = "1756000,00\t561400,00\n1756100,00\t561400,00\n1756100,00\t561500,00\n1756000,00\t561500,00"


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("geometry")
    with serve_desk(databases.copy("sqlite", folder / "data", seeded=True), folder) as served:
        yield served


@pytest.fixture(params=[1280, 390])
def form(request: pytest.FixtureRequest, browser: Browser, desk: Desk) -> Iterator[Page]:
    """The form of a new zone; whatever the console says or another host is asked for fails the test."""
    told: list[str] = []
    asked: list[str] = []
    with desk.page(browser, {"width": request.param, "height": 900}) as page:
        page.on("console", lambda message: told.append(message.text))
        page.on("request", lambda sent: asked.append(sent.url))
        page.goto(ZONE_FORM)
        yield page
    assert told == []
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}


def open_map(page: Page) -> None:
    """Open the map and wait until it is drawn."""
    page.get_by_role("button", name="Bản đồ", exact=True).click()
    page.wait_for_selector(".geometry-canvas[data-basemap=ready]")
    page.locator(".geometry-canvas").scroll_into_view_if_needed()


def click(page: Page, *places: tuple[float, float]) -> None:
    """Click on the map, at fractions of its width and height."""
    canvas = page.locator(".geometry-canvas")
    box = canvas.bounding_box()
    assert box is not None
    for x, y in places:
        canvas.click(position={"x": box["width"] * x, "y": box["height"] * y})


def ring(page: Page, inset: float) -> list[tuple[float, float]]:
    """The corners of a box beside the map's buttons, the first one again at the end."""
    is_phone = page.viewport_size is not None and page.viewport_size["width"] < 600
    west, east = (0.66, 0.88) if is_phone else (0.5, 0.7)
    west, east, north, south = west + inset, east - inset, 0.35 + inset, 0.6 - inset
    return [(west, north), (east, north), (east, south), (west, south), (west, north)]


def shape(page: Page) -> shapely.Geometry:
    """What the two fields hold, as the register would read it."""
    text = page.locator("[name=entered_text]").input_value()
    crs = page.locator("[name=entered_crs]").input_value()
    return read_geometry(Settings(), text, crs, "entered_text")


def wait_for_text(page: Page, pattern: str) -> None:
    page.wait_for_function(
        "pattern => new RegExp(pattern).test(document.querySelector('[name=entered_text]').value)", arg=pattern
    )


def test_an_area_with_a_hole_is_drawn_and_written_in_the_chosen_system(form: Page) -> None:
    form.locator("[name=entered_crs]").select_option(GRID)
    open_map(form)
    form.get_by_role("button", name="Vẽ vùng").click()
    click(form, *ring(form, 0.0))
    wait_for_text(form, r"^1: \d{7}")
    assert form.locator(".geometry-facts").inner_text().count("m²") == 2
    form.get_by_role("button", name="Cắt lỗ hoặc cắt bớt một phần").click()
    click(form, *ring(form, 0.05))
    wait_for_text(form, "^POLYGON")
    drawn = shape(form)
    assert isinstance(drawn, shapely.Polygon)
    assert len(drawn.interiors) == 1
    assert re.search(r"\d{6}\.\d+ \d{7}\.\d+", form.locator("[name=entered_text]").input_value())


def test_nothing_of_the_map_is_fetched_before_it_is_opened(form: Page) -> None:
    assert not form.evaluate("performance.getEntriesByType('resource').some(e => /leaflet|geojson/.test(e.name))")
    open_map(form)
    assert form.evaluate("performance.getEntriesByType('resource').some(e => /leaflet/.test(e.name))")


def test_markers_pasted_from_a_spreadsheet_become_the_boundary(form: Page) -> None:
    form.locator("[name=entered_crs]").select_option(GRID)
    form.get_by_role("button", name="Mốc giới", exact=True).click()
    form.get_by_label("Mốc, dòng 1").focus()
    form.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData('text/plain', text);
          const options = { clipboardData: data, bubbles: true, cancelable: true };
          document.activeElement.dispatchEvent(new ClipboardEvent('paste', options));
        }""",
        MARKERS,
    )
    assert form.get_by_label("X (bắc), dòng 4").input_value() == "1756000,00"
    form.get_by_label("Ghi chú, dòng 2").fill("cây đa")
    form.wait_for_function("() => /10\\.000,0 m²/.test(document.querySelector('.geometry-facts')?.textContent)")
    assert form.locator("[name=entered_text]").input_value().splitlines()[1] == "2\t1756100,00\t561400,00\tcây đa"
    assert shape(form).area > 0
    # And back again: what is typed into the text shows in the table.
    form.locator("[name=entered_text]").fill("A: 1756000 561400\nB: 1756100 561400\nC: 1756100 561500 # góc")
    form.wait_for_function("() => [...document.querySelectorAll('.markers input')].some(e => e.value === 'góc')")
    assert form.get_by_label("Mốc, dòng 3").input_value() == "C"
    assert form.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_boundary_that_crosses_itself_is_told_by_the_field_with_its_place(form: Page) -> None:
    form.locator("[name=entered_crs]").select_option(GRID)
    form.locator("[name=entered_text]").fill("1756000 561400\n1756100 561500\n1756100 561400\n1756000 561500")
    open_map(form)
    form.get_by_text("Ranh giới tự cắt hoặc tự chạm tại X=1756050.00 Y=561450.00").wait_for()
    form.wait_for_selector("path.geometry-fault")
    assert form.locator("[name=entered_text]").input_value().count("\n") == 3


def test_a_file_fills_the_field(form: Page, tmp_path: Path) -> None:
    path = tmp_path / "zone.geojson"
    feature = {
        "type": "Feature",
        "properties": {"name": "Khu vực I"},
        "geometry": json.loads(shapely.to_geojson(shapely.box(108.32, 15.87, 108.33, 15.88))),
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    form.get_by_role("button", name="Đọc từ tệp", exact=True).click()
    form.get_by_label("Tệp", exact=True).set_input_files(path)
    form.get_by_role("button", name="Lấy hình này: Khu vực I").click()
    wait_for_text(form, "^POLYGON")
    assert shape(form).equals(shapely.box(108.32, 15.87, 108.33, 15.88))


@pytest.mark.parametrize("width", [1280, 390])
def test_a_point_typed_in_vn2000_moves_the_pin(browser: Browser, desk: Desk, width: int) -> None:
    with desk.page(browser, {"width": width, "height": 900}) as page:
        page.goto("/desk/records/QNM-0002/edit")
        field = page.locator("[name$='.entered_text']").first
        page.locator("[name$='.entered_crs']").first.select_option(GRID)
        field.fill("1756063,592 561494,291")
        page.get_by_role("button", name="Bản đồ", exact=True).first.click()
        page.wait_for_selector(".geometry-canvas[data-basemap=ready]")
        pin = page.locator(".geometry-pin").first
        page.wait_for_function("() => document.querySelector('.geometry-facts')?.textContent.includes('108.3260500')")
        before = pin.bounding_box()
        field.fill("1756263,592 561494,291")
        page.wait_for_function("() => document.querySelector('.geometry-facts').textContent.includes('X=1756263.592')")
        after = pin.bounding_box()
        assert before is not None
        assert after is not None
        assert after["y"] < before["y"] - 5
        field.fill("561494,291 1756263,592")
        page.get_by_text("Hai giá trị đã được đọc theo thứ tự ngược lại").wait_for()


def test_without_a_script_a_button_shows_the_same(browser: Browser, desk: Desk) -> None:
    with desk.page(browser, {"width": 1280, "height": 900}, java_script_enabled=False) as page:
        page.goto(ZONE_FORM)
        page.locator("[name=entered_text]").fill(MARKERS.replace("\t", " "))
        page.locator("[name=entered_crs]").select_option(GRID)
        with page.expect_popup() as opened:
            page.get_by_role("button", name="Kiểm tra tọa độ").click()
        told = opened.value.locator("main").inner_text()
        assert "10.000,0 m²" in told
        assert "1756100.000" in told
        assert page.locator("[name=entered_text]").input_value().startswith("1756000,00")
