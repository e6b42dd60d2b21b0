"""Visitors' reports at the desk: who sees and answers which, what is written down of it, and what is erased in time."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.config import Settings
from app.core.db import db, now
from app.http.files import current_storage
from app.jobs.handlers import Job
from app.places.operations import write_units
from app.places.schemas import UnitSchema
from app.visitors import photos
from app.visitors.models import Report, ReportLink
from app.visitors.operations import Sent, file_report
from app.visitors.photos import keep_photo, photo_key, remove_unnamed
from app.worker.handlers import DAILY, HANDLERS
from tests.harness import register
from tests.harness.databases import Databases
from tests.harness.officers import Officer
from tests.harness.pictures import encoded, picture

if TYPE_CHECKING:
    from flask import Flask

HERE, THERE = "20410", "20611"
SITES = {HERE: "QNM-0001", THERE: "QNM-0002"}


def _fill(app: Flask) -> None:
    """Write two communes with a public site each, and a party, which lies nowhere."""
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        schema = UnitSchema()
        rows = [{"code": code, "name": {"vi": f"Xã {code}"}, "level": "commune"} for code in SITES]
        write_units(
            session, [dict(schema.load(row)) for row in rows], actor=system_actor(session, "test-admin", Role.ADMIN)
        )
        register.publish(session, *(("site", register.site(code, current_unit=unit)) for unit, code in SITES.items()))
        register.publish(session, ("event", register.event("FES-001", register.rule())))
        session.commit()


@pytest.fixture
def desk(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application with a public site in each of two communes, and an event."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


def file(app: Flask, code: str | None = "QNM-0001", text: str = "Mái vỡ.", **fields: Any) -> tuple[int, str]:
    """File a report as the form does; gives its key and its private link's secret."""
    told = {"kind": "damage", "place": "", "contact": "", "lon": None, "lat": None, "language": "vi"}
    with app.app_context():
        found, secret = file_report(db.session(), Sent(**{**told, **fields}, text=text, code=code))
        key = found.id
        db.session.commit()
        return key, secret


def add_photo(app: Flask) -> photos.Photo:
    with app.app_context():
        return keep_photo(io.BytesIO(encoded(picture(400, 300))), "mai.jpg", settings=app.config["DISAN"])


def seen(officer: Officer, address: str = "/desk/reports") -> list[str]:
    """Give the texts of the reports that a list of the desk shows."""
    page = officer.get(address)
    assert page.status == 200
    return [str(found.text_content()) for found in page.document.xpath("//main//tbody//td[2]//small")]


def test_inbox_shows_the_newest_first_and_filters(desk: Flask, an: Officer) -> None:
    file(desk, text="một")
    file(desk, "QNM-0002", "hai", kind="danger")
    file(desk, None, "ba", place="Chợ")
    assert seen(an) == ["ba", "hai", "một"]
    assert seen(an, "/desk/reports?kind=danger") == ["hai"]
    assert seen(an, "/desk/reports?code=qnm-0001") == ["một"]
    assert seen(an, "/desk/reports?status=done") == []


def test_inbox_is_read_page_by_page(desk: Flask, an: Officer) -> None:
    for number in range(53):
        file(desk, text=f"số {number}")
    first = an.get("/desk/reports")
    (following,) = first.document.xpath("//main//a[@rel='next']/@href")
    texts = seen(an) + seen(an, following)
    assert texts == [f"số {number}" for number in reversed(range(53))]
    assert an.get("/desk/reports?cursor=abc").status == 422


def test_inbox_costs_the_same_for_many(
    desk: Flask, an: Officer, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    costs = []
    for _ in range(2):
        for number in range(10):
            file(desk, SITES[HERE if number % 2 else THERE], f"{len(costs)} {number}")
        an.get("/desk/reports")
        with count_queries() as statements:
            an.get("/desk/reports")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 8


def test_suspect_reports_are_a_list_of_their_own_until_somebody_trusts_them(desk: Flask, an: Officer) -> None:
    key, _ = file(desk, text="nhanh quá", suspicion="too soon")
    assert seen(an) == []
    assert seen(an, "/desk/reports?suspect=1") == ["nhanh quá"]
    assert "within seconds" in an.get(f"/desk/reports/{key}").said
    assert "Reports that a program may have sent" in an.get("/desk/").said
    an.get(f"/desk/reports/{key}").form().fill(status="seen", trusted="1").press("save")
    assert seen(an) == ["nhanh quá"]


def test_officer_answers_and_the_visitor_reads_it(desk: Flask, officer: Callable[..., Officer]) -> None:
    key, secret = file(desk, contact="lan@example.org")
    chi = officer("chi")
    form = chi.get(f"/desk/reports/{key}").form()
    page = form.fill(status="in_work", answer="Thợ đến ngày mai.", note="gọi ông Ba").press("save")
    assert page.status == 200
    assert "Saved." in page.said
    page.form().fill(status="done", answer="Đã thay ngói.").press("save")
    shown = desk.test_client().get(f"/en/reports/{secret}").text
    assert "Đã thay ngói." in shown
    assert "Thợ đến ngày mai." not in shown
    for hidden in ("gọi ông Ba", "chi@example.org", "lan@example.org", ">chi<"):
        assert hidden not in shown
    assert shown.index("Received") < shown.index("Being dealt with") < shown.index("Done")
    history = chi.get(f"/desk/reports/{key}").document.xpath("//ol[@class='history']/li")
    said = [" ".join(row.text_content().split()) for row in history]
    assert "Done" in said[0]
    assert "chi" in said[0]
    assert "Being dealt with" in said[1]
    assert "gọi ông Ba" in said[1]


@pytest.mark.parametrize("status", ["done", "declined"])
def test_end_without_an_answer_is_refused_and_keeps_what_was_typed(desk: Flask, an: Officer, status: str) -> None:
    key, _ = file(desk)
    page = an.get(f"/desk/reports/{key}").form().fill(status=status, note="xong").press("save")
    assert page.status == 422
    assert page.errors() == {"answer": "Tell the visitor what was done, or why not."}
    assert (page.value("status"), page.value("note")) == (status, "xong")


def test_second_of_two_officers_is_told_that_another_was_first(desk: Flask, officer: Callable[..., Officer]) -> None:
    key, _ = file(desk)
    an, chi = officer("an"), officer("chi")
    late = chi.get(f"/desk/reports/{key}").form().fill(status="declined", answer="Không")
    an.get(f"/desk/reports/{key}").form().fill(status="seen").press("save")
    assert "Somebody else has changed this report meanwhile." in late.press("save").said
    with desk.app_context():
        assert db.session.get_one(Report, key).status == "seen"


def test_scope_by_unit_bounds_what_is_seen_and_answered(desk: Flask, officer: Callable[..., Officer]) -> None:
    here, _ = file(desk, text="ở đây", photo=add_photo(desk))
    there, _ = file(desk, "QNM-0002", "ở kia", photo=add_photo(desk))
    general, _ = file(desk, None, "ở đâu đó")
    event, _ = file(desk, "FES-001", "lễ hội")
    bound = officer("bound", unit=HERE)
    assert seen(bound) == ["ở đây"]
    for key in (here, there, general, event):
        assert bound.get(f"/desk/reports/{key}").status == (200 if key == here else 404)
    for key, status in ((here, 200), (there, 404)):
        with bound.client.get(f"/desk/reports/{key}/photo") as shown:
            assert shown.status_code == status
    fields = bound.get(f"/desk/reports/{here}").form().fields
    refused = bound.post(f"/desk/reports/{there}", fields)
    assert refused.status == 404


def test_scope_by_kind_bounds_what_is_seen(desk: Flask, officer: Callable[..., Officer]) -> None:
    file(desk, text="di tích")
    file(desk, "FES-001", "lễ hội")
    file(desk, None, "ở đâu đó")
    assert seen(officer("one", kinds=("event",))) == ["lễ hội"]
    assert seen(officer("two", kinds=("site",))) == ["di tích"]
    assert seen(officer("three")) == ["ở đâu đó", "lễ hội", "di tích"]


def test_viewer_sees_no_report_and_no_way_to_them(desk: Flask, officer: Callable[..., Officer]) -> None:
    key, _ = file(desk)
    viewer = officer("viewer", Role.VIEWER)
    assert "/desk/reports" not in viewer.get("/desk/").text
    assert "/desk/reports" not in viewer.get("/desk/records/QNM-0001").text
    for path in ("/desk/reports", f"/desk/reports/{key}", f"/desk/reports/{key}/photo"):
        assert viewer.get(path).status == 403


def test_home_and_the_records_page_count_what_is_new(desk: Flask, officer: Callable[..., Officer]) -> None:
    file(desk, text="một")
    file(desk, text="hai")
    file(desk, "QNM-0002", "ba")
    an, bound = officer("an"), officer("bound", unit=THERE)
    for person, count in ((an, "3"), (bound, "1")):
        (tile,) = person.get("/desk/").document.xpath("//a[@href='/desk/reports?status=received']")
        assert tile.text_content().split()[0] == count
    assert "Reports from visitors (2)" in an.get("/desk/records/QNM-0001").said
    assert "Reports from visitors (" not in bound.get("/desk/records/QNM-0001").said


def test_position_is_told_as_sheets_have_it_with_the_distance(desk: Flask, an: Officer) -> None:
    key, _ = file(desk, lon=108.32605, lat=15.878083)
    said = an.get(f"/desk/reports/{key}").said
    assert "15.878083, 108.326050 (WGS 84); EPSG:5899: N 1,756,174, E 561,494" in said
    assert "111 m from the record’s place" in said


def test_photo_is_for_officers_only(desk: Flask, an: Officer) -> None:
    photo = add_photo(desk)
    key, secret = file(desk, photo=photo)
    shown = an.client.get(f"/desk/reports/{key}/photo")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert shown.headers["Cache-Control"] == "no-store"
    shown.close()
    visitor = desk.test_client()
    assert visitor.get(f"/media/{photo.name}").status_code == 404
    assert photo.name not in visitor.get(f"/en/reports/{secret}").text
    assert visitor.get(f"/desk/reports/{key}/photo").status_code == 303


def run_daily(app: Flask) -> dict[str, int]:
    """Run the day's work on reports as the worker does."""
    with app.app_context():
        result = HANDLERS["reports"].run(
            db.session(), Job(1, "reports", {"day": "2026-01-01"}, 1, 1, "t"), app.config["DISAN"]
        )
        db.session.commit()
        return dict(result)


def test_what_is_old_is_erased_but_for_the_count(desk: Flask, an: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "reports" in DAILY
    photo = add_photo(desk)
    key, secret = file(desk, text="riêng tư", place="nhà bà Năm", contact="lan@example.org", photo=photo)
    young, _ = file(desk, text="mới")
    an.get(f"/desk/reports/{key}").form().fill(status="done", answer="Đã sửa.", note="nội bộ").press("save")
    with desk.app_context():
        for one, days in ((key, 366), (young, 364)):
            db.session.get_one(Report, one).received_at = now() - dt.timedelta(days=days)
        db.session.commit()
    monkeypatch.setattr(photos, "KEPT", dt.timedelta(0))
    assert run_daily(desk) == {"reports": 1, "photos": 1}
    assert run_daily(desk) == {"reports": 0, "photos": 0}
    page = an.get(f"/desk/reports/{key}").text
    for gone in ("riêng tư", "bà Năm", "lan@example.org", "Đã sửa.", "nội bộ"):
        assert gone not in page
    assert seen(an) == ["mới", "erased for its age"]
    assert desk.test_client().get(f"/en/reports/{secret}").status_code == 410
    with desk.app_context():
        assert not current_storage().has(photo_key(photo.name))
        left = db.session.get_one(Report, key)
        assert (left.code, left.kind, left.status) == ("QNM-0001", "damage", "done")


def test_photos_that_no_report_names_go_after_a_day(desk: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    named, loose = add_photo(desk), add_photo(desk)
    file(desk, photo=named)
    with desk.app_context():
        storage = current_storage()
        assert remove_unnamed(db.session(), storage) == 0
        monkeypatch.setattr(photos, "KEPT", dt.timedelta(0))
        assert remove_unnamed(db.session(), storage) == 1
        assert (storage.has(photo_key(named.name)), storage.has(photo_key(loose.name))) == (True, False)


def test_months_of_keeping_are_a_setting(desk: Flask) -> None:
    from app.visitors.operations import erase_old

    key, _ = file(desk)
    with desk.app_context():
        db.session.get_one(Report, key).received_at = now() - dt.timedelta(days=40)
        db.session.flush()
        assert erase_old(db.session(), Settings(reports_months=2)) == 0
        assert erase_old(db.session(), Settings(reports_months=1)) == 1
        assert db.session.scalar(db.select(db.func.count()).select_from(ReportLink)) == 1
        db.session.rollback()
