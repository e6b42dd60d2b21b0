"""A visitor on a phone reports damage, an officer answers at the desk, the visitor reads that; scripts only help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.harness import browser as browsers
from tests.harness.databases import Databases
from tests.harness.pictures import encoded, picture
from tests.harness.served_desk import Desk, serve_desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FORM = "/vi/report?about=QNM-0002"
WORDS = "Mái ngói bên trái bị vỡ."
# So long a person takes at least; whoever is quicker is taken for a program.
TYPING_MS = 3200


@pytest.fixture(scope="module")
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The seed, served, and a reviewer who has entered its desk."""
    folder = tmp_path_factory.mktemp("reports")
    with serve_desk(databases.copy("sqlite", folder / "data", seeded=True), folder) as desk:
        yield desk


def photo(width: int = 800) -> Any:
    data = encoded(picture(width, width * 3 // 4), quality=95)
    return {"name": "mai ngói.jpg", "mimeType": "image/jpeg", "buffer": data}


def test_visitor_without_scripts_reports_and_reads_the_answer(browser: Browser, served: Desk) -> None:
    with browsers.open_page(browser, browsers.PHONE, served.url, java_script_enabled=False) as page:
        page.goto(FORM)
        page.get_by_label("Có thứ bị hư hỏng").check()
        page.get_by_label("Xin kể rõ").fill(WORDS)
        page.get_by_label("Chọn ảnh có sẵn").set_input_files(photo())
        page.get_by_label("Bằng lời").fill("bên trái cổng")
        page.wait_for_timeout(TYPING_MS)
        page.get_by_role("button", name="Gửi phản ánh").click()
        assert re.fullmatch(r"/vi/reports/[\w-]{43}", urlsplit(page.url).path)
        assert page.get_by_role("link", name=page.url).is_visible()
        assert "Đã nhận" in page.inner_text("[aria-current=step]")

        with served.page(browser, browsers.DESKTOP) as desk:
            desk.goto("/desk/")
            desk.get_by_role("link", name="Phản ánh mới của du khách").click()
            desk.get_by_role("link", name="Hư hỏng").click()
            assert WORDS in desk.inner_text("main")
            seen = desk.get_by_role("img", name="Ảnh du khách gửi")
            assert seen.evaluate("image => image.decode().then(() => image.naturalWidth)") == 800
            desk.get_by_label("Tình trạng").select_option("done")
            desk.get_by_label("Trả lời du khách").fill("Đã thay ngói.")
            desk.get_by_role("button", name="Lưu").click()
            assert "Đã lưu." in desk.inner_text("main")

        page.reload()
        assert "Đã thay ngói." in page.inner_text("main")
        assert "Xong" in page.inner_text("[aria-current=step]")
        assert page.context.cookies() == []


def test_script_makes_the_photo_smaller_and_asks_the_phone_where_it_is(browser: Browser, served: Desk) -> None:
    place = {"latitude": 15.87708, "longitude": 108.32605, "accuracy": 11.2}
    options = {"geolocation": place, "permissions": ["geolocation"]}
    with browsers.open_page(browser, browsers.PHONE, served.url, **options) as page:
        page.goto(FORM)
        page.get_by_role("button", name="Lấy vị trí hiện tại của tôi").click()
        page.get_by_text("sai số trong khoảng 12 m").wait_for()
        assert page.get_by_label("Tọa độ").input_value() == "15.87708, 108.32605"
        large = photo(3000)
        page.get_by_label("Chụp ngay").set_input_files(large)
        page.get_by_text("Đã thu nhỏ để gửi").wait_for()
        size = page.get_by_label("Chụp ngay").evaluate("input => input.files[0].size")
        assert size < len(large["buffer"]) / 4


def test_form_stays_while_there_is_no_network(browser: Browser, served: Desk) -> None:
    with browsers.open_page(browser, browsers.PHONE, served.url) as page:
        page.goto(FORM)
        page.get_by_label("Có thứ gây nguy hiểm").check()
        page.get_by_label("Xin kể rõ").fill(WORDS)
        page.context.set_offline(True)
        page.get_by_role("button", name="Gửi phản ánh").click()
        assert page.get_by_text("Bạn đang mất mạng.").is_visible()
        assert page.get_by_label("Xin kể rõ").input_value() == WORDS
        page.context.set_offline(False)
        page.wait_for_timeout(TYPING_MS)
        page.get_by_role("button", name="Gửi phản ánh").click()
        page.get_by_text("Xin cảm ơn.").wait_for()


def test_pages_of_reports_fit_and_ask_nobody_else(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in (FORM, "/en/report", "/fr/report?about=NONE-1", "/ja/reports/nothing"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        assert page.locator("h1").count() == 1
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}
    assert page.context.cookies() == []


def test_form_is_large_enough_to_tap_and_fits_large_text(browser: Browser, live_server: str) -> None:
    with browsers.open_page(browser, {"width": 320, "height": 640}, live_server) as page:
        page.goto(FORM)
        small = page.evaluate(
            """() => [...document.querySelectorAll('main button, main input:not([type=radio]), label.choice')]
            .filter(e => e.checkVisibility() && !e.closest('.unseen') && e.getBoundingClientRect().height < 44)
            .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert small == []
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = page.evaluate(
            """() => [...document.querySelectorAll('main *')]
            .filter(e => !e.closest('.unseen') && e.getBoundingClientRect().right > 321)
            .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert wide == []


def test_first_view_of_the_form_is_light(phone_page: Page) -> None:
    sizes: dict[str, int] = {}
    phone_page.on("response", lambda response: sizes.update({response.url: len(response.body())}))
    phone_page.goto(FORM, wait_until="networkidle")
    scripts = {url: size for url, size in sizes.items() if ".js" in url}
    assert sum(scripts.values()) <= 4_000
    assert sum(sizes.values()) <= 100_000
