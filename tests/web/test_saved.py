"""Lists that links carry: named, counted, taken along as files; what is gone is said to be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import gpxpy
import pytest

from app.core.db import db
from app.http.i18n import catalogue
from app.publication import operations as publication
from app.web.saved import MOST_CODES
from tests.harness import register

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

LINK = "?codes=iti-01,QNM-0002,POI-004"


def names(page: str) -> list[str]:
    return re.findall(r"<h3>\s*<a [^>]+>([^<]+)</a>", page.partition('class="mine"')[0])


def test_link_shows_what_it_carries_in_its_order(seeded_client: FlaskClient) -> None:
    page = seeded_client.get(f"/en/saved{LINK}").text
    assert names(page) == ["Half a day in Hội An old town", "Japanese Covered Bridge", "Museum of Trade Ceramics"]
    assert "3 kept in this link" in page
    assert '<meta name="robots" content="noindex">' in page


def test_page_without_a_link_is_the_same_for_everybody(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/en/saved?fbclid=x")
    assert "lives in this browser on this phone only" in response.text
    assert 'class="carried"' not in response.text
    assert "Set-Cookie" not in response.headers
    assert response.headers["ETag"] == seeded_client.get("/en/saved").headers["ETag"]


def test_code_that_nothing_has_is_named(seeded_client: FlaskClient) -> None:
    page = seeded_client.get("/en/saved", query_string={"codes": "QNM-0002,<b>,ZZZ-9"}).text
    assert "Nothing is published under: &lt;B&gt;, ZZZ-9." in page
    assert names(page) == ["Japanese Covered Bridge"]


def test_withdrawn_one_is_said_to_be_gone(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        kept, gone = register.publish(
            db.session(), ("place", register.place("QNM-P1")), ("place", register.place("QNM-P2"))
        )
        publication.withdraw(db.session(), [gone], actor=register.reviewer(db.session()), settings=register.SETTINGS)
        db.session.commit()
        assert kept.code == "QNM-P1"
    client = app.test_client()
    page = client.get("/en/saved?codes=QNM-P2,QNM-P1").text
    assert "QNM-P2 is no longer published; it was withdrawn on" in page
    assert names(page) == ["Place QNM-P1"]
    told = client.get("/en/saved.geojson?codes=QNM-P2,QNM-P1").get_json(force=True)
    assert (told["gone"], [one["id"] for one in told["features"]]) == (["QNM-P2"], ["QNM-P1"])


def test_link_carries_so_many_at_most(seeded_client: FlaskClient) -> None:
    codes = ",".join(f"X-{number}" for number in range(MOST_CODES + 5))
    assert f"at most {MOST_CODES}; 5 more are left out" in seeded_client.get(f"/en/saved?codes={codes}").text


def test_kept_ones_are_taken_along_for_map_apps(seeded_client: FlaskClient) -> None:
    found = gpxpy.parse(seeded_client.get(f"/en/saved.gpx{LINK}").text)
    assert [route.name for route in found.routes] == ["Half a day in Hội An old town"]
    assert {point.name for point in found.waypoints} >= {"Japanese Covered Bridge", "Museum of Trade Ceramics"}


def test_kept_ones_are_a_text_for_a_message(seeded_client: FlaskClient) -> None:
    text = seeded_client.get("/vi/saved.txt?codes=QNM-0002").text
    assert text.startswith("Những nơi đã lưu\nhttp://localhost/vi/saved?codes=QNM-0002\n")
    assert "Chùa Cầu (QNM-0002)\n15.87712, 108.32601\nhttp://localhost/vi/sites/chua-cau-qnm-0002" in text


def publish_places(app: Flask) -> None:
    """Publish a place known to within 1,200 m and one known to within 20 m."""
    with app.app_context():
        register.write_vocabulary(db.session())
        for code, accuracy_m in (("QNM-P1", 1200), ("QNM-P2", 20)):
            place = register.place(code, locations=[register.location(accuracy_m=accuracy_m)])
            register.publish(db.session(), ("place", place))
        db.session.commit()


@pytest.mark.parametrize("language", ["vi", "en", "zh", "ja", "ko", "fr"])
def test_text_warns_of_what_is_known_roughly(app: Flask, language: str) -> None:
    publish_places(app)
    head, rough, exact = app.test_client().get(f"/{language}/saved.txt?codes=QNM-P1,QNM-P2").text.split("\n\n")
    with app.test_request_context(f"/{language}/saved"):
        warning = catalogue(language).gettext(
            "Approximate: somewhere within about %(distance)s. Do not navigate by it."
        )
    assert ("Approximate" in warning) == (language == "en")
    assert rough.splitlines()[2].startswith(warning.partition("%(distance)s")[0])
    assert rough.splitlines()[2].endswith(warning.partition("%(distance)s")[2])
    assert len(exact.splitlines()) == 3
    assert head


def test_phone_is_told_which_coordinates_are_exact(app: Flask) -> None:
    publish_places(app)
    page = app.test_client().get("/en/saved?codes=QNM-P1,QNM-P2").text
    rough, exact = re.findall(r'<button[^>]*data-save="QNM-P\d"[^>]*>', page)
    assert ("data-at" in rough, "data-exact" in rough) == (True, False)
    assert ("data-at" in exact, "data-exact" in exact) == (True, True)


@pytest.mark.parametrize("form", ["gpx", "kml", "geojson", "txt"])
def test_file_of_nothing_leads_to_the_page(seeded_client: FlaskClient, form: str) -> None:
    response = seeded_client.get(f"/en/saved.{form}?codes=,")
    assert (response.status_code, response.location) == (303, "/en/saved")
    etag = seeded_client.get(f"/en/saved.{form}{LINK}").headers["ETag"]
    assert seeded_client.get(f"/en/saved.{form}{LINK}", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("language", ["vi", "en", "zh", "ja", "ko", "fr"])
def test_page_speaks_every_language_and_keeps_the_list(seeded_client: FlaskClient, language: str) -> None:
    page = seeded_client.get(f"/{language}/saved{LINK}").text
    main = page.partition("<main")[2].partition("</main>")[0]
    assert set(re.findall(r'href="/(?!static|api|media)(\w+)/', main)) == {language}
    assert page.count("codes=ITI-01,QNM-0002,POI-004") > 10
    if language != "en":
        assert "Keep on this phone" not in page


def test_long_list_asks_as_little_as_a_short_one(seeded_client: FlaskClient, count_queries: Callable[[], Any]) -> None:
    codes = ",".join(f"QNM-{number:04}" for number in range(1, 60))
    with count_queries() as few:
        seeded_client.get("/en/saved?codes=QNM-0002,X")
    with count_queries() as many:
        seeded_client.get(f"/en/saved?codes={codes},X")
    assert len(many) == len(few) <= 3
