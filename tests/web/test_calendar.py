"""The calendar's page: a month, today, this weekend, the days of a stay; words and kinds; what cannot be read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest

from app.core import clock, lunar
from app.core.db import db
from app.core.lunar import LunarDay
from tests.harness import register
from tests.harness.register import event, rule

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    CountQueries = Callable[[], AbstractContextManager[list[str]]]

LANGUAGES = ("vi", "en", "zh", "ja", "ko", "fr")


def get(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.text


def agenda(page: str) -> dict[str, list[str]]:
    """Give the codes of the events told of each day of a month."""
    days = re.findall(r'<section id="d-([\d-]+)"(.*?)</section>', page, re.DOTALL)
    return {day: [code.upper() for code in re.findall(r'href="[^"]*?(fes-\d+)"', text)] for day, text in days}


def groups(page: str) -> list[tuple[str, list[str]]]:
    """Give the headings of a list of days, and the codes of the events under each."""
    found = re.findall(r"<section>\s*<h3>(.*?)</h3>(.*?)</section>", page, re.DOTALL)
    return [(title.strip(), re.findall(r'href="[^"]*?((?:fes|qnm-e)-?\w+)"', text)) for title, text in found]


@pytest.fixture
def filled(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A register of an event of today, one of the weekend, one that lasts two months, and a festival at full moon.

    It is Monday, 30 November 2026, two in the morning in Vietnam, and still Sunday in Greenwich.
    """
    monkeypatch.setattr("app.core.clock.now", lambda: dt.datetime(2026, 11, 29, 19, 0, tzinfo=dt.UTC))
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        once = {"calendar": "gregorian", "recurrence": "once", "year": 2026}
        register.publish(
            session,
            ("event", event("QNM-E1", rule(**once, month=11, day=30), category="fair", time_start="17:00")),
            ("event", event("QNM-E2", rule(**once, month=12, day=5, duration_days=2))),
            ("event", event("QNM-E3", rule(**once, month=10, day=25, duration_days=60), category="fair")),
            ("event", event("QNM-E4", rule(**once, month=12, day=7))),
            ("event", event("QNM-E5", rule(day=14, duration_days=3, main_day=15))),
        )
        db.session.commit()
    return app.test_client()


@pytest.mark.parametrize("day", ["2027-02-20", "2028-02-09", "2029-02-27", "2030-02-16"])
def test_full_moon_of_the_first_month_falls_on_its_solar_day(filled: FlaskClient, day: str) -> None:
    """By the Chinese calendar that of 2030 would be a day later."""
    page = get(filled, f"/vi/calendar?month={day[:7]}")
    before, after = page.split('title="15 tháng Giêng"')
    assert re.findall(r"<b>(\d+)</b>", before)[-1] == str(int(day[-2:]))
    cell = after.split("</td>")[0]
    assert "Lễ hội QNM-E5" in cell
    assert "<small>" in cell


def test_month_tells_what_is_held_on_its_days(seeded_client: FlaskClient) -> None:
    days = [lunar.to_gregorian(LunarDay(clock.today().year, 1, False, day)).isoformat() for day in (6, 7)]  # noqa: FBT003
    found: dict[str, list[str]] = {}
    for month in {day[:7] for day in days}:
        found |= agenda(get(seeded_client, f"/en/calendar?month={month}&fbclid=x"))
    assert "FES-003" in found[days[0]]
    assert "FES-004" in found[days[1]]
    assert "FES-003" not in found[days[1]]


def test_month_is_todays_in_vietnam_and_marks_it(filled: FlaskClient) -> None:
    page = get(filled, "/en/calendar")
    assert "November 2026" in page
    marked = page.split('aria-current="date"')[1].split("</td>")[0]
    assert "<b>30</b>" in marked


@pytest.mark.parametrize("language", LANGUAGES)
def test_month_speaks_the_pages_language(seeded_client: FlaskClient, language: str) -> None:
    page = get(seeded_client, f"/{language}/calendar?month=2027-02")
    first = {"vi": "Thứ Hai", "en": "Monday", "zh": "星期一", "ja": "月曜日", "ko": "월요일", "fr": "lundi"}[language]
    month = {"zh": "2027年2月", "ja": "2027年2月", "ko": "2027년 2월", "fr": "Février 2027"}.get(language, "2027")
    table = page.split("<table>")[1]
    assert re.search(r'<th scope="col">\s*<abbr title="([^"]+)"', table)[1] == first  # type: ignore[index]
    assert month in table.split("</caption>")[0]
    assert set(re.findall(r'href="/(\w\w)/events/', page)) == {language}


def test_month_leads_to_its_neighbours_and_no_further_than_is_known(filled: FlaskClient) -> None:
    page = get(filled, "/en/calendar?month=2027-01&category=fair")
    assert 'href="/en/calendar?category=fair&amp;month=2026-12" rel="prev"' in page
    assert 'href="/en/calendar?category=fair&amp;month=2027-02" rel="next"' in page
    assert 'rel="prev"' not in get(filled, "/en/calendar?month=2025-01")
    assert 'rel="next"' not in get(filled, "/en/calendar?month=2031-12")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("month=2032-01", "reaches from 2025-01 to 2031-12"),
        ("month=1999-01", "reaches from 2025-01 to 2031-12"),
        ("month=2027-13", "month: “2027-13” is no month; write it like 2026-11"),
        ("from=2027-02-30", "from: “2027-02-30” is no day; write it like"),
        ("from=2027-03-02&to=2027-03-01", "ends on 2027-03-01, before it begins on 2027-03-02"),
        ("from=2027-01-01&to=2027-12-31", "more than 92 days"),
        ("when=tomorow", "when: there is no “tomorow”"),
        ("category=festivl", "category: there is no “festivl”"),
    ],
)
def test_what_cannot_be_read_is_said_and_kept(filled: FlaskClient, asked: str, said: str) -> None:
    page = get(filled, f"/en/calendar?{asked}")
    assert said in page.split('role="alert"')[1]
    if asked.startswith("from="):
        assert f'value="{asked[5:15]}"' in page


def test_calendar_is_narrowed_by_words_and_kind_and_counts_kinds(seeded_client: FlaskClient) -> None:
    month = lunar.to_gregorian(LunarDay(clock.today().year, 1, False, 11)).isoformat()[:7]  # noqa: FBT003
    for words in ("ba+chiem+son", "ba+chiemm+son"):
        page = get(seeded_client, f"/vi/calendar?month={month}&q={words}")
        assert "FES-006" in [code for codes in agenda(page).values() for code in codes]
        assert "FES-001" not in [code for codes in agenda(page).values() for code in codes]
    page = get(seeded_client, f"/en/calendar?month={month}&category=performance")
    kinds = dict(re.findall(r'<option value="(\w+)"[^>]*>[^<]*\((\d+)\)</option>', page))
    assert int(kinds["performance"]) == sum(map(len, agenda(page).values()))
    assert int(kinds["festival"]) > 0
    assert 'href="/en/events?category=performance"' in page


def test_list_of_events_leads_to_the_calendar_and_back(seeded_client: FlaskClient) -> None:
    assert 'href="/en/calendar?q=hoi+an' in get(seeded_client, "/en/events?q=hoi+an&category=performance")
    assert 'href="/en/events?q=hoi+an' in get(seeded_client, "/en/calendar?q=hoi+an")
    assert "/calendar" not in get(seeded_client, "/en/places").split("<main")[1].split("</main>")[0]


def test_today_and_the_weekend_come_before_what_goes_on(filled: FlaskClient) -> None:
    assert groups(get(filled, "/en/calendar?when=today")) == [
        ("On today", ["qnm-e1"]),
        ("Soon", ["qnm-e2", "qnm-e4"]),
        ("Going on", ["qnm-e3"]),
    ]
    weekend = groups(get(filled, "/en/calendar?when=weekend"))
    assert [codes for _, codes in weekend] == [["qnm-e2"], ["qnm-e3"]]


def test_stay_takes_both_ends_in(filled: FlaskClient) -> None:
    found = groups(get(filled, "/en/calendar?from=2026-12-06&to=2026-12-07"))
    assert [codes for _, codes in found] == [["qnm-e2"], ["qnm-e4"], ["qnm-e3"]]
    assert [codes for _, codes in groups(get(filled, "/en/calendar?from=2026-12-07"))] == [["qnm-e4"], ["qnm-e3"]]


def test_days_without_anything_name_what_comes_next(filled: FlaskClient) -> None:
    page = get(filled, "/en/calendar?from=2027-01-01&to=2027-01-02")
    assert "Nothing is known to be held on these days." in page
    assert groups(page) == [("The next after these days", ["qnm-e5"])]
    assert groups(get(filled, "/en/calendar?from=2026-12-08&to=2026-12-09")) == [("Going on", ["qnm-e3"])]


@pytest.mark.parametrize("first", ["9999-12-31", "9999-12-01"])
def test_last_days_that_can_be_named_have_nothing_behind_them(filled: FlaskClient, first: str) -> None:
    page = get(filled, f"/en/calendar?from={first}&to=9999-12-31")
    assert "Nothing is known to be held on these days." in page
    assert groups(page) == []


def test_page_asks_the_same_questions_however_much_is_held(filled: FlaskClient, count_queries: CountQueries) -> None:
    app = filled.application
    with count_queries() as few:
        get(filled, "/en/calendar?month=2026-12")
    with app.app_context():
        rules = {"calendar": "gregorian", "recurrence": "monthly", "month": None}
        register.publish(
            db.session(), *(("event", event(f"QNM-F{n}", rule(**rules, day=n), category="fair")) for n in range(1, 20))
        )
        db.session.commit()
    with count_queries() as many:
        assert "22 events" in get(filled, "/en/calendar?month=2026-12")
    assert len(few) == len(many) <= 8


def test_page_is_not_sent_again_unchanged(filled: FlaskClient) -> None:
    etag = filled.get("/en/calendar").headers["ETag"]
    assert filled.get("/en/calendar", headers={"If-None-Match": etag}).status_code == 304
    assert filled.get("/vi/calendar", headers={"If-None-Match": etag}).status_code == 200
