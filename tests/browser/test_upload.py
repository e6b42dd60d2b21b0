"""Twenty photographs over a line that breaks: taken in, described, published, and light on a visitor's telephone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.publication.models import PublishedFile
from tests.harness import browser as browsers
from tests.harness import lines, pictures
from tests.harness.counts import counts
from tests.harness.databases import Database, Databases, open_app
from tests.harness.served_desk import Desk, enter, serve_desk
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Page

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
# Where pictures go for somebody to look at; unset, none are made.
PICTURES = os.environ.get("DISAN_TEST_PICTURES")


class Served(NamedTuple):
    """A desk, and the database behind it."""

    desk: Desk
    database: Database


@pytest.fixture
def served(databases: Databases, tmp_path: Path) -> Iterator[Served]:
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    with serve_desk(database, tmp_path) as desk:
        yield Served(desk, database)


def photographs() -> list[dict[str, Any]]:
    """Give photographs as they come from telephones, cameras, scanners and print shops."""
    made = {
        "IMG_0001.HEIC": pictures.encoded(pictures.picture(800, 600), "HEIF"),
        "in-an.jpg": pictures.cmyk_jpeg(),
        "quét.tif": pictures.deep_tiff(),
        "xoay.jpg": pictures.encoded(pictures.picture(900, 600), exif=pictures.exif(orientation=6)),
        "GPS.jpg": pictures.photograph(taken="2026:03:04 10:20:30", lon=108.326, lat=15.877),
        "24MP.jpg": pictures.encoded(pictures.picture(6000, 4000), quality=92),
    }
    times = counts(1, 2)
    for number in range(len(made), counts(6, 20)):
        made[f"DSC_{number:04}.jpg"] = pictures.encoded(pictures.picture(800 * times, 600 * times, seed=number))
    return [{"name": name, "mimeType": "image/jpeg", "buffer": data} for name, data in made.items()]


def look(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def describe(page: Page) -> None:
    """Say of each picture what it needs, the last one to be the cover; nothing is typed twice."""
    areas = page.locator("textarea[name^='alt.']")
    for number in range(areas.count()):
        areas.nth(number).fill(f"Chùa Cầu, ảnh {number + 1}")
    page.locator("select[name^='role.']").last.select_option("cover")
    page.get_by_role("button", name="Lưu và xem lại").click()
    page.wait_for_url(re.compile(r"/desk/changesets/\d+$"))


def upload(desk: Desk, browser: Browser, record: str, files: list[dict[str, Any]]) -> str:
    """Take pictures of a record from a telephone into a changeset, and submit it; gives its path."""
    with desk.page(browser, PHONE, has_touch=True, is_mobile=True) as page:
        page.goto(f"/desk/media/upload?record={record}")
        page.locator("#f-licence").select_option("CC-BY-4.0")
        page.locator("#f-file").set_input_files(files)
        look(page, "upload")
        page.locator("#upload button.main").click()
        page.wait_for_url("**/desk/changesets/*/pictures", timeout=300_000)
        describe(page)
        page.get_by_role("button", name="Gửi duyệt").click()
        page.wait_for_load_state()
        return urlsplit(page.url).path


def test_photographs_over_a_line_that_breaks_twice_reach_a_telephone(served: Served, browser: Browser) -> None:
    files = photographs()
    size = sum(len(file["buffer"]) for file in files)
    with lines.open_line(served.desk.url, size // 2, 9 * size // 10) as line:
        desk = Desk(line.url, served.desk.secret)
        paths = [
            upload(desk, browser, "QNM-0001", files[: len(files) // 2]),
            upload(desk, browser, "QNM-0002", files[len(files) // 2 :]),
        ]
        assert line.breaks == 2
        # What had come was not sent again: beside the files go heads, forms and, twice, a piece at most.
        assert line.up_bytes < size + 3 * (1 << 20)
    review(served, browser, paths)
    with open_app(served.database) as app:
        run_jobs(app)
        see_that_all_are_bare(app)
    see_on_a_telephone(served, browser)


def review(served: Served, browser: Browser, paths: list[str]) -> None:
    """Accept and publish changesets, as somebody else than who wrote them."""
    secret = enter(served.database, email="reviewer@example.org")
    with Desk(served.desk.url, secret).page(browser, DESKTOP) as page:
        for path in paths:
            page.goto(path)
            page.get_by_label("và công bố ngay").check()
            page.get_by_role("button", name="Duyệt", exact=True).click()
            page.wait_for_load_state()
            assert page.locator(".notice.done").count() == 1


def see_that_all_are_bare(app: Flask) -> None:
    """Look into every public file: it holds pixels and nothing else."""
    with app.app_context():
        names = list(db.session.scalars(sa.select(PublishedFile.name)))
    assert len(names) >= 3 * counts(6, 20)
    for name in names:
        pictures.see_bare(app.test_client().get(f"/media/{name}").data)


def see_on_a_telephone(served: Served, browser: Browser) -> None:
    """Open the list as a visitor does, and see how much its pictures weigh and how large they are."""
    weights: dict[str, int] = {}
    with browsers.open_page(browser, PHONE, served.desk.url, device_scale_factor=2, has_touch=True) as page:
        page.on("response", lambda one: weights.update({one.url: len(one.body())} if "/media/" in one.url else {}))
        page.goto("/vi/sites")
        page.wait_for_load_state("networkidle")
        look(page, "list")
        shown = page.evaluate(
            """() => [...document.images].filter(e => e.currentSrc.includes('/media/')).map(e => {
                const box = e.getBoundingClientRect();
                // What covers a box is as wide as it must be to be as high.
                return {top: box.top, natural: e.naturalWidth, url: e.currentSrc,
                        drawn: devicePixelRatio * Math.max(box.width, box.height * e.naturalWidth / e.naturalHeight)};
            })"""
        )
    above = [one for one in shown if one["top"] < PHONE["height"]]
    assert above
    assert all(one["url"].endswith(".avif") for one in shown)
    assert all(one["natural"] <= one["drawn"] for one in shown)
    assert sum(weights[one["url"]] for one in above) <= 60_000


def test_log_out_in_between_is_taken_up_after_logging_in_anew(served: Served, browser: Browser) -> None:
    files = [
        {"name": f"{seed}.png", "mimeType": "image/png", "buffer": pictures.encoded(pictures.picture(seed=seed), "PNG")}
        for seed in (1, 2)
    ]
    with served.desk.page(browser, DESKTOP) as page:
        page.goto("/desk/media/upload")
        page.locator("#f-file").set_input_files([files[0]])
        first, second = page.locator("#files li").first, page.locator("#files li").last
        first.get_by_text("Đã gửi xong").wait_for()
        other = page.context.new_page()
        other.goto("/desk/account")
        other.locator("form[action='/desk/logout'] button").click()
        other.wait_for_load_state()
        page.locator("#f-file").set_input_files([files[1]])
        for _ in range(2):
            second.get_by_text("Phiên làm việc đã hết").wait_for()
            second.get_by_role("button", name="Thử lại").click()
        second.get_by_text("Phiên làm việc đã hết").wait_for()
        other.goto("/desk/login")
        other.locator("input[name=email]").fill("officer@example.org")
        other.locator("input[name=password]").fill("a long pass phrase")
        other.locator("main button[type=submit]").click()
        other.locator("form[action='/desk/logout']").wait_for(state="attached")
        second.get_by_role("button", name="Thử lại").click()
        second.get_by_text("Đã gửi xong").wait_for()
        page.locator("#upload button.main").click()
        page.wait_for_url("**/desk/changesets/*/pictures")
        assert page.locator(".described li.panel").count() == len(files)
