"""Words with typos, search across collections, and suggestions while somebody types."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from app.api.cursors import bind_cursor
from app.core.db import db
from app.core.paging import write_cursor
from app.publication import operations as publication
from app.publication.collections import COLLECTIONS
from app.records.operations import find_record
from tests.api.test_items import ITEMS, ask, ids
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

SEARCH = "/api/v1/search"
SUGGEST = "/api/v1/suggest"
Counting = Callable[[], AbstractContextManager[list[str]]]


@pytest.mark.parametrize(
    ("typed", "first", "searched"),
    [
        ("my sonn", "QNM-0045", "Mỹ Sơn"),
        ("Mỹ Sơnn", "QNM-0045", "Mỹ Sơn"),
        ("hoi quna phuc kine", "QNM-0003", "Hội quán Phúc Kiến"),
        ("japanes brigde", "QNM-0002", "Japanese Bridge"),
    ],
)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_words_with_a_typo_find_what_was_meant(
    seeded_client: FlaskClient, typed: str, first: str, searched: str, lang: str
) -> None:
    body = ask(seeded_client, q=typed, lang=lang, limit=3)
    assert (body["features"][0]["id"], body["searched"]) == (first, searched)
    meant = ask(seeded_client, q=searched, lang=lang, limit=3)
    assert meant["features"] == body["features"]
    assert meant["numberMatched"] == body["numberMatched"]
    assert "searched" not in meant


def test_pages_after_mended_words_go_on_with_those(seeded_client: FlaskClient) -> None:
    assert ids(seeded_client, q="my sonn", limit=3) == ids(seeded_client, q="Mỹ Sơn", limit=1000)


@pytest.mark.parametrize(
    "asked",
    [
        # Short words, codes, two edits, nothing like it; and right words that other conditions leave nothing of.
        {"q": "sno"},
        {"q": "QNM-00455"},
        {"q": "sonnnn"},
        {"q": "zzzzzzzz"},
        {"q": "my son", "rank": "provincial"},
        {"q": "chua cau", "bbox": "0,0,1,1"},
    ],
)
def test_what_is_no_typo_is_not_mended(seeded_client: FlaskClient, asked: dict[str, str]) -> None:
    body = ask(seeded_client, **asked)
    assert body["features"] == []
    assert "searched" not in body


def test_mending_asks_the_database_a_bounded_number_of_times(
    seeded_client: FlaskClient, count_queries: Counting
) -> None:
    for typed in ("my sonn", "xmotx xhaix xbabx xbonx xnamx xsaux xbayx xtamx"):
        with count_queries() as statements:
            seeded_client.get(ITEMS, query_string={"q": typed})
        assert len(statements) <= 26


def test_withdrawn_words_are_suggested_to_nobody(seeded_copy: Flask) -> None:
    client = seeded_copy.test_client()
    with seeded_copy.app_context():
        register.publish(db.session(), ("site", register.site("QNM-9001", name={"vi": "Đền Quạquạ"})))
        db.session.commit()
        assert ask(client, q="quaquan")["searched"] == "Quạquạ"
        gone = [find_record(db.session(), "QNM-9001")]
        publication.withdraw(db.session(), gone, actor=register.reviewer(db.session()), settings=register.SETTINGS)
        db.session.commit()
    assert "searched" not in ask(client, q="quaquan")
    assert client.get(SUGGEST, query_string={"q": "quaqua"}).get_json()["suggestions"] == []


@pytest.mark.parametrize("at_once", [1, 2, 6])
@pytest.mark.parametrize("limit", [1, 7])
def test_pages_of_what_words_find_are_the_whole_however_many_tiers_are_asked_at_once(
    seeded_client: FlaskClient, monkeypatch: pytest.MonkeyPatch, at_once: int, limit: int
) -> None:
    whole = [feature["id"] for feature in ask(seeded_client, SEARCH, q="hội an", limit=1000)["features"]]
    monkeypatch.setattr("app.publication.matches._AT_ONCE", at_once)
    found, path = [], f"{SEARCH}?q=hội an&limit={limit}"
    while path and len(found) < 60:
        body = seeded_client.get(path).get_json()
        found += [feature["id"] for feature in body["features"]]
        path = next((link["href"] for link in body["links"] if link["rel"] == "next"), "").removeprefix(
            "http://localhost"
        )
    assert len(whole) > 60
    assert found == whole[: len(found)]


def test_search_gives_all_collections_in_one_order_with_counts(seeded_client: FlaskClient) -> None:
    body = ask(seeded_client, SEARCH, q="my son", limit=1000)
    found = [(feature["properties"]["collection"], feature["id"]) for feature in body["features"]]
    assert found[0] == ("sites", "QNM-0045")
    assert len(found) == len(set(found)) == body["numberMatched"]
    counted = {one["id"]: one["numberMatched"] for one in body["collections"]}
    assert counted == {name: sum(one[0] == name for one in found) for name in counted}
    for name in COLLECTIONS:
        alone = ids(seeded_client, f"/api/v1/collections/{name}/items", q="my son", limit=1000)
        assert {code for collection, code in found if collection == name} == set(alone)
        narrowed = ask(seeded_client, SEARCH, q="my son", limit=1000, collections=name)
        assert [feature["id"] for feature in narrowed["features"]] == alone


def test_search_is_paged_without_repetition(seeded_client: FlaskClient) -> None:
    whole = [feature["id"] for feature in ask(seeded_client, SEARCH, q="hoi an", limit=1000)["features"]]
    assert len(whole) > 100
    assert ids(seeded_client, SEARCH, q="hoi an", limit=7) == whole


def test_search_holds_all_conditions(seeded_client: FlaskClient) -> None:
    body = ask(seeded_client, SEARCH, q="chua", near="108.326,15.877", radius=3000, has="description", limit=1000)
    assert body["features"]
    assert all(feature["properties"]["distance_m"] <= 3000 for feature in body["features"])
    assert all(feature["properties"]["description"] for feature in body["features"])
    within = ask(seeded_client, SEARCH, q="my son", within="508", limit=1000)
    assert "QNM-0045" in [feature["id"] for feature in within["features"]]
    assert ask(seeded_client, SEARCH, q="my son", bbox="0,0,1,1")["features"] == []


@pytest.mark.parametrize(
    ("path", "asked", "told"),
    [
        (SEARCH, {}, "q: say what to look for"),
        (SEARCH, {"q": "a", "collections": "sitse"}, "did you mean “sites”?"),
        (SEARCH, {"q": "a", "collections": ""}, None),
        (SEARCH, {"q": "a", "near": "108.3,15.8"}, "near and radius go together"),
        (SEARCH, {"q": "a", "within": "508~2026"}, "within: there is no “508~2026”; did you mean “508~2025”?"),
        (SEARCH, {"q": "a", "facets": "rnak"}, "did you mean “rank”?"),
        (SEARCH, {"q": "a", "cursor": "x"}, "does not belong to this list"),
        (SEARCH, {"q": "a", "rank": "national"}, "There is no parameter “rank” here"),
        (SUGGEST, {}, "q: say what to look for"),
        (SUGGEST, {"q": "—"}, "has no word in it"),
        (SUGGEST, {"q": "a", "limit": "3"}, "There is no parameter “limit” here"),
    ],
)
def test_a_mistake_is_told(seeded_client: FlaskClient, path: str, asked: dict[str, str], told: str | None) -> None:
    response = seeded_client.get(path, query_string={"lang": "en"} | asked)
    assert response.status_code == (400 if told else 200)
    assert told is None or told in response.get_json()["detail"]


def test_suggestions_are_few_small_and_say_what_matched(seeded_client: FlaskClient, count_queries: Counting) -> None:
    with count_queries() as statements:
        response = seeded_client.get(SUGGEST, query_string={"q": "thanh dia", "lang": "en"})
    assert len(statements) <= 6
    assert len(response.data) < 4000
    found = response.get_json()["suggestions"]
    assert 0 < len(found) <= 10
    assert found[0] == {
        "code": "QNM-0045",
        "collection": "sites",
        "name": "Mỹ Sơn Sanctuary",
        "type_label": "Architectural and artistic monument",
        "url": "/en/sites/my-son-sanctuary-qnm-0045",
        "by": "other_name",
        "matched": "Thánh địa Mỹ Sơn",
    }


@pytest.mark.parametrize(
    ("typed", "code", "by"),
    [("chua c", "QNM-0002", "name"), ("qnm-0045", "QNM-0045", "code"), ("my sonn", "QNM-0045", "name")],
)
def test_suggestions_go_by_beginnings_codes_and_mended_words(
    seeded_client: FlaskClient, typed: str, code: str, by: str
) -> None:
    found = seeded_client.get(SUGGEST, query_string={"q": typed}).get_json()["suggestions"]
    assert (code, by) in [(one["code"], one["by"]) for one in found]


@pytest.mark.parametrize("asked", ["search?q=my+son&facets=unit", "suggest?q=my"])
def test_answers_are_kept_until_anything_is_published(seeded_copy: Flask, asked: str) -> None:
    client = seeded_copy.test_client()
    first = client.get(f"/api/v1/{asked}")
    assert "max-age=60" in first.headers["Cache-Control"]
    again = client.get(f"/api/v1/{asked}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    with seeded_copy.app_context():
        register.publish(db.session(), ("site", register.site("QNM-9001", name={"vi": "Tháp Mỹ Sơn khác"})))
        db.session.commit()
    fresh = client.get(f"/api/v1/{asked}", headers={"If-None-Match": first.headers["ETag"]})
    assert fresh.status_code == 200


def test_a_browser_is_led_from_search_to_the_pages(seeded_client: FlaskClient) -> None:
    response = seeded_client.get(SEARCH, query_string={"q": "mỹ sơn", "f": "html", "lang": "vi"})
    assert (response.status_code, response.location) == (303, f"/vi/sites?{urlencode({'q': 'mỹ sơn'})}")


def test_search_asks_a_few_times_whatever_is_found(seeded_client: FlaskClient, count_queries: Counting) -> None:
    found: dict[str, Any] = {}
    for limit in (1, 100):
        with count_queries() as statements:
            ask(seeded_client, SEARCH, q="hoi an", limit=limit, facets="rank,has,unit")
        found[str(limit)] = len(statements)
    assert max(found.values()) <= 14


@pytest.mark.parametrize("form", ["gpx", "kml"])
def test_files_of_a_list_hold_what_was_meant(seeded_client: FlaskClient, form: str) -> None:
    asked = {"q": "my sonn", "f": form, "limit": "1", "lang": "vi"}
    meant = seeded_client.get(ITEMS, query_string=asked | {"q": "Mỹ Sơn"})
    found = seeded_client.get(ITEMS, query_string=asked)
    assert found.data == meant.data
    assert found.headers["Link"] == meant.headers["Link"]
    assert seeded_client.get(ITEMS, query_string=asked | {"q": "xyzzyq"}).data != meant.data


@pytest.mark.parametrize("place", [("text", 99, 0), ("text", 14, 1), ("text", 13, 2**62), ("text", 0, 2**62)])
def test_place_behind_everything_that_words_find_is_an_empty_page(
    seeded_client: FlaskClient, place: tuple[str, int, int]
) -> None:
    cursor = write_cursor(*place)
    asked = {"q": "chua", "lang": "en", "limit": 1000, "cursor": bind_cursor(cursor, ("sites",))}
    answer = seeded_client.get("/api/v1/collections/sites/items", query_string=asked)
    assert answer.status_code == 200
    # Only a place within the first tier has others behind it.
    whole = ask(seeded_client, q="chua", limit=1000)["numberReturned"]
    assert answer.get_json(force=True)["numberReturned"] == (0 if place[1] else whole)
    assert seeded_client.get("/en/sites", query_string={"q": "chua", "cursor": cursor}).status_code == 200
