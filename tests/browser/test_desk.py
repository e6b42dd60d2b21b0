"""The desk's frame and account pages in a real browser: they fit, can be reached, and hold no barrier known to axe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from app.accounts.models import Role
from tests.harness import browser as browsers
from tests.harness import server
from tests.harness.databases import Databases, open_app
from tests.harness.desk import PASSWORD, add_person

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ADMIN, EDITOR = "admin@example.vn", "bien-tap@example.vn"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
# Where pictures go for somebody to look at; unset, none are made.
PICTURES = os.environ.get("DISAN_TEST_PICTURES")


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The address of a server of its own with an admin and an editor, and the editor's key."""
    folder = tmp_path_factory.mktemp("desk")
    database = databases.copy("sqlite", folder / "data")
    with open_app(database) as app:
        add_person(app, ADMIN, Role.ADMIN)
        key = add_person(app, EDITOR, Role.EDITOR, kinds=["site"], sees_sensitive=True)
    with server.serve(database, folder / "server.log") as url:
        yield url, key


@pytest.fixture(params=[PHONE, DESK], ids=["390", "1280"])
def worker(request: pytest.FixtureRequest, browser: Browser, desk: tuple[str, int]) -> Iterator[Page]:
    """The admin's page, logged in by the form, on a phone and on a desk."""
    with browsers.open_page(browser, request.param, desk[0]) as page:
        enter(page, ADMIN)
        yield page


def is_account(url: str) -> bool:
    """Tell the account's own address from a log-in page that will lead to it."""
    return urlsplit(url).path == "/desk/account"


def enter(page: Page, email: str) -> None:
    page.goto("/desk/login?next=/desk/account")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.locator("main button").click()
    page.wait_for_url(is_account)
    page.wait_for_load_state()


def check(page: Page, name: str) -> None:
    """Look at a page as axe does, that it fits, and that fingers can hit what is to be hit."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    assert page.locator("h1").count() == 1
    width = page.viewport_size["width"] if page.viewport_size else 0
    if width < 600:
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, input, select, summary, nav a, .button, .tick label')]
            .filter(e => e.checkVisibility() && e.type !== 'hidden' && e.type !== 'checkbox'
                && !e.classList.contains('unseen') && e.getBoundingClientRect().height < 44)
            .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert small == [], name
    if PICTURES:
        folder = Path(PICTURES)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["390", "1280"])
def test_log_in_page_has_no_barrier(
    browser: Browser, desk: tuple[str, int], viewport: dict[str, int], scheme: str, language: str
) -> None:
    with browsers.open_page(browser, viewport, desk[0], color_scheme=scheme) as page:
        page.goto(f"/desk/login?lang={language}")
        check(page, f"login-{scheme}-{language}")
        page.locator("#email").fill("nobody@example.vn")
        page.locator("#password").fill("không đúng")
        page.locator("main button").click()
        page.locator(".notice.error").wait_for()
        assert page.locator("#email").input_value() == "nobody@example.vn"
        check(page, f"login-failed-{scheme}-{language}")


def test_dark_pages_have_no_barrier(browser: Browser, desk: tuple[str, int]) -> None:
    with browsers.open_page(browser, DESK, desk[0], color_scheme="dark") as page:
        enter(page, ADMIN)
        for path in ("/desk/account", "/desk/users", "/desk/audit"):
            page.goto(path)
            check(page, f"dark-{path.removeprefix('/desk/')}")


def test_menu_opens_on_a_phone_and_stands_open_on_a_desk(worker: Page) -> None:
    link = worker.get_by_role("link", name="Người dùng", exact=True)
    width = worker.viewport_size["width"] if worker.viewport_size else 0
    if width < 600:
        assert not link.is_visible()
        worker.locator(".menu summary").click()
    link.click()
    worker.wait_for_url("**/desk/users")
    if width < 600:
        worker.locator(".menu summary").click()
    assert worker.locator('nav a[aria-current="page"]').first.inner_text() == "Người dùng"
    check(worker, "menu")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_form_typed_before_the_session_ended_is_sent_on(
    browser: Browser,
    desk: tuple[str, int],
    scripts: bool,  # noqa: FBT001
) -> None:
    with browsers.open_page(browser, DESK, desk[0], java_script_enabled=scripts) as page:
        enter(page, EDITOR)
        page.locator("#profile-display_name").fill("Phạm Thị Ngọc")
        page.context.clear_cookies(name="disan_session")
        page.get_by_role("button", name="Lưu", exact=True).click()
        page.locator("#email").fill(EDITOR)
        page.locator("#password").fill(PASSWORD)
        page.locator("main button").click()
        if scripts:
            check(page, "continue")
        page.get_by_role("button", name="Gửi tiếp").click()
        page.wait_for_url(is_account)
        assert page.locator("#profile-display_name").input_value() == "Phạm Thị Ngọc"


def test_desk_works_by_keyboard(browser: Browser, desk: tuple[str, int]) -> None:
    with browsers.open_page(browser, DESK, desk[0]) as page:
        page.goto("/desk/login?next=/desk/account")
        page.locator("#email").focus()
        page.keyboard.type(ADMIN)
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(is_account)
        page.wait_for_load_state()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
