"""A visit in a real browser, on a phone and on a desk: it works without JavaScript, fits, and asks nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.harness import browser as browsers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATHS = [
    "/vi/",
    "/en/",
    "/vi/sites",
    "/en/sites?q=my+son&rank=special_national",
    "/vi/sites?unit=508~2025",
    "/vi/sites/do-thi-co-hoi-an-qnm-0001",
    "/en/sites/my-son-sanctuary-qnm-0045",
    "/vi/events",
    "/en/events/founders-day-of-kim-bong-carpentry-fes-003",
    "/vi/itineraries/thuong-nguon-thu-bon-iti-10",
    "/en/places?category=museum",
    "/vi/places/bao-tang-gom-su-mau-dich-poi-004",
    "/vi/notices",
    "/vi/sites/van-thanh-mieu-duy-xuyen-qnm-0154",
    "/en/sites/hau-xa-archaeological-site-qnm-0031",
    "/vi/sites/khu-den-thap-my-son-qnm-0045/plaque",
    "/vi/nothing",
]


@pytest.mark.parametrize("path", PATHS)
def test_page_fits_and_asks_nobody_else(page: Page, path: str) -> None:
    asked: list[str] = []
    told: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on(
        "console", lambda message: told.append(message.text) if "404 (NOT FOUND)" not in message.text.upper() else None
    )
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}
    assert told == []
    assert page.locator("h1").count() == 1
    assert page.context.cookies() == []


@pytest.mark.parametrize("path", PATHS)
def test_everything_to_tap_is_large_enough(phone_page: Page, path: str) -> None:
    """Buttons, fields and links that stand alone are 44 px high (WCAG 2.5.8 asks for 24; the house for 44)."""
    phone_page.goto(path)
    small = phone_page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, summary, nav a, .button, .chips a, .ledger a')]
        .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)
        .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert small == []


def test_visitor_finds_a_site_by_typing_without_marks(page: Page) -> None:
    page.goto("/vi/")
    page.locator("#q").fill("chua cau")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Chùa Cầu", exact=True).first.click()
    assert page.locator("h1").inner_text() == "Chùa Cầu"
    assert "QNM-0002" in page.content()


def test_visitor_goes_from_a_route_to_a_place_on_it(page: Page) -> None:
    page.goto("/vi/")
    page.get_by_role("navigation", name="Chính").get_by_role("link", name="Hành trình").click()
    page.get_by_role("link", name="Phố cổ Hội An trong nửa ngày").click()
    page.get_by_role("link", name="Bảo tàng Gốm sứ Mậu dịch").click()
    assert page.locator("h1").inner_text() == "Bảo tàng Gốm sứ Mậu dịch"
    assert "POI-004" in page.content()


def test_visitor_changes_the_language_and_stays_on_the_site(page: Page) -> None:
    page.goto("/vi/sites/khu-den-thap-my-son-qnm-0045")
    page.get_by_text("Tiếng Việt").first.click()
    page.get_by_role("link", name="English").click()
    assert page.locator("h1").inner_text() == "Mỹ Sơn Sanctuary"
    assert page.locator("html").get_attribute("lang") == "en"


def test_visitor_filters_and_removes_the_filter(desktop_page: Page) -> None:
    desktop_page.goto("/en/sites")
    if not desktop_page.get_by_label("Rank").is_visible():
        desktop_page.locator("summary").click()
    desktop_page.get_by_label("Rank").select_option("national")
    desktop_page.get_by_role("button", name="Apply").click()
    assert "47 sites" in desktop_page.content()
    desktop_page.locator(".chips a").click()
    assert "200 sites" in desktop_page.content()


def test_everything_works_without_javascript(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto("/en/")
    page.locator("#q").fill("Japanese bridge")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Japanese Covered Bridge").first.click()
    assert "Lai Viễn Kiều" in page.content()
    context.close()


def test_keyboard_reaches_the_content_first(desktop_page: Page) -> None:
    desktop_page.goto("/en/sites")
    desktop_page.keyboard.press("Tab")
    focused = desktop_page.evaluate("document.activeElement.getAttribute('href')")
    assert focused.startswith("#")
    assert desktop_page.locator(focused).count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(browser: Browser, live_server: str, scheme: str) -> None:
    """Every piece of text against what is painted behind it: 4.5 to 1 (WCAG 1.4.3)."""
    context = browser.new_context(base_url=live_server, color_scheme=scheme, viewport=browsers.PHONE)
    page = context.new_page()
    for path in PATHS[:13]:
        page.goto(path)
        assert page.evaluate(_CONTRAST) == [], (scheme, path)
    context.close()


_CONTRAST = """() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] > 0.99) return c;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest('.unseen, script, option, .skip')) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(e.textContent.trim().slice(0, 60));
  }
  return found;
}"""
