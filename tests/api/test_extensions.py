"""What a feature has, what is open, facets, and units by any code: the parameters that are ours."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import db
from app.publication.collections import COLLECTIONS
from app.publication.having import HAS, has_choices
from app.publication.openings import is_open
from app.publication.queries import count_values
from tests.api.test_items import ITEMS, ask, ids
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

PLACES = "/api/v1/collections/places/items"
CENTRE = (108.2, 15.6)
# A Wednesday.
MORNING = "2026-11-25T09:00:00+07:00"
Counting = Callable[[], AbstractContextManager[list[str]]]


def _features(client: FlaskClient, path: str = ITEMS, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(client, path, limit=1000, **asked)["features"]
    return found


@pytest.mark.parametrize("collection", list(COLLECTIONS))
def test_has_finds_exactly_what_has_it(seeded_client: FlaskClient, collection: str) -> None:
    path = f"/api/v1/collections/{collection}/items"
    everything = _features(seeded_client, path)
    for name in has_choices(COLLECTIONS[collection]):
        shown = {
            feature["id"]
            for feature in everything
            if (feature["geometry"] if name == "location" else HAS[name].is_had(feature["properties"]))
        }
        assert {feature["id"] for feature in _features(seeded_client, path, has=name)} == shown, name


def test_has_asks_for_all_that_is_named(seeded_client: FlaskClient) -> None:
    both = set(ids(seeded_client, has="website,ticket", limit=1000))
    assert both == set(ids(seeded_client, has="website", limit=1000)) & set(
        ids(seeded_client, has="ticket", limit=1000)
    )
    assert "QNM-0045" in both


def test_facets_count_the_whole_result_each_without_its_own_filter(seeded_client: FlaskClient) -> None:
    body = ask(seeded_client, rank="national", has="decisions", facets="rank,type,has,inscription", limit=1)
    of_rank = _features(seeded_client, rank="national", has="decisions")
    free = _features(seeded_client, has="decisions")
    counted = {name: {one["value"]: one["count"] for one in values} for name, values in body["facets"].items()}
    assert counted["type"] == Counter(code for one in of_rank for code in one["properties"]["types"])
    assert counted["rank"] == Counter(one["properties"]["rank"] for one in free if one["properties"]["rank"])
    national = _features(seeded_client, rank="national")
    assert counted["has"]["description"] == sum(bool(one["properties"]["description"]) for one in national)
    assert counted["has"]["decisions"] == len(of_rank)


@pytest.mark.parametrize("asked", [{}, {"q": "chua"}, {"near": "108.326,15.877", "radius": 3000}, {"within": "508"}])
def test_facets_come_by_count_then_value_with_names(seeded_client: FlaskClient, asked: dict[str, Any]) -> None:
    facets = ask(seeded_client, facets="rank,unit,location_policy", lang="en", **asked)["facets"]
    features = _features(seeded_client, **asked)
    for name, values in facets.items():
        assert [(one["value"], one["count"]) for one in values] == sorted(
            Counter(one["properties"][name] for one in features if one["properties"][name]).items(),
            key=lambda one: (-one[1], one[0]),
        )
    assert all(one["label"] != one["value"] for values in facets.values() for one in values)


def test_facets_of_whole_collections_are_read_where_they_stand_counted(
    seeded_client: FlaskClient, count_queries: Counting
) -> None:
    with count_queries() as statements:
        ask(seeded_client, facets="rank,type,has", limit=1)
    assert len(statements) <= 7
    assert not any("count(" in statement and "published_values" in statement for statement in statements)


@pytest.mark.parametrize(
    "asked", [{"year_from": "1960"}, {"filter": "year_from < 1600"}, {"bbox": "108.3,15.8,108.4,15.9"}]
)
def test_facets_of_a_narrowed_list_are_of_what_it_finds(seeded_client: FlaskClient, asked: dict[str, str]) -> None:
    body = ask(seeded_client, facets="has,rank", limit=1000, **asked)
    ranks = Counter(feature["properties"]["rank"] for feature in body["features"])
    counted = {one["value"]: one["count"] for one in body["facets"]["rank"]}
    assert counted == {rank: count for rank, count in ranks.items() if rank} != {}


def test_booleans_are_facets_too(seeded_client: FlaskClient) -> None:
    body = ask(seeded_client, "/api/v1/collections/admin-units/items", facets="is_in_force", lang="en", limit=1)
    assert {one["label"] for one in body["facets"]["is_in_force"]} == {"Yes", "No"}


@pytest.mark.parametrize("collection", ["sites", "artefacts", "intangible", "events", "places", "itineraries"])
def test_within_takes_units_old_and_new_by_code(seeded_app: Flask, collection: str) -> None:
    client, path = seeded_app.test_client(), f"/api/v1/collections/{collection}/items"
    assert ids(client, path, within="48", limit=1000)
    with seeded_app.app_context():
        units = count_values(db.session(), collection, "within")
    former = next(code for code in sorted(units) if re.fullmatch(r"5\d\d~2025", code))
    district = ids(client, path, within=former, limit=1000)
    assert len(district) == units[former]
    assert ids(client, path, within=former[:3], limit=1000) == district


def test_within_is_true_of_units_and_zones(seeded_copy: Flask) -> None:
    with seeded_copy.app_context():
        zone = register.zone("QNM-0045-Z1", "QNM-0045")
        register.publish(db.session(), ("zone", zone))
        db.session.commit()
    client = seeded_copy.test_client()
    assert ids(client, "/api/v1/collections/zones/items", within="508") == ["QNM-0045-Z1"]
    units = ids(client, "/api/v1/collections/admin-units/items", within="508", limit=1000)
    assert {"508~2025", "20611"} <= set(units)
    assert "48" not in units


def test_a_unit_with_nothing_in_it_is_an_empty_answer(seeded_copy: Flask) -> None:
    client = seeded_copy.test_client()
    with_sites = {feature["properties"]["unit"] for feature in _features(client)}
    units = set(ids(client, "/api/v1/collections/admin-units/items", level="commune", limit=1000)) - with_sites
    empty = next(code for code in sorted(units) if not _features(client, within=code))
    assert client.get(ITEMS, query_string={"unit": empty}).status_code == 200


def test_open_at_finds_what_its_hours_say(seeded_client: FlaskClient) -> None:
    body = ask(seeded_client, PLACES, open_at=MORNING, limit=1000)
    minute = dt.datetime(2026, 11, 25, 9)  # noqa: DTZ001
    expected = [
        one["id"]
        for one in _features(seeded_client, PLACES)
        if one["properties"]["opening_hours"] and is_open(one["properties"]["opening_hours"], minute, CENTRE)
    ]
    assert [one["id"] for one in body["features"]] == expected != []
    assert body["open_at"] == MORNING
    assert all(one["properties"]["hours_verified_on"] is None for one in body["features"])
    assert ids(seeded_client, PLACES, open_at="2026-11-25T02:00:00Z", limit=1000) == expected


@pytest.mark.parametrize(
    ("hours", "minute", "is_known_open"),
    [
        ("Mo-Su 07:30-21:30", "2026-11-25T09:00", True),
        ("Mo-Su 07:30-21:30", "2026-11-25T22:00", False),
        ("Mo-Fr 08:00-17:00 unknown", "2026-11-25T09:00", False),
        ("buổi sáng", "2026-11-25T09:00", False),
        ("Mo-Su 08:00-17:00; PH off", "2026-09-02T09:00", False),
        # Tết and the Hùng Kings' day go by the moon, which the reader of hours does not know.
        ("Mo-Su 08:00-17:00; PH off", "2026-02-17T09:00", False),
        ("Mo-Su 08:00-17:00; PH off", "2026-04-26T09:00", False),
        ("Mo-Su 08:00-17:00; PH off", "2060-05-05T09:00", False),
        ("Mo-Su 08:00-17:00; PH off", "2026-11-25T09:00", True),
        ("sunrise-sunset", "2026-11-25T18:30", False),
    ],
)
def test_only_what_is_surely_open_is_open(hours: str, minute: str, is_known_open: bool) -> None:  # noqa: FBT001
    assert is_open(hours, dt.datetime.fromisoformat(minute), CENTRE) is is_known_open


@pytest.fixture
def closing(seeded_copy: Flask) -> tuple[FlaskClient, Callable[..., None]]:
    """A client, and what publishes records."""
    hours = [{"uid": "v1", "topic": "hours", "value": "24/7", "verified_on": "2026-11-01"}]
    own: dict[str, Any] = {"current_unit": "20611", "visit_facts": hours}

    def publish(*pairs: tuple[str, dict[str, Any]]) -> None:
        with seeded_copy.app_context():
            register.publish(db.session(), *pairs)
            db.session.commit()

    publish(("site", register.site("QNM-9001", **own)))
    publish(("site", register.site("QNM-9002", parent="QNM-9001", **own)))
    return seeded_copy.test_client(), publish


def _open(client: FlaskClient, at: str = MORNING) -> list[str]:
    return [code for code in ids(client, open_at=at, limit=1000) if code.startswith("QNM-90")]


def test_notices_in_force_close_what_they_are_about(closing: tuple[FlaskClient, Callable[..., None]]) -> None:
    client, publish = closing
    assert _open(client) == ["QNM-9001", "QNM-9002"]
    shown = next(one for one in _features(client, open_at=MORNING) if one["id"] == "QNM-9001")
    assert shown["properties"]["hours_verified_on"] == "2026-11-01"
    component = register.notice("TB-1", site="QNM-9002", starts_on="2026-11-20", ends_on="2026-11-25")
    publish(("notice", component))
    assert _open(client) == ["QNM-9001"]
    assert _open(client, "2026-11-26T00:00:00+07:00") == ["QNM-9001", "QNM-9002"]
    assert _open(client, "2026-11-19T23:59:00+07:00") == ["QNM-9001", "QNM-9002"]
    publish(("notice", register.notice("TB-2", site="QNM-9001", notice_kind="flood")))
    assert _open(client) == ["QNM-9001"]
    publish(("notice", register.notice("TB-3", site="QNM-9001")))
    assert _open(client) == []


def test_a_notice_about_a_unit_closes_all_that_lies_in_it(closing: tuple[FlaskClient, Callable[..., None]]) -> None:
    client, publish = closing
    publish(("notice", register.notice("TB-1", unit="20611", ends_on="2026-11-25")))
    assert _open(client) == []
    assert _open(client, "2026-11-26T09:00:00+07:00") == ["QNM-9001", "QNM-9002"]


def test_open_now_is_kept_no_longer_than_the_minute(seeded_client: FlaskClient) -> None:
    response = seeded_client.get(PLACES, query_string={"open_at": "now"})
    policy = response.headers["Cache-Control"]
    assert policy.startswith("public, max-age=")
    assert int(policy.rpartition("=")[2]) <= 60
    assert "stale" not in policy
    fixed = seeded_client.get(PLACES, query_string={"open_at": MORNING})
    assert "stale-while-revalidate" in fixed.headers["Cache-Control"]
    again = seeded_client.get(
        PLACES, query_string={"open_at": MORNING}, headers={"If-None-Match": fixed.headers["ETag"]}
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "asked", "told"),
    [
        (ITEMS, {"has": "imagse"}, "has: there is no “imagse”; did you mean “images”?"),
        (ITEMS, {"has": "images,"}, "has: there is no “”"),
        (ITEMS, {"has": "phone"}, "has: there is no “phone”"),
        (ITEMS, {"facets": "ranks"}, "facets: there is no “ranks”; did you mean “rank”?"),
        (ITEMS, {"facets": "name"}, "facets: there is no “name”"),
        (PLACES, {"open_at": "nwo"}, "open_at: there is no “nwo”; did you mean “now”?"),
        (PLACES, {"open_at": "2026-11-25"}, "such as 2026-11-24T09:00:00+07:00; in an address, + is written %2B"),
        (PLACES, {"open_at": "2026-11-25T09:00:00 07:00"}, "+ is written %2B"),
        (PLACES, {"open_at": "9999-12-31T23:59:00-12:00"}, "open_at: “9999"),
        ("/api/v1/collections/artefacts/items", {"open_at": "now"}, "these have: sites, places."),
    ],
)
def test_a_mistake_names_the_mend(seeded_client: FlaskClient, path: str, asked: dict[str, str], told: str) -> None:
    response = seeded_client.get(path, query_string={"lang": "en"} | asked)
    assert response.status_code == 400
    assert told in response.get_json()["detail"]
