"""Exports at the desk: of a list, of ticks, of a record; at once or by the worker, logged, and for their owner."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.accounts.models import AccountEvent, Role
from app.core.db import begin_write, db
from app.exchange.exports import wishes
from app.records.queries import EntryQuery, count_entries
from tests.harness import register
from tests.harness.officers import FROM_HERE, Officer
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

SECRET = "15.4321987"


@pytest.fixture
def desk(desk: Flask) -> Flask:
    """The register with a second site, whose place is sensitive, and a decision."""
    with desk.app_context():
        session = db.session()
        begin_write(session)
        register.accept(
            session,
            ("site", register.site("QNM-0002", at=(15.4321987, 108.4321765, 5), location_policy="hidden")),
            ("decision", register.decision("QNM-D0001", {"record": "QNM-0001"})),
        )
        session.commit()
    return desk


def send(officer: Officer, path: str, button: str, **typed: str) -> TestResponse:
    """Press a button of a page that leads to the exports, as a browser does."""
    page = officer.get(path)
    (pressed,) = page.document.xpath(f"//main//{button}")
    form = pressed.iterancestors("form").__next__()
    fields = {one.get("name"): one.get("value", "") for one in form.xpath(".//input[@type='hidden']")}
    target = pressed.get("formaction") or form.get("action")
    return officer.client.post(target, data={**fields, **typed}, headers=FROM_HERE)


LIST = "form[.//input[@name='list']]//button"
CHOSEN = "button[@formaction]"
RECORD = "form[contains(@action, 'exports')]//button"


def test_a_list_is_exported_as_it_is_asked_for(an: Officer) -> None:
    answer = send(an, "/desk/register?kind=site", LIST, format="geojson")
    assert answer.status_code == 200
    assert answer.mimetype == "application/geo+json"
    assert 'attachment; filename="di-san_sites_' in answer.headers["Content-Disposition"]
    assert [one["id"] for one in json.loads(answer.data)["features"]] == ["QNM-0001", "QNM-0002"]
    assert SECRET not in answer.text
    found = send(an, "/desk/register?kind=site&q=QNM-0002", LIST, format="geojson")
    assert [one["id"] for one in json.loads(found.data)["features"]] == ["QNM-0002"]


def test_ticked_records_are_exported(an: Officer) -> None:
    answer = send(an, "/desk/register", CHOSEN, format="csv", code="QNM-D0001")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert set(packed.namelist()) == {"README.txt", "decisions.csv", "decisions.items.csv"}


def test_nothing_ticked_is_said(an: Officer) -> None:
    answer = send(an, "/desk/register?kind=site", CHOSEN, format="csv")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/desk/register?kind=site"
    assert "Choose at least one record" in an.get(answer.headers["Location"]).said


def test_one_record_is_exported_from_its_page(officer: Callable[..., Officer]) -> None:
    reviewer = officer("chi", Role.REVIEWER)
    answer = send(reviewer, "/desk/records/QNM-0002", RECORD, format="kml")
    assert 'filename="di-san_QNM-0002_' in answer.headers["Content-Disposition"]
    assert SECRET in answer.text
    viewer = officer("van", Role.VIEWER)
    assert SECRET not in send(viewer, "/desk/records/QNM-0002", RECORD, format="kml").text


def test_whoever_reads_the_register_may_tick_and_export(officer: Callable[..., Officer]) -> None:
    viewer = officer("van", Role.VIEWER)
    assert send(viewer, "/desk/register", CHOSEN, format="xlsx", code="QNM-0001").status_code == 200


def test_an_export_is_logged_with_what_it_held(desk: Flask, an: Officer, officer: Callable[..., Officer]) -> None:
    send(an, "/desk/register?kind=site&state=public", LIST, format="xlsx")
    with desk.app_context():
        event = db.session.scalars(sa.select(AccountEvent).where(AccountEvent.action == "exported")).one()
        assert event.actor_id == event.user_id == an.id
        assert event.details == {"format": "xlsx", "what": ["state=public", "site"], "records": 1, "withheld": 0}
    said = officer("quan", Role.ADMIN).get("/desk/audit?action=exported").said
    assert "Exported records" in said
    assert "state=public, site" in said


def test_no_file_stays_when_it_was_sent(desk: Flask, an: Officer) -> None:
    assert send(an, "/desk/register", LIST, format="gpkg").data.startswith(b"SQLite format 3")
    assert list((desk.config["DISAN"].data / "exports").iterdir()) == []


def test_many_records_are_left_to_the_worker(
    desk: Flask, an: Officer, officer: Callable[..., Officer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes, "AT_ONCE", 1)
    answer = send(an, "/desk/register?kind=site", LIST, format="geojson")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/exports")
    waiting = an.client.get("/desk/exports")
    assert waiting.headers["Refresh"]
    assert "0 of 2 records read" in " ".join(waiting.text.split())
    run_jobs(desk)
    page = an.get("/desk/exports")
    assert "2 records" in page.said
    assert "In 1 of them places are withheld from you" in page.said
    (target,) = page.document.xpath("//main//a[@download]/@href")
    file = an.client.get(target)
    assert [one["id"] for one in json.loads(file.data)["features"]] == ["QNM-0001", "QNM-0002"]
    assert SECRET not in file.text
    assert an.client.get(target).status_code == 200
    other = officer("binh")
    assert other.client.get(target).status_code == 404
    assert "no export of yours" in other.get("/desk/exports").said


def test_a_worker_that_stands_still_is_said(desk: Flask, an: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishes, "AT_ONCE", 1)
    send(an, "/desk/register?kind=site", LIST, format="geojson")
    assert "stand still" not in an.get("/desk/exports").said
    monkeypatch.setattr(wishes, "_TAKEN_UP_WITHIN", dt.timedelta(seconds=-1))
    assert "stand still" in an.get("/desk/exports").said
    run_jobs(desk)
    assert "stand still" not in an.get("/desk/exports").said


def test_a_format_that_there_is_not_is_said(an: Officer) -> None:
    answer = send(an, "/desk/records/QNM-0001", RECORD, format="dwg")
    assert answer.headers["Location"] == "/desk/records/QNM-0001"


def test_an_export_leads_back_to_the_desk_only(an: Officer) -> None:
    answer = send(an, "/desk/records/QNM-0001", RECORD, format="dwg", back="https://evil.example/")
    assert answer.headers["Location"] == "/desk/register"


def test_a_form_without_its_proof_exports_nothing(an: Officer) -> None:
    answer = an.client.post(
        "/desk/exports", data={"code": "QNM-0001", "format": "csv"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert answer.mimetype != "application/zip"


def test_counting_up_to_two_thousand_decides_who_makes_it(desk: Flask) -> None:
    with desk.app_context():
        assert count_entries(db.session(), EntryQuery(kind="site"), wishes.AT_ONCE) == 2
