"""The desk's reading pages in a real browser, on a phone and on a desk, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
