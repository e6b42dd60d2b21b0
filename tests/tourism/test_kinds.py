"""Payloads of tourism become rows; the register's index is told what it needs."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import db
from app.core.errors import InvalidInput
from app.places.operations import write_units
from app.places.schemas import UnitSchema
from app.publication import operations as publication
from app.publication.models import JournalEntry
from app.records.operations import find_record
from app.tourism.models import EventOccurrence
from app.tourism.operations import extend_occurrences
from tests.harness import register
from tests.harness.register import SETTINGS, event, itinerary, location, notice, place, rule, site

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        rows = [dict(UnitSchema().load({"code": code, "name": {"vi": code}, "level": "commune"})) for code in "12"]
        write_units(db.session(), rows, actor=system_actor(db.session(), "test-admin", Role.ADMIN))
        yield


def occurrences() -> list[EventOccurrence]:
    return list(db.session.scalars(sa.select(EventOccurrence).order_by(EventOccurrence.starts_on)))


def facts(code: str) -> Any:
    record = find_record(db.session(), code)
    return KINDS[record.kind].describe(db.session(), record)


def test_accepting_an_event_writes_its_occurrences_for_seven_years() -> None:
    register.accept(db.session(), ("event", event("QNM-E1")))
    found = occurrences()
    assert [one.starts_on.year for one in found] == list(range(today().year - 1, today().year + 6))
    assert all(one.lunar and one.lunar.endswith("-01-15") for one in found)


def test_changing_the_rule_changes_only_the_occurrences_that_differ() -> None:
    register.accept(db.session(), ("event", event("QNM-E1")))
    before = [one.id for one in occurrences()]
    register.accept(db.session(), ("event", event("QNM-E1", rule(), name={"vi": "Tên mới"})))
    assert [one.id for one in occurrences()] == before
    register.accept(db.session(), ("event", event("QNM-E1", rule(day=16))))
    assert {one.lunar[-2:] for one in occurrences() if one.lunar} == {"16"}
    register.accept(db.session(), ("event", event("QNM-E1", rule(recurrence="irregular", is_followed=False))))
    assert occurrences() == []


def test_a_year_later_the_occurrences_go_on_and_the_event_is_published_anew() -> None:
    session = db.session()
    (record,) = register.publish(session, ("event", event("QNM-E1")))
    day = dt.date(today().year + 1, 1, 1)
    before = session.scalar(sa.select(sa.func.count(JournalEntry.seq)))
    assert publication.extend_events(session, today(), settings=SETTINGS) == []
    assert session.scalar(sa.select(sa.func.count(JournalEntry.seq))) == before
    assert publication.extend_events(session, day, settings=SETTINGS) == [record.id]
    assert [one.starts_on.year for one in occurrences()] == list(range(day.year - 1, day.year + 6))
    last = session.scalars(sa.select(JournalEntry).order_by(JournalEntry.seq.desc()).limit(1)).one()
    assert (last.code, last.state) == ("QNM-E1", "updated")
    assert extend_occurrences(session, day) == []


def test_disagreeing_sources_stand_side_by_side() -> None:
    rules = (rule(), rule(uid="r2", day=12, is_followed=False, source="Bản tin 2020"))
    (record,) = register.accept(db.session(), ("event", event("QNM-E1", *rules)))
    assert [(one.day, one.source, one.is_followed) for one in record.rules] == [  # type: ignore[attr-defined]
        (15, None, True),
        (12, "Bản tin 2020", False),
    ]


@pytest.mark.parametrize(
    ("kind", "payload", "told"),
    [
        ("event", event("QNM-E1", site="QNM-9"), "there is no site with the code “QNM-9”"),
        ("event", event("QNM-E1", unit="9"), "there is no administrative unit “9”"),
        ("event", event("QNM-E1", category="party"), "“party” is not in the list event_categories"),
        ("event", event("QNM-E1", organiser_party="QNM-9"), "organiser_party: there is no record"),
        ("event", event("QNM-E1", locations=[location(48.85, 2.35)]), "locations.0.entered_text"),
        ("place", place("QNM-P1", category="shop"), "“shop” is not in the list place_categories"),
        ("itinerary", itinerary("QNM-R1", {"place": "QNM-P9"}), "stops.0.place"),
        ("itinerary", itinerary("QNM-R1", mode="car"), "travel_modes"),
        (
            "itinerary",
            itinerary("QNM-R1", {"leg_text": "15.877, 108.326", "leg_crs": "EPSG:4326"}),
            "stops.0.leg_text: the way to a stop is a line",
        ),
        ("notice", notice("QNM-N1", severity="mild"), "severities"),
    ],
)
def test_what_does_not_exist_is_refused_by_its_field(kind: str, payload: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        register.accept(db.session(), (kind, payload))
    assert told in f"{caught.value} {caught.value.params.get('field')}"


def test_index_is_told_where_things_lie_and_what_is_missing() -> None:
    session = db.session()
    register.accept(
        session,
        ("site", site("QNM-1", current_unit="1")),
        ("event", event("QNM-E1", rule(is_followed=False), site="QNM-1", unit="2")),
        ("event", event("QNM-E2", site="QNM-1")),
        ("place", place("QNM-P1", site="QNM-1", locations=[])),
        ("itinerary", itinerary("QNM-R1", {"place": "QNM-P1"}, {})),
        ("notice", notice("QNM-N1", unit="2")),
    )
    unit_1 = find_record(session, "QNM-1").current_unit_id  # type: ignore[attr-defined]
    assert facts("QNM-E1").gaps == ("no_rule",)
    assert facts("QNM-E1").unit_ids != (unit_1,)
    assert (facts("QNM-E2").gaps, facts("QNM-E2").unit_ids) == ((), (unit_1,))
    assert (facts("QNM-P1").gaps, facts("QNM-P1").unit_ids) == (("no_hours", "no_point"), (unit_1,))
    assert facts("QNM-R1").unit_ids == (unit_1,)
    assert facts("QNM-N1").label == {"vi": "Thông báo QNM-N1", "en": "Notice QNM-N1"}


def test_scope_binds_by_the_place_that_a_draft_names() -> None:
    session = db.session()
    register.accept(session, ("site", site("QNM-1", current_unit="1")), ("place", place("QNM-P1", site="QNM-1")))
    unit_1 = find_record(session, "QNM-1").current_unit_id  # type: ignore[attr-defined]

    def places(kind: str, payload: dict[str, Any]) -> set[int]:
        found = KINDS[kind].places
        assert found is not None
        return found(session, payload)

    assert places("event", {"site": "QNM-1"}) == {unit_1}
    assert places("event", {"site": "QNM-1", "unit": "2"}) not in ({unit_1}, set())
    assert places("place", {"site": ["junk"]}) == set()
    assert places("itinerary", {"stops": [{"place": "QNM-P1"}, {"site": "QNM-1"}, "junk"]}) == {unit_1}
    assert places("itinerary", {"stops": "junk"}) == set()


def test_what_depends_on_a_site_is_found() -> None:
    session = db.session()
    records = register.accept(
        session,
        ("site", site("QNM-1")),
        ("event", event("QNM-E1", site="QNM-1")),
        ("place", place("QNM-P1", site="QNM-1")),
        ("itinerary", itinerary("QNM-R1", {"place": "QNM-P1"})),
        ("notice", notice("QNM-N1", site="QNM-1")),
        ("place", place("QNM-P2")),
    )
    ids = {record.code: record.id for record in records}
    dependents = KINDS["site"].dependents(session, [ids["QNM-1"]])
    assert dependents == {ids[code] for code in ("QNM-E1", "QNM-P1", "QNM-R1", "QNM-N1")}
    assert KINDS["place"].dependents(session, [ids["QNM-P1"]]) == {ids["QNM-R1"]}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        # The second lunar month of 2026 has 29 days, and 2025 no 29 February.
        ({"recurrence": "once", "year": 2026, "month": 1, "day": 30}, None),
        ({"recurrence": "once", "year": 2026, "month": 2, "day": 30}, "day"),
        ({"calendar": "gregorian", "recurrence": "once", "year": 2025, "month": 2, "day": 29}, "day"),
        ({"calendar": "gregorian", "recurrence": "once", "year": 2024, "month": 2, "day": 29}, None),
        ({"calendar": "gregorian", "recurrence": "yearly", "month": 2, "day": 29}, None),
        ({"recurrence": "yearly", "month": 2, "day": 30}, None),
    ],
)
def test_day_of_one_year_must_be_in_its_calendar(fields: dict[str, Any], field: str | None) -> None:
    from app.tourism.schemas import RuleSchema

    given = {name: value for name, value in rule(**fields).items() if name != "main_day"}
    assert list(RuleSchema().validate(given)) == ([field] if field else [])
