"""Writing records at the desk without scripts: drafts saved, checked, brought together, and nothing typed lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict

from app.accounts.models import Role
from app.core.db import db
from app.records.models import Changeset, Revision
from tests.harness import register

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from tests.harness.officers import Officer

NEW = "/desk/records/site/new"
EDIT = "/desk/records/QNM-0001/edit"


def revisions(app: Flask, **values: Any) -> list[Revision]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Revision).filter_by(**values).order_by(Revision.id)))


def payload_of(app: Flask, code: str) -> dict[str, Any]:
    return dict(revisions(app, code=code)[-1].payload)


def test_new_record_is_offered_the_next_code(an: Officer) -> None:
    page = an.get(NEW)
    assert page.status == 200
    assert page.value("code") == "QNM-0002"


def test_new_record_becomes_a_draft_in_a_changeset_of_its_own(desk: Flask, an: Officer) -> None:
    form = an.get(NEW).form().fill(name__vi="Giếng Bá Lễ", name__en="Ba Le well", changeset_title="Giếng cổ")
    page = form.press("save")
    assert page.path == "/desk/records/QNM-0002/edit"
    assert page.value("name.vi") == "Giếng Bá Lễ"
    assert payload_of(desk, "QNM-0002") == {
        "code": "QNM-0002",
        "name": {"vi": "Giếng Bá Lễ", "en": "Ba Le well"},
    }
    with desk.app_context():
        assert db.session.scalars(sa.select(Changeset.title).order_by(Changeset.id)).all()[-1] == "Giếng cổ"


def test_second_record_joins_the_changeset_that_is_chosen(desk: Flask, an: Officer) -> None:
    an.get(NEW).form().fill(name__vi="A", changeset_title="Together").press("save")
    [first] = revisions(desk, code="QNM-0002")
    page = an.get("/desk/records/decision/new")
    assert "Together (1)" in page.said
    page.form().fill(issuer="UBND", changeset=str(first.changeset_id)).press("save")
    assert [one.code for one in revisions(desk, changeset_id=first.changeset_id)] == ["QNM-0002", "QNM-D0001"]


def test_changeset_of_somebody_else_is_refused_and_the_text_stays(
    desk: Flask, an: Officer, officer: Callable[..., Officer]
) -> None:
    an.get(NEW).form().fill(name__vi="A").press("save")
    [first] = revisions(desk, code="QNM-0002")
    form = officer("bo").get(NEW).form().fill(name__vi="Của Bo")
    form.fields = [pair for pair in form.fields if pair[0] != "changeset"] + [("changeset", str(first.changeset_id))]
    page = form.press("save")
    assert page.status in (403, 422)
    assert page.value("name.vi") == "Của Bo"
    assert revisions(desk, author_id=page.officer.id) == []


def test_code_that_is_taken_is_told_at_the_field_with_the_next_free_one(desk: Flask, an: Officer) -> None:
    page = an.get(NEW).form().fill(code="QNM-0001", name__vi="Trùng mã").press("save")
    assert page.status == 422
    assert "QNM-0001" in page.errors()["code"]
    assert "QNM-0002" in page.errors()["code"]
    assert page.value("name.vi") == "Trùng mã"
    assert revisions(desk, author_id=an.id) == []


def test_code_that_waits_as_a_new_record_is_told_at_the_field(
    desk: Flask, an: Officer, officer: Callable[..., Officer]
) -> None:
    form = officer("bo").get(NEW).form().fill(name__vi="Của Bo")
    an.get(NEW).form().fill(name__vi="Của An").press("save")
    page = form.press("save")
    assert "QNM-0003" in page.errors()["code"]
    assert page.value("name.vi") == "Của Bo"
    assert page.form().fill(code="QNM-0003").press("save").path == "/desk/records/QNM-0003/edit"
    assert payload_of(desk, "QNM-0002")["name"] == {"vi": "Của An"}


@pytest.mark.parametrize("code", ["x", "QNM 0002", "../../etc", "QNM-0002'--", "Q" * 500])
def test_code_of_another_pattern_is_told_at_the_field(an: Officer, code: str) -> None:
    page = an.get(NEW).form().fill(code=code, name__vi="A").press("save")
    assert page.status == 422
    assert "pattern" in page.errors()["code"]
    assert page.value("code") == code


def test_code_left_empty_is_suggested(an: Officer) -> None:
    assert an.get(NEW).form().fill(code="", name__vi="A").press("save").path == "/desk/records/QNM-0002/edit"


def test_code_may_change_while_the_record_is_new(desk: Flask, an: Officer) -> None:
    page = an.get(NEW).form().fill(name__vi="A").press("save")
    page = page.form().fill(code="QNM-0777").press("save")
    assert page.path == "/desk/records/QNM-0777/edit"
    assert [one.code for one in revisions(desk, author_id=an.id)] == ["QNM-0777"]


def test_code_of_an_accepted_record_stays(desk: Flask, an: Officer) -> None:
    form = an.get(EDIT).form().fill(name__vi="Tên khác")
    form.fields = [pair for pair in form.fields if pair[0] != "code"] + [("code", "QNM-0999")]
    assert form.press("save").path == EDIT
    assert payload_of(desk, "QNM-0001")["code"] == "QNM-0001"


def test_saving_what_was_not_changed_writes_nothing(desk: Flask, an: Officer) -> None:
    an.get(EDIT).form().fill(name__vi="Tên khác").press("save")
    an.get(EDIT).form().press("save")
    assert [one.saved for one in revisions(desk, author_id=an.id)] == [1]


def test_lists_grow_shrink_and_move_without_a_script(desk: Flask, an: Officer) -> None:
    """Everything typed stays while rows come and go, and nothing is saved by it."""
    page = an.get(EDIT).form().fill(name__vi="Đang gõ dở").press("add:sources")
    uids = [value for name, value in page.form().fields if name == "sources"]
    assert len(uids) == 2
    assert page.value("name.vi") == "Đang gõ dở"
    page = page.form().set({f"sources.{uids[1]}.citation": "Báo"}).press(f"up:sources:{uids[1]}")
    assert [value for name, value in page.form().fields if name == "sources"] == uids[::-1]
    page = page.form().press(f"remove:sources:{uids[0]}")
    assert [value for name, value in page.form().fields if name == "sources"] == uids[1:]
    assert revisions(desk, author_id=an.id) == []
    page.form().press("save")
    saved = payload_of(desk, "QNM-0001")
    assert saved["sources"] == [{"uid": uids[1], "citation": "Báo"}]
    assert saved["name"]["vi"] == "Đang gõ dở"


def test_draft_keeps_what_cannot_be_read_and_the_check_tells_of_it(desk: Flask, an: Officer) -> None:
    page = an.get(EDIT).form().fill(year_from="khoảng 1500", dated="hôm qua", name__vi="").press("check")
    assert page.status == 200
    assert payload_of(desk, "QNM-0001")["year_from"] == "khoảng 1500"
    assert page.value("year_from") == "khoảng 1500"
    assert page.errors()["year_from"] == "Write a whole number."
    assert "hôm qua" in page.errors()["dated"]
    assert page.errors()["name.vi"] == "The text in “vi” is missing."


def test_summary_of_errors_names_fields_by_their_labels_and_leads_to_them(an: Officer) -> None:
    page = an.get(EDIT).form().fill(year_from="x", name__vi="", dated="y").press("check")
    links = page.document.xpath("//*[@role='alert']//a")
    assert {link.text_content().strip() for link in links} >= {"First year", "Dating", "Official name"}
    for link in links:
        assert len(page.document.xpath(f"//*[@id='{link.get('href')[1:]}']")) == 1, link.get("href")


@pytest.mark.parametrize(
    ("fields", "wrong", "told"),
    [
        ({"location_policy": "secret"}, "location_policy", "Choose one of"),
        ({"parent": "QNM-4040"}, "parent", "QNM-4040"),
        ({"current_unit": "99999"}, "current_unit", "99999"),
        ({"locations.l1.entered_text": "hello"}, "locations.l1.entered_text", "hello"),
        ({"locations.l1.entered_text": "18.877083, 105.32605"}, "locations.l1.entered_text", "exchanged"),
        (
            {"locations.l1.entered_text": "POLYGON((108.3 15.8, 108.4 15.9, 108.4 15.8, 108.3 15.9, 108.3 15.8))"},
            "locations.l1.entered_text",
            "crosses",
        ),
        ({"year_from": "1700", "year_to": "1600"}, "year_to", "1600"),
    ],
)
def test_check_tells_what_acceptance_would_refuse_at_its_field(
    an: Officer, fields: dict[str, str], wrong: str, told: str
) -> None:
    form = an.get(EDIT).form()
    for name, value in fields.items():
        form.fields = [pair for pair in form.fields if pair[0] != name] + [(name, value)]
    page = form.press("check")
    assert page.status == 200
    assert told in page.errors()[wrong]
    assert page.value(wrong) == fields[wrong]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"issuer": "UBND", "date": "2999-01-01"}, "date"),
        ({"issuer": ""}, "issuer"),
    ],
)
def test_bad_decision_is_told_at_its_field(an: Officer, fields: dict[str, str], wrong: str) -> None:
    page = an.get("/desk/records/decision/new").form().set(dict(fields)).press("check")
    assert wrong in page.errors(), page.said
    assert page.value("date") == fields.get("date", "")


def test_ranking_without_a_level_is_told_at_its_field(an: Officer) -> None:
    page = an.get("/desk/records/decision/new").form().fill(issuer="UBND").press("add:items")
    [uid] = [value for name, value in page.form().fields if name == "items"]
    page = page.form().set({f"items.{uid}.record": "QNM-0001", f"items.{uid}.action": "rank"}).press("check")
    assert page.errors() == {f"items.{uid}.level": "Say at which level the site is ranked."}


def test_check_passes_over_records_of_the_same_changeset(desk: Flask, an: Officer) -> None:
    """A decision may name a site that is only a draft beside it."""
    an.get(NEW).form().fill(name__vi="Mới", changeset_title="Cùng gói").press("save")
    [first] = revisions(desk, code="QNM-0002")
    page = an.get(f"/desk/records/decision/new?changeset={first.changeset_id}").form().fill(issuer="UBND")
    page = page.press("add:items")
    [uid] = [value for name, value in page.form().fields if name == "items"]
    form = page.form().set({f"items.{uid}.record": "QNM-0002", f"items.{uid}.action": "rank"})
    page = form.set({f"items.{uid}.level": "provincial"}).press("check")
    assert page.errors() == {}
    assert "can be submitted" in page.said
    assert len(revisions(desk, changeset_id=first.changeset_id)) == 2


def test_check_leaves_nothing_behind(desk: Flask, an: Officer) -> None:
    an.get(NEW).form().fill(name__vi="Mới").press("check")
    with desk.app_context():
        assert db.session.scalar(sa.text("SELECT count(*) FROM records WHERE code = 'QNM-0002'")) == 0


def test_text_of_a_megabyte_is_kept_and_told_at_its_field(desk: Flask, an: Officer) -> None:
    long = "Chùa Cầu ở Hội An. " * 55_000
    page = an.get(EDIT).form().fill(description__vi=long).press("check")
    assert page.status == 200
    assert "Longer than" in page.errors()["description.vi"]
    assert page.value("description.vi").strip() == long.strip()
    assert payload_of(desk, "QNM-0001")["description"]["vi"].strip() == long.strip()


def test_control_characters_do_no_harm(desk: Flask, an: Officer) -> None:
    page = an.get(EDIT).form().fill(name__vi="Chùa\x00 Cầu\x1f", year_from="1\x00").press("check")
    assert page.status == 200
    assert payload_of(desk, "QNM-0001")["name"]["vi"] == "Chùa Cầu"


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999", "²"])
def test_numbers_that_are_none_stay_text(desk: Flask, an: Officer, number: str) -> None:
    form = an.get("/desk/records/zone/new").form().fill(code="QNM-0001-Z1", site="QNM-0001", area_m2=number)
    form.fields = [pair for pair in form.fields if pair[0] not in ("saved", "base")] + [("saved", "²"), ("base", "²")]
    page = form.press("check")
    assert page.status == 200
    assert page.errors()["area_m2"] == "Write a number."
    assert payload_of(desk, "QNM-0001-Z1")["area_m2"] == number


def test_hidden_fields_that_were_tampered_with_do_no_harm(an: Officer) -> None:
    page = an.get(EDIT)
    for opened, others in (("[", "{"), ("[]", '{"conflicts": 1}'), ("null", '{"conflicts": [[[], 1, 2, 3], 4]}')):
        form = page.form().fill(opened=opened, others=others, name__vi="A")
        assert form.press("add:sources").status == 200


def test_two_tabs_are_brought_together(desk: Flask, an: Officer) -> None:
    """Both began from the same draft: what only one changed is taken, where both did both texts are shown."""
    an.get(EDIT).form().fill(name__vi="Ban đầu").press("save")
    first, second = an.get(EDIT).form(), an.get(EDIT).form()
    first.fill(name__vi="Tab một", period__vi="Thế kỷ XVI").press("save")
    page = second.fill(name__vi="Tab hai", significance__vi="Giá trị").press("save")
    assert page.status == 409
    assert page.value("name.vi") == "Tab hai"
    assert page.value("period.vi") == "Thế kỷ XVI"
    assert page.value("significance.vi") == "Giá trị"
    assert "Tab một" in page.said
    assert payload_of(desk, "QNM-0001")["name"]["vi"] == "Tab một"
    taken = page.form().press("take:name.vi")
    assert taken.value("name.vi") == "Tab một"
    assert taken.value("significance.vi") == "Giá trị"
    taken.form().press("save")
    saved = payload_of(desk, "QNM-0001")
    assert saved["name"]["vi"] == "Tab một"
    assert saved["significance"]["vi"] == "Giá trị"


def test_two_tabs_that_both_begin_a_draft_are_brought_together(desk: Flask, an: Officer) -> None:
    first, second = an.get(EDIT).form(), an.get(EDIT).form()
    first.fill(name__vi="Tab một").press("save")
    page = second.fill(name__vi="Tab hai").press("save")
    assert page.status == 409
    assert page.value("name.vi") == "Tab hai"
    assert "Tab một" in page.said
    assert page.form().press("save").status == 200
    assert [one.payload["name"]["vi"] for one in revisions(desk, author_id=an.id)] == ["Tab hai"]


def test_tab_that_changed_the_code_loses_nothing(an: Officer) -> None:
    an.get(NEW).form().fill(name__vi="Mới").press("save")
    first, second = an.get("/desk/records/QNM-0002/edit").form(), an.get("/desk/records/QNM-0002/edit").form()
    first.fill(name__vi="Tab một").press("save")
    page = second.fill(code="QNM-0500", name__vi="Tab hai").press("save")
    assert page.status == 409
    assert page.value("name.vi") == "Tab hai"


def test_text_of_a_tab_whose_draft_was_submitted_elsewhere_is_not_lost(desk: Flask, an: Officer) -> None:
    an.get(NEW).form().fill(name__vi="Mới").press("save")
    late = an.get("/desk/records/QNM-0002/edit").form().fill(name__vi="Gõ thêm sau khi trình")
    [draft] = revisions(desk, code="QNM-0002")
    _submit(desk, draft.changeset_id)
    page = late.press("save")
    assert page.value("name.vi") == "Gõ thêm sau khi trình"
    assert "review" in page.said


def test_text_of_a_tab_whose_draft_was_discarded_elsewhere_is_not_lost(desk: Flask, an: Officer) -> None:
    an.get(NEW).form().fill(name__vi="Mới").press("save")
    late = an.get("/desk/records/QNM-0002/edit").form().fill(name__vi="Vẫn gõ tiếp")
    [draft] = revisions(desk, code="QNM-0002")
    _discard(desk, draft.changeset_id)
    page = late.press("save")
    assert page.value("name.vi") == "Vẫn gõ tiếp"


def _submit(app: Flask, changeset_id: int) -> None:
    from app.catalogue import KINDS
    from app.records.operations import submit

    with app.app_context():
        changeset = db.session.get_one(Changeset, changeset_id)
        submit(db.session(), KINDS, changeset, actor=changeset.author, settings=register.SETTINGS)
        db.session.commit()


def _discard(app: Flask, changeset_id: int) -> None:
    from app.catalogue import KINDS
    from app.records.operations import discard

    with app.app_context():
        changeset = db.session.get_one(Changeset, changeset_id)
        discard(db.session(), KINDS, changeset, actor=changeset.author)
        db.session.commit()


def test_draft_that_was_overtaken_is_merged(desk: Flask, an: Officer) -> None:
    """Somebody else's change was accepted meanwhile: the page says so, and both go together."""
    an.get(EDIT).form().fill(name__vi="Của An", period__vi="Thế kỷ XVII").press("save")
    with desk.app_context():
        theirs = register.site("QNM-0001", name={"vi": "Của người khác", "en": "Site QNM-0001"}, tags=["mới"])
        theirs["sources"] = [{"uid": "s1", "citation": "Hồ sơ"}]
        register.accept(db.session(), ("site", theirs))
        db.session.commit()
    page = an.get(EDIT)
    [link] = page.document.xpath("//main//a[contains(@href, '/merge')]")
    page = an.get(link.get("href"))
    assert page.value("name.vi") == "Của An"
    assert "Của người khác" in page.said
    assert page.value("tags").strip() == "mới"
    assert page.value("period.vi") == "Thế kỷ XVII"
    page = page.form().press("take:name.vi")
    assert page.value("name.vi") == "Của người khác"
    assert page.form().press("save").path == EDIT
    [draft] = revisions(desk, author_id=an.id)
    assert (draft.base_version, draft.payload["name"]["vi"], draft.payload["tags"]) == (2, "Của người khác", ["mới"])
    assert "/merge" not in an.get(EDIT).text


def test_autosave_answers_with_the_count(desk: Flask, an: Officer) -> None:
    an.get(EDIT).form().fill(name__vi="Một").press("save")
    form = an.get(EDIT).form().fill(name__vi="Hai")
    answer = an.client.post(EDIT, data=MultiDict([*form.fields, ("do", "autosave")]))
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["saved"] == 2
    again = an.client.post(EDIT, data=MultiDict([*form.fill(name__vi="Ba").fields, ("do", "autosave")]))
    assert again.status_code == 409
    assert again.json is not None
    assert again.json["is_elsewhere"] is True
    assert payload_of(desk, "QNM-0001")["name"]["vi"] == "Hai"


def test_typed_text_survives_a_session_that_ended(desk: Flask, an: Officer) -> None:
    from app.accounts.models import UserSession
    from app.accounts.passwords import hash_password

    form = an.get(EDIT).form().fill(name__vi="Gõ lâu quá")
    with desk.app_context():
        db.session.execute(sa.delete(UserSession))
        db.session.execute(
            sa.text("UPDATE users SET password_hash = :hash"),
            {"hash": hash_password("a long password", name="an@example.org")},
        )
        db.session.commit()
    page = form.press("save")
    assert page.status == 401
    page = page.form("password").fill(email="an@example.org", password="a long password").send()
    page = page.form("name.vi").send()
    assert page.path == EDIT
    assert payload_of(desk, "QNM-0001")["name"]["vi"] == "Gõ lâu quá"


def test_viewer_may_not_write(desk: Flask, officer: Callable[..., Officer]) -> None:
    viewer = officer("vu", Role.VIEWER)
    for path in (NEW, EDIT):
        assert viewer.get(path).status == 403
    fields = [("name.vi", "A"), ("do", "save"), *officer("an").get(EDIT).form().fields]
    assert viewer.client.post(EDIT, data=MultiDict(fields)).status_code == 403
    assert revisions(desk, author_id=viewer.id) == []


def test_editor_of_another_kind_is_refused_and_the_text_stays(desk: Flask, officer: Callable[..., Officer]) -> None:
    other = officer("da", kinds=("decision",))
    page = other.get(EDIT).form().fill(name__vi="Không được").press("save")
    assert page.status == 403
    assert page.value("name.vi") == "Không được"
    assert revisions(desk, author_id=other.id) == []


def test_form_without_its_token_is_refused(desk: Flask, an: Officer) -> None:
    fields = [pair for pair in an.get(EDIT).form().fields if pair[0] != "_csrf"]
    assert an.client.post(EDIT, data=MultiDict([*fields, ("do", "save")])).status_code == 403
    assert revisions(desk, author_id=an.id) == []


def test_unknown_records_and_kinds_are_not_found(an: Officer) -> None:
    assert an.get("/desk/records/QNM-4040/edit").status == 404
    assert an.get("/desk/records/nothing/new").status == 404
    assert an.get("/desk/records/QNM-4040/merge").status == 404
