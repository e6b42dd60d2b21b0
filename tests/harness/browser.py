"""A real browser over the live server: Chromium as the system has it, driven by Playwright."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1440, "height": 900}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A page that asks any other host for something fails here as it would on a phone without it.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


def find_browser() -> str | None:
    """Find a Chromium that runs; None leaves the choice to Playwright, which may have brought its own."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        path = shutil.which(name)
        # Ubuntu's chromium-browser is a script that only advises to install a snap.
        if path and subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0:
            return path
    return None


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium without a window, and end it afterwards."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def open_drawing_browser(browser: Browser) -> Iterator[Browser]:
    """Start another Chromium beside an open one, which draws in three dimensions (WebGL) without a graphics card."""
    arguments = [*ARGUMENTS, "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    opened = browser.browser_type.launch(executable_path=find_browser(), args=arguments)
    try:
        yield opened
    finally:
        opened.close()


@contextlib.contextmanager
def open_page(browser: Browser, viewport: dict[str, int], base_url: str, **options: Any) -> Iterator[Page]:
    """Give a page of its own session, in Vietnamese unless `locale` says otherwise; a script error fails the test.

    `page.goto("/vi/")` is relative to `base_url`. `options` go to Playwright's `new_context`.
    """
    is_phone = viewport["width"] < 600
    context = browser.new_context(
        **{
            "viewport": viewport,
            "base_url": base_url,
            "locale": "vi-VN",
            "is_mobile": is_phone,
            "has_touch": is_phone,
            **options,
        }
    )
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert not errors, f"scripts failed on the page: {errors}"
