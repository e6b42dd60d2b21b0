"""Pages in languages of other letters on the smallest telephone, with text twice as large: nothing runs over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SMALLEST = {"width": 320, "height": 640}
PATHS = [
    "",
    "sites",
    "sites/x-qnm-0001",
    "events/x-fes-003",
    "artefacts/x-art-002",
    "itineraries/x-iti-02",
    "developers",
]


@pytest.mark.parametrize("language", ["zh", "ja", "ko"])
def test_language_fits_with_text_twice_as_large(browser: Browser, live_server: str, language: str) -> None:
    context = browser.new_context(base_url=live_server, viewport=SMALLEST)
    page = context.new_page()
    wide = []
    for path in PATHS:
        page.goto(f"/{language}/{path}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide += page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? []
            : [location.pathname, ...[...document.querySelectorAll('body *')]
              .filter(e => e.getBoundingClientRect().right > innerWidth && !e.closest('.unseen'))
              .map(e => e.outerHTML.slice(0, 90))]"""
        )
    context.close()
    assert wide == []
