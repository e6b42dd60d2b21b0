"""A phone that is switched off and on again: a browser with a folder of its own, whose service worker keeps pages."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.harness import server
from tests.harness.browser import ARGUMENTS, find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.harness.databases import Database

ROOT = Path(__file__).resolve().parents[2]
SIZE = {"width": 390, "height": 844}
_WITHIN_S = 20.0
_INDEX = """async () => {
  const kept = await caches.match("/kept.json");
  return kept ? kept.json() : { pages: {}, files: {} };
}"""


@dataclass(frozen=True)
class Phone:
    """A folder of a browser, and a port on which the service is served to it, or not."""

    browser: Browser
    database: Database
    folder: Path
    port: int = field(default_factory=server.free_port)

    @property
    def origin(self) -> str:
        """Where the service is, when it is served."""
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def network(self, **settings: str) -> Iterator[None]:
        """Serve until the block ends; outside of it there is nobody at the address."""
        with server.serve(self.database, self.folder / "server.log", DISAN_PORT=str(self.port), **settings):
            yield

    @contextlib.contextmanager
    def on(self, **options: Any) -> Iterator[Page]:
        """Switch the phone on, with what it kept when it was last on."""
        context = self.browser.browser_type.launch_persistent_context(
            self.folder / "phone",
            executable_path=find_browser(),
            args=ARGUMENTS,
            **{"viewport": SIZE, "base_url": self.origin, "locale": "vi-VN", "device_scale_factor": 2, **options},
        )
        try:
            yield context.pages[0]
        finally:
            context.close()


def wait_for(page: Page, what: str, **values: Any) -> dict[str, Any]:
    """Wait until a Python expression over the worker's index (`pages`, `files`) holds, and give the index."""
    give_up_at = time.monotonic() + _WITHIN_S
    while True:
        index: dict[str, Any] = page.evaluate(_INDEX)
        if eval(what, {**index, **values}):  # noqa: S307 (the tests' own words)
            return index
        if time.monotonic() > give_up_at:
            msg = f"{what} did not come true of {index}"
            raise AssertionError(msg)
        page.wait_for_timeout(100)


def other_release(folder: Path, path: str, was: str, now: str) -> dict[str, str]:
    """Copy the service, change one of its files, and give the settings under which the copy is served."""
    for part in ("app", "static", "migrations"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    text = (folder / path).read_text(encoding="utf-8")
    assert was in text
    (folder / path).write_text(text.replace(was, now), encoding="utf-8")
    return {"PYTHONPATH": str(folder)}
