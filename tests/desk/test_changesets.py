"""A changeset's way at the desk, by buttons alone: submitted, commented on, returned, mended, accepted, undone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.core.db import db
from app.publication.links import PAGES
from app.records.models import Record, Revision
from tests.harness import register
from tests.harness.officers import Page

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from tests.harness.officers import Officer

EDIT = "/desk/records/QNM-0001/edit"


def _act(page: Page, act: str, **fields: str) -> Page:
    """Press the button of an act on a changeset's page, which must be there."""
    form = page.form("comment").fill(**fields) if fields else page.form("comment")
    [button] = form.element.xpath(f".//button[contains(@formaction, '/{act}')]")
    return page.officer.post(button.get("formaction"), form.fields)


def _acts(page: Page) -> set[str]:
    found = page.document.xpath("//main//button/@formaction")
    return {str(address).rsplit("/", 1)[1] for address in found}


def _draft(officer: Officer, **fields: str) -> Page:
    """Draft a change of the site and open its changeset."""
    officer.get(EDIT).form().fill(**fields).press("submit")
    page = officer.get(EDIT)
    [address] = page.document.xpath("//main//a[contains(@href, '/desk/changesets/')]/@href")
    return officer.get(address)


def state(app: Flask, code: str) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Revision.state).where(Revision.code == code).order_by(Revision.id)))


def test_change_goes_its_whole_way(desk: Flask, an: Officer, officer: Callable[..., Officer]) -> None:
    chi = officer("chi", Role.REVIEWER)
    page = _draft(an, name__vi="Chùa Cầu mới")
    assert "Chùa Cầu mới" in page.said
    assert "Di tích QNM-0001" in page.said, "what stands is shown beside what is proposed"
    page = _act(page, "submit", comment="Xin duyệt giúp")
    assert "Xin duyệt giúp" in page.said
    assert "accept" not in _acts(page)
    review = chi.get(page.path)
    assert {"accept", "reject", "comment"} <= _acts(review)
    refused = _act(review, "reject")
    assert refused.status == 400
    assert "why" in refused.said
    back = _act(review, "reject", comment="Thiếu nguồn tài liệu")
    assert "Thiếu nguồn tài liệu" in back.said
    page = _act(an.get(page.path), "reopen")
    an.get(EDIT).form().fill(significance__vi="Có nguồn").press("save")
    page = _act(an.get(page.path), "submit")
    accepted = _act(chi.get(page.path), "accept")
    assert accepted.status == 200
    assert state(desk, "QNM-0001")[-1] == "accepted"
    with desk.app_context():
        record = db.session.scalars(sa.select(Record).filter_by(code="QNM-0001")).one()
        assert record.version == 2


def test_what_is_published_leads_to_the_pages_that_visitors_see(desk: Flask, officer: Callable[..., Officer]) -> None:
    made = [
        ("site", register.site("QNM-0005")),
        ("artefact", register.artefact("HV-1")),
        ("intangible", register.intangible("PVT-1")),
        ("documentary", register.documentary("TL-1")),
        ("event", register.event("SK-1", register.rule())),
        ("itinerary", register.itinerary("HT-1")),
        ("place", register.place("DV-1")),
        ("party", register.party("TC-1")),
    ]
    with desk.app_context():
        records = register.accept(db.session(), *made)
        changeset = db.session.scalars(sa.select(Revision.changeset_id).filter_by(record_id=records[0].id)).one()
        db.session.commit()
    chi, link = officer("chi", Role.REVIEWER), "//main//a[text()='See the public page']/@href"
    page = chi.get(f"/desk/changesets/{changeset}")
    assert not page.document.xpath(link)
    assert not chi.get("/desk/records/QNM-0005").document.xpath(link)
    pages = _act(page, "publish").document.xpath(link)
    assert [str(one).split("/")[2] for one in pages] == list(PAGES.values())
    tourist = desk.test_client()
    for (_, payload), address in zip(made, pages, strict=False):
        assert chi.get(f"/desk/records/{payload['code']}").document.xpath(link) == [address]
        assert tourist.get(address, follow_redirects=True).status_code == 200
    assert not chi.get("/desk/records/TC-1").document.xpath(link), "a party has no page"


def test_author_is_told_why_they_cannot_accept(an: Officer, officer: Callable[..., Officer]) -> None:
    chi = officer("chi", Role.REVIEWER)
    page = _act(_draft(chi, name__vi="Tự soạn"), "submit")
    assert "somebody else accepts" in page.said
    assert "accept" not in _acts(page)
    forced = chi.post(f"{page.path}/accept", page.form("comment").fields)
    assert forced.status == 403
    assert forced.path == f"{page.path}/accept"
    assert an.post(f"{page.path}/accept", an.get(page.path).form("comment").fields).status == 403


def test_what_was_typed_stays_when_an_act_is_refused(an: Officer, officer: Callable[..., Officer]) -> None:
    page = _act(_draft(an, name__vi="A"), "submit")
    fields = [*officer("bo").get(page.path).form("comment").fields]
    fields = [pair for pair in fields if pair[0] != "comment"] + [("comment", "Lý do dài tôi đã gõ")]
    refused = officer("bo").post(f"{page.path}/reject", fields)
    assert refused.status == 403
    assert "Lý do dài tôi đã gõ" in refused.text


def test_recalled_and_discarded(desk: Flask, an: Officer) -> None:
    page = _act(_draft(an, name__vi="A"), "submit")
    page = _act(page, "recall")
    assert state(desk, "QNM-0001")[-1] == "draft"
    _act(an.get(page.path), "discard")
    assert state(desk, "QNM-0001")[-1] == "discarded"


def test_incomplete_draft_is_not_submitted_and_says_what_is_missing(desk: Flask, an: Officer) -> None:
    page = _draft(an, name__vi="", year_from="khoảng 1500")
    refused = _act(page, "submit", comment="thử")
    assert refused.status in (400, 422)
    assert "thử" in refused.text
    assert state(desk, "QNM-0001")[-1] == "draft"


def test_what_is_missing_is_told_in_the_officers_words(officer: Callable[..., Officer]) -> None:
    binh = officer("binh", language="vi")
    kind = "work"
    binh.get(f"/desk/records/{kind}/new").form().fill(code="QNM-W0001").press("save")
    page = binh.get("/desk/records/QNM-W0001/edit")
    [address] = page.document.xpath("//main//a[contains(@href, '/desk/changesets/')]/@href")
    page = _act(binh.get(address), "submit")
    missing = [f"{name}: Mục này bắt buộc phải ghi" for name in ("Tên", "Di tích", "Loại công việc")]
    assert "QNM-W0001 chưa thể duyệt: " + "; ".join(missing) in page.said
    assert not re.search(r"Missing data|may not be null|work_kind", page.said)


def test_overtaken_draft_is_refused_and_led_to_the_merge(desk: Flask, an: Officer) -> None:
    page = _draft(an, name__vi="Của An")
    with desk.app_context():
        theirs = register.site("QNM-0001", name={"vi": "Của người khác"})
        register.accept(db.session(), ("site", theirs))
        db.session.commit()
    refused = _act(an.get(page.path), "submit")
    assert refused.status == 409
    assert refused.document.xpath("//main//a[contains(@href, '/merge')]")
    assert state(desk, "QNM-0001")[1] == "draft"


def test_accepted_change_is_undone_by_a_draft_that_is_reviewed(
    desk: Flask, an: Officer, officer: Callable[..., Officer]
) -> None:
    page = _act(_draft(an, name__vi="Sai rồi"), "submit")
    accepted = _act(officer("chi", Role.REVIEWER).get(page.path), "accept")
    undone = _act(an.get(accepted.path), "undo")
    assert undone.path != accepted.path
    assert "Di tích QNM-0001" in undone.said
    assert state(desk, "QNM-0001")[-1] == "draft"


@pytest.mark.parametrize("act", ["submit", "recall", "discard", "reopen", "accept", "reject", "publish", "undo"])
def test_viewer_does_nothing_to_a_changeset(an: Officer, officer: Callable[..., Officer], act: str) -> None:
    page = _draft(an, name__vi="A")
    viewer = officer("vu", Role.VIEWER)
    seen = viewer.get(page.path)
    assert seen.status == 200
    assert _acts(seen) <= {"comment"}
    token = [pair for pair in seen.form("comment").fields if pair[0] == "_csrf"]
    assert viewer.post(f"{page.path}/{act}", [*token, ("comment", "x")]).status == 403


def test_record_is_withdrawn_with_a_reason_published_again_deleted_and_brought_back(
    desk: Flask, officer: Callable[..., Officer]
) -> None:
    chi, tourist = officer("chi", Role.REVIEWER), desk.test_client()
    address = "/api/v1/collections/sites/items/QNM-0001"
    assert tourist.get(address).status_code == 200
    refused = chi.get("/desk/records/QNM-0001/withdraw").form("comment").send()
    assert refused.status == 400
    chi.get("/desk/records/QNM-0001/withdraw").form("comment").fill(comment="Nhầm").send()
    assert tourist.get(address).status_code == 410
    chi.get("/desk/records/QNM-0001/publish").form("comment").send()
    assert tourist.get(address).status_code == 200
    chi.get("/desk/records/QNM-0001/delete").form("comment").fill(comment="Trùng").send()
    assert tourist.get(address).status_code == 410
    chi.get("/desk/records/QNM-0001/undelete").form("comment").send()
    assert chi.get(EDIT).status == 200


def test_publishing_is_set_for_a_time_and_taken_back(desk: Flask, officer: Callable[..., Officer]) -> None:
    with desk.app_context():
        register.accept(db.session(), ("site", register.site("QNM-0005")))
        db.session.commit()
    chi = officer("chi", Role.REVIEWER)
    page = chi.get("/desk/records/QNM-0005/schedule").form("day").fill(day="2001-01-01", time="08:00").send()
    assert page.status == 400
    assert "passed" in page.said
    chi.get("/desk/records/QNM-0005/schedule").form("day").fill(day="2999-01-01", time="08:00").send()
    assert "planned" in chi.get("/desk/records/QNM-0005/schedule").said.lower()
    assert re.search(r"Planned publications .*2999.* Site QNM-0005 chi", chi.get("/desk/").said)
    form = next(
        one for one in chi.get("/desk/records/QNM-0005/unschedule").document.xpath("//main//form[@method='post']")
    )
    chi.post("/desk/records/QNM-0005/unschedule", list(form.form_values()))
    assert "Already planned" not in chi.get("/desk/records/QNM-0005/schedule").said


def test_sensitive_places_are_in_no_field_of_who_may_not_see_them(desk: Flask, an: Officer) -> None:
    """Not in a hidden field either; and saving leaves them as they stand."""
    with desk.app_context():
        hidden = register.site("QNM-0009", at=(15.912345, 108.312345, 5), location_policy="hidden")
        register.accept(db.session(), ("site", hidden))
        db.session.commit()
    page = an.get("/desk/records/QNM-0009/edit")
    assert page.status == 200
    assert "15.912345" not in page.text
    assert "Withheld" in page.said
    page = page.form().fill(significance__vi="Thêm").press("save")
    assert "15.912345" not in page.text
    with desk.app_context():
        draft = db.session.scalars(sa.select(Revision).filter_by(code="QNM-0009", author_id=an.id)).one()
        assert draft.payload["locations"][0]["entered_text"] == "15.912345, 108.312345"
        assert draft.payload["significance"] == {"vi": "Thêm"}


def test_sensitive_places_are_in_no_merge_of_who_may_not_see_them(desk: Flask, an: Officer) -> None:
    with desk.app_context():
        hidden = register.site("QNM-0009", at=(15.912345, 108.312345, 5), location_policy="hidden")
        register.accept(db.session(), ("site", hidden))
        db.session.commit()
    an.get("/desk/records/QNM-0009/edit").form().fill(significance__vi="Thêm").press("save")
    with desk.app_context():
        moved = register.site("QNM-0009", at=(15.954321, 108.354321, 5), location_policy="hidden")
        register.accept(db.session(), ("site", moved))
        db.session.commit()
    page = an.get("/desk/records/QNM-0009/merge")
    assert page.value("significance.vi") == "Thêm"
    assert "15.9" not in page.text
    page.form().press("save")
    with desk.app_context():
        draft = db.session.scalars(sa.select(Revision).filter_by(code="QNM-0009", author_id=an.id)).one()
        assert draft.payload["locations"][0]["entered_text"] == "15.954321, 108.354321"
