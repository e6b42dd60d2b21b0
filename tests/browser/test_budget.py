"""What a first view costs on the wire: at most 100 kB, 15 of them scripts, and nobody else is asked for any of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.harness import browser as browsers
from tests.harness.audits import ENTRANCES, count_bytes
from tests.harness.visited import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST_BYTES = 100_000
MOST_SCRIPT_BYTES = 15_000


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", ENTRANCES)
def test_first_view_is_within_its_budget(
    browser: Browser, pictured_server: str, figure: Callable[[str, int], None], kind: str, language: str
) -> None:
    with browsers.open_page(browser, browsers.PHONE, pictured_server, device_scale_factor=2) as page:
        with count_bytes(page) as wire:
            page.goto(f"/{language}/{PAGES[kind]}", wait_until="networkidle")
        assert wire.hosts == {"127.0.0.1"}
        assert wire.total <= MOST_BYTES, wire.bytes_of
        assert wire.scripts <= MOST_SCRIPT_BYTES, wire.bytes_of
    if language == "vi":
        figure(f"bytes of a first view: {kind}", wire.total)
        figure(f"bytes of scripts in a first view: {kind}", wire.scripts)
