"""An officer counts, looks behind a number, freezes, compares, enters visitors, sends a workbook; without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

from tests.harness import browser as browsers
from tests.harness.databases import Databases
from tests.harness.served_desk import Desk, serve_desk

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The seed, served, and a reviewer who has entered its desk."""
    folder = tmp_path_factory.mktemp("counts")
    with serve_desk(databases.copy("sqlite", folder / "data", seeded=True), folder) as desk:
        yield desk


@pytest.fixture(params=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser, served: Desk) -> Iterator[Page]:
    """A reviewer's page without scripts, on a phone, then on a desk."""
    viewport = browsers.PHONE if request.param == "phone" else browsers.DESKTOP
    with served.page(browser, viewport, java_script_enabled=False) as opened:
        yield opened


def test_number_leads_to_its_list_and_a_frozen_table_to_its_reasons(page: Page, tmp_path: Path) -> None:
    page.goto("/desk/counts?lang=vi")
    page.get_by_role("link", name="Di tích theo cấp và loại hình").first.click()
    page.get_by_label("Tính đến ngày").fill("2015-12-31")
    page.get_by_role("main").get_by_role("button", name="Thống kê").click()
    row = page.locator("tr", has=page.get_by_role("rowheader", name="Di tích quốc gia đặc biệt"))
    cell = row.get_by_role("link").last
    number = int(cell.inner_text())
    cell.click()
    assert page.locator("main tbody tr").count() == number == 5
    page.go_back()
    page.get_by_label("Ghi chú").fill("Báo cáo năm 2015")
    page.get_by_role("button", name="Chốt bảng này").click()
    assert page.get_by_text("không thay đổi từ khi chốt").is_visible()
    page.get_by_label("Tính đến ngày").fill("2025-12-31")
    page.get_by_role("button", name="Đối chiếu").click()
    assert "5 → 6" in page.locator("table.counts").inner_text()
    reasons = page.locator(".reason").all_inner_texts()
    assert any("3674/QĐ-UBND" in text for text in reasons)
    assert not any("Không tìm thấy lý do" in text for text in reasons)
    with page.expect_download() as sent:
        page.get_by_role("link", name="Bảng tính (XLSX)").click()
    path = tmp_path / "doi-chieu.xlsx"
    sent.value.save_as(path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Bảng", "Danh sách đứng sau", "Đối chiếu", "Khác biệt"]
    assert book["Khác biệt"].max_row > 30


def test_visitors_of_a_month_are_entered_and_the_rest_of_the_year_is_unknown(page: Page) -> None:
    page.goto("/desk/visitors?lang=vi")
    page.get_by_label("Mã di tích hoặc điểm đón khách").fill("POI-003")
    page.get_by_label("Năm", exact=False).first.fill("2025")
    page.get_by_role("button", name="Mở").first.click()
    page.get_by_label("01/2025: Trong nước").fill("1.200")
    page.get_by_label("01/2025: Quốc tế").fill("34")
    page.get_by_label("01/2025: Tổng").fill("")
    page.get_by_label("Nguồn").fill("Báo cáo tháng 1")
    page.get_by_label("Ngày báo cáo").fill("2025-02-05")
    page.get_by_role("button", name="Lưu các dòng đã sửa").click()
    assert page.get_by_label("01/2025: Tổng").input_value() == "1234"
    page.goto("/desk/counts/visitors?year=2025")
    text = page.locator("table.counts").inner_text()
    assert "≥\xa01.234" in text
    assert "11 chưa biết" in text
