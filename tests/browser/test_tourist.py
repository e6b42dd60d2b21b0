"""A tourist before a temple: a code scanned in a language that no record is written in, a site that is closed today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.core import clock
from app.core.db import db
from tests.harness import browser as browsers
from tests.harness import register, server
from tests.harness.databases import open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.harness.databases import Databases

MY_SON = "/vi/sites/khu-den-thap-my-son-qnm-0045"


def test_code_scanned_in_japanese_leads_to_a_page_that_says_what_is_not_translated(
    browser: Browser, live_server: str
) -> None:
    with browsers.open_page(browser, browsers.PHONE, live_server, locale="ja-JP") as page:
        page.goto("/q/QNM-0002")
        assert page.url.split("?")[0] == f"{live_server}/ja/sites/japanese-covered-bridge-qnm-0002"
        assert page.locator("html").get_attribute("lang") == "ja"
        heading = page.locator("h1")
        assert (heading.inner_text(), heading.get_attribute("lang")) == ("Japanese Covered Bridge", "en")
        fallback = page.locator("p.notice", has_text="英語")
        assert fallback.is_visible()
        assert "Not translated yet" not in fallback.inner_text()
        assert page.locator("p.lead").get_attribute("lang") == "en"
        # The parts that are ours are in Japanese, and so are the ways on.
        assert page.get_by_role("heading", name="アクセス").is_visible()
        page.locator("main").get_by_role("link", name="Hội An Ancient Town").first.click()
        assert "/ja/sites/" in page.url


@pytest.fixture(scope="module")
def closed_site(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose site QNM-0045 is closed from today on."""
    folder = tmp_path_factory.mktemp("closed")
    database = databases.copy("sqlite", folder / "data", seeded=True)
    with open_app(database) as app, app.app_context():
        closure = register.notice(
            "QNM-N1",
            title={"vi": "Tạm đóng cửa do ngập lụt", "en": "Closed because of flooding"},
            site="QNM-0045",
            starts_on=clock.today().isoformat(),
        )
        register.publish(db.session(), ("notice", closure))
        db.session.commit()
    with server.serve(database, folder / "server.log") as url:
        yield url


def test_closure_shows_on_the_site_that_it_closes(browser: Browser, closed_site: str) -> None:
    with browsers.open_page(browser, browsers.PHONE, closed_site, java_script_enabled=False) as page:
        page.goto(MY_SON)
        state = page.locator(".state.closed")
        assert "Hiện đóng cửa" in state.inner_text()
        state.get_by_role("link", name="Tạm đóng cửa do ngập lụt").click()
        assert page.locator("h1").inner_text() == "Tạm đóng cửa do ngập lụt"
        page.get_by_role("link", name="Khu đền tháp Mỹ Sơn").first.click()
        assert page.url == closed_site + MY_SON


def test_closure_of_the_whole_closes_its_parts_and_nothing_else(browser: Browser, closed_site: str) -> None:
    with browsers.open_page(browser, browsers.PHONE, closed_site, java_script_enabled=False) as page:
        page.goto("/en/sites/my-son-tower-group-a-qnm-0046")
        assert "Closed because of flooding" in page.locator(".state.closed").inner_text()
        page.goto("/en/sites/japanese-covered-bridge-qnm-0002")
        assert page.locator(".state.closed").count() == 0
        page.goto("/vi/")
        assert page.get_by_role("link", name="Tạm đóng cửa do ngập lụt").is_visible()
