"""How visitors came, by what their browsers say; and which of them are programs."""

from __future__ import annotations

import pytest

from app.visitors.visits.sources import Source, classify, is_person

PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36"
)
ZALO = f"{PHONE} Zalo android/24010503 ZaloTheme/light ZaloLanguage/vi"
FACEBOOK = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 [FBAN/FBIOS;FBSV/16]"
)
OURS = {"disan.example.vn", "localhost"}


@pytest.mark.parametrize(
    ("referrer", "source"),
    [
        ("", Source.DIRECT),
        ("https://disan.example.vn/vi/sites", Source.SITE),
        ("http://LOCALHOST:8000/vi/", Source.SITE),
        ("https://www.google.com/", Source.SEARCH),
        ("https://www.google.com.vn/search?q=chua+cau", Source.SEARCH),
        ("https://google.co.jp/", Source.SEARCH),
        ("android-app://com.google.android.googlequicksearchbox/", Source.SEARCH),
        ("https://coccoc.com/search?query=m%E1%BB%B9+s%C6%A1n", Source.SEARCH),
        ("https://m.search.naver.com/search.naver", Source.SEARCH),
        ("https://duckduckgo.com/", Source.SEARCH),
        ("https://search.yahoo.co.jp/", Source.SEARCH),
        ("https://mail.google.com/", Source.OTHER),
        ("https://docs.google.com/document/", Source.OTHER),
        ("https://google.com.example.org/", Source.OTHER),
        ("https://notgoogle.com/", Source.OTHER),
        ("https://l.facebook.com/l.php?u=x", Source.SOCIAL),
        ("android-app://com.facebook.katana/", Source.SOCIAL),
        ("android-app://com.zing.zalo/", Source.SOCIAL),
        ("https://chat.zalo.me/", Source.SOCIAL),
        ("https://t.co/abc", Source.SOCIAL),
        ("https://notfacebook.com/", Source.OTHER),
        ("https://disan.example.vn.example.org/", Source.OTHER),
        ("https://quangnamtourism.example/", Source.OTHER),
        ("https://[not-an-address/", Source.DIRECT),
        ("javascript:alert(1)", Source.DIRECT),
        ("một câu", Source.DIRECT),
    ],
)
def test_source_is_told_by_the_address_that_led_here(referrer: str, source: Source) -> None:
    assert classify(referrer, PHONE, {}, OURS) == source


def test_source_of_a_plaque_counts_before_all_else() -> None:
    for referrer, agent in (("", PHONE), ("https://www.google.com/", PHONE), ("", ZALO)):
        assert classify(referrer, agent, {"via": "qr"}, OURS) == Source.QR
    assert classify("", PHONE, {"via": "elsewhere"}, OURS) == Source.DIRECT


@pytest.mark.parametrize("agent", [ZALO, FACEBOOK, f"{PHONE} Line/13.18.1/IAB", f"{PHONE};KAKAOTALK 2410370"])
def test_source_of_browsers_within_social_apps_is_social_though_they_tell_no_address(agent: str) -> None:
    assert classify("", agent, {}, OURS) == Source.SOCIAL
    assert classify("https://disan.example.vn/vi/", agent, {}, OURS) == Source.SITE


@pytest.mark.parametrize("mark", ["fbclid", "zarsrc"])
def test_source_of_a_link_that_a_social_network_marked_is_social(mark: str) -> None:
    assert classify("", PHONE, {mark: "x"}, OURS) == Source.SOCIAL


@pytest.mark.parametrize(
    "agent",
    [
        PHONE,
        ZALO,
        FACEBOOK,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 coc_coc_browser/120.0.212 Safari/537.36",
        "Opera/9.80 (Android; Opera Mini/7.6.40234/191.249; U; vi) Presto/2.12.423 Version/12.16",
        "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 Chrome/96 Mobile Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ],
)
def test_person_is_whoever_reads_with_a_browser(agent: str) -> None:
    assert is_person(agent)
    assert is_person(agent, mode="navigate")


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0",
        "x" * 5000,
        "curl/8.5.0",
        "python-requests/2.31",
        "Go-http-client/1.1",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        f"{PHONE} Chrome-Lighthouse",
    ],
)
def test_person_is_no_program(agent: str) -> None:
    assert not is_person(agent)


@pytest.mark.parametrize(
    "asked",
    [{"purpose": "prefetch"}, {"purpose": "prefetch;prerender"}, {"mode": "cors"}, {"mode": "no-cors"}],
)
def test_person_looks_at_no_page_that_is_fetched_in_case_it_is_wanted(asked: dict[str, str]) -> None:
    assert not is_person(PHONE, **asked)
