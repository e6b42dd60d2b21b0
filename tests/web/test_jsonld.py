"""Records in schema.org's terms: hours and tickets as far as they are exact, and what search engines require."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html

from app.web.jsonld_hours import describe_hours, is_free

if TYPE_CHECKING:
    from flask.testing import FlaskClient


WEEK = "Mo Tu We Th Fr Sa Su"


def spans(text: str) -> list[tuple[str, str, str]]:
    return [
        (" ".join(day.rpartition("/")[2][:2] for day in one["dayOfWeek"]), one["opens"], one["closes"])
        for one in describe_hours(text)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24/7", [(WEEK, "00:00", "23:59")]),
        ("Mo-Su 07:00-21:00", [(WEEK, "07:00", "21:00")]),
        ("07:30-11:30,13:00-24:00", [(WEEK, "07:30", "11:30"), (WEEK, "13:00", "23:59")]),
        ("Sa-Mo 08:00-17:00; Th,We 09:00-12:00", [("Mo Sa Su", "08:00", "17:00"), ("We Th", "09:00", "12:00")]),
    ],
)
def test_hours_are_told_day_by_day(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert spans(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mo-Fr 08:00-17:00; PH off",
        "Apr-Sep 08:00-17:00",
        "sunrise-sunset",
        'Mo-Su 08:00-17:00 "by appointment"',
        "Mo-Su 08:00-17:00; We 09:00-12:00",
        "Mo-Su 22:00-26:00",
    ],
)
def test_hours_without_an_exact_word_are_left_out(text: str) -> None:
    assert describe_hours(text) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0 VND"], True),
        (["150000 VND"], False),
        (["150000 VND", "0 VND"], None),
        (["150000 VND", "ask at the gate"], None),
        ([], None),
    ],
)
def test_visit_is_free_only_where_prices_say_so(values: list[str], expected: bool | None) -> None:  # noqa: FBT001
    assert is_free([{"topic": "ticket", "value": value} for value in values]) is expected


def described(client: FlaskClient, path: str) -> dict[str, Any]:
    page = html.fromstring(client.get(path).text)
    text = page.xpath("string(//script[@type='application/ld+json'][1])")
    found: dict[str, Any] = json.loads(text)
    return found


def first_page(client: FlaskClient, collection: str, query: str = "") -> str:
    found = client.get(f"/api/v1/collections/{collection}/items?limit=1&lang=en{query}").get_json()
    return str(found["features"][0]["properties"]["url"])


def test_page_of_a_place_tells_its_hours(seeded_client: FlaskClient) -> None:
    body = described(seeded_client, "/en/places/museum-of-trade-ceramics-poi-004")
    assert body["openingHoursSpecification"][0]["opens"] == "07:00"


def test_page_of_an_itinerary_tells_its_stops_in_order(seeded_client: FlaskClient) -> None:
    body = described(seeded_client, first_page(seeded_client, "itineraries"))
    stops = body["itinerary"]
    assert body["@type"] == "TouristTrip"
    assert [stop["position"] for stop in stops["itemListElement"]] == list(range(1, stops["numberOfItems"] + 1))
    assert all(stop["item"]["name"] for stop in stops["itemListElement"])


def test_pages_of_events_have_what_search_engines_require(seeded_client: FlaskClient) -> None:
    found = seeded_client.get("/api/v1/collections/events/items?limit=40&lang=en").get_json()["features"]
    ahead = [body for one in found if "startDate" in (body := described(seeded_client, one["properties"]["url"]))]
    assert ahead
    for body in ahead:
        assert body["@type"] == "Event"
        assert body["name"]
        assert body["endDate"] >= body["startDate"]
        assert body["startDate"][10:] == "" or body["startDate"].endswith("+07:00")
        assert body.get("location", {"name": "unknown"})["name"]
