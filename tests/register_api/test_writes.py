"""Writing over the register's API: drafts, preconditions, refusals by the field, geometry as a GIS sends it."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.models import Role
from app.accounts.sessions import open_session
from app.core.db import db
from tests.harness.machines import BASE, GEOJSON, Caller, feature, make_user

if TYPE_CHECKING:
    from flask import Flask

CODE = "QNM-9001"
PATH = f"/collections/sites/items/{CODE}"
LOCATION = {"uid": "l1", "role": "main", "entered_text": "1756063.592 561494.291", "entered_crs": "EPSG:5899"}
EPSG = "<http://www.opengis.net/def/crs/EPSG/0/{}>"


def site(**fields: Any) -> dict[str, Any]:
    return {"code": CODE, "name": {"vi": "Chùa Cầu"}, "locations": [LOCATION], **fields}


def accepted(editor: Caller, reviewer: Caller, **fields: Any) -> None:
    drafted = editor.add("sites", site(**fields))["properties"]
    assert editor.lead("sites", CODE, "submit", drafted["revision"]).status_code == 200
    assert reviewer.lead("sites", CODE, "accept", drafted["revision"]).status_code == 200


def pointers(response: Any) -> list[str]:
    assert response.status_code == 422, response.text
    assert response.content_type == "application/problem+json"
    return [error["pointer"] for error in response.get_json(force=True)["errors"]]


def test_new_record_gets_the_next_code_and_an_address(editor: Caller) -> None:
    response = editor.call("POST", "/collections/sites/items", feature({"name": {"vi": "Mới"}}))
    assert response.status_code == 201
    assert response.headers["Location"] == f"{BASE}/collections/sites/items/{response.json['id']}"
    assert editor.get(f"/collections/sites/items/{response.json['id']}").headers["ETag"] == response.headers["ETag"]


def test_code_that_is_there_already_is_a_conflict(editor: Caller, other: Caller) -> None:
    editor.add("sites", site())
    for caller in (editor, other):
        response = caller.call("POST", "/collections/sites/items", feature(site()))
        assert (response.status_code, response.json["parameter"]) == (409, "code")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_write_must_say_what_it_has_seen(editor: Caller, method: str) -> None:
    drafted = editor.add("sites", site())
    body = {"type": "Feature", "properties": site(tags=["x"])}
    assert editor.call(method, PATH, body).status_code == 428
    assert editor.call(method, PATH, body, If_Match="*").status_code == 428
    assert editor.call(method, PATH, body, If_Match='"past"').status_code == 412
    tag = f'"{drafted["properties"]["etag"]}"'
    written = editor.call(method, PATH, body, If_Match=tag)
    assert written.status_code == 200
    assert editor.call(method, PATH, body, If_Match=tag).status_code == 412
    assert editor.read(PATH)["properties"]["saved"] == 2


def test_accepted_state_that_moved_fails_the_precondition_of_who_read_it_before(
    editor: Caller, other: Caller, reviewer: Caller
) -> None:
    accepted(editor, reviewer)
    tag = other.get(PATH).headers["ETag"]
    assert editor.patch("sites", CODE, {"tags": ["mine"]}).status_code == 200
    assert other.get(PATH).headers["ETag"] == tag
    assert editor.lead("sites", CODE, "submit", 2).status_code == 200
    assert reviewer.lead("sites", CODE, "accept", 2).status_code == 200
    assert other.call("PATCH", PATH, {"properties": {"tags": ["theirs"]}}, If_Match=tag).status_code == 412


def test_put_says_all_anew_and_patch_changes_what_it_names(editor: Caller) -> None:
    editor.add("sites", site(tags=["a"], period={"vi": "thế kỷ XVI", "en": "16th century"}))
    patched = editor.patch("sites", CODE, {"period": {"en": None}, "tags": ["b"]}).json["properties"]
    assert (patched["period"], patched["tags"], patched["name"]) == ({"vi": "thế kỷ XVI"}, ["b"], {"vi": "Chùa Cầu"})
    tag = editor.get(PATH).headers["ETag"]
    put = editor.call("PUT", PATH, feature({"name": {"vi": "Lai Viễn Kiều"}}), If_Match=tag).json
    assert (put["properties"]["tags"], put["properties"]["locations"], put["geometry"]) == ([], [], None)


def test_parts_of_a_list_keep_their_uid_and_new_ones_get_one(editor: Caller) -> None:
    editor.add("sites", site(other_names=[{"text": "Chùa Nhật Bản", "language": "vi"}]))
    (named,) = editor.read(PATH)["properties"]["other_names"]
    sent = [{"text": "Lai Viễn Kiều", "language": "vi"}, {**named, "note": "cũ"}]
    parts = editor.patch("sites", CODE, {"other_names": sent}).json["properties"]["other_names"]
    assert parts[1] == {**named, "note": "cũ"}
    assert parts[0]["uid"] not in ("", named["uid"])


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"name": {"vi": "x" * 1_000_000}}, ["/name/vi"]),
        ({"name": {"vi": "ok", "en": 5}}, ["/name/en"]),
        ({"nmae": {"vi": "x"}}, ["/nmae"]),
        ({"year_from": "1593"}, ["/year_from"]),
        ({"dated": "about 1600"}, ["/dated"]),
        ({"sources": [{"uid": "s1", "citation": "A"}, {"uid": "s1", "citation": "B"}]}, ["/sources"]),
        ({"sources": [{"uid": "s1", "citation": "A", "url": "javascript:x"}]}, ["/sources/0/url"]),
        ({"locations": [{**LOCATION, "entered_text": "1 2"}]}, ["/locations/0/entered_text"]),
        ({"locations": [{**LOCATION, "entered_crs": "EPSG:1"}]}, ["/locations/0/entered_text"]),
        ({"year_from": 1600, "year_to": 1500}, ["/year_to"]),
        ({"code": "no code"}, ["/code"]),
    ],
)
def test_what_the_schema_refuses_is_said_by_the_field_and_nothing_is_written(
    editor: Caller, properties: dict[str, Any], expected: list[str]
) -> None:
    response = editor.call("POST", "/collections/sites/items", feature({**site(locations=[]), **properties}))
    assert pointers(response) == expected
    assert editor.get(PATH).status_code == 404


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"locations": 5}, "/locations"),
        ({"locations": ["x"]}, "/locations/0"),
        ({"locations": [[]]}, "/locations/0"),
        ({"name": '{"vi": "\\ud800"}'}, "/name/vi"),
    ],
)
def test_odd_values_beside_a_geometry_are_refused_by_the_field(
    editor: Caller, properties: dict[str, Any], expected: str
) -> None:
    sent = feature({**site(), "locations": [], **properties}) | {
        "geometry": {"type": "Point", "coordinates": [108, 15]}
    }
    response = editor.call("POST", "/collections/sites/items", sent)
    assert response.status_code == 422
    assert pointers(response)[0].startswith(expected)


def test_what_is_missing_may_come_later_but_not_after_submitting(editor: Caller) -> None:
    editor.add("sites", {"code": CODE, "name": {"en": "Bridge"}})
    response = editor.lead("sites", CODE, "submit", 1)
    assert pointers(response) == ["/name/vi"]
    assert response.get_json(force=True)["errors"][0]["record"] == CODE
    assert editor.read(PATH)["properties"]["review_state"] == "draft"


def test_what_only_the_register_refuses_is_said_by_the_field_too(editor: Caller) -> None:
    editor.add("sites", site(types=["no_such_type"]))
    response = editor.lead("sites", CODE, "submit", 1)
    assert (pointers(response), response.get_json(force=True)["errors"][0]["record"]) == (["/types"], CODE)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", GEOJSON, 400),
        (b"[1]", GEOJSON, 400),
        (b'{"properties": {"tags": ["\\ud800"]}}', GEOJSON, 400),
        (b'{"properties": {"year_from": NaN}}', GEOJSON, 400),
        (b"[" * 100_000, GEOJSON, 400),
        (b'{"properties": 3}', GEOJSON, 422),
        (b'{"properties": {"code": 3}}', GEOJSON, 422),
        (b'{"properties": {"tags": ["a\\u0000b"], "code": "QNM-9001"}}', GEOJSON, 422),
        (b"code=QNM-1", "application/x-www-form-urlencoded", 415),
        (b" " * (8 * 1024 * 1024 + 1), GEOJSON, 413),
    ],
)
def test_body_that_cannot_be_read_is_refused(editor: Caller, body: bytes, kind: str, status: int) -> None:
    client = editor.app.test_client()
    headers = {"Authorization": f"Bearer {editor.token}", "Content-Type": kind}
    response = client.post(f"{BASE}/collections/sites/items", data=body, headers=headers)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")


def test_revision_on_its_way_is_not_written(editor: Caller) -> None:
    editor.add("sites", site())
    assert editor.lead("sites", CODE, "submit", 1).status_code == 200
    refused = editor.patch("sites", CODE, {"tags": ["late"]})
    assert (refused.status_code, "recall" in refused.text) == (409, True)
    assert editor.lead("sites", CODE, "recall", 1).status_code == 200
    assert editor.patch("sites", CODE, {"tags": ["late"]}).status_code == 200
    assert editor.lead("sites", CODE, "discard", 1).status_code == 200
    assert editor.get(PATH).status_code == 404


def test_geometry_that_did_not_change_leaves_what_was_entered(editor: Caller) -> None:
    editor.add("sites", site())
    for crs in ("4326", "3857", "5899"):
        uri = EPSG.format(crs)
        shown = editor.get(f"{PATH}?crs={uri.strip('<>')}")
        assert shown.headers["Content-Crs"] == uri
        body = shown.get_json(force=True)
        # As QGIS does: all that was read is sent back, six decimals, the tag among the properties.
        body["geometry"]["coordinates"] = [round(value, 6) for value in body["geometry"]["coordinates"]]
        put = editor.call("PUT", PATH, body, Content_Crs=uri)
        assert put.status_code == 200, put.text
        assert put.json["properties"]["locations"] == [LOCATION]


@pytest.mark.parametrize(
    ("crs", "coordinates", "text", "kept"),
    [
        (None, [108.33, 15.88], "15.88, 108.33", "EPSG:4326"),
        ("4326", [15.88, 108.33], "15.88, 108.33", "EPSG:4326"),
        ("5899", [561494.3, 1756163.6], "POINT (561494.3 1756163.6)", "EPSG:5899"),
    ],
)
def test_geometry_that_was_moved_is_what_was_entered(
    editor: Caller, crs: str | None, coordinates: list[float], text: str, kept: str
) -> None:
    drafted = editor.add("sites", site())
    headers = {"Content_Crs": EPSG.format(crs)} if crs else {}
    body = {**drafted, "geometry": {"type": "Point", "coordinates": coordinates}}
    put = editor.call("PUT", PATH, body, **headers)
    assert put.status_code == 200, put.text
    assert put.json["properties"]["locations"] == [{**LOCATION, "entered_text": text, "entered_crs": kept}]
    address = f"?crs={EPSG.format(crs).strip('<>')}" if crs else ""
    assert editor.read(f"{PATH}{address}")["geometry"]["coordinates"] == pytest.approx(coordinates, abs=1e-3)


def test_geometry_of_a_new_record_becomes_its_main_location_or_its_boundary(editor: Caller) -> None:
    place = {"type": "Point", "coordinates": [108.32605, 15.877083]}
    made = editor.add("sites", {"code": CODE, "name": {"vi": "Cầu"}}, geometry=place)["properties"]["locations"]
    assert [(row["role"], row["entered_text"], row["entered_crs"]) for row in made] == [
        ("main", "15.877083, 108.32605", "EPSG:4326")
    ]
    ring = [[108.325, 15.876], [108.327, 15.876], [108.327, 15.878], [108.325, 15.876]]
    zone = {"code": f"{CODE}-Z1", "site": CODE, "zone_type": "zone_1"}
    boundary = editor.add("zones", zone, geometry={"type": "Polygon", "coordinates": [ring]})["properties"]
    assert boundary["entered_text"].startswith("POLYGON ((108.325 15.876")
    # A GIS that knows multipolygons only sends the same boundary.
    shown = editor.read(f"/collections/zones/items/{CODE}-Z1")
    shown["geometry"] = {"type": "MultiPolygon", "coordinates": [shown["geometry"]["coordinates"]]}
    put = editor.call("PUT", f"/collections/zones/items/{CODE}-Z1", shown)
    assert put.json["properties"]["entered_text"] == boundary["entered_text"]


BOWTIE = [[108.325, 15.876], [108.327, 15.878], [108.327, 15.876], [108.325, 15.878], [108.325, 15.876]]


@pytest.mark.parametrize(
    ("plural", "geometry"),
    [
        ("sites", {"type": "Point", "coordinates": [10.0, 50.0]}),
        ("sites", {"type": "Point", "coordinates": []}),
        ("sites", {"type": "Punkt"}),
        ("sites", "POINT (108 15)"),
        ("sites", {"type": "GeometryCollection", "geometries": []}),
        ("zones", {"type": "Polygon", "coordinates": [BOWTIE]}),
        ("decisions", {"type": "Point", "coordinates": [108.33, 15.88]}),
    ],
)
def test_geometry_that_will_not_do_is_refused_at_its_place(editor: Caller, plural: str, geometry: Any) -> None:
    body = feature({"code": CODE}, geometry)
    assert pointers(editor.call("POST", f"/collections/{plural}/items", body)) == ["/geometry"]


def test_text_and_geometry_that_say_different_places_are_refused(editor: Caller) -> None:
    body = feature(site(), {"type": "Point", "coordinates": [108.4, 15.9]})
    assert pointers(editor.call("POST", "/collections/sites/items", body)) == ["/locations/0/entered_text"]


def test_objects_may_come_as_text_from_a_gis(editor: Caller) -> None:
    sent = {"code": CODE, "name": '{"vi": "Chùa Cầu"}', "tags": '["a"]', "period": None}
    shown = editor.add("sites", sent)["properties"]
    assert (shown["name"], shown["tags"], shown["period"]) == ({"vi": "Chùa Cầu"}, ["a"], {})


def test_changeset_of_somebody_else_is_not_written_to(editor: Caller, other: Caller) -> None:
    changeset = editor.add("sites", site())["properties"]["changeset"]
    body = feature({"code": "QNM-9002", "name": {"vi": "x"}})
    assert other.call("POST", f"/collections/sites/items?changeset={changeset}", body).status_code == 403
    assert other.call("POST", "/collections/sites/items?changeset=99999", body).status_code == 400
    assert other.call("POST", "/collections/sites/items?changeset=x", body).status_code == 400


def test_session_writes_with_its_proof_only(written_app: Flask) -> None:
    with written_app.app_context():
        user = make_user("desk@example.org", Role.EDITOR)
        secret = open_session(db.session(), user, settings=written_app.config["DISAN"])
        db.session.commit()
    client = written_app.test_client()
    client.set_cookie("disan_session", secret)
    path = f"{BASE}/collections/sites/items"
    assert client.get(path).status_code == 200
    assert client.post(path, json=feature(site())).status_code == 403
    proof = {"X-CSRF-Token": hmac.new(secret.encode(), b"csrf\x1f", "sha256").hexdigest()}
    assert client.post(path, json=feature(site()), headers=proof).status_code == 201
