"""The worker is killed at random moments of an import and its undoing; each step is then done whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.catalogue import KINDS
from app.core.db import begin_write, db
from app.exchange.intake import operations
from app.exchange.intake.models import Import, ImportLine, ImportState
from app.jobs.models import Wish, WishState
from app.publication import acting
from app.publication.acting import Act
from app.publication.models import ITEMS
from app.records.models import Changeset, ChangesetKind, Record, Revision, RevisionState
from tests.harness import register
from tests.harness.counts import counts
from tests.harness.databases import Database, open_app
from tests.harness.intake import workbook
from tests.harness.server import command, environment
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

    from tests.harness.databases import Databases

ROWS = counts(300, 600)
# Five steps of each import; no wish is tried more than five times.
IMPORTS, KILLS = counts(1, 2), counts(1, 3)
BEGUN_WITHIN_S, DONE_WITHIN_S = 60, 180
LONGEST_S = 2.5


def _table(first: int) -> bytes:
    rows = [
        [f"Miếu xóm {number}", "historical", 1_736_000 + 200 * (number % 71), 541_000 + 200 * (number // 71), "Hồ sơ"]
        for number in range(first, first + ROWS)
    ]
    return workbook(["Tên di tích", "Loại hình", "Toạ độ X", "Toạ độ Y", "Nguồn"], *rows)


@dataclass
class Office:
    """A register, and a worker that is killed over it."""

    database: Database
    app: Flask
    log: Path
    dice: random.Random
    kills: int = 0

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """Write as somebody at the desk does."""
        with self.app.app_context():
            session = db.session()
            begin_write(session)
            yield session
            session.commit()

    def _start(self) -> subprocess.Popen[bytes]:
        given = self.database.config | {"DISAN_WORKER_LEASE_SECONDS": "2"}
        with self.log.open("ab") as output:
            return subprocess.Popen(
                command("work"), env=environment(**given), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def _wait(self, wish: int, attempt: int, *states: str, within: float) -> Wish:
        until = time.monotonic() + within
        while time.monotonic() < until:
            with self.app.app_context():
                found = db.session().get_one(Wish, wish)
                if found.state in states and found.attempts >= attempt:
                    db.session().expunge(found)
                    return found
            time.sleep(0.02)
        pytest.fail(self.log.read_text()[-3000:])

    def do(self, wish: int, look: Callable[[Session], bool]) -> None:
        """Have a wish done, the worker killed over it some times; `look` tells whether it is, and holds it to be so."""
        for attempt in range(1, KILLS + 1):
            process = self._start()
            try:
                ended = (WishState.RUNNING, WishState.DONE, WishState.FAILED)
                self._wait(wish, attempt, *ended, within=BEGUN_WITHIN_S)
                time.sleep(self.dice.uniform(0, LONGEST_S))
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            self.kills += 1
            # PostgreSQL notices only when it next writes to the connection that nobody reads any more.
            time.sleep(0.3)
            with self.app.app_context():
                is_done = look(db.session())
                assert is_done == (db.session().get_one(Wish, wish).state == WishState.DONE)
            if is_done:
                return
        process = self._start()
        try:
            found = self._wait(wish, 1, WishState.DONE, WishState.FAILED, within=DONE_WITHIN_S)
            assert found.state == WishState.DONE, found.error
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
        with self.app.app_context():
            assert look(db.session())

    def wished(self, key: int) -> int:
        """Give the wish that an import waits for."""
        with self.app.app_context():
            return int(db.session().get_one(Import, key).options["wish"])


def _count(session: Session, query: sa.Select[Any]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0


def _is_read(session: Session, key: int) -> bool:
    lines = _count(session, sa.select(ImportLine.number).where(ImportLine.import_id == key))
    state = session.get_one(Import, key).state
    assert (state, lines) in ((ImportState.READING, 0), (ImportState.READ, ROWS + 1))
    return state == ImportState.READ


def _is_checked(session: Session, key: int) -> bool:
    judged = sa.select(ImportLine.number).where(ImportLine.import_id == key, ImportLine.verdict.is_not(None))
    found = session.get_one(Import, key)
    # Judged in portions, each of which counts as a whole.
    assert found.checked == _count(session, judged)
    if found.state == ImportState.CHECKED:
        assert found.counts == {"new": ROWS, "heading": 1}
    else:
        assert (found.state, found.counts) == (ImportState.CHECKING, {})
    return found.state == ImportState.CHECKED


def _is_written(session: Session, key: int, before: int) -> bool:
    found = session.get_one(Import, key)
    changesets = _count(session, sa.select(Changeset.id).where(Changeset.kind == ChangesetKind.IMPORT))
    drafts = _count(session, sa.select(Revision.id).where(Revision.state == RevisionState.DRAFT))
    is_done = found.state == ImportState.WRITTEN
    assert (changesets - before, drafts) == ((1, ROWS) if is_done else (0, 0))
    assert (found.changeset_id is not None) == is_done
    return is_done


def _is_published(session: Session, changeset: int, before: int) -> bool:
    states = set(session.scalars(sa.select(Revision.state).where(Revision.changeset_id == changeset)))
    public = _count(session, sa.select(ITEMS.c.id)) - before
    assert (states, public) in (({RevisionState.IN_REVIEW}, 0), ({RevisionState.ACCEPTED}, ROWS))
    return bool(public)


def _is_undone(session: Session, changeset: int, before: int) -> bool:
    undone = session.scalar(sa.select(Changeset.id).where(Changeset.undoes_id == changeset)) is not None
    codes = sa.select(Revision.code).where(Revision.changeset_id == changeset)
    deleted = _count(session, sa.select(Record.id).where(Record.code.in_(codes), Record.deleted_at.is_not(None)))
    public = _count(session, sa.select(ITEMS.c.id)) - before
    assert (undone, deleted, public) in ((False, 0, ROWS), (True, ROWS, 0))
    return undone


def _act(office: Office, changeset: int, act: Act, look: Callable[[Session], bool]) -> None:
    with office.writing() as session:
        actor = register.reviewer(session)
        wish = acting.wish_act(session, session.get_one(Changeset, changeset), act, actor=actor, title="undo").id
    office.do(wish, look)


def _import_and_undo(office: Office, first: int) -> None:
    settings = office.app.config["DISAN"]
    with office.writing() as session:
        public = _count(session, sa.select(ITEMS.c.id))
        written = _count(session, sa.select(Changeset.id).where(Changeset.kind == ChangesetKind.IMPORT))
        key = operations.begin_import(
            session, io.BytesIO(_table(first)), "a.xlsx", "site", actor=register.editor(session), kinds=KINDS,
            settings=settings,
        ).id  # fmt: skip
    office.do(office.wished(key), lambda session: _is_read(session, key))
    with office.writing() as session:
        found = session.get_one(Import, key)
        operations.map_columns(
            session, found, sheet=0, mapping={int(column): path for column, path in found.mapping.items()},
            constants={}, system=None, actor=register.editor(session), kinds=KINDS, settings=settings,
        )  # fmt: skip
    office.do(office.wished(key), lambda session: _is_checked(session, key))
    with office.writing() as session:
        operations.wish_writing(session, session.get_one(Import, key), actor=register.editor(session), title="a")
    office.do(office.wished(key), lambda session: _is_written(session, key, written))
    with office.writing() as session:
        changeset = session.get_one(Import, key).changeset_id
        assert changeset is not None
        wish = acting.wish_act(
            session, session.get_one(Changeset, changeset), Act.SUBMIT, actor=register.editor(session)
        )
        number = wish.id
    run_jobs(office.app)
    with office.app.app_context():
        assert db.session().get_one(Wish, number).state == WishState.DONE
    _act(office, changeset, Act.ACCEPT_AND_PUBLISH, lambda session: _is_published(session, changeset, public))
    _act(office, changeset, Act.UNDO, lambda session: _is_undone(session, changeset, public))


def test_killed_import_is_whole_or_not_there(
    engine_name: str, databases: Databases, tmp_path: Path, figure: Callable[[str, int], None]
) -> None:
    """Whatever the moment, each step has been done or has not, and goes on afterwards to its end."""
    database = databases.copy(engine_name, tmp_path / "data", fill=register.fill)
    with open_app(database) as app:
        office = Office(database, app, tmp_path / "worker.log", random.Random(20261128))  # noqa: S311
        for number in range(IMPORTS):
            _import_and_undo(office, 1 + number * ROWS)
        assert office.kills >= IMPORTS * 5
    databases.drop(database)
    figure("workers killed at random moments of imports", office.kills)
