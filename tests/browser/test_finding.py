"""Finding things in a real browser: near a granted position, by typing, on the map, and while typing a search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.harness import browser as browsers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

CHUA_CAU = {"latitude": 15.877083, "longitude": 108.326050}
_READY = "() => document.querySelector('.leaflet-container')?.dataset.basemap === 'ready'"


@pytest.fixture
def near_page(browser: Browser, live_server: str) -> Iterator[Page]:
    """A page on a phone in front of Chùa Cầu, whose visitor gives the position to whoever asks."""
    given = {"geolocation": CHUA_CAU, "permissions": ["geolocation"]}
    with browsers.open_page(browser, browsers.PHONE, live_server, **given) as page:
        yield page


@pytest.fixture
def watched_page(page: Page) -> Iterator[Page]:
    """A page that asks nobody else for anything, tells nothing, and keeps no cookie."""
    asked: list[str] = []
    told: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("console", lambda message: told.append(message.text))
    yield page
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}
    assert told == []
    assert page.context.cookies() == []


def open_map(page: Page, path: str) -> None:
    page.goto(path)
    page.get_by_role("button", name="Show the map").click()
    page.wait_for_function(_READY)
    page.wait_for_selector("#found[aria-busy=false]")


def shown(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("#found h3").all_inner_texts()]


def asked_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_visitor_finds_what_is_near_by_a_tap(near_page: Page) -> None:
    near_page.goto("/en/near")
    near_page.get_by_role("button", name="Use my position").click()
    near_page.wait_for_url("**/near?at=15.8771,108.326&*")
    assert asked_of(near_page)["radius"] == ["500"]
    assert "within 500" in near_page.locator("h2.count").inner_text()
    assert near_page.locator(".card h3").first.inner_text() == "Japanese Covered Bridge"


def test_visitor_finds_what_is_near_hoi_an_by_typing(page: Page) -> None:
    page.goto("/vi/near")
    page.get_by_label("Hoặc: bạn đang ở đâu?").fill("hoi an")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("Đô thị cổ Hội An")).click()
    assert page.locator("h1").inner_text() == "Quanh Đô thị cổ Hội An"
    assert page.locator(".card").count() > 5


def test_position_is_not_asked_for_before_the_tap(phone_page: Page) -> None:
    phone_page.add_init_script(
        "navigator.geolocation.getCurrentPosition = (done, failed) => { window.asked = true; failed({ code: 1 }); };"
    )
    phone_page.goto("/en/near")
    assert phone_page.evaluate("window.asked") is None
    phone_page.get_by_role("button", name="Use my position").click()
    assert "type where you are" in phone_page.locator(".locate [role=status]").inner_text()
    assert urlsplit(phone_page.url).query == ""


def test_pages_work_without_javascript(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto("/en/near")
    assert not page.get_by_role("button", name="Use my position").is_visible()
    page.locator("#place").fill("chua cau")
    page.keyboard.press("Enter")
    assert page.locator(".card h3").first.inner_text() == "Japanese Covered Bridge"
    page.get_by_role("link", name="Show on the map").click()
    assert not page.get_by_role("button", name="Show the map").is_visible()
    assert "Japanese Covered Bridge" in shown(page)
    context.close()


def test_map_is_fetched_by_a_tap_and_shows_what_the_list_has(watched_page: Page) -> None:
    fetched: list[str] = []
    watched_page.on("request", lambda sent: fetched.append(urlsplit(sent.url).path))
    watched_page.goto("/en/map?at=15.8771,108.326&z=17")
    assert not [path for path in fetched if "leaflet" in path or path.endswith((".geojson", "map.json"))]
    open_map(watched_page, "/en/map?at=15.8771,108.326&z=17")
    assert any(path.endswith("map.json") for path in fetched)
    listed = shown(watched_page)
    assert "Japanese Covered Bridge" in listed
    names = watched_page.locator(".frame .spot").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert names
    assert all(names)
    assert watched_page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_map_and_list_share_the_filter_and_the_back_button(watched_page: Page) -> None:
    page = watched_page
    open_map(page, "/en/map?at=15.8771,108.326&z=16")
    page.wait_for_url("**view=map**")
    whole = page.locator("#found h2").inner_text()
    if not page.get_by_role("checkbox", name="Visitor places").is_visible():
        page.locator("main summary").click()
    page.get_by_role("checkbox", name="Visitor places").check()
    page.wait_for_url("**kind=places**")
    page.wait_for_selector("#found[aria-busy=false]")
    page.wait_for_function("before => document.querySelector('#found h2').innerText !== before", arg=whole)
    assert page.locator("#found h3 a").evaluate_all("all => all.every(one => one.pathname.includes('/places/'))")
    page.go_back()
    page.wait_for_function("before => document.querySelector('#found h2').innerText === before", arg=whole)
    assert "kind" not in asked_of(page)
    assert not page.get_by_role("checkbox", name="Visitor places").is_checked()


def test_map_says_in_the_address_where_it_looks(desktop_page: Page) -> None:
    page = desktop_page
    open_map(page, "/en/map?at=15.8771,108.326&z=16")
    page.wait_for_url("**view=map**")
    page.get_by_role("button", name="Further away").click()
    page.wait_for_url("**z=15**")
    where = page.url
    page.locator("#found h3 a").first.click()
    page.wait_for_url("**/sites/**")
    page.go_back()
    page.wait_for_function(_READY)
    assert page.url == where


def test_mark_is_reached_and_opened_by_keyboard(desktop_page: Page) -> None:
    page = desktop_page
    open_map(page, "/en/map?at=15.8771,108.326&z=18&kind=sites")
    mark = page.get_by_role("button", name="Japanese Covered Bridge (Sites)")
    mark.focus()
    page.keyboard.press("Enter")
    link = page.locator(".leaflet-popup a", has_text="Japanese Covered Bridge")
    link.wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Japanese Covered Bridge"
    page.keyboard.press("Enter")
    page.wait_for_url("**/sites/japanese-covered-bridge-qnm-0002")


def test_tap_on_the_map_offers_what_is_near_there(page: Page) -> None:
    open_map(page, "/en/map?at=15.8771,108.326&z=18")
    page.locator(".frame").click(position={"x": 60, "y": 60})
    page.get_by_role("link", name="What is near here?").click()
    page.wait_for_url("**/near?**")
    assert re.fullmatch(r"15\.\d{2,4},108\.\d{2,4}", asked_of(page)["at"][0])


def test_places_known_roughly_are_circles_not_pins(desktop_page: Page) -> None:
    open_map(desktop_page, "/en/map?at=15.8771,108.326&z=13")
    assert desktop_page.locator(".vague-area").count() > 0
    assert desktop_page.locator(".frame .spot.vague").count() > 0


def test_itinerary_is_drawn_on_the_map(watched_page: Page) -> None:
    page = watched_page
    page.goto("/en/itineraries/x-iti-01")
    page.get_by_role("link", name="On our map").click()
    page.get_by_role("button", name="Show the map").click()
    page.wait_for_function(_READY)
    page.locator("path.way").nth(5).wait_for(state="attached")
    # No way is on record for the walk: each of its six legs is straight, and dotted.
    assert page.locator("path.way.straight").count() == page.locator("path.way").count() == 6
    assert page.locator(".spot.stop").all_inner_texts() == [str(number) for number in range(1, 8)]
    page.locator(".spot.stop").first.click()
    assert page.locator(".leaflet-popup a").first.inner_text() == "Stop 1: Japanese Covered Bridge"
    assert asked_of(page)["way"] == ["ITI-01"]
    page.get_by_role("link", name="Show the map without it").click()
    assert "way" not in asked_of(page)


def test_names_of_the_archipelagos_stay_on_the_map(desktop_page: Page) -> None:
    desktop_page.goto("/vi/map?at=16.5,110.5&z=6")
    desktop_page.get_by_role("button", name="Mở bản đồ").click()
    desktop_page.wait_for_function(_READY)
    assert "Hoàng Sa (Đà Nẵng, Việt Nam)" in desktop_page.locator(".bm-name").all_inner_texts()


def test_suggestions_are_used_by_keyboard_alone(page: Page) -> None:
    page.goto("/en/search")
    box = page.locator("#q")
    box.focus()
    page.keyboard.type("japanese br", delay=20)
    page.get_by_role("listbox").wait_for()
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    chosen = page.locator(f"#{active}")
    assert chosen.get_attribute("aria-selected") == "true"
    assert "Japanese Covered Bridge" in chosen.inner_text()
    page.keyboard.press("Escape")
    assert box.get_attribute("aria-expanded") == "false"
    assert box.input_value() == "japanese br"
    page.keyboard.type("i")
    page.get_by_role("listbox").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sites/japanese-covered-bridge-qnm-0002")


def test_suggestions_lead_to_the_pages_language(desktop_page: Page) -> None:
    desktop_page.goto("/ja/search")
    desktop_page.locator("#q").press_sequentially("japanese br", delay=20)
    desktop_page.get_by_role("option").first.click()
    desktop_page.wait_for_url("**/ja/sites/japanese-covered-bridge-qnm-0002")


def test_suggestions_of_one_name_say_where_they_stand(desktop_page: Page) -> None:
    desktop_page.goto("/vi/")
    desktop_page.locator("#q").press_sequentially("cho duoc", delay=20)
    desktop_page.get_by_role("option").first.wait_for()
    told = desktop_page.get_by_role("option").all_inner_texts()
    assert len(told) > 1
    assert len(set(told)) == len(told)
    assert any("Sự kiện" in text for text in told)


def test_search_works_where_suggestions_do_not_come(phone_page: Page) -> None:
    phone_page.route("**/api/v1/suggest*", lambda route: route.abort())
    phone_page.goto("/en/search")
    phone_page.locator("#q").press_sequentially("japanese bridge", delay=20)
    phone_page.wait_for_timeout(400)
    assert phone_page.locator("[role=listbox]").is_hidden()
    phone_page.keyboard.press("Enter")
    phone_page.wait_for_url("**/search?q=japanese+bridge")
    assert "Japanese Covered Bridge" in phone_page.locator(".results").first.inner_text()


@pytest.mark.parametrize(
    "path", ["/vi/near?at=15.8771,108.326&radius=500", "/vi/map", "/vi/search?q=hoi+an", "/fr/near"]
)
def test_first_view_is_light_and_fits_large_text(browser: Browser, live_server: str, path: str) -> None:
    came: list[tuple[str, int]] = []

    def note(request: Request) -> None:
        sizes = request.sizes()
        came.append((urlsplit(request.url).path, sizes["responseBodySize"]))

    with browsers.open_page(browser, {"width": 320, "height": 640}, live_server) as page:
        page.on("requestfinished", note)
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert sum(size for _, size in came) <= 100_000, came
        assert sum(size for name, size in came if name.endswith(".js")) <= 15_000, came
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = page.evaluate(
            "() => [...document.querySelectorAll('main *')].filter(e => e.checkVisibility()"
            "&& e.getBoundingClientRect().right > 321).map(e => e.outerHTML.slice(0, 80))"
        )
        assert wide == []


@pytest.mark.parametrize("path", ["/vi/near?at=15.8771,108.326&radius=500&open=1", "/vi/map", "/vi/search?q=hoi+an"])
def test_everything_to_tap_is_large_enough(phone_page: Page, path: str) -> None:
    phone_page.goto(path)
    for summary in phone_page.locator("main summary").all():
        if not summary.evaluate("one => one.parentNode.open"):
            summary.click()
    small = phone_page.evaluate(
        """() => [...document.querySelectorAll('main :is(button, select, summary, .pick, .tap, .chips a, .ledger a),'
          + 'main input:not([type=checkbox], [type=hidden]), main .results h3 a')]
        .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
        .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert small == []
