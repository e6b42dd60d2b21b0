"""A tourist follows an itinerary, takes it along and keeps it: without scripts, and over a restart of the browser."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import gpxpy
import icalendar
import pytest

from tests.harness import browser as browsers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

OLD_TOWN = "/vi/itineraries/pho-co-hoi-an-trong-nua-ngay-iti-01"
PATHS = [
    OLD_TOWN,
    f"{OLD_TOWN}?stop=3",
    "/en/itineraries/x-iti-06?stop=2",
    "/vi/saved",
    "/en/saved?codes=ITI-01,POI-004,X",
]


@contextlib.contextmanager
def phone(browser: Browser, live_server: str, folder: Path) -> Iterator[BrowserContext]:
    """Start a phone's browser that keeps what it is told to in a folder, as a real one does."""
    context = browser.browser_type.launch_persistent_context(
        folder,
        executable_path=browsers.find_browser(),
        args=browsers.ARGUMENTS,
        base_url=live_server,
        viewport=browsers.PHONE,
    )
    try:
        yield context
    finally:
        context.close()


def kept(page: Page) -> list[str]:
    return page.locator(".mine h3 a").all_inner_texts()


def test_itinerary_is_followed_to_its_end_without_scripts(browser: Browser, live_server: str) -> None:
    with browsers.open_page(browser, browsers.PHONE, live_server, java_script_enabled=False) as page:
        page.goto(OLD_TOWN)
        page.get_by_role("link", name="Đi theo từng điểm dừng").click()
        seen = [page.locator("h1").inner_text()]
        onward = page.get_by_role("link", name=re.compile("^Đi tiếp: "))
        while onward.count():
            onward.click()
            seen.append(page.locator("h1").inner_text())
        assert (len(seen), seen[0], seen[-1]) == (7, "Chùa Cầu", "Bảo tàng Văn hóa Dân gian Hội An")
        page.get_by_role("link", name="Quay lại hành trình").click()
        assert page.locator("#stop-7").is_visible()


def test_itinerary_is_taken_along(phone_page: Page) -> None:
    phone_page.goto(OLD_TOWN)
    with phone_page.expect_download() as had:
        phone_page.locator(".take").get_by_role("link", name=re.compile("GPX")).click()
    (route,) = gpxpy.parse(Path(had.value.path()).read_text()).routes
    assert route.points[0].name == "1. Chùa Cầu"
    phone_page.get_by_label("Ngày", exact=True).fill("2027-02-20")
    with phone_page.expect_download() as planned:
        phone_page.get_by_role("button", name="Thêm vào lịch").click()
    assert planned.value.suggested_filename == "ITI-01-2027-02-20.ics"
    entries = icalendar.Calendar.from_ical(Path(planned.value.path()).read_bytes()).walk("VEVENT")
    assert len(entries) == 7


def test_itinerary_is_kept_over_a_restart_and_removed(browser: Browser, live_server: str, tmp_path: Path) -> None:
    with phone(browser, live_server, tmp_path) as context:
        page = context.new_page()
        page.goto("/vi/saved?codes=ITI-01,POI-004")
        page.get_by_role("button", name="Lưu tất cả trên điện thoại này").click()
        assert page.locator(".keep [aria-pressed=true]").count() == 2
        assert context.cookies() == []
    with phone(browser, live_server, tmp_path) as context:
        page = context.new_page()
        page.goto("/vi/saved")
        assert kept(page) == ["Phố cổ Hội An trong nửa ngày", "Bảo tàng Gốm sứ Mậu dịch"]
        page.get_by_role("button", name=re.compile("Bỏ mục này: Bảo tàng")).click()
        assert kept(page) == ["Phố cổ Hội An trong nửa ngày"]
        page.keyboard.press("Enter")
        assert kept(page) == ["Phố cổ Hội An trong nửa ngày", "Bảo tàng Gốm sứ Mậu dịch"]
        page.locator(".mine h3 a").first.click()
        assert page.locator("h1").inner_text() == "Phố cổ Hội An trong nửa ngày"


def test_list_is_carried_by_a_link_and_by_files(browser: Browser, live_server: str, tmp_path: Path) -> None:
    with phone(browser, live_server, tmp_path / "one") as context:
        page = context.new_page()
        page.goto("/vi/saved?codes=QNM-0002,ITI-01")
        page.get_by_role("button", name="Lưu trên điện thoại này").first.click()
        page.goto("/vi/saved")
        link = page.locator("[data-link]").get_attribute("href")
        with page.expect_download() as had:
            page.get_by_role("button", name="Dạng dữ liệu (GeoJSON)").click()
        (feature,) = json.loads(Path(had.value.path()).read_text())["features"]
        assert (feature["id"], feature["geometry"]["coordinates"]) == ("QNM-0002", [108.32601, 15.87712])
        with page.expect_download() as had:
            page.locator("[data-file=gpx]").click()
        assert [point.name for point in gpxpy.parse(Path(had.value.path()).read_text()).waypoints] == ["Chùa Cầu"]
        context.set_offline(True)
        with page.expect_download() as had:
            page.get_by_role("button", name="Dạng văn bản").click()
        assert "Chùa Cầu (QNM-0002)\n15.87712, 108.32601\n" in Path(had.value.path()).read_text()
    assert str(link).endswith("/vi/saved?codes=QNM-0002")
    with browsers.open_page(browser, browsers.PHONE, live_server, java_script_enabled=False) as other:
        other.goto(str(link))
        assert other.locator(".carried h3 a").all_inner_texts() == ["Chùa Cầu"]


def test_stored_list_of_somebody_elses_making_harms_nobody(phone_page: Page) -> None:
    """What stands in the storage may be broken or hostile: it is text, and leads nowhere else."""
    bad = [
        {"code": "A", "name": "<img src=x>", "url": "javascript:alert(1)"},
        {"code": "B", "name": "B", "url": "//x"},
        3,
    ]
    good = {"code": "C", "name": "<b>C</b>", "url": "/vi/saved"}
    phone_page.goto("/vi/saved")
    phone_page.evaluate("list => localStorage.setItem('disan.saved', JSON.stringify(list))", [*bad, good])
    phone_page.reload()
    assert kept(phone_page) == ["<b>C</b>"]
    phone_page.evaluate("localStorage.setItem('disan.saved', '{')")
    phone_page.reload()
    assert "Chưa lưu mục nào" in phone_page.locator(".mine").inner_text()


def test_browser_that_keeps_nothing_says_so(phone_page: Page) -> None:
    phone_page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"
    )
    phone_page.goto("/vi/saved?codes=QNM-0002")
    phone_page.get_by_role("button", name="Lưu trên điện thoại này").click()
    assert "Trình duyệt này không cho lưu" in phone_page.locator(".carried").inner_text()


@pytest.mark.parametrize("path", PATHS)
def test_page_fits_narrow_screens_with_large_letters(browser: Browser, live_server: str, path: str) -> None:
    with browsers.open_page(browser, {"width": 320, "height": 640}, live_server) as page:
        page.goto(path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = page.evaluate(
            """() => [...document.querySelectorAll('main *')].filter(e => e.checkVisibility() && !e.closest('.unseen')
            && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 120))"""
        )
        assert wide == []
        small = page.evaluate(
            """() => [...document.querySelectorAll('main button, main input, main .button, main .tap')]
            .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"""
        )
        assert small == []


@pytest.mark.parametrize("path", [OLD_TOWN, f"{OLD_TOWN}?stop=3"])
def test_printed_itinerary_is_a_sheet(desktop_page: Page, path: str) -> None:
    desktop_page.goto(path)
    printed = desktop_page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "15mm"))
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2
    desktop_page.emulate_media(media="print")
    assert desktop_page.locator("main form:visible, main .button:visible").count() == 0
