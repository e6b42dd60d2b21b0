"""The API's reference and the guides in a real browser: they fit, have no barriers, and the API is tried from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from app.web.guides import GUIDES
from tests.harness import browser as browsers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = [{"width": 390, "height": 844}, {"width": 1280, "height": 900}]
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def assert_has_no_barriers(page: Page) -> None:
    assert page.evaluate(FITS)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(("size", "scheme"), [(SIZES[0], "dark"), (SIZES[1], "light")], ids=("phone", "desk"))
def test_reference_is_opened_and_tried_where_it_is_read(
    browser: Browser, live_server: str, size: dict[str, int], scheme: str
) -> None:
    with browsers.open_page(browser, size, live_server, color_scheme=scheme) as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/vi/developers/reference")
        page.locator("#operations-tag-Search").click()
        operation = page.locator(".opblock", has=page.locator('[data-path="/suggest"]'))
        operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        operation.get_by_placeholder("q", exact=True).fill("chua c")
        operation.get_by_role("button", name="Execute").click()
        answer = operation.locator(".live-responses-table .response .response-col_description pre").first
        answer.filter(has_text="QNM-0002").wait_for()
        assert page.locator("#plain").is_hidden()
        page.locator("#operations-tag-Sites").click()
        page.locator('[data-path="/collections/sites/items"]').click()
        page.locator('[data-param-name="bbox-crs"]').wait_for()
        assert_has_no_barriers(page)
    assert complaints == []
    assert all(url.startswith((live_server, "data:")) for url in asked)
    assert f"{live_server}/api/v1/suggest?q=chua%20c" in asked


def test_reference_is_a_list_without_scripts(browser: Browser, live_server: str) -> None:
    with browsers.open_page(browser, SIZES[0], live_server, java_script_enabled=False) as page:
        page.goto("/vi/developers/reference")
        assert page.get_by_text("/api/v1/collections/sites/items/{code}").is_visible()
        assert page.locator("#viewer").is_hidden()


@pytest.mark.parametrize("guide", GUIDES)
def test_guides_fit_a_phone_and_have_no_barriers(browser: Browser, live_server: str, guide: str) -> None:
    with browsers.open_page(browser, SIZES[0], live_server) as page:
        page.goto(f"/vi/developers/{guide}")
        assert_has_no_barriers(page)
