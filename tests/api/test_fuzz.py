"""Whatever is sent, the answer is a document, a page or a clear refusal, never an accident."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.cursors import bind_cursor
from tests.harness.counts import counts

if TYPE_CHECKING:
    from flask import Flask

NAMES = [
    "bbox",
    "limit",
    "q",
    "near",
    "radius",
    "cursor",
    "lang",
    "f",
    "rank",
    "type",
    "within",
    "code",
    "parent",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "name",
    "year_from",
    "crs",
    "bbox-crs",
    "properties",
    "skipGeometry",
    "has",
    "open_at",
    "facets",
    "collections",
    "after",
    "collection",
]
filters = st.sampled_from(
    [
        "rank = 'national'",
        "NOT (year_from < 1500 OR name LIKE '%đ_')",
        "S_WITHIN(geometry, BBOX(108, 15, 109, 16))",
        "T_AFTER(modified_at, DATE('2020-01-01'))",
        '{"op": "in", "args": [{"property": "type"}, ["archaeological"]]}',
        "{",
        "(" * 200,
        "cql2-json",
        "name,-rank",
        "-year_from",
        "http://www.opengis.net/def/crs/EPSG/0/3857",
        "http://www.opengis.net/def/crs/EPSG/0/4326",
        "EPSG:5899",
        "images,location",
        "rank,type,unit",
        "sites,places",
        "sites",
        "now",
        "2026-11-28T09:00:00+07:00",
    ]
)
numbers = st.one_of(st.floats(), st.integers(-(10**20), 10**20)).map(str)
cursors = st.lists(st.one_of(st.text(max_size=5), st.integers(), st.floats(), st.none()), max_size=4).map(
    lambda keys: base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")
)
known_cursors = st.tuples(
    st.sampled_from(["crawl", "box", "near", "text", "sort,+rank", "sort,-year_from"]),
    st.integers(-(2**70), 2**70),
    st.integers(-(2**70), 2**70),
).flatmap(
    lambda t: st.sampled_from(
        [[t[0], t[1]], [t[0], t[1], t[2]], [t[0], t[1], t[2], "x"], [t[0], float(t[1]), "x", t[2]]]
    )
)
values = st.one_of(
    filters,
    st.text(max_size=30),
    numbers,
    st.lists(numbers, min_size=2, max_size=6).map(",".join),
    cursors,
    known_cursors.map(
        lambda keys: bind_cursor(base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("="), ("sites",))
    ),
    st.sampled_from(
        ["\x00", "đ", "%", "'", '"', "\\", "*", "a" * 3000, "-", "NEAR", "AND", "Mỹ Sơn", "true", "108,15,109,16"]
    ),
)


@pytest.fixture(scope="module")
def apps(databases):  # noqa: ANN001
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield [stack.enter_context(databases.app(name, seeded=True)) for name in ("sqlite", "postgis")]


@given(parameters=st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=4))
@settings(max_examples=counts(120, 1000))
def test_items_answer_anything(apps: list[Flask], parameters: dict[str, str]) -> None:
    answers = [app.test_client().get("/api/v1/collections/sites/items", query_string=parameters) for app in apps]
    assert {response.status_code for response in answers} <= {200, 303, 400}
    assert answers[0].status_code == answers[1].status_code
    if answers[0].status_code == 200:
        found = [[feature["id"] for feature in response.get_json(force=True)["features"]] for response in answers]
        assert found[0] == found[1]


@given(
    text=st.text(max_size=40), parameters=st.dictionaries(st.sampled_from(["q", "type", "unit", "cursor", "x"]), values)
)
@settings(max_examples=counts(60, 400))
def test_pages_answer_anything(apps: list[Flask], text: str, parameters: dict[str, str]) -> None:
    name = quote(text, safe="")
    for app in apps:
        client = app.test_client()
        for path in (
            f"/vi/sites/{name}",
            f"/api/v1/collections/sites/items/{name}",
            f"/api/v1/collections/{name}",
            f"/{name}",
        ):
            assert client.get(path).status_code in {
                200,
                301,
                302,
                303,
                308,
                400,
                404,
            }, path
        assert client.get("/vi/sites", query_string=parameters).status_code in {200, 400}


@pytest.mark.parametrize(
    "path",
    [
        *("/api/v1/search", "/api/v1/suggest", "/api/v1/changes", "/api/v1/vocabularies/levels", "/api/v1/dumps"),
        *("/api/v1/collections/places/items", "/api/v1/tiles/WebMercatorQuad", "/api/v1/tiles/WebMercatorQuad/6/29/51"),
    ],
)
@given(parameters=st.dictionaries(st.sampled_from(NAMES), values, max_size=4))
@settings(max_examples=counts(30, 500))
def test_everything_else_answers_anything(apps: list[Flask], path: str, parameters: dict[str, str]) -> None:
    answers = [app.test_client().get(path, query_string=parameters) for app in apps]
    assert {response.status_code for response in answers} <= {200, 303, 400, 404}
    assert answers[0].status_code == answers[1].status_code
