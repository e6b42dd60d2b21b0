"""Official papers at the desk: what is missing is told, files are given out and kept, signed ones come back."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import docx
import pypdfium2
import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.core.db import db
from app.exchange.papers import making
from app.exchange.papers.converting import find_libreoffice
from app.exchange.papers.models import GivenPaper, PaperTemplate, ReturnedPaper
from app.http.actor import CSRF_FIELD
from app.media.models import StoredFile
from app.records.models import Revision
from tests.harness import papers, register, relics, signing
from tests.harness.databases import Databases
from tests.harness.officers import FROM_HERE, Officer, Page
from tests.harness.relics import CODE
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask

PAPERS = f"/desk/records/{CODE}/papers"


def _fill(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        relics.add_dossier(db.session())
        register.accept(db.session(), ("site", register.site("QNM-0002", at=None)))
        db.session.commit()


@pytest.fixture
def desk(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """A desk with a site of which everything is known, and one of which nothing is."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


@pytest.fixture
def without_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has no LibreOffice."""
    monkeypatch.setattr("app.desk.papers.find_libreoffice", lambda _: None)
    monkeypatch.setattr("app.exchange.papers.making.find_libreoffice", lambda _: None)


Log = Callable[..., Officer]


def token(officer: Officer) -> tuple[str, str]:
    """Give the field by which a form proves that a page of the desk sent it."""
    (found,) = officer.get("/desk/account").document.xpath("//meta[@name='csrf-token']/@content")
    return CSRF_FIELD, str(found)


def post(officer: Officer, path: str, **fields: str) -> Page:
    return officer.post(path, [*fields.items(), token(officer)])


def make(officer: Officer, paper: str, code: str = CODE, **fields: str) -> Page:
    return post(officer, f"/desk/records/{code}/papers/{paper}", **fields)


def send(officer: Officer, path: str, data: bytes, name: str = "ky.pdf") -> Page:
    fields = {"file": (io.BytesIO(data), name)} | dict([token(officer)])
    return Page(officer, officer.client.post(path, data=fields, headers=FROM_HERE, follow_redirects=True))


def given(app: Flask) -> GivenPaper:
    with app.app_context():
        found = db.session.scalars(sa.select(GivenPaper).order_by(GivenPaper.id.desc())).first()
        assert found is not None
        db.session.expunge(found)
        return found


def file_of(officer: Officer, paper: GivenPaper, ending: str) -> bytes:
    response = officer.client.get(f"/desk/papers/given/{paper.id}/{ending}")
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment")
    return response.data


def test_record_leads_to_its_papers_and_they_say_what_is_missing(desk: Flask, an: Officer) -> None:
    assert f'href="{PAPERS}"' in an.get(f"/desk/records/{CODE}").text
    assert f'href="{PAPERS}"' in an.get(f"/desk/records/{CODE}-Z1").text
    page = an.get("/desk/records/QNM-0002/papers")
    for words in ("Lý lịch", "Dossier of the site", "Significance", "How to get there", "DISAN_PAPERS_AGENCY"):
        assert (words in page.said) == (words != "Lý lịch"), words
    for address in ("QNM-0002/edit#f-significance", "survey/new", "zone/new", "artefact/new"):
        assert f'href="/desk/records/{address}"' in page.text
    assert 'href="/desk/media/upload?record=QNM-0002"' in page.text
    assert "mã số A.B.C (1 of 2 rows)" in an.get(PAPERS).said


def test_paper_is_given_out_and_written_down(desk: Flask, an: Officer, without_libreoffice: None) -> None:
    page = make(an, "site-history", on="2026-11-28")
    assert page.status == 200
    assert "LibreOffice is not installed" in page.said
    paper = given(desk)
    data = file_of(an, paper, "docx")
    assert hashlib.sha256(data).hexdigest() == paper.docx_sha256
    assert (paper.code, paper.record_version, paper.template_version, paper.day.isoformat()) == (
        CODE,
        1,
        0,
        "2026-11-28",
    )
    assert paper.missing == ["office.authority", "office.agency", "office.place"]
    text = "\n".join(one.text for one in docx.Document(io.BytesIO(data)).paragraphs)
    assert "ĐÌNH LÀNG MINH HƯƠNG" in text
    assert "Mái lợp ngói & gạch <cổ>." in text
    assert an.client.get(f"/desk/papers/given/{paper.id}/pdf").status_code == 404
    assert "28/11/2026" in an.get(PAPERS).said
    make(an, "site-history", on="2026-11-28")
    assert given(desk).docx_sha256 == paper.docx_sha256


def test_paper_becomes_pdf_a_by_the_worker(desk: Flask, an: Officer) -> None:
    assert find_libreoffice(register.SETTINGS) is not None, "tools/system.sh brings LibreOffice"
    page = make(an, "zone-minutes", on="2026-11-28")
    assert "is being made" in page.said
    run_jobs(desk)
    assert "Save the PDF/A" in an.get(page.path).said
    paper = given(desk)
    data = file_of(an, paper, "pdf")
    assert hashlib.sha256(data).hexdigest() == paper.pdf_sha256
    assert re.search(rb"<pdfaid:part>2</pdfaid:part>", data)
    document = pypdfium2.PdfDocument(data)
    told = "".join(page.get_textpage().get_text_range() for page in document)
    assert "BIÊN BẢN KHOANH VÙNG CÁC KHU VỰC BẢO VỆ DI TÍCH" in told


def test_signed_paper_comes_back_is_verified_and_attached(desk: Flask, an: Officer) -> None:
    make(an, "site-sheet")
    run_jobs(desk)
    paper = given(desk)
    signed = signing.signed(file_of(an, paper, "pdf"))
    page = send(an, f"/desk/papers/given/{paper.id}/signed", signed)
    assert "the very bytes of the paper" in page.said
    run_jobs(desk)
    page = an.get(f"/desk/papers/given/{paper.id}")
    assert "UBND tỉnh Quảng Nam" in page.said
    assert "signed file on hand" in an.get(PAPERS).said
    with desk.app_context():
        (back,) = db.session.scalars(sa.select(ReturnedPaper))
        assert back.file.sha256 == hashlib.sha256(signed).hexdigest()
        assert back.comparison == "continued"
        (draft,) = db.session.scalars(sa.select(Revision).where(Revision.kind == "media"))
        assert draft.changeset_id == back.changeset_id
        (placement,) = draft.payload["placements"]
        assert (placement["record"], placement["role"]) == (CODE, "signed_paper")
    assert "came back before" in send(an, f"/desk/papers/given/{paper.id}/signed", signed).said
    with desk.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ReturnedPaper)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 1


def test_file_that_is_not_the_paper_is_told_to_be_another(desk: Flask, an: Officer) -> None:
    make(an, "site-sheet")
    run_jobs(desk)
    paper = given(desk)
    path = f"/desk/papers/given/{paper.id}/signed"
    data = file_of(an, paper, "pdf")
    assert "nothing has been added" in send(an, path, data).said
    assert "its words differ" in send(an, path, signing.signed(papers.pdf(2)), "khac.pdf").said
    emptied = signing.emptied(data)
    assert emptied.startswith(data)
    assert send(an, path, emptied, "xoa.pdf").said.count("its words differ") == 2
    anew = pypdfium2.PdfDocument(data)
    out = io.BytesIO()
    anew.save(out)
    assert "holds all words" in send(an, path, out.getvalue(), "ghi-lai.pdf").said
    scan = pypdfium2.PdfDocument.new()
    scan.new_page(595, 842)
    out = io.BytesIO()
    scan.save(out)
    assert "cannot be told" in send(an, path, out.getvalue(), "quet.pdf").said
    assert "This is no PDF" in send(an, path, papers.word(), "ky.docx").said
    changed = signing.signed(data).replace(b"/Contents", b"/Contentz")
    assert send(an, path, changed[: len(changed) // 2], "cat.pdf").status == 422


def test_viewer_brings_nothing_back_and_needs_a_file(desk: Flask, an: Officer, officer: Log) -> None:
    make(an, "site-sheet")
    paper = given(desk)
    path = f"/desk/papers/given/{paper.id}/signed"
    assert "Choose a file" in post(an, path).said
    viewer = officer("xem", Role.VIEWER)
    assert "signed file" not in str(viewer.get(f"/desk/papers/given/{paper.id}").document.xpath("//form//label/text()"))
    assert send(viewer, path, papers.pdf()).status == 403


def test_paper_of_a_sensitive_place_is_for_who_may_know_it(
    desk: Flask, an: Officer, officer: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.exchange.papers.making.find_libreoffice", lambda _: None)
    with desk.app_context():
        hidden = relics.site(location_policy="hidden") | {"code": "QNM-0809"}
        register.accept(db.session(), ("site", hidden))
        db.session.commit()
    chi = officer("chi", Role.REVIEWER)
    make(chi, "site-history", "QNM-0809")
    theirs = given(desk)
    assert theirs.holds_sensitive
    for ending in ("", "/docx"):
        assert an.client.get(f"/desk/papers/given/{theirs.id}{ending}").status_code == 403
    assert f"/given/{theirs.id}" not in an.get("/desk/records/QNM-0809/papers").text
    page = an.get("/desk/records/QNM-0809/papers")
    assert "sensitive place that you may not see" in page.said
    make(an, "site-history", "QNM-0809")
    own = given(desk)
    assert own.id != theirs.id
    assert not own.holds_sensitive
    text = "\n".join(one.text for one in docx.Document(io.BytesIO(file_of(an, own, "docx"))).paragraphs)
    assert "Trần Phú" not in text
    assert "bảo mật" in text


def test_register_book_of_a_unit(desk: Flask, an: Officer, without_libreoffice: None) -> None:
    page = an.get("/desk/papers")
    assert "Register book" in page.said
    done = page.form("unit").fill(unit="20410", on="2026-11-28").send()
    assert done.status == 200
    paper = given(desk)
    assert paper.code is None
    assert paper.query["unit"] == "20410"
    table = docx.Document(io.BytesIO(file_of(an, paper, "docx"))).tables[1]
    assert [row.cells[1].text for row in table.rows] == ["Mã hồ sơ", CODE]
    assert "Register book" in an.get("/desk/papers").said


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/desk/records/{CODE}/papers/nothing", 404),
        (f"/desk/records/{CODE}/papers/decision-annex", 404),
        ("/desk/records/QNM-B801/papers/site-sheet", 404),
        ("/desk/papers/lists/site-sheet", 404),
        ("/desk/papers/given/999/pdf", 404),
        ("/desk/papers/given/999/signed", 404),
    ],
)
def test_what_is_not_there_is_told(desk: Flask, an: Officer, path: str, status: int) -> None:
    assert post(an, path).status == status


def test_wrong_day_is_told(desk: Flask, an: Officer) -> None:
    page = make(an, "site-sheet", on="soon")
    assert page.status == 422
    assert "year-month-day" in page.said


def template(text: str) -> bytes:
    paper = docx.Document()
    paper.add_paragraph(text)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def test_office_changes_a_template_and_puts_it_back(
    desk: Flask, an: Officer, officer: Log, without_libreoffice: None
) -> None:
    admin = officer("quan-tri", Role.ADMIN)
    path = "/desk/papers/templates/site-sheet"
    own = template("Phiếu của cơ quan: {{ site.name }}")
    assert "Version 1 of the template" in send(admin, path, own, "mau.docx").said
    assert admin.client.get(f"{path}/1").data == own
    make(an, "site-sheet")
    paper = given(desk)
    assert paper.template_version == 1
    told = docx.Document(io.BytesIO(file_of(an, paper, "docx")))
    assert told.paragraphs[0].text == "Phiếu của cơ quan: Đình làng Minh Hương"
    assert "counts again" in post(admin, f"{path}/shipped").said
    make(an, "site-sheet")
    assert given(desk).template_version == 0
    assert admin.client.get(f"{path}/1").data == own
    assert docx.Document(io.BytesIO(an.client.get(f"{path}/0").data)).paragraphs


def test_wrong_template_is_refused_with_the_name(desk: Flask, an: Officer, officer: Log) -> None:
    admin = officer("quan-tri", Role.ADMIN)
    path = "/desk/papers/templates/site-sheet"
    page = send(admin, path, template("{{ site.nmae }}"), "mau.docx")
    assert page.status == 422
    assert "names “nmae”, which is no fact" in page.said
    assert send(admin, path, template("{{ site.name.__class__ }}"), "mau.docx").status == 422
    macros, _ = papers.HOSTILE["macros.docx"]
    assert "macros" in send(admin, path, macros(), "mau.docx").said
    assert send(an, path, template("{{ site.name }}"), "mau.docx").status == 403
    with desk.app_context():
        assert not db.session.scalars(sa.select(PaperTemplate)).all()


def test_pdf_can_be_asked_for_later(desk: Flask, an: Officer, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(making, "find_libreoffice", lambda _: None)
        page = make(an, "decision-annex", "QNM-D801")
    assert "Make the PDF" in an.get(page.path).said
    paper = given(desk)
    assert paper.pdf_sha256 is None
    assert post(an, f"/desk/papers/given/{paper.id}/pdf").status == 200
    run_jobs(desk)
    assert given(desk).pdf_sha256
    assert post(an, f"/desk/papers/given/{paper.id}/pdf").status == 409
