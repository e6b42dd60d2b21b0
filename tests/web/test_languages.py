"""Pages in languages that are not published: they speak them, lead on within them, and show which texts fall back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.http.i18n import is_reviewed

if TYPE_CHECKING:
    from flask.testing import FlaskClient

CHUA_CAU = "sites/japanese-covered-bridge-qnm-0002"


def get(client: FlaskClient, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.text


@pytest.mark.parametrize("language", ["zh", "ja", "ko", "fr"])
def test_page_leads_on_in_its_own_language(seeded_client: FlaskClient, language: str) -> None:
    page = get(seeded_client, f"/{language}/{CHUA_CAU}")
    main = page.split("<main")[1].split("</main>")[0]
    assert re.findall(r'href="/(?!static|api|media|iiif|q/)(\w+)/', main)
    assert set(re.findall(r'href="/(?!static|api|media|iiif|q/)(\w+)/', main)) == {language}


def test_page_falls_back_visibly(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, f"/ja/{CHUA_CAU}")
    assert '<h1 lang="en">Japanese Covered Bridge' in page
    assert '<p class="lead" lang="en">' in page


def test_vocabularies_are_said_in_the_pages_language(seeded_client: FlaskClient) -> None:
    assert "考古遺跡" in get(seeded_client, "/ja/sites?type=archaeological")
    assert (
        "Archaeological" not in get(seeded_client, "/ja/sites?type=archaeological").split("<main")[1].split("cards")[0]
    )


@pytest.mark.parametrize("language", ["vi", "en", "zh", "ja", "ko", "fr"])
def test_every_language_names_the_page_in_all(seeded_client: FlaskClient, language: str) -> None:
    slug = "chua-cau-qnm-0002" if language == "vi" else "japanese-covered-bridge-qnm-0002"
    page = get(seeded_client, f"/{language}/sites/{slug}")
    named = dict(re.findall(r'hreflang="([\w-]+)"\s+href="https?://[^/]+(/[^"]+)"', page))
    assert set(named) == {"vi", "en", "zh-Hans", "ja", "ko", "fr", "x-default"}
    for path in named.values():
        get(seeded_client, path)


def test_slug_of_another_language_leads_to_its_own(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/ja/sites/chua-cau-qnm-0002")
    assert (response.status_code, response.location) == (301, f"/ja/{CHUA_CAU}")


def test_search_reads_what_is_published(seeded_client: FlaskClient) -> None:
    assert "qnm-0002" in get(seeded_client, "/ko/sites?q=japanese+bridge")


def test_language_nobody_speaks_has_no_page(seeded_client: FlaskClient) -> None:
    get(seeded_client, "/de/", 404)


@pytest.mark.parametrize(
    ("language", "rule", "lunar"),
    [
        ("zh", "每年农历正月", "农历正月"),
        ("ja", "毎年旧暦1月", "旧暦1月"),
        ("ko", "매년 음력 1월", "음력 1월"),
        ("fr", "mois lunaire, chaque année", "jour du 1er mois lunaire"),
    ],
)
def test_days_of_an_event_are_written_in_the_pages_language(
    seeded_client: FlaskClient, language: str, rule: str, lunar: str
) -> None:
    listed = get(seeded_client, f"/{language}/events")
    assert rule in listed
    assert "lunar month every year" not in listed
    path = re.search(rf'href="(/{language}/events/[^"]+fes-003)"', listed)
    page = get(seeded_client, path[1] if path else "/")
    assert lunar in page


@pytest.mark.parametrize(
    ("language", "date"), [("zh", "1985年3月"), ("ja", "1985年3月"), ("ko", "1985년 3월"), ("fr", "mars 1985")]
)
def test_dates_of_decisions_are_written_in_the_pages_language(
    seeded_client: FlaskClient, language: str, date: str
) -> None:
    page = get(seeded_client, f"/{language}/sites/hoi-an-ancient-town-qnm-0001")
    assert date in page
    assert "March 1985" not in page


@pytest.mark.parametrize(("path", "tag"), [("/zh/sites", "zh-Hans"), ("/zh/nothing", "zh-Hans"), ("/ja/sites", "ja")])
def test_answer_names_its_language_and_script(seeded_client: FlaskClient, path: str, tag: str) -> None:
    assert seeded_client.get(path).headers["Content-Language"] == tag


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("ja-JP,en;q=0.9", "ja"),
        ("zh-Hans-CN,en-US;q=0.8", "zh"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("fr-CA,en;q=0.5", "fr"),
        ("de-DE,de;q=0.9,en;q=0.8", "en"),
        ("ja;q=0,fr;q=0.1", "fr"),
        ("EN-gb", "en"),
        ("de", "vi"),
        ("", "vi"),
    ],
)
def test_telephone_is_led_to_its_own_language(seeded_client: FlaskClient, accepted: str, language: str) -> None:
    assert seeded_client.get("/", headers={"Accept-Language": accepted}).location == f"/{language}/"


@pytest.mark.parametrize(("language", "expected"), [("vi", True), ("en", True), ("zh", False), ("fr", False)])
def test_catalogue_tells_whether_somebody_reviewed_it(language: str, expected: bool) -> None:  # noqa: FBT001
    assert is_reviewed(language) is expected


def test_plural_follows_the_language(seeded_client: FlaskClient) -> None:
    one = get(seeded_client, "/fr/sites?q=japanese+covered+bridge")
    assert re.search(r"\b1 site\b", one)
    assert "200 sites" in get(seeded_client, "/fr/sites")
    assert "200 处古迹" in get(seeded_client, "/zh/sites")


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", "未找到"), ("ja", "見つかりません"), ("ko", "찾을 수 없음"), ("fr", "Introuvable")],
)
def test_error_page_speaks_the_language(seeded_client: FlaskClient, language: str, said: str) -> None:
    assert f"<h1>{said}</h1>" in get(seeded_client, f"/{language}/nothing", 404)


def test_drawn_card_says_the_period_in_the_pages_language(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, seeded_client.get("/ko/artefacts/x-art-011").location)
    assert "<span>사후인 문화</span>" in page


@pytest.mark.parametrize(("language", "word"), [("zh", "农历"), ("ja", "旧暦"), ("ko", "음력")])
def test_calendar_says_once_that_a_day_is_lunar(seeded_client: FlaskClient, language: str, word: str) -> None:
    days = re.findall(r"<small>([^<]+)</small>", seeded_client.get(f"/{language}/calendar?month=2027-02").text)
    told = [day for day in days if word in day]
    assert told
    assert all(day.count(word) == 1 for day in told)
