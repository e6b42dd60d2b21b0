"""`?at=` at the register's API: items and lists as they were held on a day, and what cannot be asked of the past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from app.core.clock import today
from app.core.db import begin_write, db
from app.publication import operations as publication
from app.records.operations import find_record
from tests.harness import register
from tests.harness.databases import Databases
from tests.harness.machines import Caller
from tests.harness.past import Past, at
from tests.harness.register import SETTINGS, reviewer

if TYPE_CHECKING:
    from flask import Flask

ITEMS = "/collections/sites/items"
SECRET = 15.4321


def _fill(app: Flask) -> None:
    """Two sites of 2015, one changed in 2018 and deleted in 2020; one whose place was hidden since; a draft."""
    with app.app_context():
        session = db.session()
        begin_write(session)
        register.write_vocabulary(session)
        past = Past(session)
        register.publish(
            session,
            ("site", register.site("QNM-9001", name={"vi": "Tên cũ"})),
            ("site", register.site("QNM-9002", at=(SECRET, 108.4321, 5))),
        )
        past.happened(at("2015-01-01"))
        register.accept(session, ("site", register.site("QNM-9001", name={"vi": "Tên mới"}, at=None)))
        hidden = register.site("QNM-9002", at=(SECRET, 108.4321, 5), location_policy="hidden")
        register.accept(session, ("site", hidden))
        register.accept(session, ("site", register.site("QNM-9003")))
        past.happened(at("2018-01-01"))
        gone = find_record(session, "QNM-9001")
        publication.set_deleted(session, [gone], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
        past.happened(at("2020-01-01"))
        register.draft(session, ("site", register.site("QNM-9002", name={"vi": "Nháp"})))
        register.draft(session, ("site", register.site("QNM-9009")))
        session.commit()


@pytest.fixture
def written_app(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """The application of these tests."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


def test_an_item_is_told_as_it_was_held(viewer: Caller) -> None:
    old = viewer.read(f"{ITEMS}/QNM-9001?at=2016-06-01")
    assert old["properties"]["name"] == {"vi": "Tên cũ"}
    assert old["geometry"] == {"type": "Point", "coordinates": [108.32605, 15.877083]}
    told = {name: old["properties"][name] for name in ("review_state", "visibility", "version", "as_of")}
    assert told == {"review_state": "accepted", "visibility": "public", "version": 1, "as_of": "2016-06-01"}
    later = viewer.read(f"{ITEMS}/QNM-9001?at=2018-01-01")
    assert (later["properties"]["name"], later["geometry"]) == ({"vi": "Tên mới"}, None)
    assert viewer.get(f"{ITEMS}/QNM-9001").status_code == 410


def test_an_item_of_today_says_that_it_is(viewer: Caller) -> None:
    assert viewer.read(f"{ITEMS}/QNM-9003")["properties"]["as_of"] is None
    now = viewer.read(f"{ITEMS}/QNM-9003?at={today().isoformat()}")["properties"]
    assert now["name"] == viewer.read(f"{ITEMS}/QNM-9003")["properties"]["name"]


@pytest.mark.parametrize(
    ("code", "day", "said"),
    [
        ("QNM-9001", "2014-12-31", "came in on 2015-01-01"),
        ("QNM-9001", "2020-01-01", "deleted on 2020-01-01"),
        ("QNM-9003", "2016-01-01", "came in on 2018-01-01"),
        ("QNM-9009", "2024-01-01", "There is no record QNM-9009"),
        ("QNM-9999", "2024-01-01", "There is no record QNM-9999"),
    ],
)
def test_what_was_not_there_is_not_found_and_says_since_when(viewer: Caller, code: str, day: str, said: str) -> None:
    answer = viewer.get(f"{ITEMS}/{code}?at={day}&lang=en")
    assert answer.status_code == 404
    assert said in answer.get_json(force=True)["detail"]


def test_a_list_holds_what_was_there_as_it_was(viewer: Caller) -> None:
    def held(day: str) -> dict[str, str]:
        body = viewer.read(f"{ITEMS}?at={day}")
        assert body["numberReturned"] == body["numberMatched"] == len(body["features"])
        return {one["id"]: one["properties"]["name"]["vi"] for one in body["features"]}

    assert held("2014-12-31") == {}
    assert held("2016-01-01") == {"QNM-9001": "Tên cũ", "QNM-9002": "Di tích QNM-9002"}
    assert list(held("2019-01-01")) == ["QNM-9001", "QNM-9002", "QNM-9003"]
    assert list(held("2021-01-01")) == ["QNM-9002", "QNM-9003"]
    assert viewer.read("/collections/zones/items?at=2019-01-01")["features"] == []


def test_lists_go_on_after_a_page(viewer: Caller) -> None:
    found, path = [], f"{ITEMS}?at=2019-01-01&limit=1"
    while path:
        page = viewer.read(path)
        found += [one["id"] for one in page["features"]]
        links = {one["rel"]: one["href"] for one in page["links"]}
        path = links["next"].partition("/register/v1")[2] if "next" in links else ""
    assert found == ["QNM-9001", "QNM-9002", "QNM-9003"]
    cursor = links_of(viewer, f"{ITEMS}?at=2019-01-01&limit=1")["next"].partition("cursor=")[2]
    assert viewer.get(f"{ITEMS}?at=2019-01-02&cursor={cursor}").status_code == 400


def links_of(caller: Caller, path: str) -> dict[str, str]:
    return {one["rel"]: one["href"] for one in caller.read(path)["links"]}


@pytest.mark.parametrize("asked", ["q=x", "bbox=108,15,109,16", "state=public", "sortby=name", "tag=a", "bbox-crs=x"])
def test_what_cannot_be_asked_of_the_past_is_named(viewer: Caller, asked: str) -> None:
    answer = viewer.get(f"{ITEMS}?at=2019-01-01&{asked}")
    assert answer.status_code == 400
    detail = answer.get_json(force=True)["detail"]
    assert asked.partition("=")[0] in detail


def test_a_tag_that_lists_are_filtered_by_is_refused_as_well(viewer: Caller) -> None:
    detail = viewer.get(f"{ITEMS}?at=2019-01-01&state=public&lang=en").get_json(force=True)["detail"]
    assert "state cannot be combined with `at`" in detail


@pytest.mark.parametrize("day", ["soon", "2019-02-30", "20190101", "9999-12-31"])
@pytest.mark.parametrize("path", [ITEMS, f"{ITEMS}/QNM-9001"])
def test_a_day_that_is_none_or_in_the_future_is_refused(viewer: Caller, path: str, day: str) -> None:
    answer = viewer.get(f"{path}?at={day}")
    assert answer.status_code == 400
    assert day in answer.get_json(force=True)["detail"]
    tomorrow = today() + dt.timedelta(days=1)
    assert viewer.get(f"{path}?at={tomorrow.isoformat()}").status_code == 400


def test_the_first_day_of_the_calendar_is_one(viewer: Caller) -> None:
    assert viewer.read(f"{ITEMS}?at=0001-01-01")["features"] == []
    assert viewer.get(f"{ITEMS}/QNM-9001?at=0001-01-01").status_code == 404


def test_a_place_that_is_sensitive_now_is_withheld_then(viewer: Caller) -> None:
    for path in (f"{ITEMS}/QNM-9002?at=2016-01-01", f"{ITEMS}?at=2016-01-01"):
        assert str(SECRET) not in viewer.get(path).text
    told = viewer.read(f"{ITEMS}/QNM-9002?at=2016-01-01")
    assert told["geometry"] is None
    assert "locations" in told["properties"]["withheld"]
    assert "locations" not in told["properties"]


def test_answers_say_of_when_they_tell(viewer: Caller) -> None:
    for path, original in ((f"{ITEMS}/QNM-9001", f"{ITEMS}/QNM-9001"), (ITEMS, ITEMS)):
        answer = viewer.get(f"{path}?at=2016-06-01")
        assert parsedate_to_datetime(answer.headers["Memento-Datetime"]) == dt.datetime(
            2016, 6, 1, 16, 59, 59, tzinfo=dt.UTC
        )
        assert answer.headers["Link"] == f'<http://localhost/register/v1{original}>; rel="original"'
        assert "Memento-Datetime" not in viewer.get(path).headers


def test_the_past_is_no_state_to_write_over(editor: Caller) -> None:
    old = editor.get(f"{ITEMS}/QNM-9003?at=2019-01-01")
    patch = {"properties": {"period": {"vi": "thế kỷ XVII"}}}
    refused = editor.call("PATCH", f"{ITEMS}/QNM-9003", patch, If_Match=old.headers["ETag"])
    assert refused.status_code == 412
    assert (
        editor.call("PATCH", f"{ITEMS}/QNM-9003?at=2019-01-01", patch, If_Match=old.headers["ETag"]).status_code == 400
    )
    assert editor.get(f"{ITEMS}/QNM-9003?at=2019-01-01", If_None_Match=old.headers["ETag"]).status_code == 304


def test_the_description_says_so(viewer: Caller) -> None:
    body = viewer.read("/openapi.json")
    assert body["components"]["parameters"]["at"]["schema"] == {"type": "string", "format": "date"}
    for path in ("/collections/sites/items", "/collections/sites/items/{code}"):
        assert {"$ref": "#/components/parameters/at"} in body["paths"][path]["get"]["parameters"]
    assert "as_of" in viewer.read("/collections/sites/schema")["properties"]
