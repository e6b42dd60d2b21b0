"""Whether a site or a place is open at the moment, and what its page says of that."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import db
from app.publication.openings import Standing, read_standing
from app.web.facts import hours_words
from app.web.visiting import read_visiting
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

CENTRE = (108.3, 15.9)
SATURDAY = dt.datetime(2026, 11, 28)  # noqa: DTZ001 (hours are in local time)
MUSEUM = "places/museum-of-trade-ceramics-poi-004"


def at(hour: int, minute: int = 0) -> dt.datetime:
    return SATURDAY.replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("hours", "moment", "standing"),
    [
        ("Mo-Su 07:00-21:00", at(12), Standing("open", at(21))),
        ("Mo-Su 07:00-21:00", at(6), Standing("closed", at(7))),
        ("Mo-Su 07:00-21:00", at(21), Standing("closed", at(7) + dt.timedelta(days=1))),
        ("Mo-Fr 07:00-17:00", at(12), Standing("closed", at(7) + dt.timedelta(days=2))),
        ("24/7", at(3), Standing("open")),
        ("Mo-Su off", at(12), Standing("closed")),
        ("ask at the gate", at(12), Standing("unknown")),
        # The first of the first lunar month of 2027 is 6 February.
        ("Mo-Su 07:00-17:00; PH off", dt.datetime(2027, 2, 6, 12), Standing("unknown")),  # noqa: DTZ001
    ],
)
def test_standing_is_told_with_its_end(hours: str, moment: dt.datetime, standing: Standing) -> None:
    assert read_standing(hours, moment, CENTRE) == standing


def test_standing_tells_a_comment() -> None:
    assert read_standing('Mo-Su 07:00-17:00 unknown "hỏi trước"', at(12), CENTRE) == Standing(
        "unknown", comment="hỏi trước"
    )


def visiting(
    app: Flask, monkeypatch: pytest.MonkeyPatch, moment: dt.datetime, item: dict[str, Any], **more: Any
) -> Any:
    """Read what is told at a moment of local time, in English."""
    instant = moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=7)))
    monkeypatch.setattr("app.web.visiting.now", lambda: instant)
    with app.test_request_context("/en/"):
        return read_visiting(item, more.get("notices", []))


PLACE = {"code": "POI-1", "opening_hours": "Mo-Su 07:00-21:00"}


@pytest.mark.parametrize(
    ("moment", "state", "words"),
    [
        (at(12), "open", "Open now, until 21:00"),
        (at(20, 30), "closing", "Closing soon, at 21:00"),
        (at(5), "closed", "Closed now, opens again: 07:00"),
        (at(22), "closed", "Closed now, opens again: Sunday, 07:00"),
    ],
)
def test_visiting_says_the_state_in_words(
    seeded_app: Flask, monkeypatch: pytest.MonkeyPatch, moment: dt.datetime, state: str, words: str
) -> None:
    found = visiting(seeded_app, monkeypatch, moment, PLACE)
    assert (found.state, found.words) == (state, words)


def test_visiting_is_unknown_without_hours(seeded_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    found = visiting(seeded_app, monkeypatch, at(12), {**PLACE, "opening_hours": None})
    assert (found.state, found.words, found.hours) == ("unknown", "Opening hours are not known", ())


def test_visiting_is_unknown_where_hours_disagree(seeded_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [
        {"topic": "hours", "value": hours, "verified_on": None, "source": None}
        for hours in ("Mo-Su 07:00-21:00", "Mo-Fr 08:00-17:00")
    ]
    found = visiting(seeded_app, monkeypatch, at(12), {"code": "S-1", "visit": facts})
    assert (found.state, len(found.hours)) == ("unknown", 2)


def test_closure_comes_before_hours_while_it_holds(seeded_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    closure = {
        "notice_kind": "closure",
        "from": "2026-11-28",
        "until": "2026-11-30",
        "url": "/en/notices/x",
        "name": "Flood",
    }
    found = visiting(seeded_app, monkeypatch, at(12), PLACE, notices=[closure])
    assert (found.state, found.closure) == ("closed", closure)
    later = visiting(seeded_app, monkeypatch, at(12) + dt.timedelta(days=3), PLACE, notices=[closure])
    assert later.state == "open"


def test_works_close_nothing(seeded_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    works = {"notice_kind": "works", "from": "2026-11-28", "until": None, "url": "/en/notices/x", "name": "Works"}
    assert visiting(seeded_app, monkeypatch, at(12), PLACE, notices=[works]).state == "open"


def test_things_without_hours_have_no_state(seeded_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert visiting(seeded_app, monkeypatch, at(12), {"code": "ART-1"}) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("24/7", "Day and night, every day"),
        ("Mo-Su 07:00-21:00", "Every day 07:00–21:00"),
        ("Mo-Fr 07:00-11:30,13:30-17:00; Sa,Su off", "Mon–Fri: 07:00–11:30, 13:30–17:00; Sat, Sun: closed"),
        ("PH off", "public holidays: closed"),
        ("sunrise-sunset", "sunrise-sunset"),
    ],
)
def test_hours_are_written_in_words(seeded_app: Flask, text: str, words: str) -> None:
    with seeded_app.test_request_context("/en/"):
        assert hours_words(text) == words


def test_page_says_the_state_and_that_nobody_verified_it(seeded_client: FlaskClient) -> None:
    page = seeded_client.get(f"/en/{MUSEUM}").text
    state = page.split('class="state')[1].split("</p>")[0]
    assert "07:00" in state or "21:00" in state
    assert "Not verified" in state


def test_page_is_made_anew_when_the_state_changes(seeded_client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    tags = []
    for hour in (12, 13, 22):
        moment = at(hour).replace(tzinfo=dt.timezone(dt.timedelta(hours=7)))
        monkeypatch.setattr("app.web.visiting.now", lambda moment=moment: moment)
        tags.append(seeded_client.get(f"/en/{MUSEUM}").headers["ETag"])
    assert tags[0] == tags[1] != tags[2]


def test_place_says_when_its_hours_were_verified(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        place = register.place("POI-901", opening_hours="24/7", opening_hours_verified_on="2026-11-20")
        register.publish(db.session(), ("place", place))
        db.session.commit()
    page = app.test_client().get("/en/places/x-poi-901", follow_redirects=True).text
    state = page.split('class="state open"')[1].split("</p>")[0]
    assert "Open now" in state
    assert "Verified on 20 November 2026" in state
