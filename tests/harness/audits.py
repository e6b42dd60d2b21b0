"""Audits of visitors' pages: the kinds of page there are, axe-core within a page, Lighthouse, and bytes on the wire."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.core.db import db
from tests.harness import media, pictures, register, server
from tests.harness.browser import ARGUMENTS, find_browser
from tests.harness.databases import open_app
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.harness.databases import Databases

# What visitors open first, and what is measured there.
ENTRANCES = ("home", "list of sites", "site with pictures", "map", "event", "itinerary", "calendar", "near")
# What is near somebody is nobody else's, and not to be found by a search engine: its page says so.
FOUND = tuple(kind for kind in ENTRANCES if kind != "near")
CATEGORIES = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
_NODE = Path(__file__).resolve().parents[2] / "tools" / "audits" / "node_modules"
_PICTURED = "QNM-0002"
_AXE = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const { violations } = await axe.run(document, { runOnly: tags });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}"""


def _module(path: str) -> Path:
    found = _NODE / path
    if not found.exists():
        msg = f"{found} is missing: run `sh tools/system.sh audits`"
        raise RuntimeError(msg)
    return found


@contextmanager
def serve_with_pictures(databases: Databases, folder: Path) -> Iterator[str]:
    """Serve the seed, in which one site has three photographs, and give the address."""
    database = databases.copy("sqlite", folder / "data", seeded=True)
    with open_app(database) as app:
        with app.app_context():
            for number in (1, 2, 3):
                data = pictures.encoded(pictures.picture(1600, 1000, seed=number), quality=90)
                file = media.keep(app, data, f"{number}.jpg")
                title = {"vi": f"Ảnh {number}", "en": f"Picture {number}"}
                said = media.medium(file, _PICTURED, code=f"QNM-P000{number}", title=title, alt=title)
                register.publish(db.session(), ("media", said))
            db.session.commit()
        run_jobs(app)
    with server.serve(database, folder / "server.log") as url:
        yield url


@lru_cache
def _axe() -> str:
    return _module("axe-core/axe.min.js").read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """Give what axe-core finds wrong with an open page: the rule, and the element's beginning."""
    # By the browser's own hand: the page's content policy lets no script in.
    page.evaluate(_axe())
    return list(page.evaluate(_AXE))


def scores(url: str, runs: int) -> dict[str, int]:
    """Let Lighthouse look at a page as on a cheap phone (its mobile preset), and give each category's median of 100."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    _warm(url)
    for _ in range(runs):
        for name, category in _lighthouse(url)["categories"].items():
            found[name].append(100 * (category["score"] or 0))
    return {name: round(statistics.median(values)) for name, values in found.items()}


def _warm(url: str) -> None:
    """Ask for a page once: a server's very first answer compiles its templates."""
    asked = urlsplit(url)
    connection = http.client.HTTPConnection(str(asked.hostname), asked.port, timeout=30)
    connection.request("GET", asked.path)
    connection.getresponse().read()
    connection.close()


def _lighthouse(url: str) -> dict[str, Any]:
    flags = " ".join(["--headless=new", *(flag for flag in ARGUMENTS if " " not in flag)])
    words = [f"--only-categories={','.join(CATEGORIES)}", f"--chrome-flags={flags}", "--output=json", "--quiet"]
    chosen = {"CHROME_PATH": path} if (path := find_browser()) else {}
    ended = subprocess.run(
        ["node", str(_module("lighthouse/cli/index.js")), url, *words],
        env=os.environ | chosen,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    if ended.returncode:
        msg = f"Lighthouse failed on {url}: {ended.stderr[-2000:]}"
        raise RuntimeError(msg)
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


def failures(report: dict[str, Any]) -> list[str]:
    """Give the audits of a report that cost something, by name."""
    return [f"{name}: {audit['title']}" for name, audit in report["audits"].items() if audit["score"] not in (1, None)]


@dataclass
class Wire:
    """What came over the network for a page, by the browser's own count: heads and compressed bodies."""

    bytes_of: dict[str, int] = field(default_factory=dict)
    kind_of: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All bytes."""
        return sum(self.bytes_of.values())

    @property
    def scripts(self) -> int:
        """The bytes of scripts."""
        return sum(size for url, size in self.bytes_of.items() if self.kind_of[url] == "Script")

    @property
    def hosts(self) -> set[str | None]:
        """Who was asked."""
        return {urlsplit(url).hostname for url in self.kind_of if not url.startswith("data:")}


@contextmanager
def count_bytes(page: Page) -> Iterator[Wire]:
    """Count what comes over the network for a page while the block lasts."""
    wire, urls = Wire(), {}
    session = page.context.new_cdp_session(page)

    def note(event: dict[str, Any]) -> None:
        urls[event["requestId"]] = event["request"]["url"]
        wire.kind_of[event["request"]["url"]] = event.get("type", "Other")

    def count(event: dict[str, Any]) -> None:
        url = urls.get(event["requestId"], "")
        if url and not url.startswith("data:"):
            wire.bytes_of[url] = wire.bytes_of.get(url, 0) + round(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", note)
    session.on("Network.loadingFinished", count)
    session.send("Network.enable")
    yield wire
    session.detach()
