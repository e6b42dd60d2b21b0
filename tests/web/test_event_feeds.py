"""Events as calendars: read as calendar programs read them, unchanged by a rebuild, struck out when called off."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from icalendar import Calendar

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.core.db import db
from app.jobs.operations import wish
from app.publication import operations as publication
from app.publication.called_off import among_public, forget_long_over, read_called_off
from app.publication.models import CalledOff
from app.records.operations import find_record
from tests.harness import register
from tests.harness.register import SETTINGS, event, location, reviewer, rule
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from icalendar import Event

ONCE = {"calendar": "gregorian", "recurrence": "once", "year": 2027}
# What a program strikes out or shows, beside the day.
Entries = dict[tuple[str, str], str]


@pytest.fixture(autouse=True)
def _context(app: Flask, monkeypatch: pytest.MonkeyPatch):  # noqa: ANN202
    monkeypatch.setattr("app.core.clock.now", lambda: dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC))
    with app.app_context():
        register.write_vocabulary(db.session())
        publication.publish_reference(db.session(), settings=SETTINGS)
        db.session.commit()
        yield


def publish(*events: dict[str, Any]) -> None:
    register.publish(db.session(), *(("event", one) for one in events))
    db.session.commit()


def accept(changed: dict[str, Any]) -> None:
    register.accept(db.session(), ("event", changed))
    db.session.commit()


def withdraw(code: str) -> None:
    publication.withdraw(
        db.session(), [find_record(db.session(), code)], actor=reviewer(db.session()), settings=SETTINGS
    )
    db.session.commit()


def read(client: FlaskClient, path: str) -> Calendar:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response.mimetype == "text/calendar"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    # RFC 5545, 3.1: lines end in CRLF and are no longer than 75 octets.
    lines = response.data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    calendar = Calendar.from_ical(response.data)
    assert isinstance(calendar, Calendar)
    assert all(not entry.errors for entry in calendar.walk())
    return calendar


def entries(client: FlaskClient, path: str) -> Entries:
    found = read(client, path).walk("VEVENT")
    return {(str(one["uid"]).partition("@")[0], one["dtstart"].dt.isoformat()): str(one["status"]) for one in found}


def first(client: FlaskClient, path: str) -> Event:
    found: Event = read(client, path).walk("VEVENT")[0]
    return found


def test_lunar_festival_falls_on_its_solar_days(client: FlaskClient) -> None:
    publish(event("QNM-E1", rule(day=14, duration_days=3, main_day=15), place={"vi": "Hội An", "en": "Hội An"}))
    found = read(client, "/api/v1/events.ics?lang=vi").walk("VEVENT")
    days = {str(one["dtstart"].dt): str(one["dtend"].dt) for one in found}
    for begun, over in (("2027-02-19", "2027-02-22"), ("2028-02-08", "2028-02-11"), ("2030-02-15", "2030-02-18")):
        assert days[begun] == over
    one = next(one for one in found if str(one["dtstart"].dt) == "2027-02-19")
    assert one["uid"] == "QNM-E1-20270219@quang-nam.disan"
    assert one["status"] == "TENTATIVE"
    assert "14 tháng Giêng" in one["description"]
    assert one["summary"] == "Lễ hội QNM-E1"
    assert one["summary"].params["LANGUAGE"] == "vi"
    assert one["location"] == "Hội An"


def test_entry_tells_where_when_and_whence(client: FlaskClient) -> None:
    fields = {"time_start": "17:00", "time_end": "22:00", "category": "festival"}
    sources = [{"uid": "s1", "citation": "Báo Quảng Nam"}]
    publish(event("QNM-E1", rule(**ONCE, month=3, day=5), sources=sources, **fields))
    calendar = read(client, "/en/events/festival-qnm-e1-qnm-e1.ics")
    one = calendar.walk("VEVENT")[0]
    assert one["dtstart"].dt.isoformat() == "2027-03-05T17:00:00+07:00"
    assert one["dtend"].dt.isoformat() == "2027-03-05T22:00:00+07:00"
    assert one["dtstart"].params["TZID"] == "Asia/Ho_Chi_Minh"
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Ho_Chi_Minh"]
    assert one["status"] == "CONFIRMED"
    assert one["geo"].to_ical() == "15.877083;108.32605"
    assert one["categories"].to_ical() == b"festival"
    assert one["url"].endswith("/en/events/festival-qnm-e1-qnm-e1")
    assert "Source: Báo Quảng Nam" in one["description"]
    assert calendar["refresh-interval"].params["VALUE"] == "DURATION"
    assert calendar["x-published-ttl"] == "P1D"


def test_entry_ends_after_midnight_on_the_next_day(client: FlaskClient) -> None:
    publish(event("QNM-E1", rule(**ONCE, month=12, day=31), time_start="21:00", time_end="01:00"))
    assert first(client, "/api/v1/events.ics")["dtend"].dt.isoformat() == "2028-01-01T01:00:00+07:00"


def test_entry_gives_no_point_that_is_not_precise(client: FlaskClient) -> None:
    publish(event("QNM-E1", rule(**ONCE, month=3, day=5), locations=[location(accuracy_m=3000)]))
    assert "geo" not in first(client, "/api/v1/events.ics")


def test_calendar_is_the_same_after_a_rebuild(client: FlaskClient) -> None:
    publish(event("QNM-E1"), event("QNM-E2", rule(day=1)))
    accept(event("QNM-E2", rule(day=2)))
    paths = ("/api/v1/events.ics", "/vi/events.ics", "/en/events/x-qnm-e2.ics")
    before = [client.get(path) for path in paths]
    for _ in publication.rebuild(db.session(), settings=SETTINGS):
        db.session.commit()
    after = [client.get(path) for path in paths]
    assert [response.data for response in after] == [response.data for response in before]
    assert [response.headers["ETag"] for response in after] == [response.headers["ETag"] for response in before]
    for path, response in zip(paths, before, strict=True):
        assert client.get(path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304


def test_sequence_rises_and_the_stamp_is_that_of_the_change(client: FlaskClient) -> None:
    publish(event("QNM-E1", rule(**ONCE, month=3, day=5)))
    before = first(client, "/api/v1/events.ics")
    accept(event("QNM-E1", rule(**ONCE, month=3, day=5), name={"vi": "Tên mới", "en": "New name"}))
    after = first(client, "/api/v1/events.ics")
    assert after["uid"] == before["uid"]
    assert after["sequence"] == before["sequence"] + 1
    assert after["summary"] == "Tên mới"
    assert after["dtstamp"].dt == after["last-modified"].dt >= before["dtstamp"].dt


def test_withdrawn_event_is_struck_out_everywhere(client: FlaskClient) -> None:
    publish(
        event("QNM-E1", rule(**ONCE, month=3, day=5), category="fair"), event("QNM-E2", rule(**ONCE, month=4, day=1))
    )
    version = first(client, "/en/events/x-qnm-e1.ics")["sequence"]
    withdraw("QNM-E1")
    told = {("QNM-E1-20270305", "2027-03-05"): "CANCELLED"}
    for path in ("/api/v1/events.ics", "/api/v1/events.ics?category=fair", "/en/events.ics?category=fair"):
        assert entries(client, path).items() >= told.items()
    assert entries(client, "/en/events/x-qnm-e1.ics") == told
    one = first(client, "/en/events/x-qnm-e1.ics")
    assert one["sequence"] > version
    # Of what was withdrawn no more is told than its code.
    assert "Festival" not in client.get("/en/events/x-qnm-e1.ics").text
    assert ("QNM-E1-20270305", "2027-03-05") not in entries(client, "/en/events.ics?q=festival")


def test_event_that_comes_back_is_held_again(client: FlaskClient) -> None:
    publish(event("QNM-E1", rule(**ONCE, month=3, day=5)))
    withdraw("QNM-E1")
    struck = first(client, "/api/v1/events.ics")["sequence"]
    publication.publish(
        db.session(), [find_record(db.session(), "QNM-E1")], actor=reviewer(db.session()), settings=SETTINGS
    )
    db.session.commit()
    one = first(client, "/api/v1/events.ics")
    assert (one["status"], one["sequence"] > struck) == ("CONFIRMED", True)
    assert read_called_off(db.session(), "QNM-E1") == []


def test_day_that_is_moved_is_struck_out_and_the_new_one_told(client: FlaskClient) -> None:
    publish(event("QNM-E1", rule(**ONCE, month=3, day=5)))
    accept(event("QNM-E1", rule(**ONCE, month=3, day=6)))
    told = {
        ("QNM-E1-20270305", "2027-03-05"): "CANCELLED",
        ("QNM-E1-20270306", "2027-03-06"): "CONFIRMED",
    }
    for path in ("/api/v1/events.ics", "/en/events.ics", "/en/events.ics?q=festival", "/en/events/x-qnm-e1.ics"):
        assert entries(client, path) == told
    accept(event("QNM-E1", rule(**ONCE, month=3, day=5)))
    assert entries(client, "/api/v1/events.ics")["QNM-E1-20270305", "2027-03-05"] == "CONFIRMED"


def test_day_that_is_over_is_not_called_off(client: FlaskClient) -> None:
    publish(event("QNM-E1", rule(**ONCE | {"year": 2026}, month=3, day=5)))
    withdraw("QNM-E1")
    assert entries(client, "/api/v1/events.ics") == {}
    assert client.get("/en/events/x-qnm-e1.ics").status_code == 410


def test_only_the_asked_events_rows_are_read(client: FlaskClient) -> None:
    publish(*(event(f"QNM-E{n}", rule(**ONCE, month=3, day=5)) for n in range(1, 4)))
    for n in range(1, 4):
        accept(event(f"QNM-E{n}", rule(**ONCE, month=3, day=6)))
    withdraw("QNM-E3")
    assert len(entries(client, "/api/v1/events.ics")) == 6
    rows = db.session.execute(among_public(["qnm-e1", "qnm-e3"])).all()
    assert [row.code for row in rows] == ["QNM-E1"]


def test_days_long_over_are_forgotten_by_the_daily_tidying(app: Flask) -> None:
    publish(event("QNM-E1", rule(**ONCE, month=3, day=5)))
    withdraw("QNM-E1")
    assert forget_long_over(db.session(), dt.date(2028, 4, 8)) == 0
    db.session.rollback()
    with app.app_context():
        db.session.execute(sa.update(CalledOff).values(ends_on=dt.date(2025, 1, 1)))
        db.session.commit()
        wish(db.session(), "tidy", {}, actor=system_actor(db.session(), "tests", role=Role.ADMIN))
        db.session.commit()
    run_jobs(app)
    db.session.rollback()
    assert read_called_off(db.session(), "QNM-E1") == []


def test_calendar_is_narrowed_as_the_list_is(client: FlaskClient) -> None:
    publish(event("QNM-E1", category="fair"), event("QNM-E2", category="festival"))
    for path in ("/api/v1/events.ics?category=fair", "/en/events.ics?category=fair", "/en/events.ics?q=qnm-e1"):
        assert {uid.rpartition("-")[0] for uid, _ in entries(client, path)} == {"QNM-E1"}


def test_calendar_says_what_it_does_not_know(client: FlaskClient) -> None:
    publish(event("QNM-E1", category="fair"))
    refused = client.get("/api/v1/events.ics?category=fairr")
    assert refused.status_code == 400
    assert "fair, festival" in refused.json["detail"] or "“fair”" in refused.json["detail"]
    assert client.get("/api/v1/events.ics?categori=fair").status_code == 400
    refused = client.get("/en/events.ics?category=fairr")
    assert refused.status_code == 400
    assert "“fair”" in refused.text
    assert client.get("/en/events/x-qnm-e9.ics").status_code == 404
