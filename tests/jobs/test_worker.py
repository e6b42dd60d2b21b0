"""The worker as a process: it survives being killed, shares work with another, and keeps to the times."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from app.accounts.models import User
from app.core.db import begin_write, db, now
from app.jobs import operations as jobs
from app.jobs.models import Wish, WishState
from tests.harness.counts import counts
from tests.harness.databases import Database, Databases, open_app
from tests.harness.register import editor
from tests.harness.server import environment

WORKER = Path(__file__).with_name("helping_worker.py")


@pytest.fixture
def place(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[tuple[Database, Flask]]:
    database = databases.copy(engine_name, tmp_path / "data")
    with open_app(database) as app:
        yield database, app
    databases.drop(database)


@contextlib.contextmanager
def worker(database: Database, *, lease: int = 60) -> Iterator[subprocess.Popen[bytes]]:
    """A worker, told to stop at the end."""
    log = (database.folder / "worker.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, str(WORKER)],
        env=environment(**database.config, DISAN_WORKER_LEASE_SECONDS=str(lease)),
        stderr=log,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def make(app: Flask, *kinds: str, **fields) -> list[int]:  # noqa: ANN003
    with app.app_context():
        begin_write(db.session())
        made = [jobs.wish(db.session(), kind, {}, actor=editor(db.session()), **fields) for kind in kinds]
        db.session.commit()
        return [wish.id for wish in made]


def state(app: Flask, wish_id: int) -> tuple[str, int]:
    with app.app_context():
        wish = db.session.get_one(Wish, wish_id)
        return wish.state, wish.attempts


def wait_for(is_so: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def ran(database: Database, kind: str) -> list[list[str]]:
    path = database.folder / "ran.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return [line.split() for line in lines if line.startswith(kind)]


def test_wish_of_a_killed_worker_is_run_again_by_the_next(place: tuple[Database, Flask]) -> None:
    database, app = place
    (wish,) = make(app, "stuck")
    with worker(database, lease=2) as first:
        wait_for(lambda: ran(database, "stuck"))
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert state(app, wish) == (WishState.RUNNING, 1)
    with worker(database, lease=2):
        wait_for(lambda: state(app, wish)[0] == WishState.DONE)
    assert state(app, wish) == (WishState.DONE, 2)
    assert len(ran(database, "stuck")) == 2
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).where(User.name == f"made-by-{wish}")) == 1


def test_wish_that_lasts_longer_than_its_lease_stays_with_its_worker(place: tuple[Database, Flask]) -> None:
    database, app = place
    (wish,) = make(app, "stuck")
    with worker(database, lease=1), worker(database, lease=1):
        wait_for(lambda: ran(database, "stuck"))
        time.sleep(3)
        assert state(app, wish) == (WishState.RUNNING, 1)
        assert len(ran(database, "stuck")) == 1


def test_worker_that_is_told_to_stop_puts_back_what_is_under_way(place: tuple[Database, Flask]) -> None:
    database, app = place
    (wish,) = make(app, "stuck")
    with worker(database) as process:
        wait_for(lambda: ran(database, "stuck"))
        process.terminate()
        begun = time.monotonic()
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 9
    assert state(app, wish) == (WishState.WAITING, 0)


def test_two_workers_run_each_of_many_wishes_once(place: tuple[Database, Flask]) -> None:
    database, app = place
    made = make(app, *["quick"] * counts(60, 200))

    def left() -> int | None:
        with app.app_context():
            return db.session.scalar(sa.select(sa.func.count()).where(Wish.state != WishState.DONE))

    with worker(database), worker(database):
        wait_for(lambda: left() == 0, 60)
    mine = [int(line[1]) for line in ran(database, "quick") if int(line[1]) in made]
    assert sorted(mine) == made


def test_daily_work_is_planned_once_by_two_workers(place: tuple[Database, Flask]) -> None:
    database, _ = place
    with worker(database), worker(database):
        wait_for(lambda: ran(database, "quick"))
        time.sleep(1)
    assert len(ran(database, "quick")) == 1


def test_worker_that_is_told_to_stop_while_it_starts_stops(place: tuple[Database, Flask]) -> None:
    database, _ = place
    command = [sys.executable, "-X", "faulthandler", str(WORKER), "--told-early"]
    process = subprocess.Popen(command, env=environment(**database.config), stderr=subprocess.PIPE)
    try:
        _, said = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        # It then tells where each of its threads stands.
        process.send_signal(signal.SIGABRT)
        _, said = process.communicate()
    assert process.returncode == 0, said.decode()


def test_wish_is_run_at_its_time_and_not_before(place: tuple[Database, Flask]) -> None:
    database, app = place
    with worker(database):
        wait_for(lambda: ran(database, "quick"))
        at = now().timestamp() + 2
        (wish,) = make(app, "quick", run_at=type(now()).fromtimestamp(at, now().tzinfo))
        wait_for(lambda: state(app, wish)[0] == WishState.DONE)
    (ran_at,) = [float(line[2]) for line in ran(database, "quick") if int(line[1]) == wish]
    assert 0 <= ran_at - at < 3


def test_failures_are_told_and_leave_nothing_half_done(place: tuple[Database, Flask]) -> None:
    database, app = place
    broken, refusing, unknown = make(app, "broken", "refusing", "unknown")
    with worker(database):
        wait_for(lambda: state(app, broken) == (WishState.WAITING, 1))
        wait_for(lambda: state(app, refusing)[0] == state(app, unknown)[0] == WishState.FAILED)
    with app.app_context():
        told = {key: str(db.session.get_one(Wish, key).problem) for key in (broken, refusing, unknown)}
        assert told[broken].startswith("Something went wrong on our side. It has been noted under the number ")
        assert told[refusing] == "“Đà Nẵng” cannot be."
        assert told[unknown] == "Nothing here can do a job of the kind “unknown”."
        assert db.session.scalar(sa.select(User.id).where(User.name == f"half-made-{broken}")) is None
    assert "ZeroDivisionError" in (database.folder / "worker.log").read_text()


def test_wish_that_kills_its_worker_is_given_up(place: tuple[Database, Flask]) -> None:
    database, app = place
    (wish,) = make(app, "killer")
    for attempts in (1, 2):
        with worker(database, lease=1) as process:
            assert process.wait(20) == -signal.SIGKILL
        assert state(app, wish) == (WishState.RUNNING, attempts)
    with worker(database, lease=1):
        wait_for(lambda: state(app, wish)[0] == WishState.FAILED)
    with app.app_context():
        assert str(db.session.get_one(Wish, wish).problem) == "The worker died 2 times over this job."


def test_worker_ends_when_its_parent_is_killed(tmp_path: Path, databases: Databases) -> None:
    database = databases.copy("sqlite", tmp_path / "data")
    pid = tmp_path / "pid"
    code = (
        "import sys, time; from app.worker.child import _begin; p = _begin()\nprint(p.pid, file=open(sys.argv[1], 'w'))"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", f"{code}\ntime.sleep(60)", str(pid)],
        env=environment(**database.config, PYTHONPATH=str(WORKER.parents[2])),
        stderr=subprocess.DEVNULL,
    )
    wait_for(lambda: pid.exists() and pid.read_text())
    child = int(pid.read_text())
    parent.kill()
    parent.wait()
    wait_for(lambda: not is_alive(child), 15)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state_line = Path(f"/proc/{pid}/stat")
    return not state_line.exists() or state_line.read_text().rpartition(")")[2].split()[0] != "Z"
