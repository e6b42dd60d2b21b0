"""Tables taken in at the desk: sent, mapped, looked through, decided, written as drafts that go through review."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.core.db import db
from app.exchange.intake.models import Import, ImportLine, ImportState
from app.exchange.intake.operations import file_of
from app.http.actor import CSRF_FIELD
from app.jobs.models import Wish
from app.publication import acting
from app.records.models import Changeset, Record, Revision
from tests.harness.officers import FROM_HERE, Officer, Page
from tests.harness.tables import workbook
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask

HEADINGS = ["STT", "Tên di tích", "Niên đại", "Toạ độ X", "Toạ độ Y", "Ghi chú"]
SITES = [
    [1, "Đình Hiếu Lễ", "thế kỷ XIX", 1756363.5, 561494.2, None],
    [2, "Miếu Ông Cọp", "1850", None, None, "chưa đo"],
]


def send(app: Flask, officer: Officer, data: bytes, name: str = "di-tich.xlsx", kind: str = "site") -> Page:
    """Send a file, let the worker read it, and open the page of its mapping."""
    given: dict[str, Any] = dict(officer.get("/desk/imports").form("file").fields)
    given |= {"kind": kind, "file": (io.BytesIO(data), name)}
    sent = officer.client.post("/desk/imports", data=given, headers=FROM_HERE)
    assert sent.status_code == 303, sent.get_data(as_text=True)
    assert "progress" in officer.get(sent.location).text
    run_jobs(app)
    return officer.get(sent.location)


def act(officer: Officer, path: str, *fields: tuple[str, str]) -> Page:
    """Press a button of a form at an address, as the officer's own pages have it."""
    token = dict(officer.get("/desk/account").form(CSRF_FIELD).fields)[CSRF_FIELD]
    return officer.post(path, [(CSRF_FIELD, token), *fields])


def check(app: Flask, page: Page, **fields: str) -> Page:
    """Send the mapping as it is guessed, but for some fields, and let the worker check the lines."""
    page = page.form("system").set(fields).send()
    run_jobs(app)
    return page.officer.get(page.path)


def test_a_table_becomes_drafts_that_are_reviewed_published_and_undone(
    desk: Flask, an: Officer, officer: Callable[..., Officer]
) -> None:
    page = check(desk, send(desk, an, workbook(SITES, HEADINGS)))
    assert "Columns that are not taken in: STT, Ghi chú" in page.said
    page = page.form("title").set({"title": "Kiểm kê 2025"}).send()
    run_jobs(desk)
    page = an.get(page.path)
    assert "drafts of one changeset" in page.said, page.said
    changeset = page.document.xpath("//main//a[contains(@href, '/desk/changesets/')]/@href")[0]
    assert "Đình Hiếu Lễ" in an.get(changeset).said
    act(an, f"{changeset}/submit")
    chi = officer("chi", Role.REVIEWER)
    act(chi, f"{changeset}/accept", ("publish", "1"))
    with desk.app_context():
        found = db.session.scalars(sa.select(Record).where(Record.code != "QNM-0001").order_by(Record.code)).all()
        assert [(one.code, one.is_public) for one in found] == [("QNM-0002", True), ("QNM-0003", True)]
        payloads = db.session.scalars(sa.select(Revision.payload).order_by(Revision.id.desc()).limit(2)).all()
        assert payloads[1]["dated"] == "18XX"
        assert payloads[1]["locations"][0]["entered_text"] == "1756363.5 561494.2"
        assert payloads[1]["locations"][0]["entered_crs"] == "EPSG:5899"
        assert payloads[0]["locations"] == []
    act(chi, f"{changeset}/undo")
    with desk.app_context():
        assert all(one.deleted_at for one in db.session.scalars(sa.select(Record).where(Record.code != "QNM-0001")))


def test_faults_come_back_beside_their_cells_and_the_rest_can_be_taken_in(desk: Flask, an: Officer) -> None:
    wrong = [3, "Giếng thử", "31/2/1985", 17563635.0, 561494.2, None]
    page = check(desk, send(desk, an, workbook([*SITES, wrong], HEADINGS)))
    assert "1 line has faults." in page.said
    assert "Line 6" in page.said
    answer = an.client.get(f"{page.path}/workbook")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data))["Danh mục"]
    assert [cell.value for cell in sheet[6]][:6] == wrong
    assert str(sheet["G6"].value).startswith("Niên đại: ")
    assert sheet["C6"].fill.fgColor.rgb == sheet["D6"].fill.fgColor.rgb == "FFFBD5D5"
    assert sheet["G3"].value == "What is to be mended"
    assert sheet["G4"].value is None
    refused = act(an, f"{page.path}/write", ("title", "x"))
    assert refused.status == 409
    assert "1 lines are wrong" in refused.said
    page = act(an, f"{page.path}/choose", ("choice", "leave"), ("all", "error"))
    run_jobs(desk)
    page = an.get(page.path)
    assert "Write 2 drafts" in page.said


def test_lines_that_may_be_there_already_are_decided_one_by_one(desk: Flask, an: Officer) -> None:
    same = [1, "di tich qnm-0001", "1719", 1756063.592, 561494.291, None]
    page = check(desk, send(desk, an, workbook([same], HEADINGS)))
    assert "It is this record: change it" in page.said
    assert "choice=update:QNM-0001" in page.buttons()
    number = page.document.xpath("//main//input[@name='line']/@value")[0]
    page = act(an, f"{page.path}/choose", ("line", number), ("choice", "update:QNM-0001"))
    run_jobs(desk)
    page = an.get(f"{page.path}?verdict=update")
    assert "QNM-0001" in page.said
    with desk.app_context():
        line = db.session.scalars(sa.select(ImportLine).where(ImportLine.verdict == "update")).one()
        # What no column says stays.
        assert line.payload is not None
        assert line.payload["sources"]
        assert line.payload["name"] == {"vi": "di tich qnm-0001", "en": "Site QNM-0001"}


def test_columns_are_mapped_by_hand_and_so_again_the_next_time(desk: Flask, an: Officer) -> None:
    headings = ["A", "B"]
    page = send(desk, an, workbook([["Lăng thử", "1800"]], headings))
    empty = page.form("system").send()
    assert empty.status == 400
    assert "Say of at least one column what it is." in empty.said
    page = check(desk, an.get(page.path), **{"column-0": "name.vi", "column-1": "dated"})
    assert "Write 1 draft" in page.said
    page = send(desk, an, workbook([["Lăng khác", "1801"]], headings))
    assert "A table with these headings was taken in before" in page.said
    assert dict(page.form("system").fields)["column-1"] == "dated"


def test_a_refused_file_is_told_and_nothing_of_it_stays(desk: Flask, an: Officer) -> None:
    page = send(desk, an, "Tên;Năm\nChùa;1".encode("utf-16-le"), "a.csv")
    assert "no table" in page.said
    page = act(an, f"{page.path}/drop")
    assert page.path == "/desk/imports"
    with desk.app_context():
        found = db.session.scalars(sa.select(Import)).one()
        assert found.state == ImportState.DROPPED
        assert not file_of(desk.config["DISAN"], found).exists()


def test_what_is_sent_without_a_file_is_asked_for(an: Officer) -> None:
    page = act(an, "/desk/imports", ("kind", "decision"))
    assert page.status == 400
    assert "Choose a file." in page.said
    assert page.document.xpath("//select[@name='kind']/option[@selected]/@value") == ["decision"]


@pytest.mark.parametrize("path", ["", "/workbook", "/drop", "/write"])
def test_nobody_sees_or_touches_the_import_of_another(
    desk: Flask, an: Officer, officer: Callable[..., Officer], path: str
) -> None:
    page = send(desk, an, workbook(SITES, HEADINGS))
    other = officer("binh", Role.ADMIN)
    address = f"{page.path}{path}"
    answer = act(other, address) if path in ("/drop", "/write") else other.get(address)
    assert answer.status == 404
    viewer = officer("vi", Role.VIEWER)
    assert viewer.get("/desk/imports").status == 403
    assert act(viewer, "/desk/imports", ("kind", "site")).status == 403


def test_an_import_goes_on_where_its_worker_was_left(desk: Flask, an: Officer) -> None:
    page = check(desk, send(desk, an, workbook(SITES, HEADINGS)))
    with desk.app_context():
        found = db.session.scalars(sa.select(Import)).one()
        first = db.session.scalars(sa.select(ImportLine).where(ImportLine.verdict == "new")).first()
        assert first is not None
        code = first.code
        # As if the worker had been killed after the first of the two lines.
        found.state = ImportState.CHECKING
        for line in db.session.scalars(sa.select(ImportLine).where(ImportLine.number > first.number)):
            line.verdict, line.code, line.payload = None, None, None
        wish = db.session.get_one(Wish, found.options["wish"])
        wish.state = "waiting"
        db.session.commit()
    run_jobs(desk)
    assert "Write 2 drafts" in an.get(page.path).said
    with desk.app_context():
        codes = db.session.scalars(sa.select(ImportLine.code).where(ImportLine.verdict == "new")).all()
        assert sorted(str(one) for one in codes) == [code, "QNM-0003"]


def test_a_large_changeset_is_acted_on_by_the_worker(
    desk: Flask, an: Officer, officer: Callable[..., Officer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "MANY", 1)
    page = check(desk, send(desk, an, workbook(SITES, HEADINGS)))
    page.form("title").send()
    run_jobs(desk)
    with desk.app_context():
        changeset = f"/desk/changesets/{db.session.scalar(sa.select(sa.func.max(Changeset.id)))}"
    page = act(an, f"{changeset}/submit")
    assert "in the background" in page.said
    again = act(an, f"{changeset}/submit")
    assert "Something is being done with this changeset just now" in again.said
    run_jobs(desk)
    chi = officer("chi", Role.REVIEWER)
    own = act(an, f"{changeset}/accept")
    assert own.status == 403
    act(chi, f"{changeset}/accept", ("publish", "1"))
    run_jobs(desk)
    assert "See the public page" in chi.get(changeset).said
    act(chi, f"{changeset}/undo")
    run_jobs(desk)
    with desk.app_context():
        assert all(one.deleted_at for one in db.session.scalars(sa.select(Record).where(Record.code != "QNM-0001")))


def test_the_decisions_that_a_list_names_come_in_beside_its_sites(
    desk: Flask, an: Officer, officer: Callable[..., Officer]
) -> None:
    headings = ["Tên di tích", "Cấp xếp hạng", "Số quyết định", "Ngày quyết định", "Cơ quan ban hành"]
    same = ["provincial", "318/QĐ-UBND", "04/02/2009", "UBND tỉnh Quảng Nam"]
    rows = [
        ["Đình Một", *same],
        ["Đình Hai", "provincial", "Quyết định số 318/QĐ-UBND ngày 4/2/2009", None, "UBND tỉnh Quảng Nam"],
        ["Đình Ba", "national", "985-QĐ/VH", "1985", "Bộ Văn hóa"],
        ["Đình Bốn", "inventoried", None, None, None],
        ["Đình Năm", None, "12/QĐ", None, "UBND tỉnh Quảng Nam"],
    ]
    page = check(desk, send(desk, an, workbook(rows, headings)))
    assert "1 line has faults." in page.said
    assert "Say at which level the decision ranks the site." in page.said
    act(an, f"{page.path}/choose", ("choice", "leave"), ("all", "error"))
    run_jobs(desk)
    an.get(page.path).form("title").send()
    run_jobs(desk)
    with desk.app_context():
        number = db.session.scalar(sa.select(sa.func.max(Changeset.id)))
        drafts = db.session.scalars(sa.select(Revision).where(Revision.changeset_id == number)).all()
        decided = [one.payload for one in drafts if one.kind == "decision"]
        assert [(one["number"], one["date"], len(one["items"])) for one in decided] == [
            ("318/QĐ-UBND", "2009-02-04", 2),
            ("985-QĐ/VH", "1985", 1),
        ]
        assert len(drafts) == 6
    act(an, f"/desk/changesets/{number}/submit")
    chi = officer("chi", Role.REVIEWER)
    act(chi, f"/desk/changesets/{number}/accept")
    assert "Provincial" in chi.get("/desk/records/QNM-0002").said.title()
    # The same list again says nothing new, and one site more is one item more of the same decision.
    codes = ["QNM-0002", "QNM-0003", None]
    again = [[code, *row] for code, row in zip(codes, [rows[0], rows[1], ["Đình Sáu", *same]], strict=True)]
    page = check(desk, send(desk, an, workbook(again, ["Mã số", *headings])))
    assert "Says nothing new (2)" in page.said
    an.get(page.path).form("title").send()
    run_jobs(desk)
    with desk.app_context():
        last = db.session.scalars(sa.select(Revision).order_by(Revision.id.desc()).limit(1)).one()
        assert last.payload["number"] == "318/QĐ-UBND"
        assert [item["record"] for item in last.payload["items"]] == ["QNM-0002", "QNM-0003", "QNM-0006"]
        assert last.base_version == 1
