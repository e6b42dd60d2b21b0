"""What the public is told of events, visitor places, itineraries and notices: no more than of the sites they are at."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import db
from app.core.errors import Gone, NotFound
from app.publication import operations as publication
from app.publication.conditions import ItemQuery
from app.publication.pages import count_matches, read_page
from app.publication.queries import read_item
from app.records.operations import find_record
from tests.harness import register
from tests.harness.register import (
    SETTINGS,
    event,
    intangible,
    itinerary,
    location,
    notice,
    place,
    reviewer,
    rule,
    site,
)

if TYPE_CHECKING:
    from flask import Flask

# A visitor place or an event at a restricted site is typed in as exactly as the site.
SECRET = {"lat": 15.8770831, "lon": 108.3260507}
DIGITS = ("15.87708", "108.32605", "8770831", "3260507")
AT = (15.8770831, 108.3260507, 20)


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def text(collection: str, code: str, language: str = "en") -> str:
    return read_item(db.session(), collection, code, language).feature.decode()


def read(collection: str, code: str, language: str = "en") -> dict[str, Any]:
    found = json.loads(text(collection, code, language))
    assert isinstance(found, dict)
    return found


def codes(query: ItemQuery) -> list[str]:
    return [json.loads(feature)["id"] for feature in read_page(db.session(), query).features]


def test_event_is_published_with_its_rules_and_days() -> None:
    rules = (rule(duration_days=2, main_day=16), rule(uid="r2", day=12, is_followed=False, source="Bản tin"))
    register.publish(db.session(), ("event", event("QNM-E1", *rules, category="festival", place={"vi": "Hội An"})))
    found = read("events", "QNM-E1", "vi")["properties"]
    assert found["rule_label"] == "15–16 tháng Giêng âm lịch hằng năm, chính lễ ngày 16"
    assert [one["is_followed"] for one in found["rules"]] == [True, False]
    assert len(found["occurrences"]) == 7
    first = found["occurrences"][0]
    assert (first["lunar"][-6:], first["lunar_label"]) == ("-01-15", "15 tháng Giêng")
    days = [dt.date.fromisoformat(first[name]) for name in ("starts_on", "main_on", "ends_on")]
    assert [(day - days[0]).days for day in days] == [0, 1, 1]
    assert read("events", "QNM-E1")["properties"]["rule_label"].startswith("15th–16th of the 1st lunar month every")


@pytest.mark.parametrize(
    ("fields", "vietnamese", "english"),
    [
        (
            {"recurrence": "monthly", "month": None, "leap_month_policy": "every_month_including_leap"},
            "Ngày 15 âm lịch hằng tháng, kể cả tháng nhuận",
            "15th of every lunar month, leap months included",
        ),
        (
            {"calendar": "gregorian", "month": 8, "day": 1, "duration_days": 3},
            "1–3 tháng 8 hằng năm",
            "1–3 August every year",
        ),
        (
            {"month": 6, "leap_month_policy": "leap_only"},
            "Ngày 15 tháng Sáu nhuận âm lịch hằng năm",
            "15th of the leap 6th lunar month every year",
        ),
        (
            {"month": 12, "day": 29, "duration_days": 4},
            "29 tháng Chạp âm lịch hằng năm, kéo dài 4 ngày",
            "29th of the 12th lunar month every year, for 4 days",
        ),
        (
            {"calendar": "gregorian", "recurrence": "once", "year": 2026, "month": 6, "day": 7},
            "Ngày 7 tháng 6 năm 2026",
            "7 June 2026",
        ),
        (
            {"recurrence": "irregular", "calendar": "gregorian", "month": 5, "day": None, "is_followed": False},
            "Tháng 5 (không thường niên)",
            "May (not every year)",
        ),
    ],
)
def test_rule_is_told_in_words(fields: dict[str, Any], vietnamese: str, english: str) -> None:
    register.publish(db.session(), ("event", event("QNM-E1", rule(**fields))))
    assert read("events", "QNM-E1", "vi")["properties"]["rule_label"] == vietnamese
    assert read("events", "QNM-E1", "en")["properties"]["rule_label"] == english


@pytest.mark.parametrize("policy", ["blurred", "unit_only", "hidden"])
def test_nothing_at_a_restricted_site_tells_more_than_the_site(policy: str) -> None:
    words = {"vi": "Cách suối 200 m về phía bắc"}
    register.publish(
        db.session(),
        ("site", site("QNM-1", location_policy=policy, at=AT)),
        (
            "event",
            event(
                "QNM-E1", site="QNM-1", locations=[location(**SECRET)], place=words, description=words, site_name=words
            ),
        ),
        (
            "place",
            place(
                "QNM-P1",
                site="QNM-1",
                locations=[location(**SECRET)],
                address=words,
                description=words,
                note=words["vi"],
            ),
        ),
        ("itinerary", itinerary("QNM-R1", {"site": "QNM-1", "text": words}, {"place": "QNM-P1", "text": words})),
        ("notice", notice("QNM-N1", site="QNM-1", text=words)),
    )
    at_site = read("sites", "QNM-1")["geometry"]
    for collection, code in (
        ("events", "QNM-E1"),
        ("places", "QNM-P1"),
        ("itineraries", "QNM-R1"),
        ("notices", "QNM-N1"),
    ):
        for language in ("vi", "en"):
            told = text(collection, code, language)
            assert not [digits for digits in DIGITS if digits in told], (collection, policy)
            assert "suối" not in told
        geometry = read(collection, code)["geometry"]
        if collection == "itineraries" and at_site:
            assert {tuple(point) for point in geometry["coordinates"]} == {tuple(at_site["coordinates"])}
        else:
            assert geometry == at_site, collection


def test_reviewers_word_for_the_site_opens_the_text_of_what_is_there() -> None:
    words = {"vi": "Bên suối"}
    register.publish(
        db.session(),
        ("site", site("QNM-1", location_policy="blurred", is_text_cleared=True, at=AT)),
        ("event", event("QNM-E1", site="QNM-1", place=words)),
        ("place", place("QNM-P1", site="QNM-1", description=words, address=words)),
    )
    assert read("events", "QNM-E1")["properties"]["place"] == "Bên suối"
    found = read("places", "QNM-P1")["properties"]
    assert (found["description"], found["address"]) == ("Bên suối", None)


def test_policy_that_tightens_later_reaches_what_is_at_the_site() -> None:
    session = db.session()
    register.publish(
        session,
        ("site", site("QNM-0", at=None)),
        ("site", site("QNM-1", parent="QNM-0", at=AT)),
        ("event", event("QNM-E1", site="QNM-1", locations=[location(**SECRET)])),
        ("place", place("QNM-P1", site="QNM-1", locations=[location(**SECRET)])),
        ("itinerary", itinerary("QNM-R1", {"place": "QNM-P1"})),
    )
    assert DIGITS[0] in text("itineraries", "QNM-R1")
    register.accept(session, ("site", site("QNM-0", at=None, location_policy="hidden")))
    for collection, code in (("events", "QNM-E1"), ("places", "QNM-P1"), ("itineraries", "QNM-R1")):
        assert DIGITS[0] not in text(collection, code)
        assert read(collection, code)["geometry"] is None


def test_only_public_records_are_named() -> None:
    session = db.session()
    register.accept(session, ("site", site("QNM-1", name={"vi": "Miếu kín"})), ("place", place("QNM-P9")))
    register.accept(session, ("intangible", intangible("ICH-1")))
    register.publish(
        session,
        ("event", event("QNM-E1", site="QNM-1", organiser_party="QNM-P9", intangible="ICH-1")),
        ("place", place("QNM-P1", site="QNM-1")),
        ("itinerary", itinerary("QNM-R1", {"site": "QNM-1"}, {"name": {"vi": "Bến đò"}}, {"place": "QNM-P9"})),
        ("notice", notice("QNM-N1", site="QNM-1")),
    )
    for collection, code in (("events", "QNM-E1"), ("places", "QNM-P1"), ("itineraries", "QNM-R1")):
        for secret in ("QNM-1", "Miếu kín", "QNM-P9", "ICH-1"):
            assert f'"{secret}"' not in text(collection, code), (collection, secret)
    assert [(one["position"], one["name"]) for one in read("itineraries", "QNM-R1")["properties"]["stops"]] == [
        (1, "Bến đò")
    ]
    with pytest.raises(NotFound):
        read("notices", "QNM-N1")
    publication.publish(session, [find_record(session, "QNM-1")], actor=reviewer(session), settings=SETTINGS)
    assert read("events", "QNM-E1")["properties"]["site"] == "QNM-1"
    assert [one["site"] for one in read("itineraries", "QNM-R1")["properties"]["stops"]] == ["QNM-1", None]
    assert read("notices", "QNM-N1")["properties"]["site_name"] == "Miếu kín"
    publication.withdraw(session, [find_record(session, "QNM-1")], actor=reviewer(session), settings=SETTINGS)
    assert read("places", "QNM-P1")["properties"]["site"] is None
    with pytest.raises(Gone):
        read("notices", "QNM-N1")


@pytest.mark.parametrize(
    ("fields", "phone"),
    [
        ({"contact_kind": "organisation"}, "0235 3861327"),
        ({"contact_kind": "person"}, None),
        ({"contact_kind": "person", "consent_on": "2026-01-02"}, "0235 3861327"),
    ],
)
def test_telephone_of_a_person_needs_consent(fields: dict[str, Any], phone: str | None) -> None:
    register.publish(db.session(), ("place", place("QNM-P1", phone="0235 3861327", contact="Bà Tư", **fields)))
    found = read("places", "QNM-P1")["properties"]
    assert (found["phone"], found["contact"]) == (phone, "Bà Tư" if phone else None)
    assert bool(phone) == ("0235 3861327" in text("places", "QNM-P1"))


def test_credit_for_a_point_goes_with_the_point() -> None:
    credit = location(credit="GeoNames, CC BY 4.0")
    register.publish(
        db.session(),
        ("place", place("QNM-P1", locations=[credit])),
        ("itinerary", itinerary("QNM-R1", {"place": "QNM-P1"})),
        ("site", site("QNM-1", location_policy="hidden")),
        ("place", place("QNM-P2", site="QNM-1", locations=[credit])),
    )
    assert read("places", "QNM-P1")["properties"]["attribution"] == f"{SETTINGS.attribution}; GeoNames, CC BY 4.0"
    assert "GeoNames" in read("itineraries", "QNM-R1")["properties"]["attribution"]
    assert read("places", "QNM-P2")["properties"]["attribution"] == SETTINGS.attribution


def test_legs_are_the_route_where_all_are_drawn_and_none_is_at_a_restricted_site() -> None:
    leg = {"leg_text": "LINESTRING(108.326 15.877,108.327 15.878)", "leg_crs": "EPSG:4326"}
    register.publish(
        db.session(),
        ("place", place("QNM-P1")),
        ("site", site("QNM-1", location_policy="blurred")),
        ("itinerary", itinerary("QNM-R1", {"place": "QNM-P1"}, {"place": "QNM-P1", **leg})),
        ("itinerary", itinerary("QNM-R2", {"site": "QNM-1"}, {"place": "QNM-P1", **leg})),
        ("itinerary", itinerary("QNM-R3", {"place": "QNM-P1"}, {"site": "QNM-1", **leg})),
    )
    assert read("itineraries", "QNM-R1")["geometry"]["type"] == "MultiLineString"
    for code in ("QNM-R2", "QNM-R3"):
        found = read("itineraries", code)
        assert found["geometry"]["type"] == "MultiPoint"
        assert [stop["leg"] for stop in found["properties"]["stops"]] == [None, None]
    box = ItemQuery("itineraries", "en", boxes=((108.3265, 15.8775, 108.33, 15.88),))
    assert codes(box) == ["QNM-R1"]


def test_notices_that_are_over_are_left_out_by_day() -> None:
    register.publish(
        db.session(),
        ("notice", notice("QNM-N1")),
        ("notice", notice("QNM-N2", ends_on="2026-10-05")),
        ("notice", notice("QNM-N3", ends_on="2026-10-06", starts_on="2026-10-06")),
    )
    query = ItemQuery("notices", "vi", lasting_on=dt.date(2026, 10, 6))
    assert codes(query) == ["QNM-N1", "QNM-N3"]
    assert count_matches(db.session(), query, 100) == 2
    found = read("notices", "QNM-N2")["properties"]
    assert (found["from"], found["until"]) == ("2020-01-01", "2026-10-05")


def test_things_are_found_without_marks_and_by_value() -> None:
    register.publish(
        db.session(),
        ("event", event("QNM-E1", name={"vi": "Lễ hội Cầu Bông Trà Quế"}, category="festival")),
        ("place", place("QNM-P1", name={"vi": "Chợ đêm"}, category="market")),
        ("itinerary", itinerary("QNM-R1", {"name": {"vi": "Giếng Bá Lễ"}})),
    )
    assert codes(ItemQuery("events", "vi", text="cau bong")) == ["QNM-E1"]
    assert codes(ItemQuery("events", "vi", filters=(("calendar", "lunar"),))) == ["QNM-E1"]
    assert codes(ItemQuery("places", "en", filters=(("category", "market"),))) == ["QNM-P1"]
    assert codes(ItemQuery("itineraries", "vi", text="gieng ba le")) == ["QNM-R1"]


def test_resolved_doubt_is_not_published() -> None:
    doubts = [
        {"uid": "d1", "tag": "rank_unverified"},
        {"uid": "d2", "tag": "rank_unverified", "resolved_on": "2026-01-01", "resolution": "Đã đối chiếu"},
    ]
    register.publish(db.session(), ("place", place("QNM-P1", doubts=doubts)), ("site", site("QNM-1", doubts=doubts)))
    for collection, code in (("places", "QNM-P1"), ("sites", "QNM-1")):
        assert len(read(collection, code)["properties"]["doubts"]) == 1
        assert "đối chiếu" not in text(collection, code)


def test_rebuild_changes_nothing() -> None:
    session = db.session()
    register.publish(
        session,
        ("site", site("QNM-1")),
        ("event", event("QNM-E1", site="QNM-1")),
        ("place", place("QNM-P1", site="QNM-1")),
        ("itinerary", itinerary("QNM-R1", {"place": "QNM-P1"})),
        ("notice", notice("QNM-N1", site="QNM-1")),
    )
    assert [progress.changed for progress in publication.rebuild(session, settings=SETTINGS)][-1] == 0
