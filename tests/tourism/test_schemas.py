"""What the schemas of tourism refuse, and at which field."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError

from app.tourism.schemas import EventSchema, ItinerarySchema, NoticeSchema, PlaceSchema
from tests.harness.register import event, itinerary, notice, place, rule


def refused(schema: Any, payload: dict[str, Any]) -> Any:
    with pytest.raises(ValidationError) as caught:
        schema.load(payload)
    return caught.value.messages


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"month": 13}, "month"),
        ({"day": 31}, "day"),
        ({"day": None}, "day"),
        ({"month": None}, "month"),
        ({"main_day": 20}, "main_day"),
        ({"leap_month_policy": None}, "leap_month_policy"),
        ({"leap_month_policy": "sometimes"}, "leap_month_policy"),
        ({"calendar": "lunar", "recurrence": "once"}, "year"),
        ({"recurrence": "once", "year": 1950}, "year"),
        ({"recurrence": "once", "year": 2026, "month": 4, "leap_month_policy": "leap_only"}, "month"),
        ({"recurrence": "every_n_years", "year": 2025}, "every_years"),
        ({"recurrence": "irregular", "day": None}, "is_followed"),
        ({"calendar": "gregorian", "month": 4, "day": 31}, "day"),
        ({"calendar": "gregorian", "leap_month_policy": "leap_only"}, "leap_month_policy"),
        ({"short_month": "first"}, "short_month"),
        ({"day": "15"}, "day"),
    ],
)
def test_impossible_rule_is_refused_at_its_field(fields: dict[str, Any], field: str) -> None:
    assert list(refused(EventSchema(), event("QNM-E1", rule(**fields)))["rules"][0]) == [field]


def test_two_followed_rules_are_refused() -> None:
    assert "rules" in refused(EventSchema(), event("QNM-E1", rule(), rule(uid="r2", day=16)))


@pytest.mark.parametrize("text", ["25:00", "17h", "17:60"])
def test_time_of_day_is_checked(text: str) -> None:
    assert "time_start" in refused(EventSchema(), event("QNM-E1", time_start=text))


@pytest.mark.parametrize("text", ["Mo-Su 07:30-21:30", "24/7", "Mo-Fr 08:00-12:00,13:00-17:00; PH off"])
def test_opening_hours_are_kept_as_written(text: str) -> None:
    assert PlaceSchema().load(place("QNM-P1", opening_hours=text))["opening_hours"] == text


@pytest.mark.parametrize("text", ["hằng ngày", "Mo-Su 25:00-26:00", "7h30 - 21h", "Mo-Xx 08:00-12:00"])
def test_opening_hours_that_nobody_can_read_are_refused(text: str) -> None:
    assert "opening_hours" in refused(PlaceSchema(), place("QNM-P1", opening_hours=text))


@pytest.mark.parametrize("field", ["phone", "contact"])
def test_contact_says_whose_it_is(field: str) -> None:
    assert "contact_kind" in refused(PlaceSchema(), place("QNM-P1", **{field: "0235 386"}))


@pytest.mark.parametrize(
    ("price", "field"), [({"amount": -1}, "amount"), ({"currency": "đồng"}, "currency"), ({"as_of": "soon"}, "as_of")]
)
def test_wrong_price_is_refused(price: dict[str, Any], field: str) -> None:
    row = {"uid": "p1", "audience": "domestic_adult", "amount": 80000, "currency": "VND", **price}
    assert field in refused(PlaceSchema(), place("QNM-P1", prices=[row]))["prices"][0]


def test_stop_is_at_one_thing_and_its_leg_has_a_system() -> None:
    both = itinerary("QNM-R1", {"site": "QNM-1", "place": "QNM-P1"})
    leg = itinerary("QNM-R1", {"leg_text": "LINESTRING(108 15,108.1 15)"})
    assert "place" in refused(ItinerarySchema(), both)["stops"][0]
    assert "leg_crs" in refused(ItinerarySchema(), leg)["stops"][0]


def test_notice_does_not_end_before_it_begins() -> None:
    assert "ends_on" in refused(NoticeSchema(), notice("QNM-N1", ends_on="2019-12-31"))
