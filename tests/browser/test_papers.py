"""Papers on a tourist's page in a real browser: they fit, hold no barrier known to axe, and need no JavaScript."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from app.core.db import db
from app.media.operations import keep_file, receive_file
from tests.harness import papers, register, server, signing
from tests.harness.browser import open_page
from tests.harness.databases import Databases, open_app
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser

# With this folder named the pictures of the pages are left in it, to be looked at.
PICTURES = os.environ.get("DISAN_TEST_PICTURES", "")


@pytest.fixture(scope="module")
def papers_server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over a site with a paper of three pages, and a decision whose scan two have signed."""
    folder = tmp_path_factory.mktemp("papers")
    database = databases.copy("sqlite", folder / "data")
    with open_app(database) as app, app.app_context():
        register.write_vocabulary(db.session())
        db.session.commit()
        with ThreadPoolExecutor(1) as elsewhere:
            # Signing runs a loop of its own, and Playwright has one in this thread.
            scan = elsewhere.submit(_sign_twice, papers.pdf(2)).result()
        site = register.site("QNM-9001")
        about = register.decision("QNM-D9001", {"record": "QNM-9001"}, number="1234/QĐ-UBND", date="2024-05-01")
        register.publish(db.session(), ("site", site), ("decision", about))
        _show(app, "QNM-P1", "QNM-9001", papers.pdf(3))
        _show(app, "QNM-P2", "QNM-D9001", scan)
        run_jobs(app)
    with server.serve(database, folder / "server.log") as url:
        yield url


def _sign_twice(data: bytes) -> bytes:
    return signing.signed(signing.signed(data), signing.chairman(), "Ky2")


def _show(app: Flask, code: str, record: str, data: bytes) -> None:
    """Publish a paper that stands with a record."""
    session = db.session()
    received = receive_file(io.BytesIO(data), f"{code}.pdf", settings=app.config["DISAN"])
    file, _ = keep_file(session, received, actor=register.editor(session))
    payload = {
        "code": code,
        "file": file.sha256,
        "medium_type": "scan",
        "licence": "CC0-1.0",
        "title": {"vi": f"Văn bản {code}", "en": f"Paper {code}"},
        "alt": {"vi": "Bản quét"},
        "placements": [{"uid": "p1", "record": record, "role": "scan", "rank": 0}],
    }
    register.publish(session, ("media", payload))
    session.commit()


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_papers_fit_and_hold_no_barrier(browser: Browser, papers_server: str, language: str, width: int) -> None:
    viewport = {"width": width, "height": 800}
    with open_page(browser, viewport, papers_server) as page:
        page.goto(f"/{language}/sites/x-qnm-9001")
        page.locator("summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")
        page.locator(".paper img").evaluate_all("all => all.forEach(one => one.loading = 'eager')")
        page.wait_for_load_state("networkidle")
        page.locator(".paper img").evaluate_all("all => Promise.all(all.map(one => one.decode()))")
        # Three pages, two of the scan, and of each paper the first one small.
        assert page.locator(".paper img").count() == 7
        assert page.locator(".paper img").evaluate_all("all => all.every(one => one.naturalWidth > 100)")
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.locator("summary").evaluate_all("all => all.every(one => one.getBoundingClientRect().height >= 44)")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"papers-{width}-{language}.png", full_page=True)


def test_pages_of_a_paper_are_opened_without_javascript(browser: Browser, papers_server: str) -> None:
    with open_page(browser, {"width": 390, "height": 800}, papers_server, java_script_enabled=False) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/en/sites/x-qnm-9001")
        last = page.get_by_alt_text("page 3 of 3: Paper QNM-P1")
        assert not last.is_visible()
        page.get_by_text("All 3 pages").click()
        last.scroll_into_view_if_needed()
        assert last.is_visible()
        assert all(url.startswith(papers_server) for url in asked)
