"""A revision's way from draft to accepted, and who may send it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.config import Settings
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotAllowed
from app.heritage.models import Site
from app.publication import operations as publication
from app.records import drafts
from app.records import operations as records
from app.records.models import Changeset, HistoryEntry
from tests.harness import register
from tests.harness.register import SETTINGS, editor, reviewer, site

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def test_draft_makes_no_typed_row() -> None:
    register.draft(db.session(), ("site", site("QNM-9001")))
    assert db.session.scalar(sa.select(sa.func.count(Site.id))) == 0


def test_draft_may_be_incomplete_but_submitting_it_names_what_is_missing() -> None:
    changeset = register.draft(db.session(), ("site", {"code": "QNM-9001"}))
    with pytest.raises(InvalidInput, match=r"QNM-9001.*name"):
        records.submit(db.session(), KINDS, changeset, actor=editor(db.session()), settings=SETTINGS)
    assert changeset.revisions[0].state == "draft"


def test_draft_refuses_a_code_outside_the_pattern() -> None:
    with pytest.raises(InvalidInput, match="“qnm 1” is not a code"):
        register.draft(db.session(), ("site", site("qnm 1")))


def test_draft_refuses_a_new_code_that_waits_elsewhere() -> None:
    register.draft(db.session(), ("site", site("QNM-9001")))
    with pytest.raises(Conflict, match="waiting for review"):
        register.draft(db.session(), ("site", site("QNM-9001")))


def test_accept_writes_the_typed_row_and_moves_the_version() -> None:
    (record,) = register.accept(db.session(), ("site", site("QNM-9001")))
    assert (record.version, record.visibility, record.name["vi"]) == (1, "internal", "Di tích QNM-9001")


def test_accept_refuses_the_author() -> None:
    session = db.session()
    both = system_actor(session, "does-everything", Role.ADMIN)
    changeset = drafts.open_changeset(session, title="mine", actor=both)
    drafts.write_draft(session, KINDS, "site", site("QNM-9001"), changeset=changeset, actor=both, settings=SETTINGS)
    session.refresh(changeset)
    records.submit(session, KINDS, changeset, actor=both, settings=SETTINGS)
    with pytest.raises(NotAllowed, match="somebody else"):
        publication.accept(session, changeset, actor=both, settings=SETTINGS)


def test_accept_lets_the_author_in_a_one_person_office() -> None:
    session = db.session()
    both = system_actor(session, "does-everything", Role.ADMIN)
    changeset = drafts.open_changeset(session, title="mine", actor=both)
    drafts.write_draft(session, KINDS, "site", site("QNM-9001"), changeset=changeset, actor=both, settings=SETTINGS)
    session.refresh(changeset)
    records.submit(session, KINDS, changeset, actor=both, settings=SETTINGS)
    accepted = publication.accept(session, changeset, actor=both, settings=Settings(one_person_office=True))
    assert accepted[0].version == 1


def test_accept_refuses_an_editor() -> None:
    session = db.session()
    changeset = register.draft(session, ("site", site("QNM-9001")))
    records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    other = system_actor(session, "another-editor", Role.EDITOR)
    with pytest.raises(NotAllowed, match="records:review"):
        publication.accept(session, changeset, actor=other, settings=SETTINGS)


def test_accept_refuses_a_revision_whose_record_has_moved_on() -> None:
    session = db.session()
    register.accept(session, ("site", site("QNM-9001")))
    first = register.draft(session, ("site", site("QNM-9001", tags=["first"])))
    second = register.draft(session, ("site", site("QNM-9001", tags=["second"])))
    for changeset in (first, second):
        records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    publication.accept(session, first, actor=reviewer(session), settings=SETTINGS)
    with pytest.raises(Conflict, match="version 1, now 2"):
        publication.accept(session, second, actor=reviewer(session), settings=SETTINGS)


def test_accept_of_a_changed_part_moves_the_records_version() -> None:
    source = {"uid": "s1", "citation": "A book", "url": None, "page": None}
    register.accept(db.session(), ("site", site("QNM-9001", sources=[source])))
    (record,) = register.accept(db.session(), ("site", site("QNM-9001", sources=[{**source, "page": "7"}])))
    assert (record.version, record.sources[0].page) == (2, "7")


def test_accept_keeps_parts_by_their_uid() -> None:
    def sources(*uids: str) -> list[dict[str, str]]:
        return [{"uid": uid, "citation": f"Source {uid}"} for uid in uids]

    (record,) = register.accept(db.session(), ("site", site("QNM-9001", sources=sources("a", "b", "c"))))
    ids = {part.uid: part.id for part in record.sources}
    (record,) = register.accept(db.session(), ("site", site("QNM-9001", sources=sources("c", "d", "a"))))
    db.session.expire_all()
    assert [part.uid for part in record.sources] == ["c", "d", "a"]
    assert {part.uid: part.id for part in record.sources if part.uid in ids} == {uid: ids[uid] for uid in ("a", "c")}


def test_accept_refuses_a_uid_used_twice() -> None:
    twice = [{"uid": "a", "citation": "One"}, {"uid": "a", "citation": "Two"}]
    changeset = register.draft(db.session(), ("site", site("QNM-9001", sources=twice)))
    with pytest.raises(InvalidInput, match="more than once"):
        records.submit(db.session(), KINDS, changeset, actor=editor(db.session()), settings=SETTINGS)


def test_changeset_is_accepted_as_a_whole_or_not_at_all() -> None:
    """A parent that is deleted between submission and acceptance bars the whole changeset."""
    session = db.session()
    (parent,) = register.accept(session, ("site", site("QNM-9999")))
    changeset = register.draft(session, ("site", site("QNM-9001")), ("site", site("QNM-9002", parent="QNM-9999")))
    records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    publication.set_deleted(session, [parent], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
    session.commit()
    with pytest.raises(InvalidInput, match="QNM-9999"):
        publication.accept(session, changeset, actor=reviewer(session), settings=SETTINGS)
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(Site.id))) == 1


def test_submission_tells_what_could_not_be_accepted() -> None:
    session = db.session()
    changeset = register.draft(session, ("site", site("QNM-9002", parent="QNM-9999")))
    with pytest.raises(InvalidInput, match="QNM-9002: parent: there is no site"):
        records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    session.rollback()


def test_changeset_may_name_its_own_new_records_in_any_order() -> None:
    child, parent = register.accept(
        db.session(), ("site", site("QNM-9001-A", parent="QNM-9001")), ("site", site("QNM-9001"))
    )
    assert child.parent is parent


def test_site_refuses_to_be_above_itself() -> None:
    register.accept(db.session(), ("site", site("QNM-9001")), ("site", site("QNM-9002", parent="QNM-9001")))
    with pytest.raises(InvalidInput, match="is a component of QNM-9001"):
        register.accept(db.session(), ("site", site("QNM-9001", parent="QNM-9002")))


def test_reject_leaves_the_record_as_it_was() -> None:
    session = db.session()
    register.accept(session, ("site", site("QNM-9001")))
    changeset = register.draft(session, ("site", site("QNM-9001", tags=["new"])))
    records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    records.reject(session, KINDS, changeset, actor=reviewer(session), comment="No source.")
    assert records.find_record(session, "QNM-9001").tags == []
    assert changeset.revisions[0].state == "rejected"


def test_recall_brings_a_changeset_back_to_its_author_only() -> None:
    session = db.session()
    changeset = register.draft(session, ("site", site("QNM-9001")))
    records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    with pytest.raises(NotAllowed, match="Only test-editor"):
        records.recall(session, KINDS, changeset, actor=reviewer(session))
    records.recall(session, KINDS, changeset, actor=editor(session))
    assert changeset.revisions[0].state == "draft"


def test_delete_leaves_a_tombstone_that_can_be_undone() -> None:
    session = db.session()
    (record,) = register.publish(session, ("site", site("QNM-9001")))
    publication.set_deleted(session, [record], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
    assert not record.is_public
    publication.set_deleted(session, [record], is_deleted=False, actor=reviewer(session), settings=SETTINGS)
    assert record.is_public


def test_history_names_every_step_and_its_actor() -> None:
    session = db.session()
    register.publish(session, ("site", site("QNM-9001")))
    entries = session.scalars(sa.select(HistoryEntry).order_by(HistoryEntry.id)).all()
    assert [(entry.action, entry.actor.name) for entry in entries] == [
        ("draft", "test-editor"),
        ("submit", "test-editor"),
        ("accept", "test-reviewer"),
        ("publish", "test-reviewer"),
    ]


def test_empty_changeset_is_refused_whoever_asks() -> None:
    session = db.session()
    changeset = drafts.open_changeset(session, title="empty", actor=editor(session))
    with pytest.raises(Conflict, match="empty"):
        records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    with pytest.raises(Conflict, match="empty"):
        publication.accept(session, changeset, actor=reviewer(session), settings=SETTINGS)


def test_changeset_takes_one_draft_of_a_record_and_only_its_authors() -> None:
    session = db.session()
    changeset = register.draft(session, ("site", site("QNM-9001")))
    other = system_actor(session, "another-editor", Role.EDITOR)
    for code, actor, error in (("QNM-9001", editor(session), Conflict), ("QNM-9002", other, NotAllowed)):
        with pytest.raises(error):
            drafts.write_draft(session, KINDS, "site", site(code), changeset=changeset, actor=actor, settings=SETTINGS)


def test_submitted_changeset_takes_no_further_draft() -> None:
    session = db.session()
    changeset = register.draft(session, ("site", site("QNM-9001")))
    records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    with pytest.raises(Conflict, match="has been submitted"):
        drafts.write_draft(
            session,
            KINDS,
            "site",
            site("QNM-9002"),
            changeset=changeset,
            actor=editor(session),
            settings=SETTINGS,
        )


def test_discarded_draft_sets_its_code_free() -> None:
    session = db.session()
    changeset = register.draft(session, ("site", site("QNM-9001")))
    records.discard(session, KINDS, changeset, actor=editor(session))
    register.draft(session, ("site", site("QNM-9001")))


def test_revision_accepted_meanwhile_cannot_be_rejected(app: Flask) -> None:
    """Another reviewer's session that still thinks it is in review reads it afresh."""
    session = db.session()
    changeset = register.draft(session, ("site", site("QNM-9001")))
    records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    reviewer(session)
    session.commit()
    assert changeset.revisions[0].state == "in_review"
    number = changeset.id
    session.rollback()
    with app.app_context():
        other = db.session()
        mine = other.get(Changeset, number)
        publication.accept(other, mine, actor=reviewer(other), settings=SETTINGS)
        other.commit()
    with pytest.raises(Conflict, match="accepted"):
        records.reject(session, KINDS, changeset, actor=reviewer(session), comment="late")
