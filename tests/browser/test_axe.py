"""axe-core finds nothing wrong with any kind of page, in any language, light or dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from app.core.localized import tag_of
from tests.harness import browser as browsers
from tests.harness.audits import violations
from tests.harness.counts import IS_FULL
from tests.harness.visited import LANGUAGES, PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SCHEMES = ("light", "dark")


def combinations() -> list[tuple[str, str, str]]:
    """Give kinds of page with a language and a scheme: all of them, or each kind once and all languages in turn."""
    if IS_FULL:
        return [(kind, language, scheme) for kind in PAGES for language in LANGUAGES for scheme in SCHEMES]
    return [
        (kind, LANGUAGES[number % len(LANGUAGES)], SCHEMES[number // len(LANGUAGES) % 2])
        for number, kind in enumerate(PAGES)
    ]


@pytest.mark.parametrize(("kind", "language", "colours"), combinations())
def test_axe_finds_nothing(
    browser: Browser, pictured_server: str, figure: Callable[[str, int], None], kind: str, language: str, colours: str
) -> None:
    with browsers.open_page(browser, browsers.PHONE, pictured_server, color_scheme=colours) as page:
        page.goto(f"/{language}/{PAGES[kind]}")
        assert page.locator("html").get_attribute("lang") == tag_of(language)
        assert violations(page) == []
    figure("pages in a language and a scheme, in which axe-core finds nothing", 1)
