"""The tutorial and the cookbook: every command, program and page of them, run against a served register."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.core.db import begin_write, db
from app.publication import operations as publication
from app.records.operations import find_record
from app.subscriptions import operations
from tests.harness.browser import DESKTOP, open_page
from tests.harness.databases import Database, Databases, open_app
from tests.harness.guides import (
    EXAMPLE_HOST,
    Step,
    complaints,
    is_printed,
    read_steps,
    run_commands,
    write_files,
)
from tests.harness.register import SETTINGS, reviewer
from tests.harness.server import command, environment, serve
from tests.house.reading import ROOT, complain

if TYPE_CHECKING:
    from playwright.sync_api import Browser


_SCRIPT = re.compile(r"<script(?: type=\"module\")?>(.+?)</script>", re.DOTALL)


@dataclass(frozen=True)
class Service:
    """A served register, and a key to its API."""

    url: str
    key: str
    database: Database

    def steps(self, guide: str) -> list[Step]:
        """Read a guide's blocks as its page at this service shows them."""
        text = (ROOT / "docs" / "api" / guide).read_text(encoding="utf-8")
        return read_steps(text.replace(EXAMPLE_HOST, self.url))


@contextlib.contextmanager
def serve_register(engine: str, databases: Databases, folder: Path) -> Iterator[Service]:
    """Serve a copy of the seed with the quotas that are usual, and a key."""
    database = databases.copy(engine, folder / "data", seeded=True)
    quotas = {"DISAN_QUOTA_ANONYMOUS": "600", "DISAN_QUOTA_KEYED": "6000"}
    with open_app(database) as app, app.app_context():
        begin_write(db.session())
        _, key = operations.make_key(db.session(), name="a", email="a@example.org", purpose="b")
        db.session.commit()
    with serve(database, folder / "log", **quotas) as url:
        yield Service(url, key, database)
    databases.drop(database)


@pytest.fixture(scope="module")
def service(engine_name: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A served register with a dump, which is only read."""
    with serve_register(engine_name, databases, tmp_path_factory.mktemp("guides")) as served:
        config = environment(**served.database.config)
        subprocess.run(command("dump"), check=True, capture_output=True, env=config)
        yield served


def features(url: str) -> dict[str, object]:
    """Read all that is public, by collection and code."""
    with urllib.request.urlopen(f"{url}/api/v1/collections") as answer:  # noqa: S310
        names = [found["id"] for found in json.load(answer)["collections"]]
    found = {}
    for name in names:
        with urllib.request.urlopen(f"{url}/api/v1/collections/{name}/items?limit=1000&lang=en") as answer:  # noqa: S310
            found |= {f"{name}/{feature['id']}": feature for feature in json.load(answer)["features"]}
    return found


def read_mirror(folder: Path) -> dict[str, object]:
    """Read the mirror that the tutorial's program keeps."""
    return dict(json.loads((folder / "mirror.json").read_text(encoding="utf-8"))["features"])


def test_commands_of_the_tutorial_print_what_it_shows(service: Service, tmp_path: Path) -> None:
    steps = service.steps("tutorial.md")
    write_files(steps, tmp_path)
    complain(complaints(steps, run_commands(steps, tmp_path, KEY=service.key)))


def test_mirror_of_the_tutorial_is_what_is_public_and_stays_so(
    engine_name: str, databases: Databases, tmp_path: Path
) -> None:
    once_more = [Step("sh", "python3 mirror.py\n", None)]
    with serve_register(engine_name, databases, tmp_path / "served") as service:
        write_files(service.steps("tutorial.md"), tmp_path)
        run_commands(once_more, tmp_path)
        assert read_mirror(tmp_path) == features(service.url)
        with open_app(service.database) as app, app.app_context():
            begin_write(db.session())
            withdrawn = [find_record(db.session(), "QNM-0200")]
            publication.withdraw(db.session(), withdrawn, actor=reviewer(db.session()), settings=SETTINGS)
            db.session.commit()
        run_commands(once_more, tmp_path)
        assert "sites/QNM-0200" not in read_mirror(tmp_path)
        assert read_mirror(tmp_path) == features(service.url)


def test_commands_of_the_cookbook_print_what_it_shows(service: Service, tmp_path: Path) -> None:
    steps = service.steps("cookbook.md")
    write_files(steps, tmp_path)
    complain(complaints(steps, run_commands(steps, tmp_path)))


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


def test_script_of_the_tutorial_runs_in_a_browser(browser: Browser, service: Service, tmp_path: Path) -> None:
    (step,) = [step for step in service.steps("tutorial.md") if step.language == "js"]
    (tmp_path / "index.html").write_text("<!doctype html>", encoding="utf-8")
    said: list[str] = []
    with serve_app(tmp_path) as app, open_page(browser, DESKTOP, app) as page:
        page.on("console", lambda message: said.append(message.text) if message.type == "log" else None)
        page.goto("/index.html")
        page.evaluate(f"async () => {{ {step.code} }}")
    assert step.printed
    assert is_printed("\n".join(said), step.printed), said


def test_leaflet_page_of_the_cookbook_shows_the_sites(browser: Browser, service: Service, tmp_path: Path) -> None:
    write_files(service.steps("cookbook.md"), tmp_path)
    (tmp_path / "leaflet").symlink_to(ROOT / "static" / "vendor" / "leaflet")
    with serve_app(tmp_path) as app, open_page(browser, DESKTOP, app) as page:
        page.goto("/leaflet.html")
        page.locator(".leaflet-marker-icon").first.click()
        assert page.locator(".leaflet-popup strong").inner_text()
        count = page.locator(".leaflet-marker-icon").count()
    near = f"{service.url}/api/v1/collections/sites/items?near=108.326,15.877&radius=500"
    with urllib.request.urlopen(near) as found:  # noqa: S310
        assert count == len(json.load(found)["features"]) > 10


def test_scripts_of_the_cookbook_are_read_and_what_they_ask_for_is_there(browser: Browser, service: Service) -> None:
    steps = service.steps("cookbook.md")
    pages = [step.code for step in steps if step.language == "html"]
    scripts = [
        script
        for page in pages
        for script in re.findall(r"<script(?: type=\"module\")?>(.+?)</script>", page, re.DOTALL)
    ]
    scripts += [step.code for step in steps if step.language == "js"]
    assert len(scripts) == 3
    with open_page(browser, DESKTOP, service.url) as page:
        for script in scripts:
            page.evaluate("(code) => void new (async () => {}).constructor(code)", script)
    addresses = [address for script in scripts for address in re.findall(r'"(http://[^"]+)"', script)]
    assert len(addresses) == 3
    for address in addresses:
        with urllib.request.urlopen(address) as found:  # noqa: S310
            assert found.status == 200


@pytest.mark.parametrize(
    ("printed", "shown", "is_same"),
    [
        ("a\nb\nc\n", "a\n…\nc\n", True),
        ("a\nc\n", "a\n…\nc\n", True),
        ("a 1 b\n", "a … b\n", True),
        ("a\nb\n", "a\n", False),
        ("a\nb\nc\n", "a … c\n", False),
        ("a.b\n", "axb\n", False),
    ],
)
def test_what_is_left_out_may_be_anything_and_the_rest_nothing_else(printed: str, shown: str, is_same: bool) -> None:  # noqa: FBT001
    assert is_printed(printed, shown) is is_same
