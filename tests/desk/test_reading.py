"""The desk's reading pages: home, lists, saved views, records, revisions, the legal view, and who sees what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.models import Role
from app.catalogue import KINDS
from app.core.db import db
from app.publication import operations as publication
from app.records import operations as records
from tests.harness import register
from tests.harness.databases import Databases
from tests.harness.readers import Reader
from tests.harness.register import SETTINGS, decision, editor, reviewer, site, zone

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from flask import Flask

MOST_STATEMENTS = 15
_RANKED = {"record": "QNM-0001", "article": "1"}
_CANCELLED = {"record": "QNM-0001", "action": "cancel", "level": None, "cancels": "QNM-D0001"}
_VIEW = {"name": "Thiếu tọa độ", "gap": "no_point", "kind": "site", "col": "gap"}
_LEVELS = [("1980-01-01", "Not ranked"), ("2000-01-01", "national"), ("2020-01-01", "Not ranked")]


@pytest.fixture
def desk(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """A register with a ranked public site, one that lacks everything, a draft and a change in review."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


def _fill(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        register.publish(
            session,
            (
                "site",
                site(
                    "QNM-0001",
                    name={"vi": "Chùa Cầu", "en": "Japanese Bridge"},
                    types=["historical"],
                    addresses=[
                        {"uid": "a1", "role": "as_decided", "text": "thị xã Hội An, tỉnh Quảng Nam – Đà Nẵng"},
                        {"uid": "a2", "role": "historical", "text": "phường Minh An, Hội An", "valid_to": "2025-06-30"},
                    ],
                    doubts=[
                        {"uid": "d1", "tag": "rank_unverified", "note": "Chưa đối chiếu"},
                        {
                            "uid": "d2",
                            "tag": "rank_unverified",
                            "resolved_on": "2025-01-02",
                            "resolution": "Đã xem bản gốc",
                        },
                    ],
                    sources=[{"uid": "s1", "citation": "Hồ sơ di tích", "statement": "name"}],
                    external_refs=[{"uid": "x1", "system": "Q-office", "code": "77/2024"}],
                ),
            ),
            (
                "decision",
                decision("QNM-D0001", _RANKED, number="1288/QĐ", date="1990-02-17"),
            ),
            ("zone", zone("QNM-0001-Z1", "QNM-0001")),
        )
        register.accept(
            session,
            ("site", site("QNM-0002", name={"vi": "Đình Cẩm Phô"}, at=None)),
            ("site", site("QNM-0003", name={"vi": "Miếu Ông Cọp"}, parent="QNM-0001")),
            ("decision", decision("QNM-D0002", _CANCELLED, date="2015")),
        )
        register.draft(session, ("site", site("QNM-0009", name={"vi": "Đình Thanh Chiêm"})))
        changed = site("QNM-0002", name={"vi": "Đình Cẩm Phô"}, description={"vi": "Mới tu sửa"}, at=None)
        waiting = register.draft(session, ("site", changed))
        records.submit(session, KINDS, waiting, actor=editor(session), settings=SETTINGS)
        session.commit()


@pytest.fixture
def binh(desk: Flask) -> Reader:
    """A reviewer."""
    return Reader(desk, "binh", Role.REVIEWER)


def _codes(page: str) -> list[str]:
    return re.findall(r'class="mono" data-label="[^"]*">([^<]+)</td>', page)


def _count(page: str) -> str:
    found = re.search(r'id="count"> <strong>([^<]+)</strong>', page)
    assert found
    return found[1]


def test_every_count_of_the_home_page_is_the_length_of_its_list(binh: Reader) -> None:
    page = binh.text("/desk/")
    tiles = re.findall(r'<a href="(/desk/register\?[^"]+)"[^>]*><strong>(\d+)</strong> <span>([^<]+)', page)
    counts = {label: count for _, count, label in tiles}
    assert counts["Waiting for my review"] == "1"
    assert counts["Records with doubts"] == "1"
    assert counts["No point"] == "1"
    for url, count, label in tiles:
        listed = binh.text(url.replace("&amp;", "&"))
        assert (_count(listed), len(_codes(listed))) == (count, int(count)), label


def test_own_change_does_not_wait_for_the_own_review(desk: Flask, binh: Reader) -> None:
    with desk.app_context():
        session = db.session()
        mine = records.find_record(session, "QNM-0003")
        assert mine
    an = Reader(desk, "an", Role.EDITOR)
    assert "Waiting for my review" not in an.text("/desk/")
    assert _codes(binh.text("/desk/register?mine=review")) == ["QNM-0002"]


def test_list_finds_records_and_drafts_by_folded_words_and_decisions_by_number(binh: Reader) -> None:
    assert sorted(_codes(binh.text("/desk/register?q=dinh"))) == ["QNM-0002", "QNM-0009"]
    assert _codes(binh.text("/desk/register?q=1288")) == ["QNM-D0001"]
    assert _codes(binh.text("/desk/register?q=minh+an")) == ["QNM-0001"]
    assert "Nothing in the register meets this" in binh.text("/desk/register?q=zzz")


def test_list_is_narrowed_by_filters_and_widened_again(binh: Reader) -> None:
    assert _codes(binh.text("/desk/register/site?state=public")) == ["QNM-0001"]
    assert _codes(binh.text("/desk/register?state=new")) == ["QNM-0009"]
    assert _codes(binh.text("/desk/register?kind=decision&year=1990")) == ["QNM-D0001"]
    assert _codes(binh.text("/desk/register?type=historical&doubt=rank_unverified")) == ["QNM-0001"]
    page = binh.text("/desk/register/site?gap=no_point&sort=code")
    assert _codes(page) == ["QNM-0002"]
    url = re.search(r'<ul class="chips".*?href="([^"]+)"', page)
    assert url
    assert len(_codes(binh.text(url[1].replace("&amp;", "&")))) > 1


def test_list_ignores_what_it_does_not_know_and_refuses_a_foreign_cursor(binh: Reader) -> None:
    assert len(_codes(binh.text("/desk/register?fbclid=1&sort=no&kind=no&col=no"))) == 7
    page = binh.text("/desk/register?cursor=abc")
    assert 'role="alert"' in page
    assert len(_codes(page)) == 7
    assert binh.read("/desk/register/no").status_code == 404


def test_columns_are_chosen(binh: Reader) -> None:
    page = binh.text("/desk/register/site?col=gap&col=doubt")
    assert 'data-label="Missing"' in page
    assert 'data-label="Kind"' not in page
    assert "No point" in page


def test_saved_view_is_its_owners_own(desk: Flask, binh: Reader) -> None:
    an = Reader(desk, "an", Role.EDITOR)
    page = an.send(
        "/desk/register/views", {"name": "Thiếu tọa độ", "gap": "no_point", "kind": "site", "col": "gap"}
    ).text
    assert "Saved as" in page
    url = re.search(r'href="([^"]+)">Thiếu tọa độ<', an.text("/desk/register"))
    assert url
    assert _codes(an.text(url[1].replace("&amp;", "&"))) == ["QNM-0002"]
    assert "Thiếu tọa độ" not in binh.text("/desk/register")
    key = re.search(r"/desk/register/views/(\d+)/delete", an.text("/desk/register"))
    assert key
    assert binh.send(f"/desk/register/views/{key[1]}/delete", {}).status_code == 404
    assert an.send(f"/desk/register/views/{key[1]}/delete", {}).status_code == 200
    assert "Thiếu tọa độ" not in an.text("/desk/register")
    assert "Give the view a name." in an.send("/desk/register/views", {"name": "  "}).text


def test_record_page_answers_who_on_what_papers_what_is_missing_and_what_changed(binh: Reader) -> None:
    page = binh.text("/desk/records/QNM-0001?on=2000-01-01")
    for said in (
        "Chùa Cầu", "1288/QĐ", "QNM-0001-Z1", "QNM-0003", "thị xã Hội An, tỉnh Quảng Nam – Đà Nẵng",
        "phường Minh An, Hội An", "15.877083, 108.326050", "X 1756063.", "Y 561494.", "Chưa đối chiếu",
        "Đã xem bản gốc", "Hồ sơ di tích", "Q-office", "article 1", "Published",
    ):  # fmt: skip
        assert said in page, said
    missing = binh.text("/desk/records/QNM-0002")
    assert "No point" in missing
    assert "In review" in missing
    assert "Review the change by test-editor" in missing


@pytest.mark.parametrize(
    ("day", "level"), [("1980-01-01", "Not ranked"), ("2000-01-01", "national"), ("2020-01-01", "Not ranked")]
)
def test_legal_status_is_that_of_the_day_asked_for(binh: Reader, day: str, level: str) -> None:
    page = binh.text(f"/desk/records/QNM-0001?on={day}")
    assert re.search(rf'<p class="standing"> <strong>{level}</strong>', page)


def test_day_that_is_none_is_told(binh: Reader) -> None:
    assert "Write the day as year-month-day" in binh.text("/desk/records/QNM-0001?on=31/12/2010")
    assert "Write the day as year-month-day" in binh.text("/desk/counts/sites_by_type?on=abc")


def test_decision_page_says_what_became_of_its_items(binh: Reader) -> None:
    assert "ended by" in binh.text("/desk/records/QNM-D0001?on=2020-01-01")
    page = binh.text("/desk/records/QNM-D0001?on=2000-01-01")
    assert "in force" in page
    assert "ended by" not in page


def test_sheet_for_a_plaque_is_offered_for_public_sites_alone(desk: Flask) -> None:
    viewer = Reader(desk, "vi", Role.VIEWER)
    assert 'href="/en/sites/qnm-0001/plaque"' in viewer.text("/desk/records/QNM-0001")
    for code in ("QNM-0002", "QNM-D0001"):
        assert "/plaque" not in viewer.text(f"/desk/records/{code}")


def test_acts_offered_are_those_that_one_may_take(desk: Flask, binh: Reader) -> None:
    page = binh.text("/desk/records/QNM-0001")
    assert "/records/QNM-0001/withdraw" in page
    assert "/records/QNM-0001/publish" not in page
    viewer = Reader(desk, "vi", Role.VIEWER).text("/desk/records/QNM-0001")
    for act in ("edit", "withdraw", "publish", "delete"):
        assert f"/records/QNM-0001/{act}" not in viewer
    an = Reader(desk, "an", Role.EDITOR).text("/desk/records/QNM-0001")
    assert "/records/QNM-0001/edit" in an
    assert "/records/QNM-0001/delete" not in an
    elsewhere = Reader(desk, "el", Role.EDITOR, unit="99999").text("/desk/records/QNM-0001")
    assert "/records/QNM-0001/edit" not in elsewhere
    of_zones = Reader(desk, "zo", Role.EDITOR, kinds=("zone",))
    assert "/records/QNM-0001/edit" not in of_zones.text("/desk/records/QNM-0001")
    assert "/records/QNM-0001-Z1/edit" in of_zones.text("/desk/records/QNM-0001-Z1")


def test_deleted_record_can_be_brought_back_and_not_edited(desk: Flask, binh: Reader) -> None:
    with desk.app_context():
        session = db.session()
        gone = records.find_record(session, "QNM-0003")
        publication.set_deleted(session, [gone], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
        session.commit()
    page = binh.text("/desk/records/QNM-0003")
    assert "/records/QNM-0003/undelete" in page
    assert "/records/QNM-0003/edit" not in page
    assert "QNM-0003" not in binh.text("/desk/records/QNM-0001")


def test_page_of_a_new_record_shows_its_draft(binh: Reader) -> None:
    page = binh.text("/desk/records/QNM-0009")
    assert "Đình Thanh Chiêm" in page
    assert "no accepted state yet" in page


def test_revision_shows_what_it_changes_word_by_word(desk: Flask, binh: Reader) -> None:
    with desk.app_context():
        session = db.session()
        old = "Ngôi miếu được dựng vào thế kỷ 17 bên sông Hoài."
        new = "Ngôi miếu được dựng vào thế kỷ 18 bên sông Hoài."
        for text in (old, new):
            other = [] if text == old else [{"uid": "n1", "text": "Miếu Cọp", "language": "vi"}]
            payload = site("QNM-0003", name={"vi": "Miếu Ông Cọp"}, description={"vi": text}, other_names=other)
            register.accept(session, ("site", payload))
        session.commit()
    page = binh.text("/desk/records/QNM-0003/revisions/2...3")
    assert "<del>17 </del>" in page
    assert "<ins>18 </ins>" in page
    assert "Miếu Cọp" in page
    assert "Earlier" not in page
    shown = binh.text("/desk/records/QNM-0003/revisions/3")
    assert "<ins>18 </ins>" in shown
    assert "/records/QNM-0003/revisions/3/restore" in shown
    listed = binh.text("/desk/records/QNM-0003/revisions")
    assert "revisions/2...3" in listed
    assert "test-reviewer" in listed
    assert binh.read("/desk/records/QNM-0003/revisions/99").status_code == 404
    assert binh.read("/desk/records/QNM-7777/revisions").status_code == 404
    assert binh.read("/desk/records/QNM-7777").status_code == 404


def test_what_a_form_lets_choose_is_shown_by_its_name(binh: Reader, desk: Flask) -> None:
    with desk.app_context():
        register.draft(db.session(), ("event", register.event("QNM-E0001")), ("site", site("QNM-0008")))
        db.session.commit()
    assert "the place itself" in binh.text("/desk/records/QNM-0008/revisions/1")
    told = binh.text("/desk/records/QNM-E0001")
    for name in ("Lunar calendar of Viet Nam", "every year", "only in the regular month"):
        assert name in told


def test_fields_that_tell_a_sensitive_place_are_withheld_from_whoever_may_not_see_them(
    desk: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = ("address_detail", "locations", "addresses")
    told = replace(KINDS["site"], withheld=lambda _session, payloads, **_: [fields] * len(payloads))
    monkeypatch.setitem(KINDS, "site", told)
    with desk.app_context():
        session = db.session()
        for text in ("15.5, 108.5", "15.6, 108.6"):
            where = [{"uid": "l1", "role": "main", "entered_text": text, "entered_crs": "EPSG:4326"}]
            register.accept(session, ("site", site("QNM-0005", address_detail="Hẻm số 7", locations=where)))
        session.commit()
    seen, viewer = Reader(desk, "bi", Role.REVIEWER), Reader(desk, "vi", Role.VIEWER)
    elsewhere = Reader(desk, "el", Role.REVIEWER, unit="99999")
    for path in ("", "/revisions/2", "/revisions/1...2"):
        assert "15.6, 108.6" in seen.text(f"/desk/records/QNM-0005{path}")
        for blind in (viewer, elsewhere):
            page = blind.text(f"/desk/records/QNM-0005{path}")
            assert "108.6" not in page, path
            assert "Hẻm số 7" not in page
            assert "ithheld" in page


def test_counts_reconcile_through_the_pages(binh: Reader) -> None:
    for day in ("1980-01-01", "2000-01-01", "2020-01-01"):
        page = binh.text(f"/desk/counts/sites_by_type?on={day}")
        cells = re.findall(r'<a href="(/desk/counts/sites_by_type/list[^"]+)">(\d+)</a>', page)
        assert cells
        for url, count in cells:
            assert len(_codes(binh.text(url.replace("&amp;", "&")))) == int(count), url
    page = binh.text("/desk/counts/sites_by_type?on=2000-01-01")
    assert "The rule of this count" in page
    assert re.search(r"row=national\">1</a>", page)
    led = binh.read("/desk/legal/counts?on=2000-01-01&components=0")
    assert led.headers["Location"] == "/desk/counts/sites_by_type?on=2000-01-01&components=0"
    alone = binh.text(led.headers["Location"])
    assert re.search(r"<tfoot>.*>2</a></td>", alone, re.DOTALL)
    cell = binh.read("/desk/legal/counts/sites?on=2000-01-01&level=national&type=historical")
    assert cell.headers["Location"] == "/desk/counts/sites_by_type/list?on=2000-01-01&row=national&col=historical"


def test_legal_view_lists_decisions_and_leads_to_a_standing(binh: Reader) -> None:
    assert sorted(_codes(binh.text("/desk/legal"))) == ["QNM-D0001", "QNM-D0002"]
    assert _codes(binh.text("/desk/legal?action=cancel")) == ["QNM-D0002"]
    assert _codes(binh.text("/desk/legal?gap=no_number")) == ["QNM-D0002"]
    found = binh.read("/desk/legal/status?code=QNM-0001&on=2000-01-01")
    assert found.headers["Location"].startswith("/desk/records/QNM-0001?on=2000-01-01")
    assert "/desk/register?q=" in binh.read("/desk/legal/status?code=chua+cau").headers["Location"]


PATHS = [
    "/desk/",
    "/desk/register",
    "/desk/register/site?q=chua+cau&state=public&type=historical&unit=hoi+an&has=doubt",
    "/desk/register?state=public&has=doubt&col=unit&col=assignee&col=tag",
    "/desk/records/QNM-0001?on=2000-01-01",
    "/desk/records/QNM-0002",
    "/desk/records/QNM-D0001",
    "/desk/records/QNM-0001-Z1",
    "/desk/records/QNM-0009",
    "/desk/records/QNM-0001/revisions",
    "/desk/records/QNM-0001/revisions/1",
    "/desk/records/QNM-0001/revisions/1...1",
    "/desk/legal",
    "/desk/counts",
    "/desk/counts/sites_by_type",
    "/desk/counts/sites_by_type/list?row=national",
]


@pytest.mark.parametrize("path", PATHS)
def test_page_takes_few_statements_and_is_for_officers_only(
    desk: Flask, path: str, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    for person in (Reader(desk, "vi", Role.VIEWER), Reader(desk, "el", Role.REVIEWER, unit="99999")):
        with count_queries() as statements:
            person.text(path)
        assert len(statements) <= MOST_STATEMENTS, statements
    response: Any = desk.test_client().get(path)
    assert response.status_code == 401 or "/desk/login" in response.headers.get("Location", "")
    assert "Chùa Cầu" not in response.text
