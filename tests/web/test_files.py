"""Records and lists as GPX and KML, read by other programs' readers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import gpxpy
import pytest
from lxml import etree

from app.core.db import db
from app.places.kml import clean_xml
from app.web.items import PAGES
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from gpxpy.gpx import GPX

NAMES = {"k": "http://www.opengis.net/kml/2.2", "a": "http://www.w3.org/2005/Atom"}
TRAIL = "/en/itineraries/champa-treasures-trail-iti-08"
# The elements of a waypoint in the order in which the schema has them (GPX 1.1, wptType).
WAYPOINT = ["name", "desc", "src", "link", "type"]


def get(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    media_type = {"gpx": "application/gpx+xml", "kml": "application/vnd.google-earth.kml+xml"}
    assert media_type[path.partition("?")[0][-3:] if "f=" not in path else path[-3:]] == response.mimetype
    return response.text


def gpx(client: FlaskClient, path: str) -> GPX:
    return gpxpy.parse(get(client, path))


def kml(client: FlaskClient, path: str) -> Any:
    return etree.fromstring(get(client, path).encode())


def texts(tree: Any, path: str) -> list[str]:
    return [str(found.text) for found in tree.findall(path, NAMES)]


def test_site_is_a_waypoint_with_its_page_and_credit(seeded_client: FlaskClient) -> None:
    found = gpx(seeded_client, "/vi/sites/chua-cau-qnm-0002.gpx")
    (point,) = found.waypoints
    assert (point.name, point.latitude, point.longitude) == ("Chùa Cầu", 15.87712, 108.32601)
    assert point.link == "http://localhost/vi/sites/chua-cau-qnm-0002"
    assert "CC-BY-4.0" in str(point.source)
    assert found.copyright_license == "http://creativecommons.org/licenses/by/4.0/"
    assert (found.version, found.schema_locations) == ("1.1", [])


def test_site_is_a_placemark_with_its_page_and_credit(seeded_client: FlaskClient) -> None:
    (mark,) = kml(seeded_client, "/vi/sites/chua-cau-qnm-0002.kml").findall(".//k:Placemark", NAMES)
    assert texts(mark, "k:name") == ["Chùa Cầu"]
    assert texts(mark, "k:Point/k:coordinates") == ["108.3260100,15.8771200"]
    assert mark.find("a:link", NAMES).get("href") == "http://localhost/vi/sites/chua-cau-qnm-0002"
    assert "CC-BY-4.0" in texts(mark, "k:description")[0]


def test_itinerary_is_its_stops_in_order(seeded_client: FlaskClient) -> None:
    found = gpx(seeded_client, f"{TRAIL}.gpx")
    (route,) = found.routes
    names = [point.name for point in route.points]
    assert names[:3] == ["1. Đà Nẵng Museum of Cham Sculpture", "2. Trà Kiệu ancient capital", "3. Mỹ Sơn Sanctuary"]
    assert [point.name for point in found.waypoints] == names
    assert route.points[2].link == "http://localhost/en/sites/my-son-sanctuary-qnm-0045"
    assert "Approximate: somewhere within about 1,500" in str(route.points[1].description)
    assert found.tracks == []
    folder = kml(seeded_client, f"{TRAIL}.kml").find(".//k:Folder", NAMES)
    assert texts(folder, "k:Placemark/k:name") == names


def test_drawn_way_is_a_track(app: Flask) -> None:
    leg = {"leg_text": "LINESTRING(108.326 15.877,108.327 15.878)", "leg_crs": "EPSG:4326"}
    with app.app_context():
        register.write_vocabulary(db.session())
        place, way = (
            register.place("QNM-P1"),
            register.itinerary("QNM-R1", {"place": "QNM-P1"}, {"place": "QNM-P1", **leg}),
        )
        register.publish(db.session(), ("place", place))
        register.publish(db.session(), ("itinerary", way))
        db.session.commit()
    client = app.test_client()
    (track,) = gpx(client, "/en/itineraries/route-qnm-r1-qnm-r1.gpx").tracks
    points = [(point.longitude, point.latitude) for point in track.segments[0].points]
    assert points == [(108.326, 15.877), (108.327, 15.878)]
    tree = kml(client, "/en/itineraries/route-qnm-r1-qnm-r1.kml")
    lines = texts(tree, ".//k:MultiGeometry/k:LineString/k:coordinates")
    assert lines == ["108.3260000,15.8770000 108.3270000,15.8780000"]


def test_list_is_what_the_page_finds_without_paging(seeded_client: FlaskClient) -> None:
    assert len(gpx(seeded_client, "/en/sites.gpx").waypoints) == 194
    museums = gpx(seeded_client, "/en/places.gpx?category=museum")
    assert {point.type for point in museums.waypoints} == {"Museum"}
    names = texts(kml(seeded_client, "/en/places.kml?category=museum"), ".//k:Placemark/k:name")
    assert names == [point.name for point in museums.waypoints]


def test_list_that_cannot_be_read_leads_to_where_that_is_told(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/en/places.gpx?category=musem")
    assert (response.status_code, response.location) == (303, "/en/places?category=musem")


@pytest.mark.parametrize("page", ["sites", *PAGES])
def test_every_page_has_its_files_in_the_order_of_the_schema(seeded_client: FlaskClient, page: str) -> None:
    tree = etree.fromstring(get(seeded_client, f"/vi/{page}.gpx").encode())
    for point in tree.iter("{*}wpt", "{*}rtept"):
        told = [etree.QName(child).localname for child in point]
        assert told == [name for name in WAYPOINT if name in told]
    kml(seeded_client, f"/vi/{page}.kml")


def test_page_links_to_its_files_where_it_has_a_place(seeded_client: FlaskClient) -> None:
    def linked(path: str) -> list[str]:
        found = re.findall(r'href="([^"]+\.(?:gpx|kml)[^"]*)" download', seeded_client.get(path).text)
        return [address.replace("&amp;", "&") for address in dict.fromkeys(found)]

    assert linked(TRAIL) == [f"{TRAIL}.gpx", f"{TRAIL}.kml"]
    assert linked("/en/artefacts/my-son-ekamukhalinga-art-001") == []
    for address in linked("/en/places?category=museum&q=hoi+an"):
        assert seeded_client.get(address).status_code == 200


def test_file_is_not_sent_again_to_who_has_it(seeded_client: FlaskClient) -> None:
    for path in (f"{TRAIL}.gpx", "/en/sites.kml"):
        tag = seeded_client.get(path).headers["ETag"]
        assert seeded_client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_place_that_is_blurred_is_blurred_in_files(app: Flask) -> None:
    """What is published of a sensitive place is all that a file tells, and it says how rough it is."""
    with app.app_context():
        register.write_vocabulary(db.session())
        secret = register.site("QNM-1", locations=[register.location()], location_policy="blurred")
        register.publish(db.session(), ("site", secret))
        db.session.commit()
    client = app.test_client()
    feature = client.get("/api/v1/collections/sites/items/QNM-1?lang=en").get_json(force=True)
    (point,) = gpx(client, f"{feature['properties']['url']}.gpx").waypoints
    assert [point.longitude, point.latitude] == feature["geometry"]["coordinates"] != [108.32605, 15.877083]
    assert "Do not navigate by it" in str(point.description)


def test_name_with_markup_stays_text(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        register.publish(db.session(), ("place", register.place("QNM-P1", name={"vi": "<b>&“Quán”</b>"})))
        db.session.commit()
    for form in ("gpx", "kml"):
        text = get(app.test_client(), f"/api/v1/collections/places/items/QNM-P1?lang=vi&f={form}")
        assert "&lt;b&gt;&amp;“Quán”&lt;/b&gt;" in text


def test_what_xml_cannot_hold_is_left_out() -> None:
    assert clean_xml("Chùa\u000b Cầu\ufffe\n") == "Chùa Cầu\n"


def test_api_gives_the_same_files_page_by_page(seeded_client: FlaskClient) -> None:
    items = "/api/v1/collections/itineraries/items"
    whole = gpx(seeded_client, f"{items}?lang=en&f=gpx")
    assert len(whole.routes) == 10, "two of the twelve have one stop at most whose place is known"
    response = seeded_client.get(f"{items}?lang=en&limit=5&f=gpx")
    seen = gpxpy.parse(response.text).routes
    while after := response.headers.get("Link"):
        response = seeded_client.get(after.split(">")[0].removeprefix("<http://localhost"))
        seen = seen + gpxpy.parse(response.text).routes
    assert [route.name for route in seen] == [route.name for route in whole.routes]
    listed = seeded_client.get(f"{items}?lang=en").get_json(force=True)["links"]
    alternate = next(link["href"] for link in listed if link["type"] == "application/vnd.google-earth.kml+xml")
    assert texts(etree.fromstring(seeded_client.get(alternate).data), ".//k:Folder/k:name")


def test_file_of_another_language_leads_to_its_pages_and_says_when(seeded_client: FlaskClient) -> None:
    found = gpx(seeded_client, "/ja/events.gpx")
    assert {str(point.link).split("/")[3] for point in found.waypoints} == {"ja"}
    assert any("毎年旧暦" in str(point.description) for point in found.waypoints)
    (site,) = gpx(seeded_client, "/ko/sites/japanese-covered-bridge-qnm-0002.gpx").waypoints
    assert (site.link, site.type) == ("http://localhost/ko/sites/japanese-covered-bridge-qnm-0002", "건축·예술 유적")


@pytest.mark.parametrize("form", ["json", "geojson"])
@pytest.mark.parametrize(
    ("path", "collection", "code"),
    [
        ("/en/sites/japanese-covered-bridge-qnm-0002", "sites", "QNM-0002"),
        ("/ja/sites/x-qnm-0002", "sites", "QNM-0002"),
        ("/vi/places/poi-004", "places", "POI-004"),
    ],
)
def test_page_has_its_data_beside_it(
    seeded_client: FlaskClient, path: str, collection: str, code: str, form: str
) -> None:
    response = seeded_client.get(f"{path}.{form}")
    assert response.status_code == 302
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    feature = seeded_client.get(response.location).get_json()
    assert (feature["id"], feature["links"][1]["href"].rpartition("/")[2]) == (code, collection)


def test_list_has_its_data_beside_it_with_its_words_and_filters(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/en/sites.geojson?q=hoi+an&rank=national&fbclid=x", follow_redirects=True)
    found = response.get_json()["features"]
    assert found
    assert {feature["properties"]["rank"] for feature in found} == {"national"}
    assert seeded_client.get("/en/events.json", follow_redirects=True).get_json()["numberMatched"] == 30


def test_icon_is_where_programs_look_for_it(seeded_client: FlaskClient) -> None:
    with seeded_client.get("/favicon.ico", follow_redirects=True) as response:
        assert (response.status_code, response.mimetype) == (200, "image/png")
