"""What the tutorial and the cookbook give for pages, in a real browser, as an app of somebody else's would run it."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from tests.harness.browser import DESKTOP, open_page
from tests.harness.guides import is_printed, read_guide, write_files
from tests.house.reading import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_SCRIPT = re.compile(r"<script(?: type=\"module\")?>(.+?)</script>", re.DOTALL)


@contextlib.contextmanager
def serve_app(folder: Path) -> Iterator[str]:
    """Serve a folder as an app of somebody else's, of another origin than the service."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    """Says nothing of each request."""

    def log_message(self, *_told: object) -> None:
        """Say nothing."""


def test_script_of_the_tutorial_runs_in_a_browser(browser: Browser, live_server: str, tmp_path: Path) -> None:
    (step,) = [step for step in read_guide("tutorial.md", live_server) if step.language == "js"]
    (tmp_path / "index.html").write_text("<!doctype html>", encoding="utf-8")
    said: list[str] = []
    with serve_app(tmp_path) as app, open_page(browser, DESKTOP, app) as page:
        page.on("console", lambda message: said.append(message.text) if message.type == "log" else None)
        page.goto("/index.html")
        page.evaluate(f"async () => {{ {step.code} }}")
    assert step.printed
    assert is_printed("\n".join(said), step.printed), said


def test_leaflet_page_of_the_cookbook_shows_the_sites(browser: Browser, live_server: str, tmp_path: Path) -> None:
    write_files(read_guide("cookbook.md", live_server), tmp_path)
    (tmp_path / "leaflet").symlink_to(ROOT / "static" / "vendor" / "leaflet")
    with serve_app(tmp_path) as app, open_page(browser, DESKTOP, app) as page:
        page.goto("/leaflet.html")
        page.locator(".leaflet-marker-icon").first.click()
        assert page.locator(".leaflet-popup strong").inner_text()
        count = page.locator(".leaflet-marker-icon").count()
    near = f"{live_server}/api/v1/collections/sites/items?near=108.326,15.877&radius=500"
    with urllib.request.urlopen(near) as found:  # noqa: S310
        assert count == len(json.load(found)["features"]) > 10


def test_scripts_of_the_cookbook_are_read_and_what_they_ask_for_is_there(browser: Browser, live_server: str) -> None:
    steps = read_guide("cookbook.md", live_server)
    pages = [step.code for step in steps if step.language == "html"]
    scripts = [script for page in pages for script in _SCRIPT.findall(page)]
    scripts += [step.code for step in steps if step.language == "js"]
    assert len(scripts) == 3
    with open_page(browser, DESKTOP, live_server) as page:
        for script in scripts:
            page.evaluate("(code) => void new (async () => {}).constructor(code)", script)
    addresses = [address for script in scripts for address in re.findall(r'"(http://[^"]+)"', script)]
    assert len(addresses) == 3
    for address in addresses:
        with urllib.request.urlopen(address) as found:  # noqa: S310
            assert found.status == 200
