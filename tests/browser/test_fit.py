"""Nothing overflows or overlaps, however narrow the screen and however large the text, in any language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import browser as browsers
from tests.harness.counts import counts
from tests.harness.visited import LANGUAGES, path_of, share

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = (320, 390, 768, 1440)
SIZES = (100, 200)


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_fits_at_every_width_and_size_of_text(browser: Browser, live_server: str, language: str) -> None:
    found: dict[str, Any] = {}
    with browsers.open_page(browser, {"width": 700, "height": 800}, live_server) as page:
        for sort in share(language, counts(3, 1)):
            page.goto(path_of(sort, language))
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                for size in SIZES:
                    if wrong := faults(page, size):
                        found[f"{sort} at {width} px, {size} %"] = wrong
    assert found == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_menu_opens_within_the_page(browser: Browser, live_server: str, width: int) -> None:
    with browsers.open_page(browser, {"width": width, "height": 800}, live_server) as page:
        page.goto("/fr/")
        for panel in page.locator("details.panel").all():
            panel.locator("summary").click()
            assert page.evaluate(_FAULTS) == []
            panel.locator("summary").click()


def faults(page: Page, size: int) -> list[str]:
    """Set the size of the text, in hundredths, and say what is wrong with how the page is laid out."""
    found: list[str] = page.evaluate(f"() => {{ document.documentElement.style.fontSize = '{size}%'; }}") or []
    return found + page.evaluate(_FAULTS)


# What sticks out of the page, what is cut off within a box, and what is to be tapped and lies over another such thing.
_FAULTS = """() => {
  const root = document.documentElement, found = [];
  const brief = (e, most = 80) => e.outerHTML.replace(/\\s+/g, ' ').slice(0, most);
  const apart = '.unseen, .skip, .art, .strip, .excerpt, svg, .thumb, .leaflet-container, [aria-hidden=true], caption,'
    + ' [type=file]';
  const shown = selector => [...document.querySelectorAll(selector)].filter(e => e.checkVisibility());
  if (root.scrollWidth > root.clientWidth) {
    const wide = shown('body *').filter(e => e.getBoundingClientRect().right > root.clientWidth + 1
      && !e.closest('.strip, .scroll, .leaflet-container'));
    found.push(`${root.scrollWidth - root.clientWidth} px too wide: ${wide.slice(-2).map(e => brief(e))}`);
  }
  for (const e of shown('body *')) {
    const flow = getComputedStyle(e).overflowX;
    if (!e.closest(apart) && !/visible|auto|scroll/.test(flow) && e.scrollWidth > e.clientWidth + 1)
      found.push('cut off: ' + brief(e));
  }
  const over = '.unseen, .skip, .strip, .card, .panel nav, .leaflet-container';
  const taps = shown('a, button, input:not([type=hidden]), select, summary, textarea').filter(e => !e.closest(over));
  const boxes = taps.map(e => [...e.getClientRects()].filter(r => r.width > 1 && r.height > 1));
  for (let i = 0; i < taps.length; i++) for (let j = i + 1; j < taps.length; j++) {
    if (taps[i].contains(taps[j]) || taps[j].contains(taps[i])) continue;
    for (const a of boxes[i]) for (const b of boxes[j]) {
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (width > 3 && height > 8) found.push(`over each other: ${brief(taps[i], 60)} and ${brief(taps[j], 60)}`);
    }
  }
  return found.slice(0, 5);
}"""
