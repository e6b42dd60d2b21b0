"""Counts that processes and threads gather and store: none is lost, and none is counted twice."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import threading
from collections import Counter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.core.db import begin_write, db
from app.visitors.visits.models import VisitCount
from app.visitors.visits.operations import add_visits
from app.visitors.visits.sources import Source
from app.visitors.visits.tally import Tally, Visit
from tests.harness.databases import Database, open_app

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest
    from flask import Flask

    from tests.harness.databases import Databases

DAY = dt.date(2026, 11, 28)
HERE = Visit(DAY, "QNM-0002", "vi", Source.QR)
THERE = Visit(DAY, "QNM-0045", "en", Source.SEARCH)


def read(app: Flask) -> dict[tuple[object, ...], int]:
    with app.app_context():
        rows = db.session.scalars(sa.select(VisitCount).execution_options(populate_existing=True))
        return {(row.day, row.code, row.language, row.source): row.views for row in rows}


def store(app: Flask, counts: Mapping[Visit, int]) -> None:
    with app.app_context():
        begin_write(db.session())
        add_visits(db.session(), counts)
        db.session.commit()


def test_counts_are_added_to_those_that_are_kept(app: Flask) -> None:
    store(app, {HERE: 2, THERE: 1})
    store(app, {HERE: 3})
    assert read(app) == {(DAY, "QNM-0002", "vi", "qr"): 5, (DAY, "QNM-0045", "en", "search"): 1}


def test_nothing_is_written_where_nothing_was_counted(app: Flask) -> None:
    with app.app_context():
        add_visits(db.session(), {})
        assert not db.session().in_transaction()


def _add_often(database: Database, codes: list[str], times: int) -> None:
    with open_app(database) as app:
        for _ in range(times):
            store(app, {Visit(DAY, code, "vi", Source.QR): 1 for code in codes})


def test_counts_of_processes_that_store_at_once_are_all_there(
    engine_name: str, databases: Databases, tmp_path: Path
) -> None:
    """In opposite order: two that wait for each other's rows would end one another."""
    database = databases.copy(engine_name, tmp_path / "data")
    codes = [f"QNM-{number:04}" for number in range(30)]
    context = multiprocessing.get_context("spawn")
    given = [codes, codes[::-1]]
    processes = [context.Process(target=_add_often, args=(database, order, 10)) for order in given]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    with open_app(database) as app:
        assert read(app) == {(DAY, code, "vi", "qr"): 20 for code in codes}
    databases.drop(database)


def test_counts_of_threads_are_all_stored_once_while_others_flush() -> None:
    stored: Counter[Visit] = Counter()
    tally = Tally(stored.update, every_s=0.001)

    def visit() -> None:
        for number in range(3000):
            tally.count(HERE if number % 3 else THERE)
            if number % 500 == 0:
                tally.flush()

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.stop()
    assert stored == {HERE: 8000, THERE: 4000}


def test_counts_reach_the_store_by_themselves() -> None:
    told, stored = threading.Event(), Counter[Visit]()

    def keep(counts: Mapping[Visit, int]) -> None:
        stored.update(counts)
        told.set()

    tally = Tally(keep, every_s=0.01)
    tally.count(HERE)
    assert told.wait(10)
    assert stored == {HERE: 1}
    tally.stop()


def test_counts_that_could_not_be_stored_are_kept_for_the_next_time(caplog: pytest.LogCaptureFixture) -> None:
    broken, stored = [True], Counter[Visit]()

    def keep(counts: Mapping[Visit, int]) -> None:
        if broken:
            broken.pop()
            msg = "the database is away"
            raise OSError(msg)
        stored.update(counts)

    tally = Tally(keep, every_s=3600)
    tally.count(HERE)
    tally.flush()
    assert not stored
    tally.count(HERE)
    tally.stop()
    assert stored == {HERE: 2}


def test_counts_are_stored_when_the_process_ends_by_itself() -> None:
    """A fork of a process that counts nothing, as the server's are."""
    reads, writes = os.pipe()
    tally = Tally(lambda counts: os.write(writes, str(sum(counts.values())).encode()), every_s=3600)

    def visit() -> None:
        for _ in range(5):
            tally.count(HERE)

    process = multiprocessing.get_context("fork").Process(target=visit)
    process.start()
    process.join()
    os.close(writes)
    assert os.read(reads, 10) == b"5"
    os.close(reads)
