"""The whole way of a table: drafts, review, publication, and undone again, after which all stands as it stood."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role, User
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.core.db import begin_write, db
from app.core.errors import Conflict
from app.exchange.intake.models import Choice, ImportState, Verdict
from app.exchange.intake.operations import check_again, drop_import, wish_writing
from app.jobs.models import Wish, WishState
from app.publication import acting
from app.publication import operations as publication
from app.publication.acting import Act
from app.publication.undoing import undo
from app.records.drafts import open_changeset, write_draft
from app.records.models import Changeset, RevisionState
from app.records.operations import submit
from app.records.queries import records_by_code
from app.records.shown import read_accepted
from tests.harness import register
from tests.harness.counts import counts
from tests.harness.intake import Intake, workbook
from tests.harness.standing import standing
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

# More than are acted on in a request.
ROWS = counts(210, 5000)
NAMES = ["Mã số", "Tên di tích", "Loại hình", "Xã/phường", "Toạ độ X", "Toạ độ Y", "Nguồn", "Mô tả", "Địa điểm"]
CHANGED = ["QNM-0002", "QNM-0003", "QNM-0004", "QNM-0005"]


def _line(number: int) -> list[Any]:
    place = 1_736_000 + 200 * (number % 71), 541_000 + 200 * (number // 71)
    units = ("Phường Hội An", "xã Thu Bồn", "X. Chiên Đàn")
    kinds = ("Lịch sử", "Kiến trúc nghệ thuật", "Khảo cổ")
    return [
        None, f"Miếu xóm {number}", kinds[number % 3], units[number % 3], *place, "Hồ sơ kiểm kê",
        f"Miếu ba gian của xóm {number}.", None,
    ]  # fmt: skip


def _change(code: str) -> list[Any]:
    return [code, None, None, None, None, None, None, f"Mô tả mới của {code}.", "thôn mới"]


@contextlib.contextmanager
def _writing(app: Flask) -> Iterator[Session]:
    with app.app_context():
        session = db.session()
        begin_write(session)
        yield session
        session.commit()


def _second(session: Session) -> User:
    return system_actor(session, "second-reviewer", Role.REVIEWER)


def _act(app: Flask, changeset: int, act: Act, by: Any) -> dict[str, Any]:
    """Have the worker act on a changeset; gives what came of it."""
    with _writing(app) as session:
        made = acting.wish_act(session, session.get_one(Changeset, changeset), act, actor=by(session), title="Hoàn tác")
        key = made.id
    run_jobs(app)
    with app.app_context():
        found = acting.latest_act(db.session(), changeset)
        assert found is not None
        assert (found.id, found.state, found.error) == (key, "done", None)
        return dict(found.result or {})


def _publish(app: Flask, changeset: int) -> None:
    _act(app, changeset, Act.SUBMIT, register.editor)
    _act(app, changeset, Act.ACCEPT_AND_PUBLISH, register.reviewer)


def _undo(app: Flask, changeset: int) -> dict[str, Any]:
    """Undo a changeset, and have what needs review accepted by somebody else."""
    told = _act(app, changeset, Act.UNDO, register.reviewer)
    with app.app_context():
        has_drafts = bool(db.session().get_one(Changeset, told["changeset"]).revisions)
    if has_drafts:
        _act(app, told["changeset"], Act.SUBMIT, register.reviewer)
        _act(app, told["changeset"], Act.ACCEPT, _second)
    return told


def _imported(app: Flask, *changed: str, rows: int = ROWS) -> tuple[Intake, int]:
    lines = [NAMES, *(_line(number) for number in range(1, rows + 1)), *(_change(code) for code in changed)]
    intake = Intake.begin(app, workbook(*lines), "danh muc.xlsx", "site")
    found = intake.check()
    assert found == {"new": rows, "heading": 1} | ({"update": len(changed)} if changed else {}), intake.lines("error")
    return intake, intake.write()


def test_undone_as_if_it_had_never_been(seeded_copy: Flask) -> None:
    """Imported, reviewed, published, undone: register and publication equal what they were, row by row."""
    app = seeded_copy
    with app.app_context():
        before = standing(db.session())
    intake, changeset = _imported(app, *CHANGED)
    with app.app_context():
        states = {revision.state for revision in db.session().get_one(Changeset, changeset).revisions}
        assert states == {RevisionState.DRAFT}
        assert standing(db.session())["sites"] == before["sites"]
    _publish(app, changeset)
    codes = [line.code for line in intake.lines("new", "update")]
    assert None not in codes
    with app.app_context():
        records = records_by_code(db.session(), [code or "" for code in codes])
        assert len(records) == ROWS + len(CHANGED)
        assert all(record.is_public for record in records.values())
        after = standing(db.session())
        assert len(after["published_items"]) == len(before["published_items"]) + ROWS
        payload = read_accepted(db.session(), ["QNM-0002"])["QNM-0002"].payload
        assert payload["description"]["vi"] == "Mô tả mới của QNM-0002."
        assert payload["name"]["vi"] == "Chùa Cầu"
    told = _undo(app, changeset)
    assert (len(told["done"]) if isinstance(told["done"], list) else told["done"], told["skipped"]) == (
        ROWS + len(CHANGED), [],
    )  # fmt: skip
    with app.app_context():
        now = standing(db.session())
    for table, rows in before.items():
        assert now[table] == rows, table
    with _writing(app) as session:
        found, actor = session.get_one(Changeset, changeset), register.reviewer(session)
        with pytest.raises(Conflict, match="undone already"):
            undo(session, found, title="", actor=actor, settings=app.config["DISAN"])


def _edit(app: Flask, code: str, **fields: Any) -> None:
    with _writing(app) as session:
        payload = dict(read_accepted(session, [code])[code].payload) | fields
        actor, settings = register.editor(session), app.config["DISAN"]
        changeset = open_changeset(session, title="later", actor=actor)
        write_draft(session, KINDS, "site", payload, changeset=changeset, actor=actor, settings=settings)
        session.refresh(changeset)
        submit(session, KINDS, changeset, actor=actor, settings=settings)
        publication.accept(session, changeset, actor=register.reviewer(session), settings=settings)


def _said(value: Any) -> Any:
    """Leave out what says nothing: older payloads lack what newer ones have as nothing."""
    if isinstance(value, dict):
        return {key: said for key, one in value.items() if (said := _said(one)) not in (None, [], {}, False)}
    return [_said(one) for one in value] if isinstance(value, list) else value


def test_undone_after_later_edits(seeded_copy: Flask) -> None:
    """What was changed since in other places is kept; what cannot be undone is told and left as it is."""
    app = seeded_copy
    with app.app_context():
        before = {code: _said(one.payload) for code, one in read_accepted(db.session(), CHANGED).items()}
    intake, changeset = _imported(app, *CHANGED, rows=8)
    _publish(app, changeset)
    added = [line.code or "" for line in intake.lines("new")]
    untouched, elsewhere, same_place, deleted = CHANGED
    _edit(app, elsewhere, tags=["về sau"])
    _edit(app, same_place, description={"vi": "Mô tả về sau."})
    _edit(app, added[0], tags=["về sau"])
    with _writing(app) as session:
        records = list(records_by_code(session, [deleted]).values())
        publication.set_deleted(
            session, records, is_deleted=True, actor=register.reviewer(session), settings=app.config["DISAN"]
        )
    told = _undo(app, changeset)
    assert {code for code, *_ in told["skipped"]} == {same_place, deleted, added[0]}
    with app.app_context():
        now = {code: _said(one.payload) for code, one in read_accepted(db.session(), CHANGED).items()}
        records = records_by_code(db.session(), [*CHANGED, *added])
        assert now[untouched] == before[untouched]
        assert now[elsewhere] == before[elsewhere] | {"tags": ["về sau"]}
        assert now[same_place]["description"] == {"vi": "Mô tả về sau."}
        assert now[same_place]["address_detail"] == "thôn mới"
        assert records[deleted].deleted_at is not None
        assert records[added[0]].deleted_at is None
        assert all(records[code].deleted_at is not None for code in added[1:])


def test_drafts_are_undone_by_discarding_them(seeded_copy: Flask) -> None:
    """An import that nobody has reviewed yet leaves nothing behind."""
    app = seeded_copy
    with app.app_context():
        before = standing(db.session())
    _, changeset = _imported(app, *CHANGED)
    _act(app, changeset, Act.UNDO, register.editor)
    with app.app_context():
        now = standing(db.session())
    for table, rows in before.items():
        assert now[table] == rows, table


def test_the_same_file_again(seeded_copy: Flask) -> None:
    """With their codes all lines are the same as what stands; without, they may be what was imported before."""
    app = seeded_copy
    intake, changeset = _imported(app, *CHANGED, rows=40)
    _publish(app, changeset)
    codes = [line.code for line in intake.lines("new")]
    coded = [[code, *_line(number)[1:]] for number, code in enumerate(codes, start=1)]
    again = Intake.begin(app, workbook(NAMES, *coded, *(_change(code) for code in CHANGED)), "danh muc.xlsx", "site")
    assert again.check() == {"same": 40 + len(CHANGED), "heading": 1}
    with again.changing() as (session, found, actor), pytest.raises(Conflict, match="nothing to write"):
        wish_writing(session, found, actor=actor, title="nothing")
    bare = Intake.begin(app, workbook(NAMES, *(_line(number) for number in range(1, 41))), "danh muc.xlsx", "site")
    assert bare.check() == {"duplicate": 40, "heading": 1}
    assert [line.candidates[0] for line in bare.lines("duplicate")] == codes


def test_duplicates_and_choices(seeded_copy: Flask) -> None:
    """By folded name and by distance, in the register and within the file; a person decides line by line."""
    app = seeded_copy
    lines = [
        ["Tên di tích", "Vĩ độ", "Kinh độ", "Mô tả"],
        # By name, marks and capitals aside.
        ["CHUA CAU", None, None, "a"],
        # By place, with a name that is like it.
        ["Di tích Chùa Cầu", 15.877083, 108.32605, "b"],
        # The same name far away: not that one, but perhaps the other line's, of which nobody says where it is.
        ["Chùa Cầu", 15.35, 108.70, "c"],
        # Another name close by is another thing.
        ["Trụ sở Uỷ ban", 15.877083, 108.32605, "d"],
        ["Miếu Thử Một", 15.60, 108.40, "e"],
        # Within the file.
        ["Mieu thu mot", 15.60005, 108.40, "f"],
        ["Miếu Thử Hai", 15.61, 108.40, "g"],
    ]
    intake = Intake.begin(app, workbook(*lines), "a.xlsx", "site")
    assert intake.check() == {"duplicate": 4, "new": 3, "heading": 1}
    found = {line.number: line for line in intake.lines("duplicate")}
    assert sorted(found) == [2, 3, 4, 7]
    assert "QNM-0002" in found[2].candidates
    assert "QNM-0002" in found[3].candidates
    assert "QNM-0002" not in found[4].candidates
    with intake.changing() as (session, held, actor), pytest.raises(Conflict, match="may be there already"):
        wish_writing(session, held, actor=actor, title="too early")
    assert intake.choose(Choice.UPDATE, 2, code="QNM-0002") == 1
    assert intake.choose(Choice.LEAVE, 3) == 1
    # What only another line may bring is no record yet, and no record is changed twice.
    assert intake.choose(Choice.UPDATE, 7) == 1
    assert intake.choose(Choice.UPDATE, 4, code="QNM-0002") == 1
    assert intake.counts == {"update": 1, "left_out": 1, "error": 2, "new": 3, "heading": 1}
    assert intake.choose(Choice.LEAVE, verdict=Verdict.ERROR) == 2
    assert intake.counts == {"update": 1, "left_out": 3, "new": 3, "heading": 1}
    changeset = intake.write()
    assert intake.state == ImportState.WRITTEN
    with app.app_context():
        drafts = {one.code: one.payload for one in db.session().get_one(Changeset, changeset).revisions}
    assert len(drafts) == 4
    assert drafts["QNM-0002"]["description"]["vi"] == "a"
    assert drafts["QNM-0002"]["name"]["vi"] == "CHUA CAU"
    assert "b" not in {payload["description"]["vi"] for payload in drafts.values()}


def test_import_that_failed_can_be_given_up(seeded_copy: Flask) -> None:
    """While it is being written an import stays; once its worker has failed for good it can be given up."""
    intake = Intake.begin(seeded_copy, workbook(NAMES, _line(1)), "a.xlsx", "site")
    intake.check()
    settings = seeded_copy.config["DISAN"]
    with intake.changing() as (session, found, actor):
        wish_writing(session, found, actor=actor, title="a")
        with pytest.raises(Conflict, match="being written"):
            drop_import(session, found, settings, actor=actor)
        session.get_one(Wish, found.options["wish"]).state = WishState.FAILED
        session.flush()
        drop_import(session, found, settings, actor=actor)
    assert intake.state == ImportState.DROPPED
    assert intake.lines() == []


def test_what_others_change_meanwhile_is_not_written_over(seeded_copy: Flask) -> None:
    """Where somebody begins to change a record after the lines were checked, nothing is written."""
    app = seeded_copy
    lines = [NAMES, *(_line(number) for number in range(1, 4)), _change("QNM-0002")]
    intake = Intake.begin(app, workbook(*lines), "a.xlsx", "site")
    intake.check()
    with _writing(app) as session:
        payload = dict(read_accepted(session, ["QNM-0002"])["QNM-0002"].payload) | {"tags": ["khác"]}
        actor = register.reviewer(session)
        changeset = open_changeset(session, title="other", actor=actor)
        write_draft(session, KINDS, "site", payload, changeset=changeset, actor=actor, settings=app.config["DISAN"])
    with app.app_context():
        count = db.session().scalar(sa.select(sa.func.count()).select_from(Changeset))
    with intake.changing() as (session, found, actor):
        wish_writing(session, found, actor=actor, title="a")
    run_jobs(app)
    assert intake.state == ImportState.CHECKED
    assert "QNM-0002" in intake.problem
    with app.app_context():
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Changeset)) == count
    with intake.changing() as (session, found, actor):
        check_again(session, found, actor=actor)
    run_jobs(app)
    assert intake.counts == {"new": 3, "kept": 1, "heading": 1}
    intake.write()
