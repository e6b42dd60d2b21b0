"""Drafts: written again, overtaken, brought up to what overtook them, restored; the codes they suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotAllowed
from app.publication import operations as publication
from app.records import drafts
from app.records import operations as records
from app.records.compare import merge
from app.records.models import HistoryEntry, Revision
from app.records.queries import own_draft, read_revision
from tests.harness import register
from tests.harness.register import SETTINGS, editor, reviewer, site

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def _draft(code: str = "QNM-9001", **fields: object) -> Revision:
    (revision,) = register.draft(db.session(), ("site", site(code, **fields))).revisions
    return revision


def _rewrite(revision: Revision, payload: dict[str, object], saved: int | None = None) -> None:
    session = db.session()
    drafts.rewrite_draft(session, KINDS, revision, payload, actor=editor(session), settings=SETTINGS, saved=saved)


def test_draft_written_again_counts_and_holds_what_was_written() -> None:
    revision = _draft()
    _rewrite(revision, site("QNM-9001", tags=["sửa"]), saved=1)
    assert (revision.saved, revision.payload["tags"], revision.number) == (2, ["sửa"], 1)


def test_draft_of_two_tabs_is_not_overwritten_unseen() -> None:
    revision = _draft()
    _rewrite(revision, site("QNM-9001", tags=["first tab"]), saved=1)
    with pytest.raises(Conflict, match="saved elsewhere"):
        _rewrite(revision, site("QNM-9001", tags=["second tab"]), saved=1)
    assert revision.payload["tags"] == ["first tab"]


def test_draft_of_somebody_else_is_not_theirs_to_write() -> None:
    session = db.session()
    revision = _draft()
    other = system_actor(session, "another-editor", Role.EDITOR)
    with pytest.raises(NotAllowed):
        drafts.rewrite_draft(session, KINDS, revision, site("QNM-9001"), actor=other, settings=SETTINGS)


def test_draft_that_was_submitted_is_not_written() -> None:
    session = db.session()
    revision = _draft()
    records.submit(session, KINDS, revision.changeset, actor=editor(session), settings=SETTINGS)
    with pytest.raises(Conflict, match="in_review"):
        _rewrite(revision, site("QNM-9001"))


def test_new_record_may_change_its_code_until_it_is_accepted() -> None:
    session = db.session()
    revision = _draft()
    _rewrite(revision, site("QNM-9002"))
    assert revision.code == "QNM-9002"
    records.submit(session, KINDS, revision.changeset, actor=editor(session), settings=SETTINGS)
    publication.accept(session, revision.changeset, actor=reviewer(session), settings=SETTINGS)
    again = register.draft(session, ("site", site("QNM-9002", tags=["x"]))).revisions[0]
    with pytest.raises(InvalidInput, match="stays"):
        _rewrite(again, site("QNM-9003"))


def test_new_record_cannot_take_a_code_that_is_taken() -> None:
    session = db.session()
    register.accept(session, ("decision", register.decision("QNM-9002")))
    revision = _draft()
    with pytest.raises(Conflict, match="QNM-9002 belongs to another record"):
        _rewrite(revision, site("QNM-9002"))


def test_stale_draft_is_refused_and_merged() -> None:
    """Two change the same record: the second submission is refused, merged, and both changes stand."""
    session = db.session()
    register.accept(session, ("site", site("QNM-9001")))
    mine = _draft(tags=["mine"])
    register.accept(session, ("site", site("QNM-9001", name={"vi": "Tên mới"})))
    with pytest.raises(Conflict, match="version 1, now 2"):
        records.submit(session, KINDS, mine.changeset, actor=editor(session), settings=SETTINGS)
    record = records.find_record(session, "QNM-9001")
    base = drafts.payload_at(session, record, mine.base_version)
    merged = merge(base, drafts.current_payload(session, record), mine.payload)
    assert merged.conflicts == ()
    drafts.rebase_draft(session, KINDS, mine, merged.payload, onto=2, actor=editor(session), settings=SETTINGS)
    records.submit(session, KINDS, mine.changeset, actor=editor(session), settings=SETTINGS)
    publication.accept(session, mine.changeset, actor=reviewer(session), settings=SETTINGS)
    assert (record.version, record.tags, record.name) == (3, ["mine"], {"vi": "Tên mới"})  # type: ignore[attr-defined]


def test_merging_onto_a_version_that_has_passed_is_refused() -> None:
    session = db.session()
    register.accept(session, ("site", site("QNM-9001")))
    mine = _draft(tags=["mine"])
    register.accept(session, ("site", site("QNM-9001", tags=["second"])))
    register.accept(session, ("site", site("QNM-9001", tags=["third"])))
    with pytest.raises(Conflict, match="changed again"):
        drafts.rebase_draft(session, KINDS, mine, mine.payload, onto=2, actor=editor(session), settings=SETTINGS)


def test_restoring_a_revision_is_a_change_like_any_other() -> None:
    session = db.session()
    register.accept(session, ("site", site("QNM-9001", tags=["first"])))
    (record,) = register.accept(session, ("site", site("QNM-9001", tags=["second"])))
    changeset = drafts.open_changeset(session, title="back", actor=editor(session))
    first = read_revision(session, "QNM-9001", 1)
    restored = drafts.restore_revision(
        session, KINDS, first, changeset=changeset, actor=editor(session), settings=SETTINGS
    )
    assert record.tags == ["second"]
    records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    publication.accept(session, changeset, actor=reviewer(session), settings=SETTINGS)
    assert (record.tags, record.version, restored.number) == (["first"], 3, 3)


def test_payload_of_an_earlier_version_survives_deletion_and_return() -> None:
    session = db.session()
    (record,) = register.accept(session, ("site", site("QNM-9001", tags=["kept"])))
    for is_deleted in (True, False):
        publication.set_deleted(session, [record], is_deleted=is_deleted, actor=reviewer(session), settings=SETTINGS)
    assert record.version == 3
    assert drafts.current_payload(session, record)["tags"] == ["kept"]
    assert drafts.payload_at(session, record, 0) == {}


def test_rejected_draft_is_taken_up_again_by_its_author() -> None:
    session = db.session()
    revision = _draft()
    records.submit(session, KINDS, revision.changeset, actor=editor(session), settings=SETTINGS)
    records.reject(session, KINDS, revision.changeset, actor=reviewer(session), comment="Thiếu nguồn.")
    assert own_draft(session, "QNM-9001", editor(session).id) is revision
    with pytest.raises(NotAllowed):
        records.reopen(session, KINDS, revision.changeset, actor=reviewer(session))
    records.reopen(session, KINDS, revision.changeset, actor=editor(session))
    assert revision.state == "draft"
    comment = sa.select(HistoryEntry.comment).where(HistoryEntry.action == "reject")
    assert session.scalar(comment) == "Thiếu nguồn."


def test_rejected_code_that_was_taken_since_bars_taking_it_up_again() -> None:
    session = db.session()
    revision = _draft()
    records.submit(session, KINDS, revision.changeset, actor=editor(session), settings=SETTINGS)
    records.reject(session, KINDS, revision.changeset, actor=reviewer(session), comment="Trùng.")
    _draft(tags=["another"])
    with pytest.raises(Conflict, match="waiting for review already"):
        records.reopen(session, KINDS, revision.changeset, actor=editor(session))


def test_rejecting_without_a_reason_is_refused() -> None:
    session = db.session()
    revision = _draft()
    records.submit(session, KINDS, revision.changeset, actor=editor(session), settings=SETTINGS)
    with pytest.raises(InvalidInput, match="Say why"):
        records.reject(session, KINDS, revision.changeset, actor=reviewer(session), comment="  ")


def test_suggested_code_goes_on_from_the_highest() -> None:
    session = db.session()
    assert drafts.suggest_code(session, SETTINGS, KINDS["site"], {}) == "QNM-0001"
    _draft("QNM-0099")
    assert drafts.suggest_code(session, SETTINGS, KINDS["site"], {}) == "QNM-0100"
    assert drafts.suggest_code(session, SETTINGS, KINDS["decision"], {}) == "QNM-D0001"


def test_suggested_code_of_a_zone_stands_under_its_site() -> None:
    session = db.session()
    assert drafts.suggest_code(session, SETTINGS, KINDS["zone"], {}) == ""
    register.accept(session, ("site", site("QNM-9001")), ("zone", register.zone("QNM-9001-Z1", "QNM-9001")))
    assert drafts.suggest_code(session, SETTINGS, KINDS["zone"], {"site": "QNM-9001"}) == "QNM-9001-Z2"
    assert drafts.suggest_code(session, SETTINGS, KINDS["zone"], {"site": "QNM-9002"}) == "QNM-9002-Z1"
