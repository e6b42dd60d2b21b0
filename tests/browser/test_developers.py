"""Getting a key in a real browser on a phone: it fits, is read by assistive technology, and needs no script."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

from tests.harness import browser as browsers

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_key_is_got_and_looked_after_on_a_phone_without_scripts(browser: Browser, live_server: str) -> None:
    viewport = {"width": 390, "height": 844}
    with browsers.open_page(browser, viewport, live_server, java_script_enabled=False) as page:
        page.goto("/vi/developers")
        trap = page.get_by_label("Website").locator("xpath=..").bounding_box()
        assert trap is not None
        assert trap["width"] <= 1
        page.get_by_label("Tên ứng dụng").fill("Bản đồ phố cổ")
        page.get_by_label("Địa chỉ thư điện tử").fill("lan@example.org")
        page.get_by_label("Ứng dụng dùng để làm gì").fill("Dẫn khách đi bộ.")
        page.get_by_label(re.compile("Tôi tuân thủ")).check()
        page.get_by_role("button", name="Nhận khóa").click()
        key = page.locator(".key code").inner_text()
        page.get_by_role("link", name="Xem mức sử dụng").first.click()
        page.get_by_label("Khóa", exact=True).fill(key)
        page.get_by_role("button", name="Xem mức sử dụng").click()
        assert page.get_by_role("heading", name="Bản đồ phố cổ").is_visible()
        page.get_by_label("Khóa", exact=True).fill(key)
        page.get_by_role("button", name="Xóa khóa").click()
        assert page.get_by_role("status").inner_text().startswith("Đã xóa khóa")


def test_pages_fit_a_phone_and_have_no_barriers(browser: Browser, live_server: str) -> None:
    with browsers.open_page(browser, {"width": 390, "height": 844}, live_server) as page:
        for path in ("/vi/developers", "/vi/developers/key"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
