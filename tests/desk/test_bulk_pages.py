"""Acts on many records through the desk's pages: shown first, done as one changeset, taken back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.catalogue import KINDS
from app.core.db import db
from app.records import operations as records
from app.records.models import Changeset, Record, Revision
from tests.harness import register
from tests.harness.readers import Reader
from tests.harness.register import SETTINGS, editor, site

if TYPE_CHECKING:
    from flask import Flask

BULK = "/desk/register/bulk"


@pytest.fixture
def desk(app: Flask) -> Flask:
    """A register with a public site, an internal one, and two that wait for review."""
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        register.publish(session, ("site", site("QNM-0001")))
        register.accept(session, ("site", site("QNM-0002")))
        for code in ("QNM-0003", "QNM-0004"):
            waiting = register.draft(session, ("site", site(code)))
            records.submit(session, KINDS, waiting, actor=editor(session), settings=SETTINGS)
        session.commit()
    return app


@pytest.fixture
def binh(desk: Flask) -> Reader:
    """A reviewer."""
    return Reader(desk, "binh", Role.REVIEWER)


def _changesets(desk: Flask) -> int:
    with desk.app_context():
        return db.session().scalar(sa.select(sa.func.count()).select_from(Changeset)) or 0


def _key(page: str) -> str:
    found = re.search(r"/desk/register/bulk/(\d+)/undo", page)
    assert found, page[-1500:]
    return found[1]


def test_publishing_tells_first_what_it_will_do_and_what_it_leaves_out(desk: Flask, binh: Reader) -> None:
    before = _changesets(desk)
    asked = {"act": "publish", "code": ["QNM-0001", "QNM-0002", "QNM-0003"]}
    page = binh.send(BULK, asked).text
    assert "What will be done (1)" in " ".join(page.split()).replace("</h2>", "")
    assert "is public already" in page
    assert "has no accepted state" in page
    assert _changesets(desk) == before
    with desk.app_context():
        assert not records.find_record(db.session(), "QNM-0002").is_public
    done = binh.send(BULK, {**asked, "confirmed": "1"}).text
    assert "Done for 1, left out 2." in done
    with desk.app_context():
        assert records.find_record(db.session(), "QNM-0002").is_public
    back = binh.send(f"{BULK}/{_key(done)}/undo", {}).text
    assert "Taken back for 1." in back
    with desk.app_context():
        assert not records.find_record(db.session(), "QNM-0002").is_public
    again = binh.send(f"{BULK}/{_key(done)}/undo", {}).text
    assert "has been undone already" in again


def test_tags_are_drafted_and_submitted_like_any_other_change(desk: Flask, binh: Reader) -> None:
    asked = {"act": "tag", "code": ["QNM-0001", "QNM-0002"]}
    assert 'name="tags"' in binh.send(BULK, asked).text
    assert "Write at least one tag." in binh.send(BULK, {**asked, "tags": " , ", "confirmed": "1"}).text
    page = binh.send(BULK, {**asked, "tags": "đợt 1,  kiểm tra , đợt 1", "confirmed": "1"}).text
    assert "These are drafts" in page
    with desk.app_context():
        drafts = db.session().scalars(sa.select(Revision).where(Revision.state == "draft")).all()
        assert [draft.payload["tags"] for draft in drafts] == [["đợt 1", "kiểm tra"]] * 2


def test_accepting_is_one_changeset_and_undone_by_deleting_what_was_new(desk: Flask, binh: Reader) -> None:
    asked = {"act": "accept", "code": ["QNM-0003", "QNM-0004", "QNM-0001"], "confirmed": "1"}
    done = binh.send(BULK, asked).text
    assert "Done for 2, left out 1." in done
    binh.send(f"{BULK}/{_key(done)}/undo", {})
    with desk.app_context():
        gone = db.session().scalars(sa.select(Record.code).where(Record.deleted_at.is_not(None)).order_by(Record.code))
        assert gone.all() == ["QNM-0003", "QNM-0004"]


def test_records_are_assigned_to_somebody_and_taken_back(desk: Flask, binh: Reader) -> None:
    an = Reader(desk, "an", Role.EDITOR)
    page = binh.send(BULK, {"act": "assign", "code": ["QNM-0001"]}).text
    assert f'<option value="{an.key}">an</option>' in page
    done = binh.send(BULK, {"act": "assign", "code": ["QNM-0001"], "user": str(an.key), "confirmed": "1"}).text
    assert "QNM-0001" in an.text("/desk/register?mine=assigned")
    assert "<dd>an</dd>" in an.text("/desk/records/QNM-0001").replace("<dd> ", "<dd>").replace(" </dd>", "</dd>")
    binh.send(f"{BULK}/{_key(done)}/undo", {})
    assert "Nothing in the register meets this" in an.text("/desk/register?mine=assigned")
    wrong = binh.send(BULK, {"act": "assign", "code": ["QNM-0001"], "user": "99999", "confirmed": "1"})
    assert wrong.status_code == 422
    assert "There is no such person." in wrong.text


def test_nothing_chosen_nothing_known_and_too_many_are_told(desk: Flask, binh: Reader) -> None:
    assert "Choose at least one record." in binh.send(BULK, {"act": "publish"}).text
    assert "Choose what to do" in binh.send(BULK, {"act": "burn", "code": ["QNM-0001"]}).text
    many = [f"QNM-{number:04}" for number in range(501)]
    assert "at most 500" in binh.send(BULK, {"act": "publish", "code": many}).text


def test_bulk_acts_are_for_whoever_may(desk: Flask) -> None:
    viewer, an = Reader(desk, "vi", Role.VIEWER), Reader(desk, "an", Role.EDITOR)
    assert 'name="act"' not in viewer.text("/desk/register")
    assert 'value="publish"' not in an.text("/desk/register")
    for person, act in ((viewer, "tag"), (an, "publish"), (an, "accept")):
        asked = {"act": act, "code": ["QNM-0002"], "tags": "x", "confirmed": "1"}
        response = person.send(BULK, asked)
        assert "needs the permission" in response.text
    with desk.app_context():
        assert not records.find_record(db.session(), "QNM-0002").is_public
    elsewhere = Reader(desk, "el", Role.REVIEWER, unit="99999")
    page = elsewhere.send(BULK, {"act": "publish", "code": ["QNM-0002"], "confirmed": "1"}).text
    assert "for other places" in page


def test_form_without_proof_is_refused(desk: Flask, binh: Reader) -> None:
    response = binh.client.post(BULK, data={"act": "publish", "code": ["QNM-0002"], "confirmed": "1"})
    assert response.status_code == 403
