"""Features in another shape than they are stored in: coordinate systems, fewer properties, no geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyproj
import pytest
import shapely

from app.core.db import db
from app.http.answers import CRS84
from app.http.crs import System, write_geometries
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

ITEMS = "/api/v1/collections/sites/items"
BRIDGE = f"{ITEMS}/QNM-0002"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
GRID = f"{EPSG}5899"
SYSTEMS = [CRS84, f"{EPSG}4326", f"{EPSG}3857", GRID]


def get(client: FlaskClient, path: str, **asked: str) -> TestResponse:
    return client.get(
        path, query_string={"lang": "en"} | {name.replace("_", "-"): text for name, text in asked.items()}
    )


def read(client: FlaskClient, path: str, **asked: str) -> dict[str, Any]:
    response = get(client, path, **asked)
    assert response.status_code == 200, response.text
    return dict(response.get_json(force=True))


def test_collections_name_the_systems_they_are_had_in(seeded_client: FlaskClient) -> None:
    collections = read(seeded_client, "/api/v1/collections")["collections"]
    assert {(tuple(found["crs"]), found["storageCrs"]) for found in collections} == {(tuple(SYSTEMS), CRS84)}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("path", [BRIDGE, ITEMS])
def test_answer_names_the_system_of_its_geometries(seeded_client: FlaskClient, path: str, system: str) -> None:
    assert get(seeded_client, path, crs=system).headers["Content-Crs"] == f"<{system}>"
    assert get(seeded_client, path).headers["Content-Crs"] == f"<{CRS84}>"


def test_geometry_stands_in_the_order_of_the_systems_axes(seeded_client: FlaskClient) -> None:
    lon, lat = read(seeded_client, BRIDGE)["geometry"]["coordinates"]
    assert read(seeded_client, BRIDGE, crs=f"{EPSG}4326")["geometry"]["coordinates"] == [lat, lon]
    for code in (3857, 5899):
        # pyproj gives the axes in the order of EPSG's definition unless it is told otherwise.
        move = pyproj.Transformer.from_crs(4326, code).transform
        written = read(seeded_client, BRIDGE, crs=f"{EPSG}{code}")["geometry"]["coordinates"]
        assert written == pytest.approx(move(lat, lon), abs=1e-3)
    east, north = read(seeded_client, BRIDGE, crs=GRID)["geometry"]["coordinates"]
    assert (561_000 < east < 562_000, 1_756_000 < north < 1_757_000) == (True, True)


def test_areas_and_nothing_are_written_in_a_system_too(seeded_copy: Flask) -> None:
    with seeded_copy.app_context():
        register.publish(db.session(), ("zone", register.zone("QNM-0002-Z1", "QNM-0002")))
        db.session.commit()
    client = seeded_copy.test_client()
    path = "/api/v1/collections/zones/items/QNM-0002-Z1"
    ring = read(client, path)["geometry"]["coordinates"][0]
    turned = read(client, path, crs=f"{EPSG}4326")["geometry"]["coordinates"][0]
    assert turned == [[lat, lon] for lon, lat in ring]
    assert read(client, "/api/v1/collections/artefacts/items/ART-001", crs=GRID)["geometry"] is None


def test_place_that_a_system_does_not_reach_is_not_written() -> None:
    grid = System(GRID, "EPSG:5899", is_turned=False, is_geographic=False)
    shapes = [shapely.Point(108, 15), shapely.Point(18, 0), None]
    assert [shape is None for shape in write_geometries(shapes, grid)] == [False, True, True]


def test_box_is_read_in_its_system(seeded_client: FlaskClient) -> None:
    """A box of the grid lies askew in degrees: what is in it is told by the grid's own coordinates."""
    west, south, east, north = 561_000, 1_755_500, 562_000, 1_756_500
    features = read(seeded_client, ITEMS, limit="1000", crs=GRID)["features"]
    there = {
        feature["id"]
        for feature in features
        if (place := feature["geometry"])
        and west <= place["coordinates"][0] <= east
        and south <= place["coordinates"][1] <= north
    }
    box = f"{west},{south},{east},{north}"
    found = read(seeded_client, ITEMS, limit="1000", bbox=box, bbox_crs=GRID)["features"]
    assert {feature["id"] for feature in found} == there
    assert len(there) > 5
    pairs = [("108.3,15.8,108.4,15.9", CRS84), ("15.8,108.3,15.9,108.4", f"{EPSG}4326")]
    one, other = (read(seeded_client, ITEMS, limit="1000", bbox=box, bbox_crs=crs)["features"] for box, crs in pairs)
    assert one == other != []
    assert (
        len(read(seeded_client, ITEMS, limit="1000", bbox="0,100,80,-170", bbox_crs=f"{EPSG}4326")["features"]) == 194
    )


def test_next_page_keeps_the_shape(seeded_client: FlaskClient) -> None:
    asked = {"crs": GRID, "properties": "code", "bbox": "560000,1750000,570000,1760000", "bbox_crs": GRID}
    whole = read(seeded_client, ITEMS, limit="1000", **asked)["features"]
    page = read(seeded_client, ITEMS, limit="11", **asked)
    seen = page["features"]
    while after := [link["href"] for link in page["links"] if link["rel"] == "next"]:
        page = seeded_client.get(after[0].removeprefix("http://localhost")).get_json(force=True)
        seen = seen + page["features"]
    assert seen == whole
    assert len(seen) > 22


def test_box_of_a_grid_gives_the_same_order_on_both_engines(seeded_apps: dict[str, Flask]) -> None:
    asked = {"bbox": "540000,1740000,565000,1760000", "bbox_crs": GRID, "limit": "1000", "skipGeometry": "true"}
    sqlite, postgis = (read(app.test_client(), ITEMS, **asked)["features"] for app in seeded_apps.values())
    assert [feature["id"] for feature in sqlite] == [feature["id"] for feature in postgis] != []


def test_only_the_properties_asked_for_come(seeded_client: FlaskClient) -> None:
    whole = read(seeded_client, BRIDGE)
    found = read(seeded_client, BRIDGE, properties="rank,name")
    assert found == {**whole, "properties": {name: whole["properties"][name] for name in ("name", "rank")}}
    near = read(seeded_client, ITEMS, near="108.326,15.877", properties="name", limit="2")["features"]
    assert [set(feature["properties"]) for feature in near] == [{"name", "distance_m"}] * 2
    places = "/api/v1/collections/places/items"
    asked = {"open_at": "2026-11-25T09:00:00+07:00", "properties": "name", "limit": "2"}
    is_open = seeded_client.get(places, query_string=asked).get_json(force=True)["features"]
    assert [set(feature["properties"]) for feature in is_open] == [{"name", "hours_verified_on"}] * 2


def test_geometry_is_left_out_where_it_is_not_wanted(seeded_client: FlaskClient) -> None:
    whole = read(seeded_client, BRIDGE)
    assert read(seeded_client, BRIDGE, skipGeometry="true") == {**whole, "geometry": None}
    assert read(seeded_client, BRIDGE, skipGeometry="false") == whole
    assert read(seeded_client, BRIDGE, crs=CRS84, properties="", skipGeometry="") == whole


def test_shapes_go_together_and_each_has_its_own_tag(seeded_client: FlaskClient) -> None:
    shapes = [{}, {"crs": GRID}, {"crs": GRID, "properties": "name"}, {"properties": "name", "skipGeometry": "true"}]
    for path in (ITEMS, BRIDGE):
        tags = [get(seeded_client, path, **shape).headers["ETag"] for shape in shapes]
        assert len(set(tags)) == len(shapes)
        asked = {"lang": "en", **shapes[2]}
        again = seeded_client.get(path, query_string=asked, headers={"If-None-Match": tags[2]})
        assert again.status_code == 304
    feature = read(seeded_client, BRIDGE, **shapes[2])
    assert (feature["properties"], feature["geometry"]["coordinates"][0] > 500_000) == (
        {"name": "Japanese Covered Bridge"},
        True,
    )


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"crs": f"{EPSG}5898"}, f"crs: there is no “{EPSG}5898”; there are: {', '.join(SYSTEMS)}."),
        ({"bbox_crs": "x"}, "bbox-crs: there is no “x”"),
        ({"properties": "name,rnak"}, "properties: there is no “rnak”; did you mean “rank”?"),
        ({"properties": "within"}, "properties: there is no “within”"),
        ({"skipGeometry": "yes"}, "skipGeometry: there is no “yes”; there are: true, false."),
        ({"bbox": "108.3,15.8,108.4,15.9", "bbox_crs": f"{EPSG}4326"}, "write minlat,minlon,maxlat,maxlon"),
        ({"bbox": "2,1,1,2", "bbox_crs": GRID}, "bbox: “2,1,1,2” is not of the form min1,min2,max1,max2"),
        ({"bbox": "1e300,1,2,3", "bbox_crs": GRID}, "is not of the form"),
        ({"f": "gpx", "crs": GRID}, "“crs” changes GeoJSON only; leave out either it or f=gpx."),
        ({"f": "kml", "skipGeometry": "true"}, "“skipGeometry” changes GeoJSON only"),
        ({"f": "gpx", "facets": "rank"}, "“facets” changes GeoJSON only"),
    ],
)
def test_mistake_names_what_there_is(seeded_client: FlaskClient, asked: dict[str, str], told: str) -> None:
    response = get(seeded_client, ITEMS, **asked)
    assert response.status_code == 400
    assert told in response.get_json(force=True)["detail"]
