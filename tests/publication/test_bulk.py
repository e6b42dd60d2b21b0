"""Acts on many records at once, and the undoing of a changeset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.catalogue import KINDS
from app.core.db import db
from app.core.errors import Conflict, NotAllowed
from app.publication import bulk, undoing
from app.publication import operations as publication
from app.publication.models import JournalEntry
from app.records import operations as records
from app.records.models import Record, RevisionState
from tests.harness import register
from tests.harness.register import SETTINGS, editor, reviewer, site

if TYPE_CHECKING:
    from flask import Flask

CODES = ["QNM-9001", "QNM-9002"]


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def _accepted() -> list[Record]:
    return register.accept(db.session(), *[("site", site(code)) for code in CODES])


def _publish(codes: list[str]) -> bulk.Outcome:
    return bulk.publish(db.session(), codes, title="publish", actor=reviewer(db.session()), settings=SETTINGS)


def _undo(outcome: bulk.Outcome) -> bulk.Outcome:
    return undoing.undo(db.session(), outcome.changeset, title="undo", actor=reviewer(db.session()), settings=SETTINGS)


def test_publishing_many_tells_what_it_left_and_is_undone() -> None:
    found = _accepted()
    publication.publish(db.session(), found[:1], actor=reviewer(db.session()), settings=SETTINGS)
    outcome = _publish([*CODES, "QNM-9999"])
    assert outcome.done == ["QNM-9002"]
    assert [code for code, _ in outcome.skipped] == ["QNM-9001", "QNM-9999"]
    undone = _undo(outcome)
    assert (undone.done, [record.is_public for record in found]) == (["QNM-9002"], [True, False])
    states = db.session.scalars(sa.select(JournalEntry.state).where(JournalEntry.code == "QNM-9002")).all()
    assert states == ["updated", "deleted"]


def test_tags_not_handed_in_yet_are_undone_by_discarding_the_drafts() -> None:
    _accepted()
    session, an = db.session(), editor(db.session())
    outcome = bulk.tag(session, CODES, ["mend"], title="tags", actor=an, settings=SETTINGS)
    assert undoing.can_undo(session, outcome.changeset)
    undone = undoing.undo(session, outcome.changeset, title="undo", actor=an, settings=SETTINGS)
    assert undone.done == CODES
    assert {revision.state for revision in outcome.changeset.revisions} == {RevisionState.DISCARDED}
    assert not undoing.can_undo(session, undone.changeset)
    with pytest.raises(Conflict, match="nothing is left"):
        undoing.undo(session, undone.changeset, title="undo", actor=an, settings=SETTINGS)


def test_publishing_none_leaves_no_changeset() -> None:
    with pytest.raises(Conflict, match="no accepted state"):
        _publish(["QNM-9999"])


def test_publishing_many_takes_the_permission() -> None:
    _accepted()
    with pytest.raises(NotAllowed):
        bulk.publish(db.session(), CODES, title="publish", actor=editor(db.session()), settings=SETTINGS)


def test_undoing_what_was_changed_since_is_told_and_not_forced() -> None:
    found = _accepted()
    outcome = _publish(CODES)
    publication.withdraw(db.session(), found[:1], actor=reviewer(db.session()), settings=SETTINGS)
    undone = _undo(outcome)
    assert undone.done == ["QNM-9002"]
    assert [(code, "since" in str(error)) for code, error in undone.skipped] == [("QNM-9001", True)]


def test_undoing_twice_is_refused() -> None:
    _accepted()
    outcome = _publish(CODES)
    _undo(outcome)
    with pytest.raises(Conflict, match="undone already"):
        _undo(outcome)


def test_tagging_many_goes_through_review_as_one_changeset() -> None:
    session = db.session()
    found = _accepted()
    outcome = bulk.tag(session, CODES, ["lũ 2025"], title="tag", actor=editor(session), settings=SETTINGS)
    assert [record.tags for record in found] == [[], []]
    records.submit(session, KINDS, outcome.changeset, actor=editor(session), settings=SETTINGS)
    publication.accept(session, outcome.changeset, actor=reviewer(session), settings=SETTINGS)
    assert [record.tags for record in found] == [["lũ 2025"], ["lũ 2025"]]


def test_undoing_an_accepted_change_keeps_what_came_after() -> None:
    session = db.session()
    found = _accepted()
    outcome = bulk.tag(session, CODES, ["lũ 2025"], title="tag", actor=editor(session), settings=SETTINGS)
    records.submit(session, KINDS, outcome.changeset, actor=editor(session), settings=SETTINGS)
    publication.accept(session, outcome.changeset, actor=reviewer(session), settings=SETTINGS)
    register.accept(session, ("site", site("QNM-9001", tags=["lũ 2025"], name={"vi": "Tên mới"})))
    undone = undoing.undo(session, outcome.changeset, title="undo", actor=editor(session), settings=SETTINGS)
    assert undone.done == CODES
    records.submit(session, KINDS, undone.changeset, actor=editor(session), settings=SETTINGS)
    publication.accept(session, undone.changeset, actor=reviewer(session), settings=SETTINGS)
    assert [record.tags for record in found] == [[], []]
    assert found[0].name == {"vi": "Tên mới"}  # type: ignore[attr-defined]


def test_undoing_an_addition_deletes_what_nobody_has_changed_since() -> None:
    session = db.session()
    changeset = register.draft(session, *[("site", site(code)) for code in CODES])
    records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    found = publication.accept(session, changeset, actor=reviewer(session), settings=SETTINGS)
    register.accept(session, ("site", site("QNM-9001", tags=["since"])))
    undone = undoing.undo(session, changeset, title="undo", actor=reviewer(session), settings=SETTINGS)
    assert undone.done == ["QNM-9002"]
    assert [record.deleted_at is None for record in found] == [True, False]


def test_assigning_many_is_undone_to_who_had_them() -> None:
    session = db.session()
    found = _accepted()
    bulk.assign(session, CODES[:1], reviewer(session), title="assign", actor=editor(session))
    outcome = bulk.assign(session, CODES, editor(session), title="assign", actor=editor(session))
    assert {record.assignee_id for record in found} == {editor(session).id}
    undoing.undo(session, outcome.changeset, title="undo", actor=editor(session), settings=SETTINGS)
    assert [record.assignee_id for record in found] == [reviewer(session).id, None]


def test_submitting_and_accepting_many_leave_changesets_whole() -> None:
    session = db.session()
    register.draft(session, *[("site", site(code)) for code in CODES])
    register.draft(session, ("site", site("QNM-9003")))
    outcome = bulk.submit(session, ["QNM-9001", "QNM-9003"], title="submit", actor=editor(session), settings=SETTINGS)
    assert (outcome.done, [code for code, _ in outcome.skipped]) == (["QNM-9003"], ["QNM-9001"])
    accepted = bulk.accept(session, ["QNM-9003"], title="accept", actor=reviewer(session), settings=SETTINGS)
    assert accepted.done == ["QNM-9003"]
    assert records.find_record(session, "QNM-9003").version == 1


def test_submission_of_many_is_recalled() -> None:
    session = db.session()
    register.draft(session, *[("site", site(code)) for code in CODES])
    outcome = bulk.submit(session, CODES, title="submit", actor=editor(session), settings=SETTINGS)
    undoing.undo(session, outcome.changeset, title="undo", actor=editor(session), settings=SETTINGS)
    assert {revision.state for revision in outcome.changeset.revisions} == {"draft"}
