"""How records are passed on: the head of their pages, pictures for links, cards to embed, and oEmbed."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest
from lxml import html
from PIL import Image

from app.core.db import db
from app.publication import operations as publication
from app.records.operations import find_record
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

CHUA_CAU = "/vi/sites/chua-cau-qnm-0002"
PAGES = {
    "vi": CHUA_CAU,
    "ja": "/ja/sites/japanese-covered-bridge-qnm-0002",
    "en": "/en/events/founders-day-of-kim-bong-carpentry-fes-003",
}


def head(client: FlaskClient, path: str) -> dict[str, str]:
    page = html.fromstring(client.get(path).text)
    metas = page.xpath("//head/meta[@property or @name]")
    return {str(meta.get("property") or meta.get("name")): str(meta.get("content")) for meta in metas}


def path_of(address: str) -> str:
    return address.removeprefix("http://localhost")


@pytest.mark.parametrize("language", PAGES)
def test_page_names_a_picture_that_is_there(seeded_client: FlaskClient, language: str) -> None:
    told = head(seeded_client, PAGES[language])
    assert told["og:url"] == f"http://localhost{PAGES[language]}"
    assert told["twitter:card"] == "summary_large_image"
    assert told["og:image:alt"]
    response = seeded_client.get(path_of(told["og:image"]))
    assert (response.status_code, response.mimetype) == (200, "image/jpeg")
    assert len(response.data) <= 300_000
    size = (int(told["og:image:width"]), int(told["og:image:height"]))
    assert Image.open(io.BytesIO(response.data)).size == size == (1200, 630)


def test_page_tells_its_locale_and_the_others(seeded_client: FlaskClient) -> None:
    page = html.fromstring(seeded_client.get(PAGES["ja"]).text)
    assert page.xpath("//meta[@property='og:locale']/@content") == ["ja_JP"]
    others = page.xpath("//meta[@property='og:locale:alternate']/@content")
    assert others == ["vi_VN", "en_GB", "zh_CN", "ko_KR", "fr_FR"]


def test_page_names_files_that_are_there(seeded_client: FlaskClient) -> None:
    page = html.fromstring(seeded_client.get(CHUA_CAU).text)
    links = {str(one.get("type")): str(one.get("href")) for one in page.xpath("//link[@rel='alternate'][@type]")}
    assert {"application/ld+json", "application/gpx+xml", "application/json+oembed"} <= set(links)
    for media_type, address in links.items():
        response = seeded_client.get(path_of(address))
        assert response.status_code == 200
        assert response.mimetype == media_type.replace("json+oembed", "json")


def test_page_tells_the_way_to_it(seeded_client: FlaskClient) -> None:
    page = html.fromstring(seeded_client.get(CHUA_CAU).text)
    blocks = [json.loads(text) for text in page.xpath("//script[@type='application/ld+json']/text()")]
    crumbs = next(block for block in blocks if block["@type"] == "BreadcrumbList")["itemListElement"]
    assert [one["position"] for one in crumbs] == list(range(1, len(crumbs) + 1))
    assert crumbs[-1]["item"] == f"http://localhost{CHUA_CAU}"
    for one in crumbs:
        assert one["name"]
        assert seeded_client.get(path_of(one["item"])).status_code == 200


def test_picture_is_kept_and_not_sent_twice(seeded_client: FlaskClient) -> None:
    first = seeded_client.get("/vi/share/QNM-0002.jpg")
    again = seeded_client.get("/vi/share/qnm-0002.jpg")
    assert first.data == again.data
    had = seeded_client.get("/vi/share/QNM-0002.jpg", headers={"If-None-Match": first.headers["ETag"]})
    assert (had.status_code, had.data) == (304, b"")


def test_withdrawn_record_has_no_picture_and_no_card(seeded_copy: Flask) -> None:
    client = seeded_copy.test_client()
    assert client.get("/vi/share/QNM-0002.jpg").status_code == 200
    with seeded_copy.app_context():
        record = find_record(db.session(), "QNM-0002")
        actor = register.reviewer(db.session())
        publication.withdraw(db.session(), [record], actor=actor, settings=register.SETTINGS)
        db.session.commit()
    assert client.get("/vi/share/QNM-0002.jpg").status_code == 410
    assert client.get("/vi/embed/QNM-0002").status_code == 410
    assert client.get(f"/oembed?url=http://localhost{CHUA_CAU}").status_code == 404


def test_card_may_stand_in_any_page_and_runs_nothing(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/fr/embed/QNM-0002?fbclid=x")
    policy = response.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    page = html.fromstring(response.text)
    assert not page.xpath("//script | //*[@style]")
    assert page.xpath("//a/@href")[0] == "/fr/sites/japanese-covered-bridge-qnm-0002"
    assert set(page.xpath("//a/@target")) == {"_top"}


def test_card_of_a_record_without_a_picture_is_drawn(seeded_client: FlaskClient) -> None:
    page = html.fromstring(seeded_client.get("/vi/embed/QNM-0045").text)
    assert page.xpath("//a/div[contains(@class, 'art tower')]")
    assert any("/art.css" in address for address in page.xpath("//link/@href"))


def test_other_pages_stand_in_no_frame(seeded_client: FlaskClient) -> None:
    assert "frame-ancestors 'none'" in seeded_client.get(CHUA_CAU).headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", [CHUA_CAU, f"{CHUA_CAU}?fbclid=x", "/q/QNM-0002", "/vi/sites/old-qnm-0002"])
def test_oembed_tells_how_to_embed_a_page(seeded_client: FlaskClient, path: str) -> None:
    response = seeded_client.get("/oembed", query_string={"url": f"http://localhost{path}", "format": "json"})
    body = response.get_json()
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert (body["version"], body["type"]) == ("1.0", "rich")
    frame = html.fragment_fromstring(body["html"])
    assert (frame.tag, int(frame.get("width"))) == ("iframe", body["width"])
    assert seeded_client.get(path_of(frame.get("src"))).status_code == 200
    assert seeded_client.get(path_of(body["thumbnail_url"])).status_code == 200


def test_oembed_keeps_within_the_size_asked(seeded_client: FlaskClient) -> None:
    asked = {"url": f"http://localhost{CHUA_CAU}", "maxwidth": "300", "maxheight": "250"}
    body = seeded_client.get("/oembed", query_string=asked).get_json()
    assert (body["width"], body["height"]) == (300, 250)
    assert re.search(r'width="300" height="250"', body["html"])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"url": f"http://localhost{CHUA_CAU}", "format": "xml"}, 501),
        ({"url": f"https://example.org{CHUA_CAU}"}, 404),
        ({"url": "http://localhost/vi/sites"}, 404),
        ({"url": "http://localhost/vi/sites/none-qnm-9999"}, 404),
        ({"url": "http://[x"}, 404),
        ({}, 400),
        ({"url": f"http://localhost{CHUA_CAU}", "maxwidth": "wide"}, 400),
    ],
)
def test_oembed_says_no_as_the_standard_has_it(seeded_client: FlaskClient, query: dict[str, str], status: int) -> None:
    assert seeded_client.get("/oembed", query_string=query).status_code == status
