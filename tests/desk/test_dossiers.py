"""Dossiers at the desk: opened, gone through, stepped on, printed; who sees the applicant; rules edited by admins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.core.clock import today
from app.core.db import db
from app.heritage.dossiers.models import Dossier, HolidayYear, Regulation, State
from app.heritage.dossiers.queries import find_dossier
from app.places.operations import write_units
from app.places.schemas import UnitSchema
from app.records.operations import find_record
from tests.harness import dossiers, register
from tests.harness.databases import Databases
from tests.harness.dossiers import add_file
from tests.harness.officers import Officer, Page

if TYPE_CHECKING:
    from flask import Flask

HERE, THERE = "20410", "20611"
SITES = {HERE: "QNM-0001", THERE: "QNM-0002"}
SECRET = "Bà Lê Thị Riêng Tư, 0905 000 000"


def _fill(app: Flask) -> None:
    """Write two communes with a site each, a body and a person, and the seed's regulations."""
    with app.app_context():
        session = db.session()
        dossiers.write_rules(session)
        schema = UnitSchema()
        rows = [{"code": code, "name": {"vi": f"Xã {code}"}, "level": "commune"} for code in SITES]
        actor = system_actor(session, "test-admin", Role.ADMIN)
        write_units(session, [dict(schema.load(row)) for row in rows], actor=actor)
        register.publish(session, *(("site", register.site(code, current_unit=unit)) for unit, code in SITES.items()))
        register.accept(
            session,
            ("party", register.party("PT-001")),
            ("party", register.party("PT-002", party_kind="person", role={"vi": "Chủ nhà"})),
        )
        session.commit()


@pytest.fixture
def desk(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application with a public site in each of two communes, and the seed's regulations."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


def open_one(app: Flask, code: str = "QNM-0001", received: dt.date | None = dt.date(2026, 3, 2), **fields: Any) -> int:
    """Open a dossier; gives its key."""
    with app.app_context():
        session = db.session()
        made = dossiers.open_one(session, find_record(session, code), received, **fields)
        key = made.id
        session.commit()
        return key


def papers(page: Page) -> dict[str, str]:
    """Give what a dossier's page says of each paper, by its code, in the page's order."""
    rows = page.document.xpath("//tr[starts-with(@id, 'paper-')]")
    return {str(row.get("id")).removeprefix("paper-"): " ".join(row.text_content().split()) for row in rows}


def test_dossier_is_opened_from_the_records_page_and_shown_there(desk: Flask, an: Officer) -> None:
    page = an.get("/desk/records/QNM-0001")
    (way,) = page.document.xpath("//a[contains(@href, '/desk/dossiers/new')]/@href")
    form = an.get(way).form()
    page = form.fill(
        regulation="rank-provincial", one_stop_code="000.00.16.H17-260302-0001", applicant_party="PT-001 – Tổ chức"
    ).press("save")
    assert page.status == 200
    assert page.path.startswith("/desk/dossiers/")
    assert "000.00.16.H17-260302-0001" in page.said
    assert "The dossier has not been handed in" in page.said
    assert next(iter(papers(page))) == "application"
    record = an.get("/desk/records/QNM-0001")
    assert "Open dossiers Ranking: Being put together" in record.said
    assert "Open dossiers" not in an.get("/desk/records/QNM-0002").said


def test_what_was_typed_stays_when_opening_is_refused(desk: Flask, an: Officer) -> None:
    form = an.get("/desk/dossiers/new").form()
    page = form.fill(
        record="QNM-404",
        one_stop_code="A-1",
        one_stop_url="javascript:alert(1)",
        applicant=SECRET,
        received_on="2026-13-01",
    ).press("save")
    assert page.status == 422
    assert set(page.errors()) == {"record", "regulation", "one_stop_url", "received_on"}
    for name, value in (("record", "QNM-404"), ("one_stop_code", "A-1"), ("applicant", SECRET)):
        assert page.value(name) == value
    page = (
        page.form()
        .fill(record="qnm-0001", regulation="register-artefact", one_stop_url="", received_on="")
        .press("save")
    )
    assert page.errors() == {"regulation": "This regulation is about records of another kind."}
    with desk.app_context():
        assert db.session.query(Dossier).count() == 0


def test_numbers_that_no_row_has_are_no_accident(desk: Flask, officer: Callable[..., Officer]) -> None:
    boss = officer("boss", Role.ADMIN)
    proof = boss.get("/desk/holidays").form("_csrf").fields
    huge = "99999999999999999999"
    for path in (f"/desk/holidays/{huge}/confirm", f"/desk/holidays/days/{huge}", f"/desk/dossiers/{huge}/step"):
        assert boss.post(path, [*proof, ("basis", "x"), ("day", "2026-01-01")]).status == 404
    page = boss.post("/desk/holidays/2051/propose", proof)
    assert page.status == 422
    assert "Holidays are proposed for the years 1968 to 2049" in page.said
    form = boss.get("/desk/dossiers/new?record=QNM-0001").form()
    fields = [pair for pair in form.fields if pair[0] != "responsible"]
    page = boss.post("/desk/dossiers/new", [*fields, ("responsible", huge), ("do", "save")])
    assert page.errors()["responsible"] == "There is no such person."


def test_paper_is_dealt_with_and_comes_out_of_what_is_owed(desk: Flask, an: Officer) -> None:
    key = open_one(desk)
    with desk.app_context():
        add_file(db.session(), "QNM-P1", "QNM-0001", "scan", "pdf", title={"vi": "Bản quét", "en": "A scan"})
        db.session.commit()
    page = an.get(f"/desk/dossiers/{key}")
    assert "Owed by: Applicant 1" in page.said
    form = an.get(f"/desk/dossiers/{key}/papers/application").form()
    page = form.fill(media=["QNM-P1"]).press("save")
    assert page.path == f"/desk/dossiers/{key}"
    assert "There A scan PDF" in papers(page)["application"]
    assert "Owed by: Applicant" not in page.said
    # What is owed stands on top of what is there.
    assert list(papers(page))[-1] == "application"


def test_verdict_without_its_reason_is_refused_and_keeps_what_was_typed(desk: Flask, an: Officer) -> None:
    key = open_one(desk)
    form = an.get(f"/desk/dossiers/{key}/papers/profile").form()
    page = form.fill(verdict="outdated", note="gọi lại", owed_by="commune", further="QNM-P404").press("save")
    assert page.status == 422
    assert page.errors() == {"reason": "Say why."}
    assert (page.value("verdict"), page.value("note"), page.value("owed_by")) == ("outdated", "gọi lại", "commune")
    page = page.form().fill(reason="Bản chụp mờ").press("save")
    assert page.errors() == {"further": "There is no file QNM-P404."}
    page = page.form().fill(further="", owed_party="PT-001").press("save")
    assert papers(page)["profile"].startswith("Profile of the relic Only in a form not valid")
    assert "Bản chụp mờ" in papers(page)["profile"]
    assert "Commune: Body PT-001" in papers(page)["profile"]


def test_steps_move_the_clock_and_a_wrong_one_is_taken_back(desk: Flask, an: Officer) -> None:
    with desk.app_context():
        db.session.query(Regulation).filter_by(code="rank-provincial").one().limit_days = 15
        db.session.commit()
    key = open_one(desk)
    page = an.get(f"/desk/dossiers/{key}").form("state")
    page = page.fill(state="supplement", happened_on="2026-03-06", note="CV 12").press("step")
    assert "stands still 11 days left" in page.said
    assert "The applicant owes nothing any more." not in page.said
    page = page.form("state").fill(state="in_work", happened_on="2026-03-01", note="đến rồi").press("step")
    assert page.status == 422
    assert page.errors() == {"happened_on": "The step before is of 06/03/2026; this one cannot lie before it."}
    assert dict(page.form("state").fields)["note"] == "đến rồi"
    page = page.form("state").fill(happened_on="2026-03-20").press("step")
    assert "Days that it stood still 10" in page.said
    assert "Nobody has confirmed the days of rest of: 2026" in page.said
    page = page.form("why").press("back")
    assert page.errors() == {"why": "Say why."}
    page = page.form("why").fill(why="nhầm").press("back")
    assert "Taken back; again: Supplement asked for" in page.said
    assert "stands still" in page.said


def test_page_says_when_a_supplement_should_be_asked_for_and_when_it_is_all_there(desk: Flask, an: Officer) -> None:
    key = open_one(desk)
    assert "The applicant owes papers while the clock runs." in an.get(f"/desk/dossiers/{key}").said
    an.get(f"/desk/dossiers/{key}").form("state").fill(state="supplement", happened_on="2026-03-06").press("step")
    assert "The applicant owes papers while the clock runs." not in an.get(f"/desk/dossiers/{key}").said
    with desk.app_context():
        add_file(db.session(), "QNM-P1", "QNM-0001", "application", "pdf")
        db.session.commit()
    assert "The applicant owes nothing any more." in an.get(f"/desk/dossiers/{key}").said


def test_second_of_two_officers_is_told_and_loses_nothing(desk: Flask, officer: Callable[..., Officer]) -> None:
    key = open_one(desk)
    an, chi = officer("an"), officer("chi")
    late = (
        chi.get(f"/desk/dossiers/{key}").form("state").fill(state="in_work", note="của tôi", happened_on="2026-03-03")
    )
    an.get(f"/desk/dossiers/{key}/papers/profile").form().fill(note="x").press("save")
    page = late.press("step")
    assert page.status == 422
    assert "Somebody else has changed this dossier meanwhile." in page.said
    assert dict(page.form("state").fields)["note"] == "của tôi"
    assert "Saved." in page.form("state").press("step").said
    with desk.app_context():
        assert find_dossier(db.session(), key).state == State.IN_WORK


def test_applicant_is_named_to_whoever_deals_with_the_dossier_and_to_nobody_else(
    desk: Flask, officer: Callable[..., Officer]
) -> None:
    key = open_one(desk, applicant=SECRET, applicant_party="PT-002", applicant_role="owner")
    addresses = (f"/desk/dossiers/{key}", f"/desk/dossiers/{key}/owed", "/desk/dossiers", "/desk/audit")
    an = officer("an")
    assert SECRET in an.get(addresses[0]).text
    for reader in (officer("lan", Role.VIEWER), officer("bound", unit=THERE)):
        for address in addresses:
            page = reader.get(address)
            assert page.status == 200
            assert SECRET not in page.text
            assert "Body PT-002" not in page.text
        assert "Named to whoever deals with the dossier." in reader.get(addresses[0]).said
        assert not reader.get(addresses[0]).has_form("state")
        assert reader.get(f"/desk/dossiers/{key}/edit").status == 403
    visitor = desk.test_client()
    for path in ("/api/v1/collections/sites/items/QNM-0001", "/en/sites/QNM-0001"):
        shown = visitor.get(path, follow_redirects=True).text
        assert SECRET not in shown
        assert "dossier" not in shown.lower()


def test_office_bound_to_a_commune_deals_with_its_own_dossiers(desk: Flask, officer: Callable[..., Officer]) -> None:
    here, there = open_one(desk), open_one(desk, "QNM-0002")
    bound = officer("bound", unit=HERE)
    assert bound.get(f"/desk/dossiers/{here}").has_form("state")
    fields = bound.get(f"/desk/dossiers/{here}").form("state").fields
    assert bound.post(f"/desk/dossiers/{there}/step", fields).status == 403
    assert bound.get(f"/desk/dossiers/{there}/papers/profile").status == 403
    refused = bound.get("/desk/dossiers/new?record=QNM-0002").form().fill(regulation="rank-provincial").press("save")
    assert refused.status == 403


def test_list_filters_and_links_lead_to_what_they_say(desk: Flask, an: Officer) -> None:
    with desk.app_context():
        db.session.query(Regulation).filter_by(code="rank-provincial").one().limit_days = 15
        db.session.commit()
    late = open_one(desk, responsible=an.id, one_stop_code="H17-77")
    open_one(desk, "QNM-0002", None)

    def listed(query: str) -> list[str]:
        page = an.get(f"/desk/dossiers?{query}")
        assert page.status == 200, query
        return [str(one.text_content()) for one in page.document.xpath("//main//tbody//td[1]/a")]

    assert listed("") == ["Site QNM-0001", "Site QNM-0002"]
    assert listed("overdue=1") == listed("mine=1") == listed("record=qnm-0001") == ["Site QNM-0001"]
    assert listed("state=preparing") == ["Site QNM-0002"]
    assert listed("owes=commune") == ["Site QNM-0001", "Site QNM-0002"]
    assert listed("owes=other") == listed("procedure=cancel") == listed("soon=1") == []
    assert listed("record=QNM-404") == []
    assert listed("record=h17-77") == ["Site QNM-0001"]
    assert an.get("/desk/dossiers?cursor=abc").status == 422
    (tile,) = an.get("/desk/").document.xpath("//a[@href='/desk/dossiers?mine=1&overdue=1']")
    assert tile.text_content().split()[0] == "1"
    assert "overdue by" in an.get(f"/desk/dossiers/{late}").said


def test_dossier_that_is_due_within_five_working_days_stands_on_the_home_page(desk: Flask, an: Officer) -> None:
    with desk.app_context():
        db.session.query(Regulation).filter_by(code="rank-provincial").one().limit_days = 3
        db.session.commit()
    open_one(desk, received=today(), responsible=an.id)
    assert an.get("/desk/").document.xpath("//a[@href='/desk/dossiers?mine=1&soon=1']")


def test_list_of_what_is_owed_is_made_for_one_debtor_or_all(desk: Flask, an: Officer) -> None:
    key = open_one(desk, one_stop_code="H17-1")
    whole, one = an.get(f"/desk/dossiers/{key}/owed"), an.get(f"/desk/dossiers/{key}/owed?by=commune")
    rows = [len(page.document.xpath("//article//tbody/tr")) for page in (whole, one)]
    assert rows == [10, 2]
    assert "H17-1" in one.said
    assert "Who owes it Commune" in one.said
    assert len(an.get(f"/desk/dossiers/{key}/owed?by=nobody").document.xpath("//article//tbody/tr")) == 10


def test_history_tells_of_dossiers_in_the_log_and_not_on_the_home_page(
    desk: Flask, officer: Callable[..., Officer]
) -> None:
    an = officer("an")
    key = open_one(desk, received=None)
    an.get(f"/desk/dossiers/{key}").form("state").fill(state="received", happened_on="2026-03-02").press("step")
    log = officer("boss", Role.ADMIN).get("/desk/audit?kind=dossier").said
    assert "Dossier opened" in log
    assert "Step of a dossier" in log
    assert "Received" in log
    assert "dossier/" not in an.get("/desk/").text
    assert "Step Received an" in an.get(f"/desk/dossiers/{key}").said


def test_list_costs_the_same_for_many(
    desk: Flask, an: Officer, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    costs = []
    for _ in range(2):
        for number in range(6):
            open_one(desk, SITES[HERE if number % 2 else THERE])
        an.get("/desk/dossiers")
        with count_queries() as statements:
            an.get("/desk/dossiers")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 20


# What it is judged by


def test_admin_changes_a_regulation_and_what_is_due_follows(desk: Flask, officer: Callable[..., Officer]) -> None:
    key = open_one(desk)
    boss = officer("boss", Role.ADMIN)
    form = boss.get("/desk/regulations/rank-provincial/edit").form()
    page = form.fill(limit_days="0", valid_from="2026-02-01", valid_until="2026-01-01").press("save")
    assert page.status == 422
    assert page.errors()["limit_days"].startswith("A time limit is 1 to 1,000 days")
    page = page.form().fill(limit_days="15", valid_until="").press("save")
    assert "15 working days" in page.said
    with desk.app_context():
        assert find_dossier(db.session(), key).due_on == dt.date(2026, 3, 23)
    page = boss.get("/desk/regulations/rank-provincial/edit").form().fill(valid_until="2026-01-01").press("save")
    assert page.errors() == {"valid_until": "2026-01-01 lies before 2026-02-01."}


def test_admin_adds_and_retires_papers(desk: Flask, officer: Callable[..., Officer]) -> None:
    key = open_one(desk)
    boss = officer("boss", Role.ADMIN)
    form = boss.get("/desk/regulations/rank-provincial/papers").form()
    page = form.set({"paper": "Cam Kết", "name.vi": "", "forms": "pdf\nexe", "roles": ["scan"]}).press("save")
    assert page.status == 422
    assert set(page.errors()) == {"paper", "name.vi", "forms"}
    assert dict(page.form().fields)["roles"] == "scan"
    page = (
        page.form()
        .set({"paper": "cam-ket", "name.vi": "Bản cam kết", "forms": "pdf", "owed_by": "commune"})
        .press("save")
    )
    assert page.path == "/desk/regulations/rank-provincial"
    assert "Commune" in papers(boss.get(f"/desk/dossiers/{key}"))["cam-ket"]
    boss.get("/desk/regulations/rank-provincial/papers/cam-ket").form().fill(is_retired="1").press("save")
    assert "cam-ket" not in papers(boss.get(f"/desk/dossiers/{key}"))
    assert "no longer asked for" in boss.get("/desk/regulations/rank-provincial").said
    taken = (
        boss.get("/desk/regulations/rank-provincial/papers")
        .form()
        .set({"paper": "profile", "name.vi": "x"})
        .press("save")
    )
    assert taken.errors() == {"paper": "The code profile is taken."}


def test_admin_makes_a_regulation_of_their_own(desk: Flask, officer: Callable[..., Officer]) -> None:
    boss = officer("boss", Role.ADMIN)
    form = boss.get("/desk/regulations/new").form()
    page = form.set({"code": "Mới", "procedure": "rank", "name.vi": "Mới"}).press("save")
    assert set(page.errors()) == {"code"}
    page = page.form().set({"code": "rank-2027"}).press("save")
    assert page.path == "/desk/regulations/rank-2027"
    page = boss.get("/desk/regulations/new").form().set({"code": "rank-2027", "procedure": "rank", "name.vi": "x"})
    assert page.press("save").errors() == {"code": "The code rank-2027 is taken."}


def test_admin_proposes_mends_and_confirms_a_year(desk: Flask, officer: Callable[..., Officer]) -> None:
    boss = officer("boss", Role.ADMIN)
    page = boss.get("/desk/holidays?year=2026")
    assert "Nothing is known of this year" in page.said
    page = boss.post("/desk/holidays/2026/propose", page.form("_csrf").fields)
    assert "17 Feb 2026 Tuesday Lunar New Year (Tết)" in page.said
    assert "does not count" in page.said
    (eve,) = page.document.xpath("//a[text()='3 Sep 2026']/@href")
    page = boss.get(eve).form().fill(day="2026-09-01").press("save")
    assert "1 Sep 2026 Tuesday National Day" in page.said
    page = page.form("basis").press("confirm")
    assert page.errors() == {"basis": "Name the notice or the decision that these days were compared with."}
    page = page.form("basis").fill(basis="Thông báo 6150").press("confirm")
    assert "Confirmed by boss." in page.said
    page = page.form("name_vi").fill(day="2026-08-21", kind="worked", name_vi="Làm bù").press("add")
    assert page.errors() == {"day": "A day that is worked in exchange is a Saturday or a Sunday."}
    assert dict(page.form("name_vi").fields)["name_vi"] == "Làm bù"
    page = page.form("name_vi").fill(day="2026-08-22").press("add")
    assert "These days are a proposal." in page.said
    (own,) = page.document.xpath("//a[text()='22 Aug 2026']/@href")
    assert boss.post(f"{own}/remove", page.form("_csrf").fields).status == 200
    with desk.app_context():
        assert db.session.get_one(HolidayYear, 2026).confirmed_at is None


def test_admin_switches_a_rule_on_and_a_day_that_is_none_is_refused(
    desk: Flask, officer: Callable[..., Officer]
) -> None:
    boss = officer("boss", Role.ADMIN)
    page = boss.get("/desk/holidays/rules/culture-day").form().fill(day="31").press("save")
    assert page.errors() == {"day": "There is no such day in 2028."}
    page = page.form().fill(day="24", is_on="1").press("save")
    assert page.path == "/desk/holidays"
    page = boss.post("/desk/holidays/2027/propose", page.form("_csrf").fields)
    (row,) = [row for row in page.document.xpath("//main//tbody/tr") if "24 Nov 2027" in row.text_content()]
    assert "does not count" not in row.text_content()


def test_editor_reads_rules_and_has_no_form_for_them(desk: Flask, an: Officer) -> None:
    for path in ("/desk/regulations", "/desk/regulations/rank-provincial", "/desk/holidays?year=2026"):
        page = an.get(path)
        assert page.status == 200
        assert not page.has_form("do")
    assert an.get("/desk/regulations/rank-provincial/edit").status == 403
