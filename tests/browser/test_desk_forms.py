"""The desk's forms in a real browser: rows and drafts without a page load, nothing lost, no script needed."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

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
    from playwright.sync_api import Browser, Page

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
EDIT = "/desk/records/QNM-0002/edit"
# `DISAN_TEST_SCREENSHOTS=folder` keeps pictures of the pages.


class Desk:
    """A server over a seed of its own, and the secrets of two editors' sessions."""

    def __init__(self, url: str, secrets: dict[str, str]) -> None:
        self.url = url
        self.secrets = secrets

    @contextlib.contextmanager
    def open(
        self, browser: Browser, viewport: dict[str, int], *, who: str = "an", language: str = "vi", **options: Any
    ) -> Iterator[Page]:
        """Give a page on which somebody is logged in."""
        with browsers.open_page(browser, viewport, self.url, **options) as page:
            cookie = {"name": SESSION_COOKIE, "value": self.secrets[who], "url": self.url}
            chosen = {"name": "disan_language", "value": language, "domain": "127.0.0.1", "path": "/desk"}
            page.context.add_cookies([cookie, chosen])  # type: ignore[list-item]
            yield page


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk over the seed on SQLite, to be written to."""
    folder = tmp_path_factory.mktemp("desk")
    database = databases.copy("sqlite", folder / "data", seeded=True)
    secrets = {}
    with open_app(database) as app, app.app_context():
        for name in ("an", "bo"):
            secrets[name] = open_session(
                db.session(), add_officer(name, Role.EDITOR), settings=Settings(), agent="test"
            )
        db.session.commit()
    with server.serve(database, folder / "server.log") as url:
        yield Desk(url, secrets)


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def viewport(request: pytest.FixtureRequest) -> dict[str, int]:
    """A phone, then a desk."""
    return dict(request.param)


def _until(page: Page, condition: str) -> None:
    """Wait until a condition holds; the page's policy of scripts forbids Playwright's own waiting on one."""
    for _ in range(300):
        if page.evaluate(f"Boolean({condition})"):
            return
        page.wait_for_timeout(50)
    msg = f"not within 15 s: {condition}; #autosaved says {page.locator('#autosaved').inner_text()!r}"
    raise AssertionError(msg)


def test_new_record_saves_itself_while_it_is_written(browser: Browser, desk: Desk, viewport: dict[str, int]) -> None:
    with desk.open(browser, viewport) as page:
        page.goto("/desk/records/site/new")
        page.locator("[name='name.vi']").fill("Miếu Bà Chúa Ngọc")
        _until(page, "document.getElementById('autosaved').textContent.startsWith('Đã lưu lúc')")
        assert re.fullmatch(r"Đã lưu lúc \d{2}:\d{2}", page.locator("#autosaved").inner_text())
        assert page.url.endswith("/edit")
        page.locator("[name='name.en']").fill("Temple of Bà Chúa Ngọc")
        page.keyboard.press("Control+s")
        _until(page, "document.forms.sheet.elements.saved.value === '2'")
        page.reload()
        assert page.locator("[name='name.vi']").input_value() == "Miếu Bà Chúa Ngọc"
        assert page.locator("[name='name.en']").input_value() == "Temple of Bà Chúa Ngọc"


def test_rows_come_and_go_without_a_page_load(browser: Browser, desk: Desk, viewport: dict[str, int]) -> None:
    with desk.open(browser, viewport, who="bo") as page:
        page.goto("/desk/records/QNM-0003/edit")
        page.evaluate("() => { window.sameDocument = true; }")
        page.locator("[name='name.vi']").fill("Đang gõ dở")
        before = page.locator("#f-sources > .part").count()
        page.locator("button[value='add:sources']").click()
        _until(page, f"document.querySelectorAll('#f-sources > .part').length === {before + 1}")
        page.keyboard.type("Báo Quảng Nam")
        last = page.locator("#f-sources > .part").last
        assert last.locator("textarea, input:not([type=hidden])").first.input_value() == "Báo Quảng Nam"
        last.locator("button[value^='up:']").click()
        _until(
            page,
            "[...document.querySelectorAll('#f-sources > .part')].at(-2)"
            ".querySelector('[name$=citation]').value === 'Báo Quảng Nam'",
        )
        page.locator("#f-sources > .part").nth(before - 1).locator("button[value^='remove:']").click()
        _until(page, f"document.querySelectorAll('#f-sources > .part').length === {before}")
        assert page.locator("[name='name.vi']").input_value() == "Đang gõ dở"
        assert page.evaluate("window.sameDocument") is True


def test_names_are_offered_by_old_name_and_chosen_with_the_keyboard(browser: Browser, desk: Desk) -> None:
    with desk.open(browser, DESKTOP, who="bo") as page:
        page.goto("/desk/records/QNM-0004/edit")
        field = page.locator("[name='current_unit']")
        field.fill("")
        field.press_sequentially("duy xuyen", delay=20)
        _until(page, "document.querySelectorAll('#pick-units option').length > 0")
        offered = page.locator("#pick-units option").evaluate_all("options => options.map(one => one.value)")
        assert any("Duy Xuyên" in one for one in offered)


def test_leaving_with_something_unsaved_is_asked_about(browser: Browser, desk: Desk) -> None:
    with desk.open(browser, DESKTOP, who="bo") as page:
        page.goto("/desk/records/QNM-0005/edit")
        page.locator("[name='name.en']").press_sequentially("x")
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        page.goto("/desk/")
        assert asked == ["beforeunload"]


def test_session_that_ended_is_told_and_loses_nothing(browser: Browser, desk: Desk) -> None:
    with desk.open(browser, DESKTOP, who="bo") as page:
        page.goto("/desk/records/QNM-0006/edit")
        page.locator("[name='name.vi']").fill("Gõ lâu quá")
        page.context.clear_cookies(name=SESSION_COOKIE)
        page.keyboard.press("Control+s")
        _until(page, "document.getElementById('autosaved').textContent.includes('hết hạn')")
        page.locator(".acts button[value=save]").click()
        assert "Gõ lâu quá" in page.content()


def test_two_tabs_of_one_draft_are_told_apart(browser: Browser, desk: Desk) -> None:
    with desk.open(browser, DESKTOP, who="bo") as page:
        page.goto("/desk/records/QNM-0007/edit")
        page.locator("[name='name.en']").fill("First tab")
        other = page.context.new_page()
        other.goto("/desk/records/QNM-0007/edit")
        page.keyboard.press("Control+s")
        _until(page, "document.forms.sheet.elements.saved.value === '1'")
        other.locator("[name='name.en']").fill("Second tab")
        other.keyboard.press("Control+s")
        _until(other, "document.getElementById('autosaved').className === 'error'")
        other.locator(".acts button[value=save]").click()
        other.locator(".other").wait_for()
        assert "First tab" in other.locator(".other").inner_text()
        assert other.locator("[name='name.en']").input_value() == "Second tab"
        other.close()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_form_works_without_javascript(browser: Browser, desk: Desk, viewport: dict[str, int], language: str) -> None:
    with desk.open(browser, viewport, language=language, java_script_enabled=False) as page:
        page.goto("/desk/records/decision/new")
        page.locator("[name='issuer']").fill("UBND tỉnh Quảng Nam")
        page.locator("[name='date']").fill("19/3/1985")
        page.locator("button[value='add:items']").click()
        page.locator("[name^='items.'][name$='.action']").select_option("rank")
        page.locator(".acts button[value=check]").click()
        assert page.locator("[name='date']").input_value() == "1985-03-19"
        links = page.locator("#wrong a")
        assert links.count() >= 1
        links.first.click()
        assert "#f-" in page.url
