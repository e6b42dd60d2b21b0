"""Backup and restore are killed at random moments: there is the old or the new, whole, and never something between."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import bagit
import pytest
import sqlalchemy as sa

from app.core.db import db
from app.exchange.archives.drills import hold_drill
from app.exchange.archives.restoring import restore_archive
from app.exchange.archives.targets import list_backups, make_backup
from tests.harness import archives
from tests.harness.counts import IS_FULL, counts
from tests.harness.databases import Database, Databases, open_app
from tests.harness.server import command, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Below it a process of ours has not begun to do anything.
EARLIEST_S = 0.5


@pytest.fixture
def database(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Database]:
    made = databases.copy(engine_name, tmp_path / "data", fill=archives.fill if IS_FULL else archives.small)
    yield made
    databases.drop(made)


class Moments:
    """Moments at which a command is killed; one that ended before says that the command is quicker than it seemed."""

    def __init__(self, seed: int, wanted: int, whole_s: float) -> None:
        self.wanted, self.hit, self.whole_s = wanted, 0, whole_s
        self._dice = random.Random(seed)  # noqa: S311 - the same every time
        # The first run of a command finds nothing in the machine's memory; the next ones are much quicker.
        self._left = 4 * wanted

    def more(self) -> bool:
        """Tell whether it is to be killed once more."""
        self._left -= 1
        return self.hit < self.wanted and self._left >= 0

    def kill(self, words: list[str], env: dict[str, str]) -> None:
        """Run the command, and kill it at one of the moments."""
        began = time.monotonic()
        if killed(words, env, self._dice.uniform(EARLIEST_S, max(EARLIEST_S, 0.95 * self.whole_s))):
            self.hit += 1
        else:
            self.whole_s = min(self.whole_s, time.monotonic() - began)


def killed(words: list[str], env: dict[str, str], after_s: float) -> bool:
    """Run a command and kill it, with whatever it began, after so many seconds; tells whether that came in time."""
    process = subprocess.Popen(
        command(*words), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def lasting(words: list[str], env: dict[str, str]) -> float:
    """Run a command to its end, and give how many seconds that took."""
    began = time.monotonic()
    done = subprocess.run(command(*words), env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - began


def test_backup_that_is_killed_leaves_whole_ones_only(
    database: Database, tmp_path: Path, figure: Callable[[str, int], None]
) -> None:
    target = tmp_path / "target"
    env = environment(**database.config, DISAN_BACKUP_KEEP="3")
    words = ["backup", "make", str(target), "--full"]
    moments = Moments(5, counts(2, 30), lasting(words, env))
    while moments.more():
        known = {one.folder for one in list_backups(target)}
        moments.kill(words, env)
        found = list_backups(target)
        # A killed one may have been finished just then; those before are there in any case, but for the oldest.
        assert len({one.folder for one in found} - known) <= 1
        assert 1 <= len(found) <= 3
        assert all(bagit.Bag(str(one.folder)).validate() for one in found)
    assert moments.hit > moments.wanted // 2
    figure("backups killed at random moments", moments.hit)
    lasting(words, env)
    assert {path.name for path in target.iterdir()} == {one.folder.name for one in list_backups(target)} | {"lock"}
    with open_app(database) as app:
        tried = hold_drill(list_backups(target)[0], app.config["DISAN"]).drill
    assert tried is not None
    assert tried["is_good"], tried


def test_restore_that_is_killed_leaves_nothing_or_the_whole(
    engine_name: str, database: Database, databases: Databases, tmp_path: Path, figure: Callable[[str, int], None]
) -> None:
    with open_app(database) as app:
        wanted, files = archives.rows_of(app), archives.kept_files(database.folder)
        with app.app_context():
            bag = make_backup(db.engine, app.config["DISAN"], tmp_path / "target").backup.folder
    first = databases.empty(engine_name, tmp_path / "first")
    moments = Moments(7, counts(2, 30), lasting(["restore", str(bag)], environment(**first.config)))
    databases.drop(first)
    for number in itertools.takewhile(lambda _: moments.more(), itertools.count()):
        place = databases.empty(engine_name, tmp_path / f"place{number}")
        env = environment(**place.config)
        moments.kill(["restore", str(bag)], env)
        if see_nothing_or_the_whole(place, wanted, files) == "nothing":
            lasting(["restore", str(bag)], env)
            assert see_nothing_or_the_whole(place, wanted, files) == "the whole"
        databases.drop(place)
    assert moments.hit > moments.wanted // 2
    figure("restores killed at random moments", moments.hit)


def see_nothing_or_the_whole(place: Database, wanted: dict[str, list[str]], files: dict[str, bytes]) -> str:
    with open_app(place) as app:
        with app.app_context():
            tables = set(sa.inspect(db.engine).get_table_names()) - {"spatial_ref_sys"}
            db.engine.dispose()
        if not tables:
            return "nothing"
        assert archives.rows_of(app) == wanted
        assert archives.kept_files(place.folder) == files
    return "the whole"


# A process that kills itself at a step, as nothing that waits for a moment can.
_AT_STEP = """
import os, signal, sys
from app.exchange.archives import restoring
whole, when = getattr(restoring, sys.argv[1]), sys.argv[2]
def cut(*args, **kw):
    if when == "after":
        whole(*args, **kw)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(restoring, sys.argv[1], cut)
from app.cli import main
main(["restore", sys.argv[3]])
"""
# On SQLite the last step is the rename, on PostgreSQL the end of the transaction, which follows the files.
STEPS = [("_stage_files", "after"), ("_place_files", "after"), ("last", "before"), ("last", "after")]
STEPS += [("check_files", "after"), ("_place_files", "before")] if IS_FULL else []
LAST = {"sqlite": "_place_database", "postgis": "load"}


@pytest.mark.parametrize(("step", "when"), STEPS)
def test_restore_that_is_killed_between_two_steps_is_begun_anew(
    engine_name: str, databases: Databases, tmp_path: Path, step: str, when: str
) -> None:
    source = databases.copy("sqlite", tmp_path / "data", fill=archives.small)
    with open_app(source) as app:
        wanted, files = archives.rows_of(app), archives.kept_files(source.folder)
        with app.app_context():
            bag = make_backup(db.engine, app.config["DISAN"], tmp_path / "target").backup.folder
    place = databases.empty(engine_name, tmp_path / "place")
    done = subprocess.run(
        [sys.executable, "-c", _AT_STEP, LAST[engine_name] if step == "last" else step, when, str(bag)],
        env=environment(**place.config),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    is_last = (engine_name, step, when) == ("sqlite", "last", "after")
    assert see_nothing_or_the_whole(place, wanted, files) == ("the whole" if is_last else "nothing")
    if not is_last:
        with open_app(place) as app, app.app_context():
            restore_archive(bag, db.engine, app.config["DISAN"])
        assert see_nothing_or_the_whole(place, wanted, files) == "the whole"
        assert not (place.folder / "restoring").exists()
    databases.drop(place)
