"""The steps of the officers' guide as the guide tells them, in both languages; they also make its pictures.

With DISAN_TEST_PICTURES=docs/officers/images the walk writes the pictures there; without it, it only walks.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.accounts.models import Role
from app.accounts.operations import add_user
from app.core.db import begin_write, db
from app.http.i18n import catalogue
from tests.harness import browser as browsers
from tests.harness import server
from tests.harness.databases import Database, Databases, open_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PASSWORD = "một câu khá dài để nhớ"
DESK = {"width": 1280, "height": 900}
PEOPLE = (("an", Role.EDITOR, "Nguyễn An"), ("bo", Role.EDITOR, "Trần Bổn"), ("cuc", Role.REVIEWER, "Lê Cúc"))
# What the guide's example says: nothing of a real place.
SITE = "Miếu Ông Cọp (ví dụ)"
BOUNDARY = "1755964 561394\n1755964 561594\n1756164 561594\n1756164 561394"


def add_people(database: Database) -> None:
    """Add two editors and a reviewer."""
    with open_app(database) as app, app.app_context():
        session = db.session()
        begin_write(session)
        for name, role, shown in PEOPLE:
            user = add_user(session, email=f"{name}@example.vn", role=role, password=PASSWORD)
            user.display_name = shown
        session.commit()


class Album:
    """Where the pictures of a language go, if they are wanted."""

    def __init__(self, language: str, folder: str | None) -> None:
        self.language = language
        self.folder = Path(folder) if folder else None

    def take(self, page: Page, name: str, first: Locator, last: Locator | None = None) -> None:
        """Keep a picture from the top of one thing to the bottom of another, as wide as the page."""
        last = last or first
        first.scroll_into_view_if_needed()
        upper, lower = first.bounding_box(), last.bounding_box()
        assert upper, f"{name}: the page does not show where the picture begins"
        assert lower, f"{name}: the page does not show where the picture ends"
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        scrolled = int(page.evaluate("window.scrollY"))
        top = max(0, upper["y"] + scrolled - 6)
        height = min(900, lower["y"] + lower["height"] + scrolled + 6 - top)
        clip = {"x": 0, "y": top, "width": DESK["width"], "height": height}
        page.screenshot(
            path=self.folder / f"{name}.{self.language}.png",
            full_page=True,
            clip=clip,  # type: ignore[arg-type]
            animations="disabled",
        )


class Officer:
    """Somebody who reads the guide at their desk, and presses what it names."""

    def __init__(self, page: Page, name: str, language: str) -> None:
        self.page = page
        self.language = language
        page.goto(f"/desk/login?lang={language}")
        page.get_by_label(self.say("E-mail address")).fill(f"{name}@example.vn")
        page.get_by_label(self.say("Password")).fill(PASSWORD)
        page.locator("main").get_by_role("button", name=self.say("Log in")).click()
        page.wait_for_url("**/desk/")

    def say(self, msgid: str) -> str:
        """Give a word of the interface in the officer's language."""
        return catalogue(self.language).gettext(msgid) if self.language != "en" else msgid

    def find(self, role: str, msgid: str) -> Locator:
        """Find a button or link of the page's middle by what the guide calls it."""
        return self.page.locator("main").get_by_role(role, name=self.say(msgid), exact=True).first  # type: ignore[arg-type]

    def press(self, msgid: str, role: str = "button") -> None:
        """Press it, and wait for the page that follows."""
        with self.page.expect_navigation():
            self.find(role, msgid).click()
        assert self.page.locator(".notice.error").count() == 0, self.page.locator(".notice.error").all_inner_texts()

    def go(self, msgid: str) -> None:
        """Choose an entry of the menu."""
        with self.page.expect_navigation():
            self.page.locator("header nav").get_by_role("link", name=self.say(msgid), exact=True).click()

    def fill(self, **fields: str) -> None:
        """Write into fields by their names; `__` stands for a dot."""
        for name, value in fields.items():
            control = self.page.locator(f"[name='{name.replace('__', '.')}']").first
            if control.evaluate("e => e.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)

    def add(self, name: str, **fields: str) -> Locator:
        """Add a row to a list by its button, write into it, and give it."""
        rows = self.page.locator(f"[id='f-{name}'] > .part")
        count = rows.count()
        self.page.locator(f"[id='f-{name}']").get_by_role("button", name=re.compile(self.say("Add"))).last.click()
        rows.nth(count).wait_for()
        uid = rows.nth(count).locator(f"input[type=hidden][name='{name}']").first.input_value()
        self.fill(**{f"{name}__{uid}__{field}": value for field, value in fields.items()})
        return rows.nth(count)

    def comment(self, text: str) -> None:
        """Write into the field for a comment or reason."""
        self.page.get_by_label(self.say("Comment or reason")).fill(text)


def look_around(officer: Officer, album: Album) -> None:
    """Home page, list, record, legal view, account."""
    page = officer.page
    assert page.get_by_role("heading", name=officer.say("Needs attention")).is_visible()
    album.take(page, "home", page.locator("header.roof"), page.locator("main ul.tiles").nth(1))
    officer.fill(q="chua cau")
    officer.press("Search")
    assert page.locator("tbody tr").count() > 0
    with page.expect_navigation():
        page.locator("tbody a[href$='/QNM-0002']").click()
    album.take(page, "record", page.locator("p.trail"), page.locator("ol.chain"))
    officer.go("Legal")
    officer.press("Count")
    album.take(page, "counts", page.locator("p.trail"), page.locator("table.counts"))
    page.goto("/desk/account")
    assert officer.find("button", "Make the token").is_visible()


def write_a_site(editor: Officer, album: Album) -> tuple[str, str]:
    """Draft a site with its decision, zone and party in one changeset; gives its code and the changeset's address."""
    page = editor.page
    editor.go("Register")
    page.locator("summary").get_by_text(editor.say("New record")).click()
    with page.expect_navigation():
        page.locator("details[open]").get_by_role("link", name=editor.say("Site"), exact=True).first.click()
    code = page.locator("[name=code]").input_value()
    editor.fill(current_unit="Phường Hội An", changeset_title="Xếp hạng Miếu Ông Cọp")
    row = editor.add("locations", role="main", entered_text="1756063,592 561494,291", entered_crs="EPSG:5899")
    row.locator(".geometry-result").get_by_text(re.compile(r"15[.,]87")).first.wait_for()
    album.take(page, "coordinates", row, row.locator("[name$=entered_crs]"))
    with page.expect_navigation():
        editor.find("button", "Save and check").click()
    album.take(page, "check", page.locator("main > p.meta"), page.locator("[id='f-name']"))
    editor.fill(name__vi=SITE)
    editor.press("Save and go on to submit")
    changeset = page.url
    editor.press("Decision", "link")
    decision = page.locator("[name=code]").input_value()
    editor.fill(number="123/QĐ-UBND", date="20/5/2024", issuer="UBND tỉnh Quảng Nam")
    editor.add("items", record=code, action="rank", level="provincial")
    editor.press("Save and go on to submit")
    editor.press("Protection zone", "link")
    editor.fill(site=code, zone_type="zone_1", entered_text=BOUNDARY, entered_crs="EPSG:5899", decision=decision)
    editor.press("Save and go on to submit")
    editor.press("Party", "link")
    party = page.locator("[name=code]").input_value()
    editor.fill(name__vi="Ban Quản lý (ví dụ)", party_kind="organisation")
    editor.press("Save and go on to submit")
    page.locator(".proposal").filter(has_text=code).get_by_role("link", name=editor.say("Go on writing")).first.click()
    page.wait_for_url(f"**/{code}/edit")
    editor.add("custodianships", party=party, role="responsible")
    editor.press("Save and go on to submit")
    assert page.locator(".proposal").count() == 4
    return code, changeset


def review_it(editor: Officer, reviewer: Officer, changeset: str, code: str, album: Album) -> None:
    """Submit, return, mend, accept, plan the publication, publish."""
    page = reviewer.page
    editor.press("Submit for review")
    page.goto(changeset)
    reviewer.comment("Thiếu mô tả di tích.")
    album.take(page, "review", page.locator("main > p.meta"), page.locator(".proposal").first)
    reviewer.press("Return with this reason")
    editor.page.goto(changeset)
    editor.press("Take up again")
    editor.page.goto(f"/desk/records/{code}/edit")
    editor.fill(description__vi="Ví dụ: miếu thờ bên bờ sông.")
    editor.press("Save and go on to submit")
    editor.press("Submit for review")
    page.goto(changeset)
    reviewer.press("Accept")
    page.goto(f"/desk/records/{code}")
    reviewer.find("link", "Publish at a set time").click()
    assert reviewer.find("button", "Publish at a set time").is_visible()
    page.goto(changeset)
    reviewer.press("Publish all")


def print_a_plaque(reviewer: Officer, code: str, album: Album) -> None:
    """Open the sheet of a public site, and choose a size."""
    page = reviewer.page
    page.goto(f"/desk/records/{code}")
    reviewer.press("QR plaque sheet", "link")
    assert page.get_by_role("link", name=reviewer.say("The code as SVG")).is_visible()
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile(reviewer.say("Small"))).click()
    album.take(page, "plaque", page.locator(".plate"))


def merge_two_changes(editor: Officer, other: Officer, reviewer: Officer, code: str, album: Album) -> None:
    """Two change one text; the later brings both together."""
    addresses = []
    for officer, text in ((editor, "Ý nghĩa do An viết."), (other, "Ý nghĩa do Bổn viết.")):
        officer.page.goto(f"/desk/records/{code}")
        officer.press("Edit", "link")
        officer.fill(significance__vi=text)
        officer.press("Save and go on to submit")
        addresses.append(officer.page.url)
    other.press("Submit for review")
    reviewer.page.goto(addresses[1])
    reviewer.press("Accept")
    page = editor.page
    page.goto(f"/desk/records/{code}")
    editor.press("Merge with what has changed", "link")
    assert editor.find("button", "Take theirs").is_visible()
    album.take(page, "merge", page.locator("[id='f-significance']"))
    editor.fill(significance__vi="Ý nghĩa do An và Bổn viết.")
    editor.press("Save and go on to submit")
    editor.press("Submit for review")
    reviewer.page.goto(addresses[0])
    reviewer.press("Accept")


def restore_and_withdraw(editor: Officer, reviewer: Officer, code: str) -> None:
    """Bring back the first revision, then take the record from the public."""
    editor.page.goto(f"/desk/records/{code}/revisions/1")
    editor.press("Begin a draft that says this again")
    assert editor.find("button", "Submit for review").is_visible()
    editor.press("Discard")
    reviewer.page.goto(f"/desk/records/{code}")
    reviewer.find("link", "Withdraw").click()
    reviewer.page.get_by_label(re.compile(reviewer.say("Reason"))).fill("Rút để kiểm tra lại.")
    reviewer.press("Withdraw from the public")


def act_on_many(editor: Officer) -> None:
    """Assign two records, and take it back; tag them, and give the drafts up."""
    page = editor.page
    for act in ("Assign", "Add tags"):
        page.goto("/desk/register/site")
        for number in (0, 1):
            page.locator("tbody input[name=code]").nth(number).check()
        editor.press(act)
        if act == "Assign":
            page.get_by_label(editor.say("Assign to")).select_option(label="Nguyễn An")
        else:
            page.get_by_label(editor.say("Tags to add")).fill("ví dụ")
        editor.press("Show what would be done")
        editor.press(act)
        if act == "Assign":
            editor.press("Undo")
        else:
            page.goto(page.url.replace("/register/bulk/", "/changesets/"))
            editor.press("Discard")


def walk(browser: Browser, url: str, language: str, folder: str | None = None) -> None:
    """Play the whole guide in a language."""
    album = Album(language, folder)
    with (
        browsers.open_page(browser, DESK, url) as first,
        browsers.open_page(browser, DESK, url) as second,
        browsers.open_page(browser, DESK, url) as third,
    ):
        editor, other = Officer(first, "an", language), Officer(second, "bo", language)
        reviewer = Officer(third, "cuc", language)
        look_around(editor, album)
        code, changeset = write_a_site(editor, album)
        review_it(editor, reviewer, changeset, code, album)
        print_a_plaque(reviewer, code, album)
        merge_two_changes(editor, other, reviewer, code, album)
        restore_and_withdraw(editor, reviewer, code)
        act_on_many(editor)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_guide_can_be_followed(browser: Browser, databases: Databases, tmp_path: Path, language: str) -> None:
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    add_people(database)
    with server.serve(
        database, tmp_path / "server.log", DISAN_WORKER="false", DISAN_PUBLIC_URL="https://disan.example.vn"
    ) as url:
        walk(browser, url, language, os.environ.get("DISAN_TEST_PICTURES"))
