"""Versions, tombstones and the journal: what changed in public, in the order of commits."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.core.db import begin_write, db
from app.core.errors import Gone, NotFound
from app.places.operations import write_units
from app.publication import operations as publication
from app.publication.conditions import ItemQuery
from app.publication.models import JournalEntry, PublishedItem
from app.publication.pages import count_matches
from app.publication.queries import read_item, read_number
from tests.harness import register
from tests.harness.counts import counts
from tests.harness.register import SETTINGS, decision, reviewer, site
from tests.places.test_units import unit

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        db.session.commit()
        yield


def journal() -> list[tuple[str, str, int]]:
    rows = db.session.execute(
        sa.select(JournalEntry.code, JournalEntry.state, JournalEntry.version).order_by(JournalEntry.seq)
    )
    return [tuple(row) for row in rows]  # type: ignore[misc]


def test_accepting_an_internal_record_journals_nothing() -> None:
    register.accept(db.session(), ("site", site("QNM-9001")))
    assert journal() == []
    with pytest.raises(NotFound):
        read_item(db.session(), "sites", "QNM-9001", "vi")


def test_accepting_a_change_of_a_public_record_republishes_it() -> None:
    register.publish(db.session(), ("site", site("QNM-9001")))
    register.accept(db.session(), ("site", site("QNM-9001", name={"vi": "Tên mới"})))
    assert json.loads(read_item(db.session(), "sites", "QNM-9001", "vi").feature)["properties"]["name"] == "Tên mới"
    assert journal() == [("QNM-9001", "updated", 1), ("QNM-9001", "updated", 2)]


def test_accepting_the_same_again_journals_nothing() -> None:
    register.publish(db.session(), ("site", site("QNM-9001")))
    register.accept(db.session(), ("site", site("QNM-9001")))
    assert journal() == [("QNM-9001", "updated", 1)]


def test_change_of_a_parent_republishes_its_components_and_the_other_way_round() -> None:
    register.publish(db.session(), ("site", site("QNM-9001")), ("site", site("QNM-9002", parent="QNM-9001")))
    start = len(journal())
    register.accept(db.session(), ("site", site("QNM-9001", name={"vi": "Cha"})))
    assert {code for code, _, _ in journal()[start:]} == {"QNM-9001", "QNM-9002"}
    start = len(journal())
    register.accept(db.session(), ("site", site("QNM-9002", parent="QNM-9001", name={"vi": "Con"})))
    assert {code for code, _, _ in journal()[start:]} == {"QNM-9001", "QNM-9002"}


def test_site_that_a_decision_no_longer_names_is_republished() -> None:
    register.publish(
        db.session(),
        ("site", site("QNM-9001")),
        ("site", site("QNM-9002")),
        ("decision", decision("QNM-D9001", {"record": "QNM-9001"})),
    )
    register.accept(db.session(), ("decision", decision("QNM-D9001", {"record": "QNM-9002"})))
    ranks = [
        json.loads(read_item(db.session(), "sites", code, "vi").feature)["properties"]["rank"]
        for code in ("QNM-9001", "QNM-9002")
    ]
    assert ranks == [None, "national"]


def test_withdrawn_record_is_gone_and_goes_on_with_its_version_when_it_comes_back() -> None:
    session = db.session()
    records = register.publish(session, ("site", site("QNM-9001")))
    publication.withdraw(session, records, actor=reviewer(session), settings=SETTINGS)
    with pytest.raises(Gone):
        read_item(session, "sites", "QNM-9001", "vi")
    assert count_matches(session, ItemQuery("sites", "vi"), 10) == 0
    publication.publish(session, records, actor=reviewer(session), settings=SETTINGS)
    assert read_item(session, "sites", "QNM-9001", "vi").version == 3
    assert journal() == [("QNM-9001", "updated", 1), ("QNM-9001", "deleted", 2), ("QNM-9001", "updated", 3)]


def test_unit_that_ends_leaves_a_tombstone_under_its_old_id() -> None:
    session = db.session()
    admin = system_actor(session, "admin", Role.ADMIN)
    write_units(session, [unit("102", "Y", valid_from="2025-07-01")], actor=admin)
    publication.publish_reference(session, settings=SETTINGS)
    ended = unit("102", "Y", valid_from="2025-07-01", valid_to="2030-12-31", successors=["102"])
    write_units(session, [ended, unit("102", "Z", valid_from="2031-01-01")], actor=admin)
    publication.publish_reference(session, settings=SETTINGS)
    assert json.loads(read_item(session, "admin-units", "102", "vi").feature)["properties"]["name"] == "Z"
    assert json.loads(read_item(session, "admin-units", "102~2030", "vi").feature)["properties"]["name"] == "Y"


def test_rebuild_changes_nothing_where_nothing_differs() -> None:
    register.publish(db.session(), ("site", site("QNM-9001")), ("site", site("QNM-9002", parent="QNM-9001")))
    before, number = journal(), read_number(db.session(), "sites")
    steps = list(publication.rebuild(db.session(), settings=SETTINGS))
    assert steps[-1].changed == 0
    assert (journal(), read_number(db.session(), "sites")) == (before, number)


def test_rebuild_mends_what_differs_and_journals_only_that() -> None:
    register.publish(db.session(), ("site", site("QNM-9001")), ("site", site("QNM-9002")))
    before = journal()
    db.session.execute(sa.update(PublishedItem).where(PublishedItem.code == "QNM-9002").values(digest="stale"))
    for _ in publication.rebuild(db.session(), settings=SETTINGS):
        db.session.commit()
    assert journal()[len(before) :] == [("QNM-9002", "updated", 2)]


def test_rebuild_neither_withdraws_nor_restores_what_is_changed_meanwhile() -> None:
    """Publishing and hiding between two chunks of a rebuild stay as they were done."""
    session = db.session()
    register.publish(session, ("site", site("QNM-9001")))
    (late,) = register.accept(session, ("site", site("QNM-9002")))
    session.commit()
    steps = publication.rebuild(session, settings=SETTINGS)
    next(steps)
    session.commit()
    publication.publish(session, [late], actor=reviewer(session), settings=SETTINGS)
    register.accept(session, ("site", site("QNM-9001", location_policy="hidden")))
    session.commit()
    for _ in steps:
        session.commit()
    assert json.loads(read_item(session, "sites", "QNM-9001", "vi").feature)["geometry"] is None
    assert read_item(session, "sites", "QNM-9002", "vi").version == 1


def test_rebuild_waits_for_a_publisher_who_hides_a_place(app: Flask, engine_name: str) -> None:
    """A rebuild that looked before the other committed must not publish what it saw then."""
    if engine_name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    register.publish(db.session(), ("site", site("QNM-9001")))
    db.session.commit()
    register.accept(db.session(), ("site", site("QNM-9001", location_policy="hidden")))

    def rebuild_all() -> None:
        with app.app_context():
            for _ in publication.rebuild(db.session(), settings=SETTINGS):
                db.session.commit()

    thread = threading.Thread(target=rebuild_all)
    thread.start()
    time.sleep(0.5)
    db.session.commit()
    thread.join(20)
    assert not thread.is_alive()
    assert json.loads(read_item(db.session(), "sites", "QNM-9001", "vi").feature)["geometry"] is None


def test_publishers_of_each_others_relatives_lose_nothing(app: Flask) -> None:
    """Four publishers change a parent and its components at once: every last word is in the publication."""
    register.publish(
        db.session(), ("site", site("QNM-9000")), *(("site", site(f"QNM-900{n}", parent="QNM-9000")) for n in (1, 2, 3))
    )
    db.session.commit()
    failures: list[BaseException] = []

    def change(number: int) -> None:
        parent = {} if number == 0 else {"parent": "QNM-9000"}
        for turn in range(counts(3, 40)):
            # A deadlock is broken by the database; the loser begins again, as an officer would.
            for _attempt in range(10):
                try:
                    with app.app_context():
                        begin_write(db.session())
                        name = {"vi": f"Tên {number}-{turn}"}
                        register.accept(db.session(), ("site", site(f"QNM-900{number}", name=name, **parent)))
                        db.session.commit()
                    break
                except sa.exc.OperationalError as error:
                    lost = error
            else:
                failures.append(lost)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    last = counts(3, 40) - 1
    db.session.rollback()
    shown = json.loads(read_item(db.session(), "sites", "QNM-9000", "vi").feature)["properties"]["components"]
    assert [one["name"] for one in shown] == [f"Tên {n}-{last}" for n in (1, 2, 3)]
    for number in (1, 2, 3):
        found = json.loads(read_item(db.session(), "sites", f"QNM-900{number}", "vi").feature)["properties"]
        assert (found["name"], found["parent"]["name"]) == (f"Tên {number}-{last}", f"Tên 0-{last}")
    assert [step.changed for step in publication.rebuild(db.session(), settings=SETTINGS)][-1] == 0


def test_journal_misses_no_late_commit_of_concurrent_publishers(app: Flask) -> None:
    """A reader who goes on after the last number it saw gets every entry, whoever commits when."""
    writers, each = 4, counts(4, 60)
    codes = [f"QNM-9{writer}{number:02}" for writer in range(writers) for number in range(each)]
    register.publish(db.session(), *(("site", site(code)) for code in codes))
    db.session.commit()
    last = db.session.scalar(sa.select(sa.func.max(JournalEntry.seq))) or 0
    db.session.rollback()
    seen: list[int] = []
    done = threading.Event()
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            with app.app_context():
                for number in range(each):
                    session = db.session()
                    begin_write(session)
                    changed = site(f"QNM-9{writer}{number:02}", tags=["changed"])
                    register.accept(session, ("site", changed))
                    session.commit()
                    # SQLite lets the one in who asks just then, and who waits asks every 100 ms: with a shorter rest
                    # the others would starve.
                    time.sleep(0.05)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    def read() -> None:
        with app.app_context():
            after = last
            while True:
                is_last_look = done.is_set()
                found = db.session.scalars(
                    sa.select(JournalEntry.seq).where(JournalEntry.seq > after).order_by(JournalEntry.seq)
                ).all()
                db.session.rollback()
                seen.extend(found)
                after = found[-1] if found else after
                if is_last_look:
                    return
                # A reader that never rests would keep the writers from the interpreter.
                time.sleep(0.002)

    reader = threading.Thread(target=read)
    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    reader.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    assert failures == []
    assert seen == list(range(last + 1, last + 1 + writers * each))
