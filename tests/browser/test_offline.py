"""Bad networks in a real browser: what was seen opens again without one, with its pictures, and says how old it is."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.publication.operations import withdraw
from app.records.models import Record
from tests.harness import media, pictures, register
from tests.harness.databases import open_app
from tests.harness.phones import Phone, other_release, wait_for
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.harness.databases import Database, Databases

SITE = "/en/sites/site-qnm-9001-qnm-9001"
OTHER = "/en/sites/site-qnm-9002-qnm-9002"
PRICED = "/en/sites/price-and-qnm-9004"
WITHDRAWN = "/en/sites/site-qnm-9003-qnm-9003"
SHOWN = """() => [...document.querySelectorAll('.shot picture img')].map(e => e.complete && e.naturalWidth > 0)"""


@pytest.fixture(scope="module")
def database(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Four sites, of which the first and the third, which one test withdraws, have a photograph."""
    made = databases.copy("sqlite", tmp_path_factory.mktemp("offline") / "data")
    with open_app(made) as app:
        with app.app_context():
            register.write_vocabulary(db.session())
            file = media.keep(app, pictures.encoded(pictures.picture(1600, 1000), quality=90), "1.jpg")
            shown = ("media", media.medium(file, "QNM-9001", "QNM-9003", code="QNM-P0001", creator="Nguyễn Văn A"))
            sites = [("site", register.site(code)) for code in ("QNM-9001", "QNM-9002", "QNM-9003")]
            sites.append(("site", register.site("QNM-9004", name={"vi": "Giá $& và $'", "en": "Price $& and $'"})))
            register.publish(db.session(), *sites, shown)
            db.session.commit()
        run_jobs(app)
    return made


@pytest.fixture
def phone(browser: Browser, database: Database, tmp_path: Path) -> Phone:
    """A phone that has never been here."""
    return Phone(browser, database, tmp_path)


def see(page: Page, path: str, *, files: str = "True") -> None:
    """Open a page and wait until it is kept, and what its list of files must say holds."""
    page.goto(path)
    wait_for(page, f"path in pages and any('.css' in f for f in pages[path]['files']) and {files}", path=path)


def test_page_seen_opens_without_a_network_with_its_pictures_and_its_age(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, SITE, files="any(f.startswith('/media/') for f in pages[path]['files'])")
        assert page.get_by_role("status").count() == 0
    with phone.on() as page:
        page.goto(f"{SITE}?fbclid=x&from=home")
        assert page.locator("h1").inner_text() == "Site QNM-9001"
        notice = page.get_by_role("status")
        assert re.match(r"Kept on this phone on \d+ \w+ 20\d\d, \d\d:\d\d\. There is no network: ", notice.inner_text())
        page.wait_for_function(f"({SHOWN})().every(Boolean)")
        assert page.evaluate(SHOWN) == [True]
        ground = page.evaluate("getComputedStyle(document.querySelector('.roof')).backgroundColor")
        assert ground == "rgb(42, 26, 20)"


def test_phone_that_was_turned_shows_the_picture_it_has(phone: Phone) -> None:
    with phone.network(), phone.on(device_scale_factor=1) as page:
        see(page, SITE, files="any(f.startswith('/media/') for f in pages[path]['files'])")
    with phone.on(device_scale_factor=3, viewport={"width": 844, "height": 390}) as page:
        page.goto(SITE)
        page.wait_for_function(f"({SHOWN})().every(Boolean)")


def test_age_is_said_without_the_pages_scripts(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, SITE)
    with phone.on() as page:
        page.route("**/*.js*", lambda route: route.abort())
        page.goto(SITE)
        assert "There is no network" in page.get_by_role("status").inner_text()


def test_page_never_seen_leads_to_those_that_were(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, SITE)
        wait_for(page, "'/en/offline' in pages")
    with phone.on() as page:
        answer = page.goto(OTHER)
        assert answer is not None
        assert answer.status == 503
        assert "was not opened on this phone before" in page.get_by_role("status").inner_text()
        page.get_by_role("link", name="Site QNM-9001").click()
        assert page.locator("h1").inner_text() == "Site QNM-9001"


def test_page_under_another_slug_is_the_one_that_is_kept(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, SITE)
    with phone.on() as page:
        page.goto("/en/sites/an-older-name-qnm-9001")
        assert page.url == f"{phone.origin}{SITE}"
        assert page.locator("h1").inner_text() == "Site QNM-9001"


def test_list_of_kept_pages_names_them_to_the_letter(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, PRICED)
        wait_for(page, "'/en/offline' in pages")
    with phone.on() as page:
        page.goto(OTHER)
        assert page.get_by_role("link", name="Price $& and $' (QNM-9004)").count() == 1


def test_list_of_kept_pages_says_which_are_in_another_language(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, "/ja/")
        see(page, PRICED)
        wait_for(page, "'/en/offline' in pages")
    with phone.on() as page:
        page.goto(OTHER)
        kept = page.locator(".ledger li")
        assert [" · 日本語" in text for text in kept.all_inner_texts()] == [False, True]
        assert kept.locator("small [lang=ja]").inner_text() == "日本語"


def test_plaque_and_bare_address_lead_to_kept_pages(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, "/en/")
        see(page, SITE)
        page.goto("/q/QNM-9001")
        assert page.url == f"{phone.origin}/vi/sites/di-tich-qnm-9001-qnm-9001?via=qr"
    with phone.on() as page:
        page.goto("/q/QNM-9001")
        assert page.locator("h1").inner_text().endswith("QNM-9001")
        assert page.get_by_role("status").count() == 1
        page.goto("/")
        assert page.url == f"{phone.origin}/en/"


def test_page_withdrawn_is_let_go_at_the_next_visit(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, WITHDRAWN, files="any(f.startswith('/media/') for f in pages[path]['files'])")
        wait_for(page, "'/en/offline' in pages")
        with open_app(phone.database) as app, app.app_context():
            session = db.session()
            record = session.scalars(sa.select(Record).where(Record.code == "QNM-9003")).one()
            withdraw(session, [record], actor=register.reviewer(session), settings=register.SETTINGS)
            session.commit()
        answer = page.goto(WITHDRAWN)
        assert answer is not None
        assert answer.status == 410
        wait_for(page, "path not in pages and not any(f.startswith('/media/') for f in files)", path=WITHDRAWN)
    with phone.on() as page:
        page.goto(WITHDRAWN)
        assert "was not opened on this phone before" in page.get_by_role("status").inner_text()


def test_next_release_leaves_no_page_with_another_ones_styles(phone: Phone, tmp_path: Path) -> None:
    release = "getComputedStyle(document.documentElement).getPropertyValue('--release')"
    with phone.network(), phone.on() as page:
        see(page, SITE)
        see(page, OTHER)
    changed = other_release(tmp_path / "next", "static/css/tokens.css", ":root {", ":root { --release: next;")
    with phone.network(**changed), phone.on() as page:
        page.goto(SITE)
        assert page.evaluate(release) == "next"
        wait_for(page, "len([f for f in files if 'tokens.css' in f]) == 2")
    with phone.on() as page:
        page.goto(OTHER)
        assert page.evaluate(release) == ""
        page.goto(SITE)
        assert page.evaluate(release) == "next"


def test_what_holds_now_is_told_as_of_then(phone: Phone, tmp_path: Path) -> None:
    open_now = '<p class="hours" data-now>Open now</p></main>'
    changed = other_release(tmp_path / "next", "app/templates/web/base.html", "</main>", open_now)
    with phone.network(**changed), phone.on() as page:
        see(page, SITE)
        assert page.locator(".hours").inner_text() == "Open now"
    with phone.on() as page:
        page.goto(SITE)
        assert re.fullmatch(r"As of \d+ \w+ 20\d\d, \d\d:\d\d:\s+Open now", page.locator(".hours").inner_text())


def test_page_that_may_not_be_kept_is_not_and_one_kept_before_goes(phone: Phone, tmp_path: Path) -> None:
    with phone.network(), phone.on() as page:
        see(page, SITE)
    changed = other_release(tmp_path / "next", "app/http/caching.py", "public, max-age={_MAX_AGE_S}", "no-store")
    with phone.network(**changed), phone.on() as page:
        page.goto(OTHER)
        page.goto(SITE)
        wait_for(page, "site not in pages and other not in pages", site=SITE, other=OTHER)


def test_slow_network_gives_the_kept_page_after_five_seconds(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, SITE)
    with silence(phone.port), phone.on() as page:
        page.goto(SITE, wait_until="commit")
        page.locator("h1").wait_for()
        assert "too slow" in page.get_by_role("status").inner_text()
        assert page.get_by_role("link", name="Try again").is_visible()
        assert 4900 < page.evaluate("performance.getEntriesByType('navigation')[0].responseStart") < 9000


@contextlib.contextmanager
def silence(port: int) -> Iterator[None]:
    """Take connections on a port, and never answer."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", port)) as listening:
        listening.settimeout(0.2)
        is_over = threading.Event()

        def take() -> None:
            while not is_over.is_set():
                with contextlib.suppress(TimeoutError):
                    taken.append(listening.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()
            for one in taken:
                one.close()


def test_pages_not_to_be_kept_are_not(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, SITE)
        page.goto("/en/nothing")
        page.goto("/desk/login")
        see(page, OTHER)
        kept = wait_for(page, "'/en/offline' in pages")["pages"]
        assert set(kept) == {SITE, OTHER, "/en/offline"}


def test_pages_not_seen_for_longest_are_let_go(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, SITE)
        page.evaluate(SHOW, [0, 1])
        wait_for(page, "'/en/sites?q=a0' in pages and '/en/offline' in pages")
        # These come in any order.
        page.evaluate(SHOW, [1, 62])
        wait_for(page, "len(pages) == 61 and path not in pages and '/en/sites?q=a0' not in pages", path=SITE)
        assert not any(path.startswith("/media/") for path in page.evaluate(ADDRESSES))


SHOW = """async ([first, behind]) => {
  const { active } = await navigator.serviceWorker.ready;
  const address = `${location.origin}/en/sites?q=a`;
  for (let n = first; n < behind; n++) active.postMessage({ page: address + n, files: [] });
}"""
ADDRESSES = """async () => {
  const store = await caches.open("disan-kept-1");
  return (await store.keys()).map((request) => new URL(request.url).pathname);
}"""


def test_setting_ends_the_worker_and_what_it_kept(phone: Phone) -> None:
    with phone.network(), phone.on() as page:
        see(page, SITE)
    with phone.network(DISAN_SERVICE_WORKER="false"), phone.on() as page:
        page.goto(SITE)
        page.wait_for_function(
            """async () => (await caches.keys()).length === 0
              && (await navigator.serviceWorker.getRegistrations()).length === 0"""
        )
