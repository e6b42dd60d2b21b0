"""The desk's reading pages in a real browser, on a phone and on a desk, in both languages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from app.accounts.models import Role
from app.accounts.sessions import open_session
from app.config import Settings
from app.core.db import db
from tests.harness import browser as browsers
from tests.harness import server
from tests.harness.databases import Databases, open_app
from tests.harness.officers import SESSION_COOKIE, add_officer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SIZES = {"390": {"width": 390, "height": 844}, "1280": {"width": 1280, "height": 900}}
PATHS = {
    "home": "/desk/",
    "register": "/desk/register?col=kind&col=state&col=unit&col=gap",
    "search": "/desk/register?q=chua+cau",
    "units": "/desk/register?unit=hoi+an",
    "record": "/desk/records/QNM-0002",
    "decision": "/desk/records/QNM-D0009",
    "revisions": "/desk/records/QNM-0002/revisions",
    "revision": "/desk/records/QNM-0002/revisions/1",
    "legal": "/desk/legal",
    "counts": "/desk/legal/counts",
    "cell": "/desk/legal/counts/sites?level=national",
}
# With this folder named the pictures of all pages are left in it, to be looked at.
PICTURES = os.environ.get("DISAN_TEST_PICTURES", "")


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A served register with the seed, and the secret of a reviewer's session."""
    folder = tmp_path_factory.mktemp("desk-reading")
    database = databases.copy("sqlite", folder / "data", seeded=True)
    with open_app(database) as app, app.app_context():
        session = db.session()
        secret = open_session(session, add_officer("binh", Role.REVIEWER), settings=Settings(), agent="test")
        session.commit()
    with server.serve(database, folder / "server.log") as url:
        yield url, secret


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, browser: Browser, desk: tuple[str, str]) -> Iterator[Page]:
    """A reviewer's page, on a phone, then on a desk."""
    url, secret = desk
    with browsers.open_page(browser, SIZES[request.param], url) as opened:
        opened.context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": url}])
        yield opened


@pytest.mark.parametrize("language", ["vi", "en"])
def test_reading_pages_fit_and_ask_nobody_else(page: Page, language: str) -> None:
    asked: list[str] = []
    told: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    for name, path in PATHS.items():
        response = page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert response is not None
        assert response.status == 200, path
        width = page.viewport_size["width"] if page.viewport_size else 0
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}-{language}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        assert page.locator("h1").count() == 1
        assert page.locator("html").get_attribute("lang") == language
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
            .filter(e => e.checkVisibility() && !e.labels.length && !e.ariaLabel).map(e => e.outerHTML)"""
        )
        assert unnamed == [], path
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}
    assert told == []


def test_reviewer_ticks_all_on_the_page_and_sees_what_would_be_done(page: Page) -> None:
    page.goto("/desk/register/site?sort=code&lang=en")
    if page.locator("[data-check-all]").is_visible():
        page.locator("[data-check-all]").check()
        assert page.locator("input[name=code]:checked").count() == 50
        page.locator("[data-check-all]").uncheck()
    page.locator("input[name=code]").first.check()
    page.locator("button[value=publish]").click()
    page.get_by_text("is public already").first.wait_for()
    page.get_by_role("link", name="Back to the list").click()
    page.wait_for_url("**/desk/register?**sort=code**")


def test_lists_and_records_are_walked_by_keyboard(page: Page) -> None:
    page.goto("/desk/register?lang=en")
    page.get_by_role("searchbox").fill("chua cau")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=chua+cau*")
    page.locator("a[href='/desk/records/QNM-0002']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/records/QNM-0002")
    page.get_by_label("As of").fill("1980-01-01")
    page.keyboard.press("Enter")
    page.wait_for_url("**on=1980-01-01*")
    assert "Not ranked" in page.locator(".standing").inner_text()
