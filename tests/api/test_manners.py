"""How the API behaves with any client: tags, languages, CORS, methods, descriptions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from app.publication.collections import COLLECTIONS

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PATHS = [
    "/api/v1/",
    "/api/v1",
    "/api/v1/conformance",
    "/api/v1/openapi.json",
    "/api/v1/collections",
    "/api/v1/collections/sites",
    "/api/v1/collections/sites/queryables",
    "/api/v1/collections/sites/schema",
    "/api/v1/collections/sites/items?limit=2",
    "/api/v1/collections/sites/items?q=hoi+an&limit=2",
    "/api/v1/collections/sites/items?bbox=108,15,109,16&limit=2",
    "/api/v1/collections/sites/items?near=108.3,15.9&limit=2",
    "/api/v1/collections/sites/items/QNM-0045",
    "/api/v1/collections/zones/items",
    "/api/v1/collections/admin-units/items/20611",
    "/api/v1/tileMatrixSets",
    "/api/v1/tileMatrixSets/WebMercatorQuad",
    "/api/v1/tiles",
    "/api/v1/tiles/WebMercatorQuad",
    "/api/v1/tiles/WebMercatorQuad?f=tilejson",
    "/api/v1/tiles/WebMercatorQuad/6/29/51",
    "/api/v1/collections/sites/tiles",
    "/api/v1/collections/sites/tiles/WebMercatorQuad",
    "/api/v1/collections/sites/tiles/WebMercatorQuad/14/7459/13122?f=mvt",
    "/api/v1/basemaps/base/tiles/WebMercatorQuad",
    "/api/v1/basemaps/base/tiles/WebMercatorQuad/6/29/51",
    "/api/v1/styles",
    "/api/v1/styles/heritage",
    "/api/v1/vocabularies",
    "/api/v1/vocabularies/levels",
    "/api/v1/vocabularies/levels/national?f=ttl",
    "/api/v1/dumps",
    "/api/v1/dcat.jsonld",
]
PAGES = ["/vi/", "/en/sites", "/vi/sites/khu-den-thap-my-son-qnm-0045", "/en/sites/my-son-sanctuary-qnm-0045.jsonld"]
ERRORS = ["/api/v1/nothing", "/api/v1/collections/site", "/api/v1/collections/sites/items?limit=0", "/api/nothing"]
ERRORS += ["/api/v1/tiles/WebMercatorQuad/0/0/1", "/api/v1/collections/sites/tiles/Other/0/0/0"]


@pytest.mark.parametrize("path", PATHS + PAGES)
def test_answer_has_a_tag_and_is_304_for_who_has_it(seeded_client: FlaskClient, path: str) -> None:
    first = seeded_client.get(path)
    assert first.status_code == 200
    again = seeded_client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Vary", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    assert first.headers["Cache-Control"] == "public, max-age=60, stale-while-revalidate=600"
    assert first.headers["Vary"] == "Accept, Accept-Language, Accept-Encoding"
    assert seeded_client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


def test_tag_of_a_list_moves_with_a_change_in_it_and_only_then(seeded_copy: Flask) -> None:
    from app.core.db import db
    from app.publication import operations as publication
    from app.records.operations import find_record
    from tests.harness.register import SETTINGS, reviewer

    client = seeded_copy.test_client()
    paths = ["/api/v1/collections/sites/items", "/api/v1/collections/admin-units/items", "/vi/sites"]
    before = [client.get(path).headers["ETag"] for path in paths]
    assert [client.get(path).headers["ETag"] for path in paths] == before
    with seeded_copy.app_context():
        record = find_record(db.session(), "QNM-0002")
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    after = [client.get(path).headers["ETag"] for path in paths]
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, False]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("header", "expected"), [("vi", "vi"), ("en-GB,en;q=0.9", "en"), ("fr,en;q=0.5", "en"), ("fr", "vi"), ("", "vi")]
)
def test_language_is_negotiated_and_said(seeded_client: FlaskClient, path: str, header: str, expected: str) -> None:
    response = seeded_client.get(path, headers={"Accept-Language": header} if header else {})
    assert response.headers["Content-Language"] == expected
    assert {"Accept", "Accept-Language"} <= response.vary.as_set(preserve_casing=True)


def test_language_asked_for_overrides_the_readers(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/api/v1/collections/sites?lang=en", headers={"Accept-Language": "vi"})
    assert response.get_json()["title"] == "Sites"


@pytest.mark.parametrize("path", PATHS + ERRORS)
def test_every_answer_may_be_read_by_any_page_on_the_web(seeded_client: FlaskClient, path: str) -> None:
    response = seeded_client.get(path, headers={"Origin": "https://example.org"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_preflight_is_answered(seeded_client: FlaskClient) -> None:
    response = seeded_client.options(PATHS[-1], headers={"Access-Control-Request-Headers": "X-API-Key"})
    assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("path", ERRORS)
def test_every_error_is_a_problem(seeded_client: FlaskClient, path: str) -> None:
    response = seeded_client.get(path)
    body = response.get_json(force=True)
    assert response.content_type == "application/problem+json"
    assert body["status"] == response.status_code
    assert {"title", "detail", "code", "description"} <= set(body)


def test_method_that_is_not_there_names_those_that_are(seeded_client: FlaskClient) -> None:
    response = seeded_client.post("/api/v1/collections/sites/items")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_head_has_no_body_and_the_same_tag(seeded_client: FlaskClient) -> None:
    path = "/api/v1/collections/sites/items/QNM-0045"
    head = seeded_client.head(path)
    assert (head.data, head.headers["ETag"]) == (b"", seeded_client.get(path).headers["ETag"])


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/api/v1/", "/vi/"),
        ("/api/v1/collections/sites", "/vi/sites"),
        ("/api/v1/collections/sites/items?q=my+son", "/vi/sites?q=my+son"),
        ("/api/v1/collections/sites/items/QNM-0045", "/vi/sites/khu-den-thap-my-son-qnm-0045"),
        ("/api/v1/collections/admin-units/items/20611", "/vi/sites?unit=20611"),
    ],
)
def test_browser_is_led_to_the_page_of_the_same_thing(seeded_client: FlaskClient, path: str, page: str) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    for response in (
        seeded_client.get(path, headers={"Accept": accept}),
        seeded_client.get(path + ("&" if "?" in path else "?") + "f=html"),
    ):
        assert response.status_code == 303
        assert response.location == page
    asked = seeded_client.get(path + ("&" if "?" in path else "?") + "f=json", headers={"Accept": accept})
    assert asked.status_code == 200


def test_description_is_valid_openapi_and_names_every_route(seeded_app: Flask) -> None:
    response = seeded_app.test_client().get("/api/v1/openapi.json")
    described = response.get_json(force=True)
    assert response.content_type == "application/vnd.oai.openapi+json;version=3.0"
    validate(described)
    rules = {rule.rule for rule in seeded_app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    generic = {re.sub(r"/collections/[a-z-]+", "/collections/<name>", path) for path in described["paths"]}
    served = {rule.removeprefix("/api/v1") for rule in rules}
    assert {re.sub(r"\{(\w+)\}", r"<\1>", path) for path in generic} == served


def test_description_declares_every_parameter_that_is_read(seeded_client: FlaskClient) -> None:
    from app.api.extensions import EXTENSIONS
    from app.api.items import PARAMETERS
    from app.api.search import SEARCH_PARAMETERS, SUGGEST_PARAMETERS

    described = seeded_client.get("/api/v1/openapi.json").get_json(force=True)
    # What can be sorted by, and what can be left out, differs from collection to collection.
    named = {found["name"] for found in described["components"]["parameters"].values()}
    assert named == {*PARAMETERS, "f", "lang"} - {"properties", "sortby"}
    asked = described["paths"]["/collections/sites/items"]["get"]["parameters"]
    assert {"properties", "sortby"} <= {parameter.get("name") for parameter in asked}
    for path, read in (
        ("/collections/places/items", (*EXTENSIONS, "category")),
        ("/search", SEARCH_PARAMETERS),
        ("/suggest", SUGGEST_PARAMETERS),
    ):
        declared = described["paths"][path]["get"]["parameters"]
        names = {one["$ref"].rpartition("/")[2] if "$ref" in one else one["name"] for one in declared}
        assert set(read) <= names, path
    assert described["components"]["parameters"]["limit"]["schema"]["maximum"] == 1000


@pytest.mark.parametrize("collection", list(COLLECTIONS))
def test_features_meet_the_schema_that_describes_them(seeded_client: FlaskClient, collection: str) -> None:
    schema = seeded_client.get(f"/api/v1/collections/{collection}/schema").get_json(force=True)
    jsonschema.Draft202012Validator.check_schema(schema)
    properties = {name: _nullable(found) for name, found in schema["properties"].items() if name != "geometry"}
    validator = jsonschema.Draft202012Validator(
        {"type": "object", "properties": properties, "additionalProperties": False}
    )
    body = seeded_client.get(f"/api/v1/collections/{collection}/items?limit=1000").get_json(force=True)
    for feature in body["features"]:
        validator.validate(feature["properties"])


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def test_queryables_are_true(seeded_client: FlaskClient) -> None:
    """Every value that the queryables list is answered, and each has a label."""
    schema = seeded_client.get("/api/v1/collections/sites/queryables?lang=en").get_json(force=True)
    assert {"rank", "type", "unit", "within", "parent", "inscription"} <= set(schema["properties"])
    for name, found in schema["properties"].items():
        for choice in found.get("oneOf", []):
            assert choice["title"]
            path = f"/api/v1/collections/sites/items?{name}={choice['const']}&limit=1"
            assert seeded_client.get(path).status_code == 200


def test_conformance_claims_only_what_is_there(seeded_client: FlaskClient) -> None:
    claimed = seeded_client.get("/api/v1/conformance").get_json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in claimed
    assert "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt" in claimed
    assert "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2" in claimed
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in claimed


def test_links_are_absolute_and_lead_somewhere(seeded_client: FlaskClient) -> None:
    for path in (
        "/api/v1/",
        "/api/v1/collections",
        "/api/v1/collections/sites",
        "/api/v1/collections/sites/items?limit=1",
    ):
        for link in seeded_client.get(path).get_json(force=True)["links"]:
            assert link["href"].startswith("http://localhost/")
            assert seeded_client.get(link["href"].removeprefix("http://localhost")).status_code in (200, 303)


def test_public_url_is_used_for_links_where_it_is_set(databases, tmp_path) -> None:  # noqa: ANN001
    from tests.harness.databases import open_app

    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    with open_app(database, DISAN_PUBLIC_URL="https://disan.example") as app:
        links = app.test_client().get("/api/v1/").get_json()["links"]
        assert all(link["href"].startswith("https://disan.example/") for link in links)


@pytest.mark.parametrize("path", ["/api/v1/", "/vi/", "/healthz", "/vi/nothing", "/static/css/site.css"])
def test_answer_is_hardened(seeded_client: FlaskClient, path: str) -> None:
    with seeded_client.get(path) as response:
        headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers
    assert headers["X-Request-Id"]
