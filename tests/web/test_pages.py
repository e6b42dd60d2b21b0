"""The tourists' pages: what they say, in which language, and what a wrong address is told."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import db
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

MY_SON = "/vi/sites/khu-den-thap-my-son-qnm-0045"


def get(client: FlaskClient, path: str, status: int = 200, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == status, path
    return response.text


@pytest.mark.parametrize(("header", "lang"), [("vi", "vi"), ("en-US,en", "en"), ("ja", "ja"), ("de", "vi")])
def test_root_leads_to_the_visitors_language(seeded_client: FlaskClient, header: str, lang: str) -> None:
    response = seeded_client.get("/", headers={"Accept-Language": header})
    assert (response.status_code, response.location) == (302, f"/{lang}/")


def test_home_counts_the_sites_and_leads_to_lists_that_are_as_long(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/")
    assert "200" in page
    for url, count in re.findall(r'href="(/en/sites\?(?:rank|type)=\w+)">\s*<span>[^<]+</span>\s*<b>(\d+)</b>', page):
        assert re.search(rf"\b{count} sites?\b", get(seeded_client, url)), url


def test_list_pages_through_every_site_once(seeded_client: FlaskClient) -> None:
    path, seen = "/vi/sites", []
    for _ in range(20):
        page = get(seeded_client, path)
        main = page.split("<main")[1].split("</main>")[0]
        seen += re.findall(r"-(qnm-\d{4})\"", main)
        after = re.search(r'rel="next"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*rel="next"', page)
        if not after:
            break
        path = (after[1] or after[2]).replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == 200


@pytest.mark.parametrize(
    "query", ["?q=chua+cau", "?q=ch%C3%B9a+c%E1%BA%A7u&fbclid=xyz", "?q=Japanese+bridge&utm_source=a"]
)
def test_list_searches_and_ignores_parameters_nobody_knows(seeded_client: FlaskClient, query: str) -> None:
    assert "qnm-0002" in get(seeded_client, f"/vi/sites{query}")


def test_list_filters_together_and_offers_to_remove_each(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/sites?rank=national&type=archaeological")
    assert 'href="/en/sites?type=archaeological"' in page
    assert 'href="/en/sites?rank=national"' in page
    assert "4 sites" in page


def test_list_takes_a_former_district(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/vi/sites?unit=508~2025")
    assert "Huyện Duy Xuyên" in page
    assert "26 di tích" in page


def test_list_says_what_is_wrong_and_keeps_the_rest(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/sites?rank=nationl&q=my+son&cursor=junk")
    assert "did you mean “national”" in page
    assert "does not belong to this list" in page
    assert 'value="my son"' in page
    assert "qnm-0045" in page


def test_list_without_a_match_helps(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/sites?q=zzzz")
    assert "zzzz" in page
    assert 'role="search"' in page


def test_search_words_are_escaped(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/sites?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page


def test_site_page_says_everything_public(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, MY_SON)
    for text in (
        "Khu đền tháp Mỹ Sơn",
        "Thánh địa Mỹ Sơn",
        "Di sản thế giới",
        "Di tích quốc gia đặc biệt",
        "1272/QĐ-TTg",
        "ngày 12 tháng 8 năm 2009",
        "Thủ tướng Chính phủ",
        "Xã Thu Bồn",
        "Xã Duy Phú",
        "thế kỷ 4",
        "150.000",
        "Chưa kiểm chứng",
        "disanvanhoamyson.vn",
        "15.7639, 108.1242",
        "nhóm tháp A",
        "CC BY 4.0",
        "AISSC",
    ):
        assert text in page, text


def test_site_page_tells_of_an_approximate_place(seeded_client: FlaskClient) -> None:
    assert "only to within about 3" in get(seeded_client, "/en/sites/hau-xa-archaeological-site-qnm-0031")
    assert "geo:" not in get(seeded_client, "/en/sites/hau-xa-archaeological-site-qnm-0031")


def test_site_page_leads_from_an_outdated_slug_to_the_present_one(seeded_client: FlaskClient) -> None:
    for slug in ("qnm-0045", "anything-QNM-0045", "my-son-sanctuary-qnm-0045"):
        response = seeded_client.get(f"/vi/sites/{slug}")
        assert (response.status_code, response.location) == (301, MY_SON)


def test_site_page_is_linked_in_every_language(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, MY_SON)
    for lang, path in (("vi", MY_SON), ("en", "/en/sites/my-son-sanctuary-qnm-0045"), ("x-default", MY_SON)):
        assert re.search(rf'hreflang="{lang}"\s+href="http://localhost{path}"', page)
    assert re.search(rf'rel="canonical"\s+href="http://localhost{MY_SON}"', page)


def jsonld(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_site_page_describes_itself_in_schema_org(seeded_client: FlaskClient) -> None:
    found = jsonld(get(seeded_client, MY_SON))
    assert found["@type"] == ["TouristAttraction", "LandmarksOrHistoricalBuildings"]
    assert found["geo"] == {"@type": "GeoCoordinates", "longitude": 108.1242, "latitude": 15.7639}
    assert found["identifier"] == "QNM-0045"
    assert len(found["containsPlace"]) == 11
    assert found == json.loads(get(seeded_client, f"{MY_SON}.jsonld"))


def test_site_page_gives_a_rough_place_as_a_circle(seeded_client: FlaskClient) -> None:
    found = jsonld(get(seeded_client, "/en/sites/hau-xa-archaeological-site-qnm-0031"))
    assert (found["geo"]["@type"], found["geo"]["geoRadius"]) == ("GeoCircle", 3000)


def test_site_page_cannot_be_broken_out_of_by_a_name(seeded_copy: Flask) -> None:
    with seeded_copy.app_context():
        evil = "</script><img src=x onerror=alert(1)>"
        register.publish(db.session(), ("site", register.site("QNM-9001", name={"vi": evil}, description={"vi": evil})))
        db.session.commit()
    page = get(seeded_copy.test_client(), "/vi/sites/x-qnm-9001", 301)
    page = get(seeded_copy.test_client(), "/vi/sites/script-img-src-x-onerror-alert-1-qnm-9001")
    assert "<img src=x" not in page
    assert jsonld(page)["name"] == evil


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/vi/nothing", 404, "Không có gì ở địa chỉ này"),
        ("/en/nothing", 404, "There is nothing at this address"),
        ("/en/sites/qnm-9999", 404, "There is no site at this address"),
        ("/vi/sites/qnm-9999", 404, "di tích"),
        ("/xx/", 404, ""),
    ],
)
def test_wrong_address_is_told_so_in_the_visitors_language(
    seeded_client: FlaskClient, path: str, status: int, told: str
) -> None:
    page = get(seeded_client, path, status)
    assert told in page
    assert 'role="search"' in page


def test_withdrawn_site_is_gone(seeded_copy: Flask) -> None:
    from app.publication import operations as publication
    from app.records.operations import find_record

    with seeded_copy.app_context():
        record = find_record(db.session(), "QNM-0002")
        publication.withdraw(db.session(), [record], actor=register.reviewer(db.session()), settings=register.SETTINGS)
        db.session.commit()
    assert "QNM-0002" in get(seeded_copy.test_client(), "/en/sites/chua-cau-qnm-0002", 410)


def test_first_view_is_light(seeded_client: FlaskClient) -> None:
    """HTML, style and the drawings that it shows together, uncompressed, against the 100 kB of the design."""
    for path in ("/vi/", "/vi/sites", MY_SON):
        page = get(seeded_client, path)
        sizes = {"page": len(page.encode())}
        for asset in set(re.findall(r'"(/static/[^"]+)"', page)):
            with seeded_client.get(asset) as response:
                sizes[asset] = len(response.data)
        assert sum(sizes.values()) < 100_000, path
        assert sum(size for asset, size in sizes.items() if ".js" in asset) < 15_000, path


def test_static_file_with_its_hash_may_be_kept_for_good(seeded_client: FlaskClient) -> None:
    path = re.search(r'"(/static/css/site\.css\?v=\w+)"', get(seeded_client, "/vi/"))
    assert path
    with seeded_client.get(path[1]) as response:
        assert "immutable" in response.headers["Cache-Control"]


def test_no_sentence_is_translated_twice() -> None:
    """One sentence, one translation: of two files that both have it, one would win unseen."""
    from babel.messages.pofile import read_po

    from app.http.i18n import TRANSLATIONS

    found: dict[object, list[str]] = {}
    for path in sorted((TRANSLATIONS / "vi" / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                found.setdefault((message.context, message.id), []).append(path.name)
    del found[(None, "")]
    assert len(found) > 1000
    assert {key: names for key, names in found.items() if len(names) > 1} == {}


def test_every_sentence_of_the_interface_is_translated(seeded_app: Flask) -> None:
    """No msgid that the code uses is missing from the Vietnamese catalogue."""
    from babel.messages.extract import extract_from_dir
    from babel.messages.pofile import read_po

    from app.config import ROOT

    translated = set()
    for path in (ROOT / "app/translations/vi/LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            translated |= {message.id for message in read_po(file) if message.string}
    found = extract_from_dir(
        str(ROOT / "app"),
        method_map=[("templates/**.html", "jinja2"), ("**.py", "python")],
        keywords={
            "_": None,
            "gettext": None,
            "ngettext": (1, 2),
            "_translated": None,
            "InvalidInput": None,
            "NotFound": None,
            "Gone": None,
            "Conflict": None,
            "NotAllowed": None,
            "UnknownKey": None,
            "QuotaExceeded": None,
            "NotAcceptable": None,
            "_say": None,
        },
        options_map={"templates/**.html": {"newstyle": "true"}},
    )
    # What only an operator's command line can say stays English.
    ours = ("cli/", "config.py", "media/buckets.py")
    missing = {
        message
        for path, _line, message, *_ in found
        if not path.startswith(ours) and message not in translated and (not isinstance(message, tuple) or message[0])
    }
    assert missing == set()


@pytest.mark.parametrize("page", ["sites", "places"])
def test_list_says_which_words_it_shows_the_results_of(seeded_client: FlaskClient, page: str) -> None:
    typed = seeded_client.get(f"/vi/{page}?q=my+sonn").text
    assert "Không có kết quả cho “my sonn”; đang hiện kết quả cho “Mỹ Sơn”." in typed
    assert 'value="my sonn"' in typed
    assert "đang hiện kết quả" not in seeded_client.get(f"/vi/{page}?q=my+son").text
