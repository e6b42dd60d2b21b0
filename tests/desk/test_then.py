"""The desk as of a day: records and lists as we held them, plainly so, with a way back and nothing to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from app.accounts.models import Role
from app.core.clock import today
from app.core.db import begin_write, db
from app.publication import operations as publication
from app.records.operations import find_record
from tests.harness import register
from tests.harness.officers import Officer
from tests.harness.past import Past, at
from tests.harness.register import SETTINGS, reviewer

if TYPE_CHECKING:
    from flask import Flask

SECRET = "15.4321"


@pytest.fixture
def desk(desk: Flask) -> Flask:
    """A register of 2015 that changed since: a name, a decision that came in late, a deletion, a hidden place."""
    with desk.app_context():
        session = db.session()
        begin_write(session)
        past = Past(session)
        register.publish(
            session,
            ("site", register.site("QNM-0002", name={"vi": "Tên cũ"}, period={"vi": "thế kỷ XVI"})),
            ("site", register.site("QNM-0003", at=(15.4321, 108.4321, 5))),
        )
        past.happened(at("2015-01-01"))
        register.accept(session, ("site", register.site("QNM-0002", name={"vi": "Tên mới"})))
        register.accept(session, ("decision", register.decision("QNM-D0001", {"record": "QNM-0002"}, date="1990")))
        hidden = register.site("QNM-0003", at=(15.4321, 108.4321, 5), location_policy="hidden")
        register.accept(session, ("site", hidden))
        past.happened(at("2018-01-01"))
        gone = find_record(session, "QNM-0002")
        publication.set_deleted(session, [gone], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
        past.happened(at("2020-01-01"))
        register.draft(session, ("site", register.site("QNM-0003", name={"vi": "Chỉ là nháp"})))
        session.commit()
    return desk


def test_a_record_is_shown_as_it_was_held_and_plainly_so(officer: Callable[..., Officer]) -> None:
    page = officer("chi", Role.ADMIN, language="en").get("/desk/records/QNM-0002?at=2016-06-01")
    assert page.status == 200
    assert "As we held it on 1 Jun 2016." in page.said
    assert "Tên cũ" in page.said
    assert "Tên mới" not in page.said
    assert "thế kỷ XVI" in page.said
    assert page.document.xpath("//main//a[@href='/desk/records/QNM-0002']")
    vietnamese = officer("van", language="vi").get("/desk/records/QNM-0002?at=2016-06-01")
    assert "Như sổ đã ghi vào ngày 01/06/2016." in vietnamese.said


def test_there_is_nothing_to_be_done_with_the_past(officer: Callable[..., Officer]) -> None:
    page = officer("chi", Role.ADMIN).get("/desk/records/QNM-0002?at=2018-06-01")
    assert page.document.xpath("//main//form[@method='post']") == []
    assert [
        one for one in page.document.xpath("//main//a/@href") if one.endswith(("/edit", "/delete", "/undelete"))
    ] == []


def test_the_law_is_told_for_that_day_by_what_was_known_then(an: Officer) -> None:
    early = an.get("/desk/records/QNM-0002?at=2016-06-01")
    assert "Not ranked" in early.said
    assert "No decision names it by this day." in early.said
    late = an.get("/desk/records/QNM-0002?at=2018-06-01")
    assert "QNM-D0001" in late.text
    assert "The law on 1 Jun 2018, by the decisions that we held on 1 Jun 2018." in late.said
    before = an.get("/desk/records/QNM-0002?at=2018-06-01&on=1980-01-01")
    assert "The law on 1 Jan 1980, by the decisions that we held on 1 Jun 2018." in before.said
    assert "QNM-D0001" not in before.text
    # Another day of the law is asked for without losing the day of the register.
    (kept,) = before.document.xpath("//form[.//input[@name='on']]//input[@name='at']/@value")
    assert kept == "2018-06-01"


@pytest.mark.parametrize(
    ("day", "status", "said"),
    [
        ("2014-12-31", 404, "came in on 2015-01-01"),
        ("2021-01-01", 404, "had been deleted on 2020-01-01"),
        ("soon", 400, "no day"),
        ((today() + dt.timedelta(days=1)).isoformat(), 400, "future"),
    ],
)
def test_what_was_not_held_is_said(an: Officer, day: str, status: int, said: str) -> None:
    page = an.get(f"/desk/records/QNM-0002?at={day}")
    assert page.status == status
    assert said in page.said


def test_drafts_are_not_of_the_past(an: Officer) -> None:
    assert "Chỉ là nháp" not in an.get(f"/desk/records/QNM-0003?at={today().isoformat()}").text


def test_a_place_that_is_sensitive_now_is_withheld_then(an: Officer, officer: Callable[..., Officer]) -> None:
    page = an.get("/desk/records/QNM-0003?at=2016-01-01")
    assert SECRET not in page.text
    assert "Withheld: it tells a sensitive place." in page.said
    assert SECRET in officer("chi", Role.REVIEWER).get("/desk/records/QNM-0003?at=2016-01-01").text


def test_a_list_holds_what_was_in_the_register(an: Officer) -> None:
    page = an.get("/desk/register?at=2016-06-01")
    assert "As we held it on 1 Jun 2016." in page.said
    assert "Tên cũ" in page.said
    links = page.document.xpath("//main//tbody//a/@href")
    assert links == ["/desk/records/QNM-0002?at=2016-06-01", "/desk/records/QNM-0003?at=2016-06-01"]
    assert page.document.xpath("//main//form[@method='post']") == []
    later = an.get("/desk/register?at=2021-01-01&kind=site")
    assert later.document.xpath("//main//tbody//a/@href") == ["/desk/records/QNM-0003?at=2021-01-01"]
    decisions = an.get("/desk/register/decision?at=2019-01-01")
    assert decisions.document.xpath("//main//tbody//a/@href") == ["/desk/records/QNM-D0001?at=2019-01-01"]
    assert "Nothing was in the register on that day." in an.get("/desk/register?at=2014-01-01").said


def test_a_list_of_the_past_is_not_filtered(an: Officer) -> None:
    page = an.get("/desk/register?at=2016-06-01&q=cau")
    assert page.status == 400
    assert "q cannot be combined with `at`" in page.said


def test_pages_lead_to_the_past(an: Officer) -> None:
    for path in ("/desk/register?kind=site", "/desk/records/QNM-0001"):
        page = an.get(path)
        (field,) = page.document.xpath("//main//input[@name='at']")
        assert field.get("max") == today().isoformat()
        assert field.getparent().get("action") == path.partition("?")[0]
