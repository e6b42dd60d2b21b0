"""An officer goes through a dossier in a real browser, on a phone and on a desk; these pages have no scripts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.harness.databases import Databases
from tests.harness.served_desk import Desk, serve_desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SIZES = {"390": {"width": 390, "height": 844}, "1280": {"width": 1280, "height": 900}}
# With this folder named the pictures are left in it, to be looked at.
PICTURES = os.environ.get("DISAN_TEST_PICTURES", "")
SITES = {"390": "QNM-0100", "1280": "QNM-0101"}


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A served register with the seed, and a reviewer's session."""
    folder = tmp_path_factory.mktemp("dossiers")
    with serve_desk(databases.copy("sqlite", folder / "data", seeded=True), folder) as served:
        yield served


def look(page: Page, name: str, width: str) -> None:
    """See that a page fits and that axe finds nothing; leave its picture where that is asked for."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"story-{name}-{width}.png"), full_page=True)


def save(page: Page, value: str = "save") -> None:
    page.locator(f"main button[value={value}]").click()
    page.wait_for_load_state()


@pytest.mark.parametrize("width", SIZES)
def test_dossier_is_opened_gone_through_stopped_and_printed(browser: Browser, desk: Desk, width: str) -> None:
    with desk.page(browser, SIZES[width]) as page:
        page.goto(f"/desk/records/{SITES[width]}?lang=vi")
        page.get_by_role("link", name="Lập hồ sơ thủ tục", exact=True).click()
        page.locator("[name=regulation]").select_option("rank-provincial")
        page.locator("[name=one_stop_code]").fill("000.00.16.H17-260302-0001")
        page.locator("[name=received_on]").fill("2026-03-02")
        save(page)
        assert "Đã lập hồ sơ thủ tục" in page.inner_text("main")
        rows = page.locator("tr[id^=paper-]")
        assert rows.count() == 10
        assert "Đơn đề nghị" in rows.first.inner_text()
        assert page.locator("script").count() == 0
        look(page, "dossier", width)
        page.locator("#paper-inscriptions a", has_text="Xử lý").click()
        page.locator("[name=verdict]").select_option("not_applicable")
        save(page)
        assert page.locator("#reason-error").is_visible()
        assert page.locator("[name=verdict]").input_value() == "not_applicable"
        look(page, "paper", width)
        page.locator("[name=reason]").fill("Di tích không có tư liệu Hán Nôm.")
        save(page)
        assert "Không cần ở đây" in page.locator("#paper-inscriptions").inner_text()
        page.locator("[name=state]").select_option("supplement")
        page.locator("[name=happened_on]").fill("2026-03-06")
        save(page, "step")
        assert "Chờ bổ sung" in page.inner_text("main")
        assert "06/03/2026" in page.locator(".history").first.inner_text()
        page.get_by_role("link", name="Danh mục còn thiếu, để in").click()
        page.get_by_role("link", name="Người nộp").click()
        assert page.locator("article tbody tr").count() == 1
        look(page, "owed", width)
        page.emulate_media(media="print")
        assert not page.locator(".roof").is_visible()
        assert not page.get_by_role("link", name="Người nộp").is_visible()
        assert page.locator("article").is_visible()
        page.emulate_media(media="screen")
        page.goto("/desk/dossiers?owes=applicant")
        assert page.locator("main tbody tr").count() >= 1
        look(page, "list", width)
