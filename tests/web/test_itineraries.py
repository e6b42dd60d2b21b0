"""An itinerary followed stop by stop: what is known of the ways between its stops, and what is only estimated."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import TYPE_CHECKING, Any

import icalendar
import pytest

from app.core.db import db
from tests.harness import register

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

OLD_TOWN = "/en/itineraries/half-a-day-in-hoi-an-old-town-iti-01"
CHAMPA = "/en/itineraries/champa-treasures-trail-iti-08"


def get(client: FlaskClient, path: str, status: int = 200) -> str:
    """Read a page's text as it is seen, the tags left out and blanks made one."""
    response = client.get(path)
    assert response.status_code == status, path
    text = re.sub(r"<[^>]+>", " ", response.text.partition("<main")[2].partition("</main>")[0])
    return re.sub(r"\s+", " ", html.unescape(text))


def publish_route(app: Flask, *stops: dict[str, Any], **fields: Any) -> str:
    """Publish an itinerary by two places a kilometre apart, and give its page's address."""
    with app.app_context():
        register.write_vocabulary(db.session())
        for place in (register.place("QNM-P1"), register.place("QNM-P2", locations=[register.location(15.886117)])):
            register.publish(db.session(), ("place", place))
        register.publish(db.session(), ("itinerary", register.itinerary("QNM-R1", *stops, **fields)))
        db.session.commit()
    return "/en/itineraries/route-qnm-r1-qnm-r1"


def test_way_between_points_is_a_straight_line_and_said_to_be(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, OLD_TOWN)
    assert "About 250 m as the crow flies, to the east; at least 4 min" in page
    assert "the real way is longer" in page
    assert "estimates at 4 km an hour" in page


def test_way_between_uncertain_places_has_no_direction(seeded_client: FlaskClient) -> None:
    """Two places that are known to within 80 and 20 m and lie 20 m apart may lie either way."""
    assert "Close by: within about 100 m as the crow flies" in get(seeded_client, OLD_TOWN)


def test_way_by_car_has_no_estimated_time(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, CHAMPA)
    assert "About 27 km as the crow flies, to the south" in page
    assert "How long the journeys take is not estimated" in page
    assert "after the start" not in page


def test_way_to_a_place_that_is_not_known_is_said_to_be_unknown(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/itineraries/full-moon-lantern-night-iti-02")
    assert page.count("How far it is from one to the next is not known.") == 2


def test_times_add_up_as_far_as_they_are_known(app: Flask) -> None:
    first, second = {"place": "QNM-P1", "dwell_min": 30}, {"place": "QNM-P2", "dwell_min": 10}
    page = get(app.test_client(), publish_route(app, first, second, first, {"name": {"vi": "Đâu đó"}}))
    assert "stay about 30 min" in page
    assert "At least 45 min after the start" in page
    assert "At least 1 hr 10 min after the start" in page
    assert page.count("after the start") == 2


def test_drawn_way_is_measured_along_itself(app: Flask) -> None:
    leg = {"leg_text": "LINESTRING(108.32605 15.877083,108.33605 15.877083,108.32605 15.886117)"}
    stops = ({"place": "QNM-P1", "dwell_min": 30}, {"place": "QNM-P2", **leg, "leg_crs": "EPSG:4326"})
    page = get(app.test_client(), publish_route(app, *stops))
    assert "2.5 km along the drawn way; about 39 min" in page
    assert "About 1 hr 9 min after the start" in page
    assert "as the crow flies" not in page


def test_stop_has_a_page_with_the_way_back_and_on(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, f"{OLD_TOWN}?stop=3")
    assert "Stop 3 of 7" in page
    assert "From “Museum of Sa Huỳnh Culture”" in page
    assert "Opening hours, tickets and more" in page
    response = seeded_client.get(f"{OLD_TOWN}?stop=3")
    assert f'href="{OLD_TOWN}?stop=2"' in response.text
    assert f'href="{OLD_TOWN}?stop=4"' in response.text
    assert 'href="geo:15.87730,108.32968?q=' in response.text


def test_last_stop_ends_the_way(seeded_client: FlaskClient) -> None:
    page = seeded_client.get(f"{OLD_TOWN}?stop=7").text
    assert "This is the last stop." in page
    assert f"{OLD_TOWN}?stop=8" not in page


@pytest.mark.parametrize("asked", ["8", "0", "-1", "three", "²", "99999999999999999999", "<b>"])
def test_stop_that_is_not_there_is_told_with_the_choice(seeded_client: FlaskClient, asked: str) -> None:
    response = seeded_client.get(OLD_TOWN, query_string={"stop": asked})
    assert response.status_code == 200
    assert f"There is no stop “{html.escape(asked)}” here; the stops are numbered 1 to 7." in response.text


def test_stop_at_a_rough_place_is_nothing_to_navigate_by(seeded_client: FlaskClient) -> None:
    response = seeded_client.get(f"{CHAMPA}?stop=2")
    assert "Do not navigate by it" in response.text
    assert "geo:" not in response.text


@pytest.mark.parametrize("language", ["vi", "en", "zh", "ja", "ko", "fr"])
def test_stop_is_followed_in_every_language(seeded_client: FlaskClient, language: str) -> None:
    path = OLD_TOWN.replace("/en/", f"/{language}/")
    response = seeded_client.get(f"{path}?stop=2", follow_redirects=True)
    assert response.status_code == 200
    assert "?stop=3" in response.text
    main = response.text.partition("<main")[2].partition("</main>")[0]
    assert set(re.findall(r'href="/(?!static|api|media)(\w+)/', main)) == {language}


def test_stop_asks_little_of_the_database(seeded_client: FlaskClient, count_queries: Callable[[], Any]) -> None:
    with count_queries() as statements:
        seeded_client.get(f"{OLD_TOWN}?stop=3")
    assert len(statements) <= 5


def calendar(client: FlaskClient, path: str) -> list[Any]:
    """Read the entries of a calendar as another program does."""
    response = client.get(path)
    assert response.status_code == 200, path
    assert response.mimetype == "text/calendar"
    return list(icalendar.Calendar.from_ical(response.data).walk("VEVENT"))


def test_plan_of_a_day_is_an_entry_for_each_stop(seeded_client: FlaskClient) -> None:
    entries = calendar(seeded_client, f"{OLD_TOWN}.ics?on=2027-02-20&at=09:00")
    assert [str(entry["summary"]) for entry in entries][:2] == [
        "1. Japanese Covered Bridge",
        "2. Museum of Sa Huỳnh Culture",
    ]
    assert len(entries) == 7
    first, second = entries[:2]
    assert first.decoded("dtstart") == dt.datetime(2027, 2, 20, 2, tzinfo=dt.UTC)
    assert first.decoded("dtend") - first.decoded("dtstart") == dt.timedelta(minutes=25)
    assert second.decoded("dtstart") - first.decoded("dtend") == dt.timedelta(minutes=3)
    assert len({str(entry["uid"]) for entry in entries}) == 7
    assert first["geo"].to_ical() == "15.87712;108.32601"


def test_plan_without_all_times_is_one_entry_as_long_as_the_itinerary(seeded_client: FlaskClient) -> None:
    (entry,) = calendar(seeded_client, f"{CHAMPA}.ics?on=2027-02-20")
    assert entry.decoded("dtstart") == dt.datetime(2027, 2, 20, 1, tzinfo=dt.UTC)
    assert entry.decoded("dtend") - entry.decoded("dtstart") == dt.timedelta(hours=9)
    text = str(entry["description"])
    assert "2. Trà Kiệu ancient capital (30 min)\n3. Mỹ Sơn Sanctuary (2 hr)" in text
    assert "http://localhost/en/itineraries/" in text


def test_plan_of_an_itinerary_of_unknown_length_takes_the_day(app: Flask) -> None:
    path = publish_route(app, {"place": "QNM-P1"}, {"place": "QNM-P2"})
    (entry,) = calendar(app.test_client(), f"{path}.ics?on=2027-02-20")
    assert entry.decoded("dtstart") == dt.date(2027, 2, 20)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"on": "20/02/2027"}, "“20/02/2027” is not a day. Choose one, such as 2027-02-20."),
        ({"on": ""}, "“” is not a day. Choose one, such as 2027-02-20."),
        ({"on": "2027-02-20", "at": "<8>"}, "“&lt;8&gt;” is not an hour. Choose one, such as 08:00."),
    ],
)
def test_plan_of_no_day_leads_to_where_that_is_told(
    seeded_client: FlaskClient, asked: dict[str, str], told: str
) -> None:
    response = seeded_client.get(f"{OLD_TOWN}.ics", query_string=asked)
    assert (response.status_code, response.location.partition("?")[0]) == (303, OLD_TOWN)
    page = seeded_client.get(response.location).text
    assert told in page
    assert f'value="{html.escape(asked["on"])}"' in page


def test_plan_is_found_under_any_slug_with_its_code(seeded_client: FlaskClient) -> None:
    assert len(calendar(seeded_client, "/ja/itineraries/x-iti-01.ics?on=2027-02-20")) == 7
    assert seeded_client.get("/ja/itineraries/x-iti-99.ics?on=2027-02-20").status_code == 404
