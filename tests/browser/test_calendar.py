"""The calendar of events in a real browser: the right days, within the screen, large enough to tap, without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.core import clock, lunar
from app.core.lunar import LunarDay
from tests.browser.test_visit import _CONTRAST
from tests.harness import browser as browsers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EVENT = "/en/events/founders-day-of-kim-bong-carpentry-fes-003"


def full_moon(years_ahead: int) -> str:
    """Give the day of the first full moon of a lunar year, as Vietnam counts."""
    return lunar.to_gregorian(LunarDay(clock.today().year + years_ahead, 1, False, 15)).isoformat()  # noqa: FBT003


def months() -> list[str]:
    return [f"/vi/calendar?month={full_moon(1)[:7]}", "/en/calendar?when=today", "/fr/calendar?when=weekend"]


@pytest.mark.parametrize("years_ahead", [1, 2, 3, 4])
def test_visitor_finds_the_full_moon_festival_on_its_day(phone_page: Page, years_ahead: int) -> None:
    """Nguyên tiêu of Hội An has its main day on the 15th of the first lunar month: 2027-02-20, … 2030-02-16."""
    day = full_moon(years_ahead)
    phone_page.goto(f"/vi/calendar?month={day[:7]}")
    told = phone_page.locator(".agenda li", has_text="Nguyên tiêu").first
    assert f" {int(day[-2:])} tháng {int(day[5:7])}, {day[:4]}" in told.inner_text()
    cell = phone_page.locator("td", has=phone_page.locator('small[title="15 tháng Giêng"]'))
    assert cell.locator("b").first.inner_text() == str(int(day[-2:]))


def test_visitor_goes_from_a_day_of_the_grid_to_what_is_held_on_it(phone_page: Page) -> None:
    phone_page.goto(f"/vi/calendar?month={full_moon(1)[:7]}")
    phone_page.locator("td", has=phone_page.locator('small[title="15 tháng Giêng"]')).locator("a.figures").click()
    assert phone_page.locator("section:target", has_text="Nguyên tiêu").count() == 1


@pytest.mark.parametrize("number", range(3))
def test_calendar_fits_and_tells_the_list_first(page: Page, number: int) -> None:
    page.goto(months()[number])
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    if page.locator(".grid").count():
        where = page.evaluate(
            "['.agenda', '.grid'].map(s => document.querySelector(s).getBoundingClientRect()).map(r => [r.top, r.left])"
        )
        agenda, grid = where
        is_phone = (page.viewport_size or {})["width"] < 600
        assert agenda[0] < grid[0] if is_phone else agenda[1] < grid[1]


def test_calendar_with_text_twice_as_large_keeps_within_a_narrow_screen(browser: Browser, live_server: str) -> None:
    with browsers.open_page(browser, {"width": 320, "height": 640}, live_server) as page:
        for path in (*months(), EVENT):
            page.goto(path)
            page.evaluate("document.documentElement.style.fontSize = '200%'")
            beyond = page.evaluate(
                """() => [...document.querySelectorAll('main *')]
                .filter(e => e.checkVisibility() && !e.closest('.grid, .badges'))
                .filter(e => e.getBoundingClientRect().right > 321)
                .map(e => e.outerHTML.slice(0, 120))"""
            )
            assert beyond == [], path


def test_calendar_has_large_enough_targets(phone_page: Page) -> None:
    for path in (*months(), EVENT):
        phone_page.goto(path)
        small = phone_page.evaluate(
            """() => [...document.querySelectorAll(
              'main button, main input, main select, main summary, main nav a, main .button, .held a, .grid a.figures')]
            .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)
            .map(e => e.outerHTML.slice(0, 120))"""
        )
        assert small == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_calendar_has_enough_contrast(browser: Browser, live_server: str, scheme: str) -> None:
    with browsers.open_page(browser, browsers.DESKTOP, live_server, color_scheme=scheme) as page:
        for path in (*months(), EVENT):
            page.goto(path)
            assert page.evaluate(_CONTRAST) == [], path


def test_stay_is_chosen_without_javascript(browser: Browser, live_server: str) -> None:
    day = full_moon(1)
    with browsers.open_page(browser, browsers.DESKTOP, live_server, java_script_enabled=False) as page:
        page.goto("/vi/calendar")
        page.get_by_label("Ngày đến").fill(day)
        page.get_by_label("Ngày rời đi").fill(day)
        page.get_by_role("button", name="Xem những ngày này").click()
        assert f"from={day}&to={day}" in page.url
        assert page.locator(".agenda li", has_text="Nguyên tiêu").count() == 1
        page.locator(".chips a").click()
        assert page.locator(".grid").count() == 1


def test_event_page_leads_into_the_visitors_calendar(phone_page: Page) -> None:
    phone_page.goto(EVENT)
    with phone_page.expect_download() as taken:
        phone_page.get_by_role("link", name="Add to my calendar").click()
    assert taken.value.suggested_filename == "FES-003.ics"
    phone_page.goto("/en/calendar?category=festival")
    subscribe = phone_page.get_by_role("link", name="Subscribe").get_attribute("href") or ""
    assert subscribe.startswith("webcal://127.0.0.1")
    assert subscribe.endswith("/en/events.ics?category=festival")
