"""Publishers are killed at random moments; the journal then tells exactly what was published, in order."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.core.db import db
from app.publication.models import ITEMS, JournalEntry, PublishedCollection
from tests.harness import publishing, register
from tests.harness.counts import counts
from tests.harness.databases import open_app
from tests.harness.register import site
from tests.harness.server import environment

if TYPE_CHECKING:
    from tests.harness.databases import Databases

CODES = ("QNM-9001", "QNM-9002", "QNM-9003", "QNM-9004")


def _check() -> int:
    """Hold the journal to the publication; gives how many changes were made."""
    entries = db.session.execute(
        sa.select(JournalEntry.seq, JournalEntry.code, JournalEntry.version).order_by(JournalEntry.seq)
    ).all()
    assert [one.seq for one in entries] == list(range(1, len(entries) + 1))
    versions: dict[str, list[int]] = {}
    for one in entries:
        versions.setdefault(one.code, []).append(one.version)
    assert all(told == list(range(1, len(told) + 1)) for told in versions.values())
    shown = {one.code: one.version for one in db.session.execute(sa.select(ITEMS.c.code, ITEMS.c.version))}
    assert shown == {code: told[-1] for code, told in versions.items()}
    state = db.session.get(PublishedCollection, "sites")
    assert state is not None
    assert (state.number, state.item_count) == (entries[-1].seq, len(CODES))
    db.session.rollback()
    return len(entries)


def test_killed_publisher_leaves_journal_and_publication_of_one_mind(
    engine_name: str, databases: Databases, tmp_path: Path, figure: Callable[[str, int], None]
) -> None:
    dice = random.Random(20261128)  # noqa: S311 - the same moments every time
    rounds = counts(2, 30)
    database = databases.copy(engine_name, tmp_path / "data")
    with open_app(database) as app, app.app_context():
        register.publish(db.session(), *(("site", site(code)) for code in CODES))
        db.session.commit()
        made = _check()
        for _ in range(rounds):
            # Two at once, each with codes of its own.
            publishers = [
                subprocess.Popen(
                    [sys.executable, publishing.__file__, *codes],
                    env=environment(**database.config),
                    stdout=subprocess.PIPE,
                )
                for codes in (CODES[:2], CODES[2:])
            ]
            for one in publishers:
                assert one.stdout is not None
                assert one.stdout.readline(), "it ended by itself"
            time.sleep(dice.random() * 0.5)
            for one in publishers:
                one.send_signal(signal.SIGKILL)
            for one in publishers:
                one.communicate()
                assert one.returncode == -signal.SIGKILL
            after = _check()
            assert after > made
            made = after
    databases.drop(database)
    figure("publishers killed at random moments", 2 * rounds)
