"""The plaque sheet: what it says of a site, in which languages, and for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from lxml import html

from app.core.db import db
from app.publication.operations import rebuild
from tests.harness import register
from tests.harness.databases import Databases, open_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

MY_SON = "/vi/sites/khu-den-thap-my-son-qnm-0045/plaque"


def plate(client: FlaskClient, path: str) -> html.HtmlElement:
    response = client.get(path, follow_redirects=True)
    assert response.status_code == 200
    return html.fromstring(response.text).find_class("plate")[0]


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_plaque_says_what_the_site_is_and_on_which_decision(seeded_client: FlaskClient) -> None:
    vietnamese, english = (words(face) for face in plate(seeded_client, MY_SON).find_class("face"))
    assert vietnamese.startswith("Khu đền tháp Mỹ Sơn Di sản thế giới")
    assert "Di tích quốc gia đặc biệt" in vietnamese
    assert "Quyết định số 1272/QĐ-TTg ngày 12 tháng 8 năm 2009 của Thủ tướng Chính phủ" in vietnamese
    assert vietnamese.endswith("Xã Thu Bồn, thành phố Đà Nẵng")
    assert english.startswith("Mỹ Sơn Sanctuary World Heritage")
    assert "Decision No. 1272/QĐ-TTg of 12 August 2009" in english


def test_plaque_gives_code_address_and_credit(seeded_client: FlaskClient) -> None:
    found = plate(seeded_client, MY_SON)
    assert [words(one) for name in ("number", "short", "credit") for one in found.find_class(name)] == [
        "QNM-0045",
        "localhost/q/QNM-0045",
        "Di sản Quảng Nam",
    ]
    assert found.xpath(".//img[contains(@src, '/q/')]/@src") == ["/q/QNM-0045.svg"]


def test_plaque_of_a_part_names_the_whole(seeded_client: FlaskClient) -> None:
    """Of a part that no decision names itself."""
    page = plate(seeded_client, "/vi/sites/qnm-0046/plaque")
    assert "Thuộc: Khu đền tháp Mỹ Sơn (Di tích quốc gia đặc biệt)" in words(page)


def test_plaque_leaves_out_a_number_that_nobody_knows_and_says_so_beside_it(seeded_client: FlaskClient) -> None:
    page = seeded_client.get("/vi/sites/chua-cau-qnm-0002/plaque")
    assert "Quyết định ngày 17 tháng 2 năm 1990" in words(html.fromstring(page.text).find_class("plate")[0])
    assert "Chưa rõ số của một quyết định" in page.text


def test_plaque_puts_up_no_inventory_as_a_rank(seeded_client: FlaskClient) -> None:
    assert "Inventoried" in seeded_client.get("/en/sites/hau-xa-archaeological-site-qnm-0031").text
    assert "Inventoried" not in words(plate(seeded_client, "/en/sites/hau-xa-archaeological-site-qnm-0031/plaque"))


def test_plaque_is_not_for_search_engines(seeded_client: FlaskClient) -> None:
    assert '<meta name="robots" content="noindex">' in seeded_client.get(MY_SON).text


def test_plaque_keeps_its_size_when_the_name_has_changed(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/vi/sites/qnm-0045/plaque?size=large")
    assert (response.status_code, response.location) == (301, f"{MY_SON}?size=large")


@pytest.mark.parametrize(("asked", "size"), [("large", "180 × 260"), ("small", "105 × 148"), ("x", "148 × 210")])
def test_plaque_comes_in_sizes(seeded_client: FlaskClient, asked: str, size: str) -> None:
    page = html.fromstring(seeded_client.get(f"{MY_SON}?size={asked}").text)
    assert f"{size} mm" in words(page.find_class("measures")[0])


def test_plaque_gives_only_names_that_there_are_and_details_in_two_languages(
    databases: Databases, tmp_path: Path
) -> None:
    database = databases.copy("sqlite", tmp_path / "data")
    with open_app(database, DISAN_LANGUAGES="vi,en,fr,ja") as app:
        with app.app_context():
            session = db.session()
            register.write_vocabulary(session)
            names = {"vi": "Chùa Cầu", "en": "Bridge", "ja": "日本橋"}
            record = register.site("QNM-0001", name=names, address_detail="186 Trần Phú")
            pairs = [("site", record), ("decision", register.decision("QNM-D0001", {"record": "QNM-0001"}))]
            register.publish(session, *pairs)
            list(rebuild(session, settings=app.config["DISAN"]))
            session.commit()
        faces = plate(app.test_client(), "/vi/sites/chua-cau-qnm-0001/plaque").find_class("face")
        assert [(face.get("lang"), words(face.find_class("name")[0])) for face in faces] == list(names.items())
        assert [len(face) > 1 for face in faces] == [True, True, False]


def test_plaque_of_a_place_that_is_not_told_tells_none(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        hidden = register.site("QNM-0001", location_policy="hidden", address_detail="186 Trần Phú")
        register.publish(db.session(), ("site", hidden))
        db.session.commit()
    assert "186" not in words(plate(app.test_client(), "/en/sites/site-qnm-0001-qnm-0001/plaque"))
