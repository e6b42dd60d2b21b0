"""Filters, orders and times over the API: what is found, what is told of a mistake, what a bomb costs."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import db
from app.core.text import fold
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

SITES = "/api/v1/collections/sites"


def ask(client: FlaskClient, path: str = f"{SITES}/items", **asked: Any) -> dict[str, Any]:
    asked = {name.replace("filter_", "filter-"): value for name, value in asked.items()}
    response = client.get(path, query_string={"lang": "en"} | asked)
    assert response.status_code == 200, response.text
    body = response.get_json(force=True)
    assert isinstance(body, dict)
    return body


def ids(client: FlaskClient, path: str = f"{SITES}/items", **asked: Any) -> list[str]:
    return [feature["id"] for feature in ask(client, path, **{"limit": 1000} | asked)["features"]]


def shown(client: FlaskClient, name: str, **asked: Any) -> list[Any]:
    return [feature["properties"][name] for feature in ask(client, **{"limit": 1000} | asked)["features"]]


@pytest.mark.parametrize(
    ("text", "alike"),
    [
        ("rank = 'national'", {"rank": "national"}),
        ("type = 'archaeological' AND rank = 'national'", {"type": "archaeological", "rank": "national"}),
        ("unit IN ('20611')", {"unit": "20611"}),
        ("is_world_heritage = TRUE", {"is_world_heritage": "true"}),
        ("name = 'Chùa Cầu'", {"name": "Chùa Cầu"}),
    ],
)
def test_filter_finds_what_a_parameter_finds(seeded_client: FlaskClient, text: str, alike: dict[str, str]) -> None:
    assert ids(seeded_client, filter=text) == ids(seeded_client, **alike) != []


@pytest.mark.parametrize(
    "text",
    [
        "CASEI(ACCENTI(name)) = 'chua cau'",
        "ACCENTI(name) LIKE 'Chua C_u'",
        "CASEI(name) LIKE CASEI('CHÙA CẦ%')",
        "name ILIKE 'chùa cầu'",
        "name IN ('Chùa Cầu', 'x''y')",
        "name = 'Japanese Covered Bridge'",
    ],
)
def test_name_is_found_in_any_language_letters_and_marks(seeded_client: FlaskClient, text: str) -> None:
    assert "QNM-0002" in ids(seeded_client, filter=text)


def test_numbers_are_compared_as_numbers(seeded_client: FlaskClient) -> None:
    years = shown(seeded_client, "year_from", filter="year_from < 1000")
    assert years
    assert all(year < 1000 for year in years)
    everything = len(ids(seeded_client))
    parts = [len(ids(seeded_client, filter=f"{no} year_from < 1000")) for no in ("", "NOT")]
    assert sum(parts) + len(ids(seeded_client, filter="year_from IS NULL")) == everything


def test_filter_in_json_finds_what_it_finds_in_text(seeded_client: FlaskClient) -> None:
    node = {"op": "and", "args": [{"op": "=", "args": [{"property": "rank"}, "national"]}, True]}
    asked = {"filter": json.dumps(node), "filter_lang": "cql2-json"}
    assert ids(seeded_client, **asked) == ids(seeded_client, filter="rank = 'national' AND TRUE")


def test_filter_joins_every_other_parameter(seeded_client: FlaskClient) -> None:
    asked = {"filter": "rank = 'national'"}
    national = set(ids(seeded_client, **asked))
    assert set(ids(seeded_client, **asked, q="tháp")) == national & set(ids(seeded_client, q="tháp")) != set()
    near = {"near": "108.326,15.877", "radius": 2000}
    assert set(ids(seeded_client, **asked, **near)) == national & set(ids(seeded_client, **near)) != set()
    box = {"bbox": "108.3,15.85,108.4,15.9"}
    assert set(ids(seeded_client, **asked, **box)) == national & set(ids(seeded_client, **box)) != set()


def test_geometry_is_compared_in_either_reference_system(seeded_client: FlaskClient) -> None:
    found = ids(seeded_client, filter="S_INTERSECTS(geometry, BBOX(108.32,15.87,108.33,15.88))")
    assert "QNM-0002" in found
    assert found == sorted(ids(seeded_client, bbox="108.32,15.87,108.33,15.88"), key=found.index)
    epsg = "http://www.opengis.net/def/crs/EPSG/0/4326"
    text = "S_INTERSECTS(geometry, POLYGON((15.87 108.32, 15.87 108.33, 15.88 108.33, 15.88 108.32, 15.87 108.32)))"
    assert ids(seeded_client, filter=text, filter_crs=epsg) == found


def test_box_across_the_antimeridian_is_two(seeded_client: FlaskClient) -> None:
    assert len(ids(seeded_client, filter="S_INTERSECTS(geometry, BBOX(100, 0, -170, 80))")) == 194
    assert ids(seeded_client, filter="S_INTERSECTS(geometry, BBOX(170, -10, -170, 10))") == []


def test_filter_counts_what_it_finds(seeded_client: FlaskClient) -> None:
    assert ask(seeded_client, filter="rank = 'national'", limit=5)["numberMatched"] == 47


def test_vocabulary_sorts_in_its_own_order_and_missing_values_come_last(seeded_client: FlaskClient) -> None:
    levels = ["special_national", "national", "provincial", "inventoried"]
    up, down = (shown(seeded_client, "rank", sortby=sortby) for sortby in ("rank", "-rank"))
    known = [rank for rank in up if rank]
    assert list(dict.fromkeys(known)) == [level for level in levels if level in known]
    assert up == known + [None] * up.count(None)
    assert down == known[::-1] + [None] * up.count(None)


def test_names_sort_in_the_readers_language_folded(seeded_client: FlaskClient) -> None:
    for lang in ("vi", "en"):
        names = shown(seeded_client, "name", sortby="name", lang=lang)
        assert names == sorted(names, key=lambda name: (fold(name), name))


def test_sorted_pages_follow_each_other(seeded_client: FlaskClient) -> None:
    whole = ids(seeded_client, sortby="-year_from,name")
    found: list[str] = []
    body = ask(seeded_client, sortby="-year_from,name", limit=23)
    while True:
        found += [feature["id"] for feature in body["features"]]
        after = [link["href"] for link in body["links"] if link["rel"] == "next"]
        if not after:
            break
        body = seeded_client.get(after[0].removeprefix("http://localhost")).get_json(force=True)
    assert found == whole
    assert len(set(found)) == 200


def test_cursor_of_another_sorting_is_refused(seeded_client: FlaskClient) -> None:
    body = ask(seeded_client, sortby="name", limit=1)
    after = next(link["href"] for link in body["links"] if link["rel"] == "next")
    cursor = after.split("cursor=")[1].split("&")[0]
    for sortby in ("-name", "rank"):
        response = seeded_client.get(f"{SITES}/items", query_string={"sortby": sortby, "cursor": cursor})
        assert response.status_code == 400


def test_sortables_are_linked_and_tell_what_sorts(seeded_client: FlaskClient) -> None:
    links = ask(seeded_client, SITES)["links"]
    (link,) = [link for link in links if link["rel"].endswith("/sortables")]
    properties = ask(seeded_client, link["href"].removeprefix("http://localhost"))["properties"]
    assert {"name", "rank", "year_from", "modified_at", "code"} <= set(properties)
    assert not {"geometry", "type", "tags", "parent"} & set(properties)
    for name in properties:
        assert len(ids(seeded_client, sortby=name)) == 200


def test_queryables_tell_types_and_formats(seeded_client: FlaskClient) -> None:
    properties = ask(seeded_client, f"{SITES}/queryables")["properties"]
    assert properties["geometry"]["format"] == "geometry-point"
    assert properties["year_from"]["type"] == "integer"
    assert properties["modified_at"]["format"] == "date-time"
    assert properties["is_world_heritage"]["type"] == "boolean"
    assert properties["tags"]["type"] == properties["parent"]["type"] == "string"
    assert {"const", "title"} == set(properties["rank"]["oneOf"][0])


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"filter": "rnk = 'national'"}, "did you mean “rank”?"),
        ({"filter": "rank = 5"}, "“5” cannot be compared with rank; write a value like '…'"),
        ({"filter": "year_from > 'a'"}, "write a value like 1500"),
        ({"filter": "year_from = TRUE"}, "write a value like 1500"),
        ({"filter": "is_world_heritage > TRUE"}, "it is asked for by = or <>"),
        ({"filter": "is_world_heritage = 2"}, "write a value like TRUE"),
        ({"filter": "modified_at > DATE('2026-01-01')"}, "write a value like TIMESTAMP("),
        ({"filter": "modified_at > TIMESTAMP('2026-13-01T00:00:00Z')"}, "write a value like TIMESTAMP("),
        ({"filter": "year_from LIKE '1%'"}, "LIKE compares text only"),
        ({"filter": "CASEI(year_from) = 5"}, "is not read at its place"),
        ({"filter": "year_from < year_to"}, "one property is not compared with another"),
        ({"filter": "T_AFTER(rank, DATE('2026-01-01'))"}, "rank is no time"),
        ({"filter": "T_AFTER(modified_at, INTERVAL('2026-02-01','2026-01-01'))"}, "cannot be compared"),
        ({"filter": "T_AFTER(INTERVAL(year_from, year_to), DATE('2026-01-01'))"}, "INTERVAL has two values"),
        ({"filter": "S_WITHIN(geom, POINT(1 2))"}, "is not read at its place"),
        ({"filter": "S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(1 2), POINT(2 3)))"}, "use one geometry"),
        ({"filter": "S_INTERSECTS(geometry, POINT(200 15))"}, "outside the Earth"),
        ({"filter": "S_INTERSECTS(geometry, BBOX(1, 2, 3))"}, "is no geometry"),
        ({"filter": "S_INTERSECTS(geometry, LINESTRING(1 2))"}, "is no geometry"),
        ({"filter": "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))"}, "crosses itself"),
        ({"filter": " OR ".join(["rank = 'x'"] * 51)}, "more than 50 conditions"),
        ({"filter": "{", "filter-lang": "cql2-json"}, "this is not JSON"),
        ({"filter": "[1]", "filter-lang": "cql2-json"}, "is not read at its place"),
        (
            {"filter": '{"op": "=", "args": [{"property": "rank"}]}', "filter-lang": "cql2-json"},
            "not read at its place",
        ),
        ({"filter": '{"op": "+", "args": [1, 2]}', "filter-lang": "cql2-json"}, "is not read at its place"),
        ({"filter": "rank = 'x'", "filter-lang": "cql"}, "filter-lang: there is no “cql”"),
        ({"filter": "rank = 'x'", "filter-crs": "EPSG:1"}, "filter-crs: there is no “EPSG:1”"),
        ({"sortby": "nam"}, "sortby: there is no “nam”; did you mean “name”?"),
        ({"sortby": "type"}, "sortby: there is no “type”"),
        ({"sortby": "name,-name"}, "names a property twice"),
        ({"sortby": "name,rank,code,year_from"}, "more than 3"),
        ({"sortby": "name", "near": "108.3,15.9"}, "near comes nearest first"),
        ({"year_from": "old"}, "year_from: “old” is not of the form 1500"),
        ({"year_from": "1500.5"}, "year_from: “1500.5” is not of the form 1500"),
        ({"year_from": "1_500"}, "year_from: “1_500” is not of the form 1500"),
        ({"year_from": "nan"}, "year_from: “nan” is not of the form 1500"),
        ({"modified_at": "2026"}, "modified_at: “2026” is not of the form 2026-01-31T00:00:00Z"),
    ],
)
def test_mistake_is_told_with_its_parameter_and_the_mend(
    seeded_client: FlaskClient, asked: dict[str, str], told: str
) -> None:
    english, vietnamese = (
        seeded_client.get(f"{SITES}/items", query_string=asked, headers={"Accept-Language": language})
        for language in ("en", "vi")
    )
    body = english.get_json(force=True)
    assert english.status_code == vietnamese.status_code == 400
    assert told in body["detail"]
    assert body["parameter"] == next(name for name in (*asked, "sortby") if body["detail"].startswith(f"{name}:"))
    assert vietnamese.get_json(force=True)["detail"] != body["detail"]


@pytest.mark.parametrize(
    "asked",
    [
        {"filter": "(" * 200 + "rank = 'x'" + ")" * 200},
        {"filter": "NOT " * 200 + "rank = 'x'"},
        {"filter": "rank = '" + "x" * 8192 + "'"},
        {"filter": "rank = '\x00'"},
        {"filter": "[" * 4000, "filter-lang": "cql2-json"},
        {"filter": '{"op":"not","args":[' * 200 + "true" + "]}" * 200, "filter-lang": "cql2-json"},
        {"filter": "S_INTERSECTS(geometry, POLYGON((" + ",".join(["1 2"] * 1500) + ")))"},
    ],
)
def test_bomb_is_refused_at_little_cost(seeded_client: FlaskClient, asked: dict[str, str]) -> None:
    spent = []
    # Twice, for once the garbage may be collected meanwhile.
    for _ in range(2):
        began = time.process_time()
        response = seeded_client.get(f"{SITES}/items", query_string=asked)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.2
    assert response.status_code == 400
    assert response.get_json(force=True).get("parameter", "filter") == "filter"


def test_overlong_utf8_is_refused_or_finds_nothing(seeded_client: FlaskClient) -> None:
    response = seeded_client.get(f"{SITES}/items?filter=rank%20%3D%20%27%C0%AE%27")
    assert response.status_code == 400 or response.get_json(force=True)["features"] == []


EVENTS = "/api/v1/collections/events/items"


def test_datetime_narrows_events_to_their_occurrences(seeded_client: FlaskClient) -> None:
    everything = ask(seeded_client, EVENTS, limit=1000)["features"]
    spans = {
        feature["id"]: [(one["starts_on"], one["ends_on"]) for one in feature["properties"]["occurrences"]]
        for feature in everything
    }
    for first, last in (("2027-02-01", "2027-02-28"), ("2027-06-15", "2027-06-15"), ("2026-01-01", "9999-12-31")):
        asked = first if first == last else f"{first}/{'..' if last[0] == '9' else last}"
        expected = [
            code
            for code, times in spans.items()
            if not times or any(start <= last and end >= first for start, end in times)
        ]
        assert ids(seeded_client, EVENTS, datetime=asked) == expected
    assert 0 < len(ids(seeded_client, EVENTS, datetime="2027-06-15")) < len(everything)


def test_instant_counts_for_the_day_it_is_in_vietnam(seeded_client: FlaskClient) -> None:
    by_day = ids(seeded_client, EVENTS, datetime="2027-02-16")
    assert ids(seeded_client, EVENTS, datetime="2027-02-15T17:00:00Z") == by_day
    assert ids(seeded_client, EVENTS, datetime="2027-02-16T16:59:59Z") == by_day
    assert ids(seeded_client, EVENTS, datetime="2027-02-16T00:00:00+07:00") == by_day


def test_datetime_leaves_what_has_no_time_of_its_own(seeded_client: FlaskClient) -> None:
    assert len(ids(seeded_client, datetime="1900-01-01")) == 200


def test_datetime_finds_the_units_in_force_that_day(seeded_client: FlaskClient) -> None:
    units = "/api/v1/collections/admin-units/items"
    assert "508~2025" in ids(seeded_client, units, datetime="2025-06-30")
    assert "508~2025" not in ids(seeded_client, units, datetime="2025-07-01/..")
    assert ids(seeded_client, units, filter="T_AFTER(INTERVAL(valid_from, valid_to), DATE('2999-01-01'))") == []


def test_notice_holds_from_its_first_day_until_its_last(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        notice = register.notice("QNM-N0001", starts_on="2026-05-01", ends_on="2026-05-03")
        open_ended = register.notice("QNM-N0002", starts_on="2026-05-02", ends_on=None)
        register.publish(db.session(), ("notice", notice), ("notice", open_ended))
        db.session.commit()
    client, notices = app.test_client(), "/api/v1/collections/notices/items"
    assert ids(client, notices, datetime="2026-05-01") == ["QNM-N0001"]
    assert ids(client, notices, datetime="2026-05-03") == ["QNM-N0001", "QNM-N0002"]
    assert ids(client, notices, datetime="2026-05-04/..") == ["QNM-N0002"]
    assert ids(client, notices, filter="until = DATE('2026-05-03')") == ["QNM-N0001"]
    assert ids(client, notices, filter="until IS NULL") == ["QNM-N0002"]
    assert ids(client, notices, filter="until <> DATE('2026-05-04')") == ["QNM-N0001"]
    text = "T_DURING(INTERVAL(from, until), INTERVAL('2026-04-30', '2026-06-01'))"
    assert ids(client, notices, filter=text) == ["QNM-N0001"]
    assert ids(client, notices, until="2026-05-03") == ["QNM-N0001"]


def test_every_value_of_a_projection_is_queryable() -> None:
    from app.publication.collections import COLLECTIONS

    for collection in COLLECTIONS.values():
        names = {found.name for found in collection.queryables}
        assert {"code", "name", "modified_at"} <= names
        assert set(collection.span or ()) <= names
        assert set(collection.sortables) <= set(collection.queryables)


def test_conformance_names_filtering_and_cql2(seeded_client: FlaskClient) -> None:
    declared = ask(seeded_client, "/api/v1/conformance")["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter" in declared
    assert "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison" in declared
