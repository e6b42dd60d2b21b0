"""What is near, the map and the search: what they find, what they say of what they cannot read, and what they keep."""

from __future__ import annotations

import html
import json
import logging
import re
from typing import TYPE_CHECKING

import pytest

from app.core.db import db
from app.publication.operations import withdraw
from app.records.operations import find_record
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

CHUA_CAU = "15.8771,108.326"


def get(client: FlaskClient, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.text


def main(page: str) -> str:
    return page.split("<main")[1].split("</main>", maxsplit=1)[0]


def names(page: str) -> list[str]:
    return re.findall(r"<h3>\s*<a [^>]*>([^<]+)</a>", page)


def far(page: str) -> list[int]:
    return [int(metres) for metres in re.findall(r'<p class="far"><b>(\d+)\xa0m</b>', page)]


def test_near_gives_the_nearest_first_with_distance_and_direction(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, f"/en/near?at={CHUA_CAU}&radius=500")
    assert names(page)[0] == "Japanese Covered Bridge"
    assert far(page) == sorted(far(page))
    assert max(far(page)) <= 500
    assert "to the east" in page


def test_near_says_right_here_only_of_what_is_within_sight(seeded_client: FlaskClient) -> None:
    page = main(get(seeded_client, f"/en/near?at={CHUA_CAU}&radius=500"))
    said = re.findall(r'<p class="far">([^<]+)</p>\s*<h3>\s*<a [^>]*>([^<]+)</a>', page)
    assert [name for words, name in said if words == "Right here"] == ["Japanese Covered Bridge"]
    assert [name for words, name in said if words.startswith("Close by: within about")]


@pytest.mark.parametrize("language", ["vi", "en", "zh", "ja", "ko", "fr"])
def test_near_leads_on_in_the_pages_language(seeded_client: FlaskClient, language: str) -> None:
    page = main(get(seeded_client, f"/{language}/near?at={CHUA_CAU}&radius=250"))
    led = set(re.findall(r'href="/(?!static|api|media|iiif|q/)(\w+)/', page))
    assert led == {language}


def test_near_pages_through_everything_once(seeded_client: FlaskClient) -> None:
    path: str | None = f"/en/near?at={CHUA_CAU}&radius=20000"
    seen: list[str] = []
    while path:
        page = get(seeded_client, path)
        seen += re.findall(r'<h3>\s*<a href="([^"]+)"', main(page))
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else None
    total = re.search(r"(\d+) things within 20", page)
    assert total
    assert len(seen) == len(set(seen)) == int(total[1])


def test_near_tells_apart_what_is_known_only_to_a_commune(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, f"/vi/near?at={CHUA_CAU}&radius=500")
    near, vague = main(page).split('<section class="vague">')
    assert "Đâu đó trong địa bàn: Phường Hội An" in vague
    assert 'class="far"' not in vague
    listed = set(re.findall(r'href="(/vi/[a-z]+/[^"?]+)"', vague))
    assert listed
    assert not listed & set(re.findall(r'href="(/vi/[a-z]+/[^"?]+)"', near))


def test_near_filters_by_kind_and_words(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, f"/en/near?at={CHUA_CAU}&radius=1000&kind=places&q=museum")
    assert names(page)
    assert all("/en/places/" in url for url in re.findall(r'<h3>\s*<a href="([^"]+)"', page))
    assert "Museum of Trade Ceramics" in page
    assert 'value="museum"' in page


def test_near_open_now_says_that_unknown_hours_are_left_out(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, f"/en/near?at={CHUA_CAU}&radius=1000&open=1")
    assert "Only what is surely open now is shown" in page
    assert "Events" not in names(page)


def test_near_shows_only_events_that_are_held_soon(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, f"/en/near?at={CHUA_CAU}&radius=20000&kind=events")
    held = names(page)
    assert held
    assert page.count("Next: ") == len(held)


def test_near_without_anything_says_what_to_do(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/near?at=15.9,108.3&radius=250&kind=sites")
    assert "Nothing is known within 250" in page
    assert "The nearest is" in page
    assert "without “Sites”" in page
    wider = re.search(r'href="([^"]+)">everything within', page)
    assert wider
    assert names(get(seeded_client, wider[1].replace("&amp;", "&")))


def test_near_offers_the_places_that_a_name_may_mean(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/vi/near?place=hoi+an")
    offered = re.findall(r'href="(/vi/near\?[^"]+)">\s*<span[^>]*>([^<]+)</span>', page)
    assert "Phường Hội An" in [name for _, name in offered][:3]
    assert "Đô thị cổ Hội An" in [name for _, name in offered]
    assert 'value="hoi an"' in page
    led = get(seeded_client, {name: url for url, name in offered}["Đô thị cổ Hội An"].replace("&amp;", "&"))
    assert "Quanh Đô thị cổ Hội An" in led
    assert names(led)


def test_near_goes_to_the_only_place_that_is_meant(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/vi/near?place=chua+cau&radius=250")
    assert response.status_code == 302
    assert response.location == "/vi/near?around=QNM-0002&radius=250"
    assert names(get(seeded_client, response.location))[0] == "Chùa Cầu"


def test_near_takes_typed_coordinates(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/vi/near?place=15.877083,+108.326050")
    assert response.location.endswith("?at=15.877083,+108.326050")
    rounded = seeded_client.get(response.location)
    assert (rounded.status_code, rounded.location) == (302, f"/vi/near?at={CHUA_CAU}")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("at=junk", "The position “junk” cannot be read"),
        ("at=1,2,3", "cannot be read"),
        ("at=999,999", "is not on the Earth"),
        ("at=108.326,15.877", "Is it the one below?"),
        (f"at={CHUA_CAU}&radius=-3", "not a number of metres"),
        (f"at={CHUA_CAU}&radius=wide", "radius"),
        (f"at={CHUA_CAU}&kind=site", "did you mean “sites”"),
        (f"at={CHUA_CAU}&cursor=junk", "does not belong to this list"),
        (f"at={CHUA_CAU}&q=...", "has no word in it"),
        ("around=QNM-9999", "There is no public place “QNM-9999”"),
        ("place=zzzz", "No place is called “zzzz” here"),
        ("place=...", "has no word in it"),
    ],
)
def test_near_says_what_it_cannot_read(seeded_client: FlaskClient, query: str, told: str) -> None:
    assert told in get(seeded_client, f"/en/near?{query}&fbclid=x")


def test_near_offers_a_swapped_position_the_right_way_round(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/near?at=108.326,15.8771")
    assert f'href="/en/near?at={CHUA_CAU}"' in page


def test_near_is_kept_by_nobody_else(seeded_client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("disan").propagate = True
    try:
        with caplog.at_level(logging.DEBUG):
            response = seeded_client.get(f"/en/near?at={CHUA_CAU}")
    finally:
        logging.getLogger("disan").propagate = False
    assert response.headers["Cache-Control"].startswith("private")
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in response.headers
    told = [str(vars(record)) for record in caplog.records]
    assert any("/en/near" in line for line in told)
    assert not any("15.877" in line for line in told)


def test_near_and_map_ask_the_database_little(seeded_client: FlaskClient, count_queries) -> None:  # noqa: ANN001
    asked = {}
    for path in (
        f"/en/near?at={CHUA_CAU}&radius=250",
        f"/en/near?at={CHUA_CAU}&radius=5000",
        "/en/near?place=hoi+an",
        f"/en/near?at={CHUA_CAU}&radius=2000&open=1",
        "/en/map",
        f"/en/map?at={CHUA_CAU}&z=17",
        "/en/map.json",
        "/en/search?q=hoi+an",
        "/ja/search?q=chua",
    ):
        with count_queries() as statements:
            get(seeded_client, path)
        asked[path] = len(statements)
    paths = list(asked)
    assert asked[paths[0]] == asked[paths[1]]
    assert asked[paths[4]] == asked[paths[5]]
    assert max(asked[path] for path in paths[:7]) <= 16, asked
    assert max(asked.values()) <= 40, asked


def test_map_lists_what_lies_in_view_and_shares_its_filters(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, f"/en/map?at={CHUA_CAU}&z=17&kind=sites&q=pagoda")
    spots = seeded_client.get(f"/en/map.json?at={CHUA_CAU}&z=17&kind=sites&q=pagoda").get_json()
    listed = names(main(page))
    assert listed
    assert {spot[3] for spot in spots["spots"]} == set(listed)
    assert spots["clusters"] == []


def test_map_shows_no_place_more_exactly_than_it_is_published(seeded_client: FlaskClient) -> None:
    spots = seeded_client.get("/vi/map.json").get_json()["spots"]
    by_code = {spot[7]: spot for spot in spots}
    assert len(spots) > 250
    for code, collection in (("QNM-0031", "sites"), ("QNM-0002", "sites"), ("POI-004", "places")):
        feature = seeded_client.get(f"/api/v1/collections/{collection}/items/{code}").get_json(force=True)
        lon, lat = feature["geometry"]["coordinates"]
        assert by_code[code][:2] == [pytest.approx(lon, abs=1e-6), pytest.approx(lat, abs=1e-6)]
        assert by_code[code][6] == feature["properties"]["location_precision_m"]


def test_map_pages_through_everything_in_view_once(seeded_client: FlaskClient) -> None:
    path: str | None = "/vi/map?kind=places"
    seen: list[str] = []
    while path:
        page = get(seeded_client, path)
        seen += re.findall(r'<h3>\s*<a href="([^"]+)"', main(page))
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else None
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("at=junk", "cannot be read"),
        (f"at={CHUA_CAU}&z=99", "is no zoom of this map"),
        ("bbox=1,2,3", "bbox: “1,2,3” is not of the form"),
        ("bbox=108,16,109,15", "bbox"),
        ("way=ITI-99", "There is no public itinerary “ITI-99”"),
        ("cursor=junk", "does not belong to this list"),
    ],
)
def test_map_says_what_it_cannot_read(seeded_client: FlaskClient, query: str, told: str) -> None:
    assert told in get(seeded_client, f"/en/map?{query}")
    if "cursor" not in query:
        assert told in str(seeded_client.get(f"/en/map.json?{query}").get_json()["errors"])


def test_map_shows_where_an_itinerary_goes(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/ja/map?way=iti-01")
    setup = json.loads(html.unescape(re.findall(r'data-map="([^"]+)"', page)[0]))
    west, south, east, north = setup["box"]
    assert setup["way"]["path"] == "/api/v1/collections/itineraries/items/ITI-01"
    assert [stop[2] for stop in setup["way"]["stops"]] == list(range(1, 8))
    for lat, lon, _number, _name, url in setup["way"]["stops"]:
        assert west < lon < east
        assert south < lat < north
        assert url.startswith("/ja/")
    # The list beside it is of the same stretch of land, and no wider.
    assert east - west < 0.03
    assert 'href="/ja/itineraries/' in main(page)
    assert 'href="/ja/map"' in main(page)
    assert json.loads(html.unescape(re.findall(r'data-map="([^"]+)"', get(seeded_client, "/ja/map"))[0]))["way"] is None


def test_map_says_that_an_itinerary_is_no_more(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        register.publish(session, ("place", register.place("QNM-P1")))
        register.publish(session, ("itinerary", register.itinerary("QNM-R1", {"place": "QNM-P1"})))
        session.commit()
        assert 'name="way"' in get(client, "/en/map?way=QNM-R1")
        withdraw(
            session, [find_record(session, "QNM-R1")], actor=register.reviewer(session), settings=register.SETTINGS
        )
        session.commit()
    assert "There is no public itinerary “QNM-R1”" in get(client, "/en/map?way=QNM-R1")


def test_map_with_nothing_in_view_says_what_to_do(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/map?at=12,110&z=15")
    assert "There is nothing in view" in page
    assert 'href="/en/map"' in page


def test_search_groups_by_kind_with_counts(seeded_client: FlaskClient) -> None:
    page = main(get(seeded_client, "/en/search?q=hoi+an"))
    counts = {name: int(count) for name, count in re.findall(r">([^<>]+) <b>(\d+)</b></a>\s*</li>", page)}
    whole = re.search(r"(\d+) results", page)
    assert whole
    chips = page.split('<ul class="chips">')[1].split("</ul>")[0]
    by_kind = [int(count) for count in re.findall(r"<b>(\d+)</b>", chips)]
    assert sum(by_kind) == int(whole[1])
    assert counts["Sites"] == by_kind[0]
    assert re.search(rf"All {by_kind[0]} in Sites", page)
    assert "Administrative units" in page


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/vi/search?q=lai+vien+kieu", "Tên gọi khác: <mark>Lai</mark> <mark>Viễn</mark> <mark>Kiều</mark>"),
        ("/en/search?q=chua+cau", 'Also called: <span lang="vi"><mark>Chùa</mark> <mark>Cầu</mark></span>'),
        ("/en/search?q=minh+an&kind=sites", "Former address:"),
        ("/vi/search?q=thuong+nhan+nhat", "<mark>thương</mark> <mark>nhân</mark> <mark>Nhật</mark>"),
    ],
)
def test_search_says_what_the_words_matched(seeded_client: FlaskClient, path: str, told: str) -> None:
    assert told in get(seeded_client, path)


def test_search_mends_typos_and_says_so(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/search?q=my+sonn")
    assert "these are the results for “Mỹ Sơn”" in page
    assert 'value="my sonn"' in page


def test_search_narrows_by_facets_and_removes_them(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/search?q=hoi+an")
    national = re.search(r'href="([^"]+)"><span>National monument</span> <b>(\d+)</b>', page)
    assert national
    narrowed = get(seeded_client, national[1].replace("&amp;", "&"))
    assert f"{national[2]} results" in narrowed
    remove = re.search(r'<a href="([^"]+)"><span class="unseen">Remove:</span> National monument', narrowed)
    assert remove
    assert remove[1].replace("&amp;", "&") == "/en/search?q=hoi+an"


def test_search_of_one_kind_pages_through_all_of_it(seeded_client: FlaskClient) -> None:
    path: str | None = "/en/search?q=hoi+an&kind=sites"
    seen: list[str] = []
    while path:
        page = get(seeded_client, path)
        seen += re.findall(r'<h3>\s*<a href="(/en/sites/[^"]+)"', main(page))
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else None
    total = re.search(r'">Sites <b>(\d+)</b>', page)
    assert total
    assert len(seen) == len(set(seen)) == int(total[1])


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("q=zzzzqq", "Nothing matches “zzzzqq”"),
        ("q=...", "has no word in it"),
        ("q=hoi+an&kind=site", "did you mean “sites”"),
        ("q=hoi+an&kind=sites&cursor=junk", "does not belong to this list"),
        ("q=hoi+an&rank=zzz", "Nothing matches"),
        ("", "Type a name"),
    ],
)
def test_search_says_what_it_cannot_find(seeded_client: FlaskClient, query: str, told: str) -> None:
    assert told in get(seeded_client, f"/en/search?{query}&utm_source=x")


def test_search_words_are_escaped(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/search?q=%3Cimg+src%3Dx%3E+hoi")
    assert "<img src=x" not in page


def test_both_engines_find_the_same(seeded_apps: dict[str, Flask]) -> None:
    for path in (
        f"/en/near?at={CHUA_CAU}&radius=5000",
        f"/en/map?at={CHUA_CAU}&z=14",
        "/en/search?q=hoi+an",
        "/vi/near?place=hoi+an",
    ):
        found = [re.findall(r'href="(/[^"]+)"', main(get(app.test_client(), path))) for app in seeded_apps.values()]
        assert found[0] == found[1], path


def test_first_views_are_light(seeded_client: FlaskClient) -> None:
    for path in (f"/vi/near?at={CHUA_CAU}&radius=500", "/vi/map", "/vi/search?q=hoi+an"):
        assert len(get(seeded_client, path).encode()) < 60_000, path
