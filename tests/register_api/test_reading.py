"""Reading over the register's API: lists, filters, boxes, systems, descriptions, and what stays unseen."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from app.accounts.models import Role
from app.accounts.permissions import Permission
from app.catalogue import KINDS
from app.core.db import db
from tests.harness import register
from tests.harness.databases import Databases
from tests.harness.machines import BASE, Caller, make_caller

if TYPE_CHECKING:
    from flask import Flask

ITEMS = "/collections/sites/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
DOCUMENTS = ["/", "/conformance", "/openapi.json", "/collections", "/collections/sites", "/collections/zones/schema"]
DOCUMENTS += ["/collections/sites/queryables", ITEMS, f"{ITEMS}/QNM-9001", f"{ITEMS}/QNM-9001/revisions"]


@pytest.fixture
def written_app(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """The application of these tests, filled once."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


def _fill(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        register.accept(session, ("site", register.site("QNM-9001", tags=["a"])))
        open_one = {"types": ["archaeological"], "location_policy": "exact"}
        register.accept(session, ("site", register.site("QNM-9002", at=(15.95, 108.25, 20), **open_one)))
        register.publish(session, ("site", register.site("QNM-9003", at=None)))
        session.commit()


@pytest.fixture
def filled(written_app: Flask) -> Flask:
    """Three accepted sites: two at the bridge and north of it, one nowhere."""
    return written_app


def ids(caller: Caller, query: str) -> list[str]:
    return [found["id"] for found in caller.read(f"{ITEMS}?{query}")["features"]]


@pytest.mark.parametrize("path", DOCUMENTS)
def test_nothing_is_read_without_a_token(filled: Flask, viewer: Caller, path: str) -> None:
    response = filled.test_client().get(f"{BASE}{path}")
    assert (response.status_code, response.content_type) == (401, "application/problem+json")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    wrong = Caller(filled, "disan_nonsense").get(path)
    assert wrong.status_code == 401
    shown = viewer.get(path)
    assert shown.status_code == 200
    for answer in (response, shown):
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_token_without_the_permission_to_read_opens_nothing(filled: Flask) -> None:
    with filled.app_context():
        from tests.harness.machines import make_token, make_user

        user = make_user("former@example.org", Role.VIEWER)
        token = make_token(user)
        user.roles.clear()
        db.session.commit()
    assert Caller(filled, token).get(ITEMS).status_code == 403


def test_list_is_paged_without_a_duplicate_or_a_gap(viewer: Caller, filled: Flask) -> None:
    seen, path = [], f"{ITEMS}?limit=1"
    while path:
        page = viewer.read(path)
        seen += [found["id"] for found in page["features"]]
        after = [link["href"] for link in page["links"] if link["rel"] == "next"]
        path = after[0].split(BASE)[1] if after else ""
    assert seen == ["QNM-9001", "QNM-9002", "QNM-9003"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("bbox=108.3,15.8,108.4,15.9", ["QNM-9001"]),
        ("bbox=108.2,15.8,108.4,16", ["QNM-9001", "QNM-9002"]),
        ("bbox=109,15.8,109.1,16", []),
        (f"bbox=15.8,108.3,15.9,108.4&bbox-crs={EPSG}4326", ["QNM-9001"]),
        (f"bbox=561000,1755500,562000,1756500&bbox-crs={EPSG}5899", ["QNM-9001"]),
        ("q=di tich qnm-9002", ["QNM-9002"]),
        ("tag=a", ["QNM-9001"]),
        ("state=public", ["QNM-9003"]),
        ("type=archaeological", ["QNM-9002"]),
        ("gap=no_point", ["QNM-9003"]),
        ("sortby=-modified_at&limit=1", ["QNM-9003"]),
        ("sortby=name", ["QNM-9001", "QNM-9002", "QNM-9003"]),
        ("bbox=108.3,15.8,108.4,15.9&q=qnm-9002", []),
    ],
)
def test_list_is_filtered(viewer: Caller, filled: Flask, query: str, expected: list[str]) -> None:
    assert ids(viewer, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        *(
            "limit=0",
            "colour=red",
            "state=lost",
            "sortby=colour",
            "crs=EPSG:1",
            "bbox=1,2,3",
            "bbox-crs=x&bbox=1,2,3,4",
        ),
        f"bbox=a,b,c,d&bbox-crs={EPSG}5899",
        f"bbox=nan,1,2,3&bbox-crs={EPSG}4326",
        f"bbox=1e300,1,2,3&bbox-crs={EPSG}5899",
        *("lang=xx", "f=html", "cursor=x", "q=-"),
    ],
)
def test_parameter_that_is_not_known_is_a_400_that_says_which(viewer: Caller, filled: Flask, query: str) -> None:
    response = viewer.get(f"{ITEMS}?{query}")
    assert (response.status_code, response.content_type) == (400, "application/problem+json")


def test_geometry_comes_in_the_order_of_the_axes(viewer: Caller, filled: Flask) -> None:
    path = f"{ITEMS}/QNM-9001"
    assert viewer.read(path)["geometry"]["coordinates"] == [108.32605, 15.877083]
    assert viewer.read(f"{path}?crs={EPSG}4326")["geometry"]["coordinates"] == [15.877083, 108.32605]
    metres = viewer.read(f"{path}?crs={EPSG}5899")["geometry"]["coordinates"]
    assert metres == pytest.approx([561494.291, 1756063.592], abs=0.001)
    assert viewer.read(f"{ITEMS}?crs=EPSG:3857")["features"][0]["geometry"]["coordinates"][0] > 12_000_000


def test_tag_is_known_again(viewer: Caller, filled: Flask) -> None:
    tag = viewer.get(f"{ITEMS}/QNM-9001").headers["ETag"]
    assert viewer.get(f"{ITEMS}/QNM-9001", If_None_Match=tag).status_code == 304


def test_description_is_valid_openapi_and_names_every_route(viewer: Caller, filled: Flask) -> None:
    response = viewer.get("/openapi.json")
    described = response.get_json(force=True)
    assert response.content_type == "application/vnd.oai.openapi+json;version=3.0"
    validate(described)
    described_paths = {path.replace("/sites", "/{name}") for path in described["paths"] if "/sites" in path}
    rules = {
        re.sub(r"<(?:int:)?(\w+)>", r"{\1}", str(rule)).removeprefix(BASE)
        for rule in filled.url_map.iter_rules()
        if str(rule).startswith(BASE) and "<name>" in str(rule)
    }
    assert described_paths == rules


@pytest.mark.parametrize("kind", list(KINDS))
def test_schema_holds_for_what_is_shown_and_no_field_of_a_kind_hides_what_the_register_says(
    viewer: Caller, filled: Flask, kind: str
) -> None:
    from app.register_api.features import KNOWN

    plural = KINDS[kind].plural
    schema = viewer.read(f"/collections/{plural}/schema")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert not set(KINDS[kind].schema().fields) & set(KNOWN)
    for found in viewer.read(f"/collections/{plural}/items")["features"]:
        stated = {name: value for name, value in found["properties"].items() if value is not None}
        jsonschema.validate(stated, {**schema, "additionalProperties": False})


def test_list_asks_as_many_questions_for_many_as_for_few(viewer: Caller, filled: Flask, count_queries: Any) -> None:
    with count_queries() as few:
        viewer.read(f"{ITEMS}?limit=1")
    with count_queries() as many:
        viewer.read(f"{ITEMS}?limit=3")
    assert len(many) <= len(few) <= 15


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch, filled: Flask) -> Flask:
    """The archaeological site's place is withheld, by what its payload says."""

    def hide(_session: object, payloads: Any, **_: Any) -> list[tuple[str, ...]]:
        are = ["archaeological" in (payload.get("types") or ()) for payload in payloads]
        return [("locations", "address_detail") if is_secret else () for is_secret in are]

    monkeypatch.setitem(KINDS, "site", dataclasses.replace(KINDS["site"], withheld=hide))
    return filled


def test_sensitive_place_is_shown_to_who_may_see_it_only(secret: Flask, viewer: Caller) -> None:
    seeing = make_caller(
        secret,
        "seeing@example.org",
        Role.REVIEWER,
        permissions=frozenset(Permission) - {Permission.MANAGE_USERS, Permission.WRITE_REFERENCE},
    )
    without = make_caller(secret, "without@example.org", Role.REVIEWER)
    for caller, is_shown in ((viewer, False), (without, False), (seeing, True)):
        shown = caller.read(f"{ITEMS}/QNM-9002")
        assert (shown["geometry"] is not None, "locations" in shown["properties"]) == (is_shown, is_shown)
        assert shown["properties"]["withheld"] == ([] if is_shown else ["address_detail", "locations"])
        listed = caller.read(ITEMS)["features"][1]
        assert (listed["geometry"] is not None) == is_shown
        assert ids(caller, "bbox=108.2,15.9,108.3,16") == (["QNM-9002"] if is_shown else [])
        page = caller.read(f"{ITEMS}?bbox=108.2,15.8,108.4,16&limit=1")
        assert any(link["rel"] == "next" for link in page["links"]) == is_shown
        revision = caller.read(f"{ITEMS}/QNM-9002/revisions/1")
        assert ("locations" in revision["properties"], revision["geometry"] is not None) == (is_shown, is_shown)
        assert "108.25" not in (caller.get(f"{ITEMS}/QNM-9002").text if not is_shown else "")


def test_who_may_not_see_a_place_keeps_it_by_writing(secret: Flask, editor: Caller, reviewer: Caller) -> None:
    path = f"{ITEMS}/QNM-9002"
    shown = editor.read(path)
    shown["properties"]["tags"] = ["new"]
    # Not even by saying that the site is open does the draft give its place away.
    shown["properties"]["types"] = ["scenic"]
    put = editor.call("PUT", path, shown)
    assert put.status_code == 200, put.text
    assert (put.json["geometry"], "locations" in put.json["properties"]) == (None, False)
    assert "15.95" not in editor.read(f"{path}/revisions/2")["properties"].get("locations", "")
    for forbidden in ({"properties": {"locations": []}}, {"properties": {"address_detail": "x"}}):
        tag = editor.get(path).headers["ETag"]
        status = editor.call("PATCH", path, forbidden, If_Match=tag).status_code
        assert status == (200 if forbidden["properties"] == {"locations": []} else 403)
    place = {"type": "Point", "coordinates": [108.3, 15.9]}
    tag = editor.get(path).headers["ETag"]
    assert editor.call("PATCH", path, {"geometry": place}, If_Match=tag).status_code == 403
    assert editor.lead("sites", "QNM-9002", "restore", 1).status_code == 409
    assert editor.lead("sites", "QNM-9002", "submit", 2).status_code == 200
    assert reviewer.lead("sites", "QNM-9002", "accept", 2).status_code == 200
    with secret.app_context():
        from app.records.drafts import current_payload
        from app.records.operations import find_record

        kept = current_payload(db.session(), find_record(db.session(), "QNM-9002"))
    assert (kept["locations"][0]["entered_text"], kept["tags"]) == ("15.95, 108.25", ["new"])
