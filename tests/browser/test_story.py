"""The real story from log-in to tombstone, as an editor, a reviewer and a tourist live it, on a phone and on a desk."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.models import Role
from app.accounts.operations import add_user
from app.core.db import begin_write, db
from tests.harness import browser as browsers
from tests.harness import server
from tests.harness.databases import Databases, open_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

PASSWORD = "một câu khá dài để nhớ"
SIZES = {"390": {"width": 390, "height": 844}, "1280": {"width": 1280, "height": 900}}
NAME = "Miếu Ông Cọp Thử Nghiệm"
# A square of 200 m about Chùa Cầu in VN-2000 (X north, Y east).
BOUNDARY = "1755964 561394\n1755964 561594\n1756164 561594\n1756164 561394"


@pytest.fixture
def url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """A served register with the seed, an editor, a second one and a reviewer."""
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    with open_app(database) as app, app.app_context():
        session = db.session()
        begin_write(session)
        for name, role in (("an", Role.EDITOR), ("bo", Role.EDITOR), ("cuc", Role.REVIEWER)):
            add_user(session, email=f"{name}@example.vn", role=role, password=PASSWORD)
        session.commit()
    with server.serve(database, tmp_path / "server.log", DISAN_WORKER="false") as address:
        yield address


class Officer:
    """Somebody at the desk in a browser of their own."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        page.goto("/desk/login")
        page.locator("input[type=email]").fill(f"{name}@example.vn")
        page.locator("input[type=password]").fill(PASSWORD)
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/desk/")

    def fill(self, **fields: str) -> None:
        """Write into fields by their names; `__` stands for a dot."""
        for name, value in fields.items():
            control = self.page.locator(f"[name='{name.replace('__', '.')}']").first
            if control.evaluate("e => e.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)

    def add_row(self, name: str, **fields: str) -> None:
        """Add a row to a list and write into it."""
        rows = self.page.locator(f"[id='f-{name}'] > .part")
        count = rows.count()
        self.page.locator(f"button[value='add:{name}']").click()
        rows.nth(count).wait_for()
        uid = rows.nth(count).locator(f"input[type=hidden][name='{name}']").first.input_value()
        self.fill(**{f"{name}__{uid}__{field}": value for field, value in fields.items()})

    def press(self, value: str) -> None:
        """Press a button of the form and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.locator(f".acts button[name=do][value='{value}']").click()

    def act(self, changeset: str, act: str, comment: str = "") -> None:
        """Do something with a changeset."""
        self.page.goto(changeset)
        self.page.locator("#f-comment").fill(comment)
        with self.page.expect_navigation():
            self.page.locator(f"button[formaction$='/{act}']").click()
        assert self.page.locator(".notice.error").count() == 0, self.page.locator(".notice.error").all_inner_texts()

    @property
    def said(self) -> str:
        """What the page says."""
        return self.page.locator("main").inner_text()


@pytest.fixture(params=SIZES)
def viewport(request: pytest.FixtureRequest) -> dict[str, int]:
    """A phone, then a desk."""
    return SIZES[str(request.param)]


def _public(page: Page, path: str) -> tuple[int, Any]:
    response = page.request.get(f"/api/v1{path}")
    return response.status, response.json()


def _draft_site(editor: Officer) -> tuple[str, str]:
    """Draft a site with VN-2000 coordinates; gives its code and the changeset's address."""
    page = editor.page
    page.goto("/desk/records/site/new")
    code = page.locator("[name=code]").input_value()
    editor.fill(name__vi=NAME, current_unit="Phường Hội An", changeset_title="Xếp hạng miếu thử nghiệm")
    editor.add_row("locations", role="main", entered_text="1756063,592 561494,291", entered_crs="EPSG:5899")
    editor.press("submit")
    assert re.search(r"/desk/changesets/\d+$", page.url), page.url
    return code, page.url


def _draft_papers(editor: Officer, code: str, changeset: str) -> None:
    """Draft the decision that ranks the site, its zone, and who answers for it, in the same changeset."""
    page, number = editor.page, changeset.rpartition("/")[2]
    page.goto(f"/desk/records/decision/new?changeset={number}")
    decision = page.locator("[name=code]").input_value()
    editor.fill(number="123/QĐ-UBND", date="2024-05-20", issuer="UBND tỉnh Quảng Nam")
    editor.add_row("items", record=code, action="rank", level="provincial")
    editor.press("submit")
    page.goto(f"/desk/records/zone/new?changeset={number}&site={code}")
    editor.fill(zone_type="zone_1", entered_text=BOUNDARY, entered_crs="EPSG:5899", decision=decision)
    editor.press("submit")
    page.goto(f"/desk/records/party/new?changeset={number}")
    party = page.locator("[name=code]").input_value()
    editor.fill(name__vi="Ban Quản lý thử nghiệm", party_kind="organisation")
    editor.press("submit")
    page.goto(f"/desk/records/{code}/edit")
    editor.add_row("custodianships", party=party, role="responsible")
    editor.press("submit")
    assert page.url == changeset
    assert page.locator(".proposal").count() == 4


def _change(editor: Officer, code: str, **fields: str) -> str:
    """Draft a change of a record; gives the changeset's address."""
    editor.page.goto(f"/desk/records/{code}/edit")
    editor.fill(**fields)
    editor.press("submit")
    return editor.page.url


def test_story_from_log_in_to_tombstone(browser: Browser, url: str, viewport: dict[str, int]) -> None:
    with (
        browsers.open_page(browser, viewport, url) as first,
        browsers.open_page(browser, viewport, url) as second,
        browsers.open_page(browser, viewport, url) as third,
        browsers.open_page(browser, viewport, url) as tourist,
    ):
        editor, reviewer = Officer(first, "an"), Officer(third, "cuc")
        code, changeset = _draft_site(editor)
        _draft_papers(editor, code, changeset)
        editor.act(changeset, "submit")

        reviewer.page.goto(changeset)
        assert NAME in reviewer.said
        assert "561494,291" in reviewer.said
        reviewer.act(changeset, "reject", "Thiếu mô tả di tích.")

        editor.act(changeset, "reopen")
        assert "Thiếu mô tả di tích." in editor.said
        _change(editor, code, description__vi="Miếu thờ thần hổ bên bờ sông.")
        editor.act(changeset, "submit")
        reviewer.act(changeset, "accept")
        assert _public(tourist, f"/collections/sites/items/{code}")[0] == 404

        reviewer.act(changeset, "publish")
        status, feature = _public(tourist, f"/collections/sites/items/{code}")
        assert (status, feature["properties"]["rank"]) == (200, "provincial")
        assert [round(value, 5) for value in feature["geometry"]["coordinates"]] == [108.32605, 15.87708]
        tourist.goto("/vi/sites?q=mieu+ong+cop+thu+nghiem")
        assert NAME in tourist.locator("main").inner_text()

        _overtake_and_merge(editor, Officer(second, "bo"), reviewer, code)
        _restore_and_withdraw(editor, reviewer, code)
        status, problem = _public(tourist, f"/collections/sites/items/{code}")
        assert (status, problem["code"]) == (410, "Gone")


def _overtake_and_merge(editor: Officer, other: Officer, reviewer: Officer, code: str) -> None:
    """Two change the same text and others beside it; the later one merges, and both texts are seen."""
    mine = _change(editor, code, significance__vi="Ý nghĩa do An viết.", tags="của An")
    theirs = _change(other, code, significance__vi="Ý nghĩa do Bo viết.")
    other.act(theirs, "submit")
    reviewer.act(theirs, "accept")
    editor.page.goto(mine)
    with editor.page.expect_navigation():
        editor.page.locator("button[formaction$='/submit']").click()
    assert editor.page.locator(".notice.error").count() == 1
    editor.page.goto(f"/desk/records/{code}/merge")
    assert editor.page.locator("[name='significance.vi']").input_value() == "Ý nghĩa do An viết."
    assert "Ý nghĩa do Bo viết." in editor.said
    editor.fill(significance__vi="Ý nghĩa do An và Bo viết.")
    editor.press("submit")
    editor.act(mine, "submit")
    reviewer.act(mine, "accept")
    reviewer.page.goto(f"/desk/records/{code}")
    assert "Ý nghĩa do An và Bo viết." in reviewer.said
    assert "của An" in reviewer.said


def _restore_and_withdraw(editor: Officer, reviewer: Officer, code: str) -> None:
    """Bring back what the first revision said, then take the record from the public."""
    editor.page.goto(f"/desk/records/{code}/revisions/1")
    with editor.page.expect_navigation():
        editor.page.locator("form[action$='/restore'] button").click()
    restored = editor.page.url
    editor.act(restored, "submit")
    reviewer.act(restored, "accept")
    reviewer.page.goto(f"/desk/records/{code}")
    assert "Ý nghĩa do An" not in reviewer.page.locator("main").inner_text().partition("Lịch sử")[0]
    reviewer.page.goto(f"/desk/records/{code}/withdraw")
    reviewer.page.locator("#f-comment").fill("Rút để kiểm tra lại.")
    with reviewer.page.expect_navigation():
        reviewer.page.locator("main form button[type=submit]").click()
    assert reviewer.page.url.endswith(f"/desk/records/{code}"), json.dumps(reviewer.said)
