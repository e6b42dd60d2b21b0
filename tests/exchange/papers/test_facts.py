"""The facts of papers come from the accepted record, say what is missing, and leave out what may not be seen."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role, User
from app.core.db import db
from app.core.errors import InvalidInput
from app.exchange.papers import book_facts
from app.exchange.papers.asking import Asked, BookQuery
from app.exchange.papers.forms import read_forms, sample_of
from app.exchange.papers.gathering import Gathered, gather
from app.exchange.papers.making import ask_about
from app.records.models import Record
from tests.harness import register, relics
from tests.harness.officers import add_officer
from tests.harness.queries import count_queries
from tests.harness.relics import CODE, CORNERS

if TYPE_CHECKING:
    from flask import Flask

SETTINGS = register.SETTINGS
DAY = dt.date(2026, 11, 28)
FORMS = read_forms(SETTINGS)
ADMIN = ("quan-tri", Role.ADMIN)
EDITOR = ("an", Role.EDITOR)


def ask(paper: str, code: str | None = CODE, *, who: tuple[str, Role] = ADMIN, day: dt.date = DAY, **how: Any) -> Asked:
    session = db.session()
    record = session.scalar(sa.select(Record).where(Record.code == code)) if code else None
    actor: User = add_officer(*who)
    return ask_about(session, SETTINGS, actor=actor, day=day, record=record, **how)


def read(paper: str, code: str | None = CODE, **how: Any) -> Gathered:
    return gather(FORMS.papers[paper], ask(paper, code, **how))


def missing(gathered: Gathered) -> set[str]:
    return {one.fact.path for one in gathered.missing if not one.fact.path.startswith("office.")}


@pytest.fixture
def dossier(app: Flask) -> Flask:
    """A register with a site of which everything is known."""
    with app.app_context():
        register.write_vocabulary(db.session())
        relics.add_dossier(db.session())
        db.session.commit()
    return app


def test_dossier_tells_old_and_new_names_of_the_place(dossier: Flask) -> None:
    with dossier.app_context():
        told = read("site-history").facts
        assert told["site.address"] == "Số 12, đường Trần Phú, Phường Hội An, Thành phố Đà Nẵng"
        assert told["site.decided_address"] == "xã Minh Hương, huyện Điện Bàn"
        assert told["site.former_addresses"] == [
            {
                "text": "phường Minh An, thành phố Hội An, tỉnh Quảng Nam",
                "until": "đến ngày 30 tháng 6 năm 2025",
                "reason": "Sắp xếp đơn vị hành chính năm 2025",
            }
        ]
        assert told["paper.made_from"] == f"Lập từ hồ sơ {CODE}, phiên bản 1; số liệu tính đến ngày 28/11/2026."


def test_dossier_tells_related_records(dossier: Flask) -> None:
    with dossier.app_context():
        gathered = read("site-history")
        told = gathered.facts
        assert told["site.level"] == "national"
        (decided,) = told["site.decisions"]
        assert (decided["number"], decided["date"], decided["state"]) == ("318/QĐ-UBND", "04/02/2009", "Còn hiệu lực")
        assert [row["name"] for row in told["site.custodians"]] == ["Trung tâm Quản lý Bảo tồn"]
        assert told["site.survey"] == "deteriorating. Mái dột"
        assert told["site.threats"] == "flood: hằng năm"
        assert told["site.recommendations"] == "Tu bổ mái"
        assert told["site.sources"] == [{"text": "Hồ sơ khoa học, tr. 3"}]
        assert missing(gathered) == set()


def test_legal_standing_and_custody_are_those_of_the_day(dossier: Flask) -> None:
    with dossier.app_context():
        before = read("site-history", day=dt.date(2008, 1, 1))
        assert before.facts["site.level"] == FORMS.words["missing"]
        assert before.facts["site.decisions"][0]["action"] == FORMS.words["missing_row"]
        assert {"site.custodians", "site.survey"} <= missing(before)


def test_artefacts_have_the_columns_of_form_2_and_say_which_lack_a_code(dossier: Flask) -> None:
    with dossier.app_context():
        gathered = read("artefact-list")
        one, other = gathered.facts["site.artefacts"]
        assert list(one) == list(FORMS.papers["artefact-list"].required[-1].columns)
        assert len(one) == 11
        assert (one["code"], one["size"], one["origin"]) == ("ĐMH.CĐ.01", "height: 34,5 cm", "original")
        assert other["code"] == FORMS.words["missing_cell"]
        (lacking,) = [found for found in gathered.missing if found.fact.path == "site.artefacts"]
        assert (lacking.rows, lacking.columns) == (2, (("mã số A.B.C", 1),))


def test_missing_facts_are_told_and_stand_as_dotted_lines(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        register.accept(db.session(), ("site", register.site("QNM-0002", at=None)))
        gathered = read("site-history", "QNM-0002")
        wanted = {fact.path for fact in FORMS.papers["site-history"].required}
        assert missing(gathered) == wanted - {"site.name"}
        assert gathered.facts["site.significance"] == FORMS.words["missing"]
        assert gathered.facts["site.custodians"] == [
            {"role": "", "name": FORMS.words["missing_row"], "since": "", "basis": ""}
        ]
        assert {"office.agency", "office.place"} <= {one.fact.path for one in gathered.missing}
        assert "zones.map" in missing(read("zone-minutes", "QNM-0002"))
        assert read("zone-minutes", "QNM-0002").facts["zones.map_note"] == FORMS.words["no_boundary"]


def test_zones_are_told_with_markers_and_corners_on_the_grid(dossier: Flask) -> None:
    with dossier.app_context():
        gathered = read("zone-minutes")
        one, other = gathered.facts["zones.list"]
        assert (one["area"], one["measured_area"], one["sheet"]) == ("8.100 m²", "8.000 m²", "12")
        assert "Biên bản khoanh vùng, ngày 20 tháng 11 năm 2008" in one["papers"]
        assert other["boundary"] == FORMS.words["missing_cell"]
        for row, (east, north) in zip(gathered.facts["zones.markers"], CORNERS, strict=True):
            assert abs(float(row["x"].replace(",", ".")) - north) < 0.02
            assert abs(float(row["y"].replace(",", ".")) - east) < 0.02
            assert row["zone"] == "zone_1, zone_2"
        assert len(gathered.facts["zones.corners"]) == 12
        assert gathered.facts["zones.scale"] == "1:2000"
        assert gathered.facts["zones.system"].startswith("Hệ tọa độ VN-2000, kinh tuyến trục 107°45'")
        assert gathered.pictures["map.png"].startswith(b"\x89PNG")


@pytest.mark.parametrize("paper", [name for name, form in FORMS.papers.items() if form.subject == "site"])
def test_facts_are_those_that_are_declared(dossier: Flask, paper: str) -> None:
    with dossier.app_context():
        told, sample = read(paper).facts, sample_of(FORMS.papers[paper])
        assert told.keys() == sample.keys()
        for path, value in sample.items():
            if isinstance(value, list):
                assert all(row.keys() == value[0].keys() for row in told[path]), path
            assert told[path] is not None


def test_sensitive_places_are_left_out_for_who_may_not_see_them(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        relics.add_dossier(db.session(), location_policy="hidden")
        for paper in ("site-history", "site-sheet", "zone-minutes", "artefact-list"):
            hidden, told = read(paper, who=EDITOR), read(paper)
            text = str(dict(hidden.facts))
            for secret in (
                "Trần Phú",
                "Minh Hương, huyện",
                "Minh An",
                "1756",
                "5614",
                "561494",
                "giáp kênh",
                "101, 102",
            ):
                assert secret not in text, (paper, secret)
            assert hidden.withheld
            assert hidden.facts["paper.withheld"] == FORMS.words["withheld"]
            assert not hidden.pictures
            assert not told.withheld
            assert told.facts["paper.withheld"] == ""


def test_artefact_kept_at_a_hidden_site_is_not_told(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        relics.add_dossier(db.session(), location_policy="hidden")
        hidden = read("artefact-list", who=EDITOR)
        assert hidden.facts["site.artefacts"][0]["name"] == FORMS.words["missing_row"]
        assert "site.artefacts" in {fact.path for fact in hidden.withheld}


def test_inventory_sheet_of_an_element(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        register.accept(session, ("party", register.party("QNM-B1")))
        element = register.intangible(
            "QNM-I1",
            places=[{"uid": "p1", "text": "Làng Kim Bồng"}],
            practitioners=[{"uid": "r1", "party": "QNM-B1", "title": "meritorious_artisan"}],
            community={"vi": "Người làng"},
        )
        register.accept(session, ("intangible", element))
        gathered = read("intangible-sheet", "QNM-I1")
        assert gathered.facts["element.practitioners"][0]["name"] == "Tổ chức QNM-B1"
        assert gathered.facts["element.places"] == [{"text": "Làng Kim Bồng", "unit": ""}]
        assert missing(gathered) == {
            *("element.description", "element.significance", "element.transmission", "element.safeguarding")
        }


def test_annex_lists_what_a_decision_is_about(dossier: Flask) -> None:
    with dossier.app_context():
        gathered = read("decision-annex", "QNM-D801")
        (row,) = gathered.facts["decision.items"]
        assert row == {
            "number": "1",
            "code": CODE,
            "name": "Đình làng Minh Hương",
            "type": "Kiến trúc nghệ thuật",
            "address": "xã Minh Hương, huyện Điện Bàn",
            "action": "rank: national",
            "clause": "khoản 5, Điều 1",
            "note": "",
        }
        assert missing(gathered) == set()


def test_book_holds_the_sites_of_a_list_as_of_a_day(dossier: Flask) -> None:
    with dossier.app_context():
        entry = {"uid": "e1", "list_name": "Danh mục 2019", "listed_from": "2019", "listed_until": "2024"}
        listed = register.site("QNM-0802", current_unit="20410", inventory_entries=[entry])
        register.accept(db.session(), ("site", listed), ("site", register.site("QNM-0803")))
        db.session.commit()

        def codes(day: dt.date = DAY, **wanted: Any) -> list[str]:
            rows = read("register-book", None, day=day, book=BookQuery(**wanted)).facts["book.rows"]
            return [row["code"] for row in rows if row["code"]]

        assert codes() == [CODE, "QNM-0802", "QNM-0803"]
        assert codes(unit="20410") == [CODE, "QNM-0802"]
        assert codes(level="national") == [CODE]
        assert codes(dt.date(2008, 1, 1), level="national") == []
        assert codes(inventory="Danh mục 2019") == []
        assert codes(dt.date(2022, 1, 1), inventory="Danh mục 2019") == ["QNM-0802"]
        told = read("register-book", None, book=BookQuery(level="national")).facts
        assert told["book.rows"][0]["decision"] == "Quyết định số 318/QĐ-UBND ngày 04/02/2009 của UBND tỉnh Quảng Nam"
        assert told["book.totals"] == [{"level": "national", "count": "1"}]


def test_record_that_was_never_accepted_has_no_papers(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        register.accept(db.session(), ("site", register.site("QNM-0002")))
        record = db.session.scalars(sa.select(Record)).one()
        record.version = 0
        with pytest.raises(InvalidInput, match="no accepted state"):
            ask("site-history", "QNM-0002")


def test_book_of_more_sites_than_fit_asks_for_a_unit(dossier: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with dossier.app_context():
        register.accept(db.session(), *(("site", register.site(f"QNM-081{number}")) for number in range(3)))
        for name in ("MOST_ROWS", "_MOST_LOOKED_AT"):
            with monkeypatch.context() as patched:
                patched.setattr(book_facts, name, 3)
                with pytest.raises(InvalidInput, match="made of 4 sites"):
                    read("register-book", None)


def test_artefacts_and_items_cost_no_question_each(dossier: Flask) -> None:
    with dossier.app_context():
        session = db.session()
        register.accept(session, *(("site", relics.site() | {"code": f"QNM-082{n}"}) for n in range(6)))
        counts: dict[str, list[int]] = {"artefact-list": [], "decision-annex": []}
        for number, size in enumerate((1, 6)):
            items = [{"record": f"QNM-082{n}"} for n in range(size)]
            register.accept(session, ("decision", register.decision(f"QNM-D80{number + 2}", *items)))
            (_, one), _ = relics.artefacts()
            more = [("artefact", one | {"code": f"QNM-A8{number}{n}"}) for n in range(size)]
            register.accept(session, *more)
            session.commit()
            for name, code in (("artefact-list", CODE), ("decision-annex", f"QNM-D80{number + 2}")):
                asked = ask(name, code)
                session.expunge_all()
                asked.record = session.scalar(sa.select(Record).where(Record.code == code))
                with count_queries() as asking:
                    gather(FORMS.papers[name], asked)
                counts[name].append(len(asking))
        assert all(first >= second for first, second in counts.values()), counts
