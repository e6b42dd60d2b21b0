"""What the register held on a day: through all that can happen to a record, at midnight in Viet Nam, withheld."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import begin_write, db
from app.core.errors import InvalidInput, NotFound
from app.heritage.asof import standing_held
from app.publication import operations as publication
from app.publication import undoing
from app.records import asof
from app.records.asof import Held, read_day, read_held, read_held_page
from app.records.drafts import open_changeset, restore_revision
from app.records.models import HistoryEntry
from app.records.operations import find_record, submit
from app.records.queries import read_revision
from tests.harness import register
from tests.harness.databases import Databases
from tests.harness.past import Past, at, day
from tests.harness.register import SETTINGS, editor, reviewer

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

CODE = "QNM-0001"


def _named(name: str, **fields: Any) -> dict[str, Any]:
    return register.site(CODE, name={"vi": name}, **fields)


def _fill(app: Flask) -> None:
    """Create, change, publish, delete, bring back, undo, restore; and drafts that nobody ever accepted."""
    with app.app_context():
        session = db.session()
        begin_write(session)
        register.write_vocabulary(session)
        past, actor = Past(session), reviewer(session)
        record = register.accept(session, ("site", _named("Tên đầu")))[0]
        past.happened(at("2015-03-01"))
        changed = register.accept(session, ("site", _named("Tên hai")))[0]
        change = session.scalars(sa.select(HistoryEntry).order_by(HistoryEntry.id.desc())).first()
        assert change is not None
        past.happened(at("2016-05-05"))
        publication.publish(session, [changed], actor=actor, settings=SETTINGS)
        past.happened(at("2016-06-01"))
        publication.set_deleted(session, [record], is_deleted=True, actor=actor, settings=SETTINGS)
        past.happened(at("2017-01-10"))
        publication.set_deleted(session, [record], is_deleted=False, actor=actor, settings=SETTINGS)
        past.happened(at("2018-02-20"))
        register.accept(session, ("site", _named("Tên ba")))
        past.happened(at("2019-06-01"))
        # Taken back: the draft that does so is accepted as any other.
        last = session.scalars(sa.select(HistoryEntry).where(HistoryEntry.action == "accept")).all()[-1]
        changeset = read_revision(session, CODE, 3).changeset
        assert last.changeset_id == changeset.id
        undone = undoing.undo(session, changeset, title="undo", actor=editor(session), settings=SETTINGS).changeset
        submit(session, KINDS, undone, actor=editor(session), settings=SETTINGS)
        publication.accept(session, undone, actor=actor, settings=SETTINGS)
        past.happened(at("2020-07-07"))
        restoring = open_changeset(session, title="restore", actor=editor(session))
        first = read_revision(session, CODE, 1)
        restore_revision(session, KINDS, first, changeset=restoring, actor=editor(session), settings=SETTINGS)
        session.refresh(restoring)
        submit(session, KINDS, restoring, actor=editor(session), settings=SETTINGS)
        publication.accept(session, restoring, actor=actor, settings=SETTINGS)
        past.happened(at("2021-08-08"))
        publication.withdraw(session, [find_record(session, CODE)], actor=actor, settings=SETTINGS)
        past.happened(at("2022-09-09"))
        register.draft(session, ("site", _named("Chỉ là nháp")))
        register.draft(session, ("site", register.site("QNM-0009", name={"vi": "Nháp mới"})))
        past.happened(at("2022-10-10"))
        session.commit()


@pytest.fixture(scope="module")
def past(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application over that past; only read."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


@pytest.fixture
def session(past: Flask) -> Iterator[Session]:
    with past.app_context():
        yield db.session()
        db.session.rollback()


def held(session: Session, text: str, code: str = CODE) -> Held:
    return read_held(session, KINDS, code, day(text), actor=reviewer(session))


@pytest.mark.parametrize(
    ("text", "name", "version", "visibility"),
    [
        ("2015-03-01", "Tên đầu", 1, "internal"),
        ("2016-05-04", "Tên đầu", 1, "internal"),
        ("2016-05-05", "Tên hai", 2, "internal"),
        ("2016-06-01", "Tên hai", 2, "public"),
        ("2018-02-20", "Tên hai", 4, "public"),
        ("2019-05-31", "Tên hai", 4, "public"),
        ("2019-06-01", "Tên ba", 5, "public"),
        ("2020-07-07", "Tên hai", 6, "public"),
        ("2021-08-08", "Tên đầu", 7, "public"),
        ("2022-09-09", "Tên đầu", 7, "internal"),
        ("2024-01-01", "Tên đầu", 7, "internal"),
    ],
)
def test_a_record_is_told_as_it_had_been_accepted(
    session: Session, text: str, name: str, version: int, visibility: str
) -> None:
    found = held(session, text)
    assert (found.payload["name"]["vi"], found.version, found.visibility) == (name, version, visibility)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2015-02-28", "it came in on 2015-03-01"),
        ("2017-01-10", "it had been deleted on 2017-01-10"),
        ("2018-02-19", "it had been deleted on 2017-01-10"),
    ],
)
def test_what_was_not_there_is_said_with_since_when(session: Session, text: str, said: str) -> None:
    with pytest.raises(NotFound, match=said):
        held(session, text)


def test_drafts_were_never_held(session: Session) -> None:
    assert held(session, "2023-01-01").payload["name"]["vi"] == "Tên đầu"
    for text in ("2022-12-31", "2024-01-01"):
        with pytest.raises(NotFound, match="There is no record QNM-0009"):
            held(session, text, "QNM-0009")
        page, _ = read_held_page(session, KINDS, day(text), actor=editor(session))
        assert [one.code for one in page] == [CODE]


def test_another_kind_holds_no_such_record(session: Session) -> None:
    with pytest.raises(NotFound):
        read_held(session, KINDS, CODE, day("2016-01-01"), actor=reviewer(session), kind="decision")


@pytest.mark.parametrize(("text", "codes"), [("2015-02-28", []), ("2015-03-01", [CODE]), ("2017-06-01", [])])
def test_lists_hold_what_was_there(session: Session, text: str, codes: list[str]) -> None:
    page, following = read_held_page(session, KINDS, day(text), actor=reviewer(session), kind="site")
    assert ([one.code for one in page], following) == (codes, None)
    assert read_held_page(session, KINDS, day(text), actor=reviewer(session), kind="zone") == ([], None)


@pytest.mark.parametrize("text", ["tomorrow", "2019-6-1", "20190601", "2019-13-01", "2019-W01-1", ""])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no day"):
        read_day(text)


def test_the_future_is_refused_and_today_is_not() -> None:
    assert read_day(today().isoformat()) == today()
    with pytest.raises(InvalidInput, match="future"):
        read_day((today() + dt.timedelta(days=1)).isoformat())


@pytest.fixture
def empty(app: Flask) -> Iterator[Session]:
    """A register with a vocabulary, to be written to."""
    with app.app_context():
        begin_write(db.session())
        register.write_vocabulary(db.session())
        yield db.session()
        db.session.rollback()


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        # 23:59:59.999999 in Viet Nam is still that day, though it is 16:59 in UTC.
        (dt.datetime(2020, 5, 1, 16, 59, 59, 999_999, dt.UTC), "2020-05-01"),
        (dt.datetime(2020, 5, 1, 17, 0, 0, 0, dt.UTC), "2020-05-02"),
        (dt.datetime(2020, 5, 1, 23, 59, 0, 0, dt.UTC), "2020-05-02"),
    ],
)
def test_days_end_at_midnight_in_viet_nam(empty: Session, moment: dt.datetime, first: str) -> None:
    past = Past(empty)
    register.accept(empty, ("site", _named("Tên")))
    past.happened(moment)
    assert held(empty, first).code == CODE
    with pytest.raises(NotFound, match=f"came in on {first}"):
        held(empty, (day(first) - dt.timedelta(days=1)).isoformat())


def test_the_stricter_of_then_and_now_is_withheld(empty: Session) -> None:
    past = Past(empty)
    viewer = system_actor(empty, "test-viewer", Role.VIEWER)
    register.accept(
        empty,
        ("site", _named("Đã mở", location_policy="exact")),
        ("site", register.site("QNM-0002", location_policy="hidden")),
    )
    past.happened(at("2018-01-01"))
    register.accept(
        empty,
        ("site", _named("Đã kín", location_policy="hidden")),
        ("site", register.site("QNM-0002", location_policy="exact")),
    )
    past.happened(at("2020-01-01"))
    for code in (CODE, "QNM-0002"):
        found = read_held(empty, KINDS, code, day("2019-01-01"), actor=viewer)
        assert "locations" in found.withheld, code
        assert not read_held(empty, KINDS, code, day("2019-01-01"), actor=reviewer(empty)).withheld
    page, _ = read_held_page(empty, KINDS, day("2019-01-01"), actor=viewer)
    assert all("locations" in one.withheld for one in page)


def test_pages_hold_every_record_once_whatever_was_deleted(empty: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asof, "CHUNK", 3)
    past, codes = Past(empty), [f"QNM-{number:04d}" for number in range(1, 14)]
    records = register.accept(empty, *(("site", register.site(code)) for code in codes))
    past.happened(at("2018-01-01"))
    for record in (records[0], *records[4:9], records[12]):
        publication.set_deleted(empty, [record], is_deleted=True, actor=reviewer(empty), settings=SETTINGS)
    past.happened(at("2019-01-01"))
    left = [code for index, code in enumerate(codes) if index not in (0, 4, 5, 6, 7, 8, 12)]
    for text, wanted in (("2018-06-01", codes), ("2019-06-01", left)):
        for limit in (1, 2, 3, 5, 50):
            found: list[str] = []
            after: str | None = None
            while True:
                page, after = read_held_page(
                    empty, KINDS, day(text), actor=reviewer(empty), kind="site", after=after, limit=limit
                )
                found += [one.code for one in page]
                assert len(page) <= limit
                if after is None:
                    break
            assert found == wanted


def test_many_records_are_asked_for_as_few_are(
    empty: Session, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    past = Past(empty)
    register.accept(empty, *(("site", register.site(f"QNM-{number:04d}")) for number in range(1, 31)))
    past.happened(at("2018-01-01"))
    viewer = system_actor(empty, "test-viewer", Role.VIEWER)
    empty.flush()

    def asked(limit: int) -> int:
        with count_queries() as statements:
            read_held_page(empty, KINDS, day("2018-06-01"), actor=viewer, kind="site", limit=limit)
        return len(statements)

    asked(2)
    assert asked(30) <= asked(2) + 1


def test_the_law_is_told_by_what_was_known_then(empty: Session) -> None:
    """A decision of 1990 that came into the register in 2020 was not known in 2019, whatever day is asked for."""
    past = Past(empty)
    register.accept(empty, ("site", _named("Di tích")))
    past.happened(at("2018-01-01"))
    provincial = register.decision("QNM-D0001", {"record": CODE, "level": "provincial"}, date="1985-01-01")
    register.accept(empty, ("decision", provincial))
    past.happened(at("2018-02-01"))
    national = register.decision("QNM-D0002", {"record": CODE, "level": "national"}, date="1990-01-01")
    register.accept(empty, ("decision", national))
    past.happened(at("2020-01-01"))
    cancel = register.decision(
        "QNM-D0003", {"record": CODE, "action": "cancel", "level": None, "cancels": "QNM-D0002"}, date="1995-01-01"
    )
    register.accept(empty, ("decision", cancel))
    past.happened(at("2021-01-01"))

    def level(held_on: str, law_on: str) -> tuple[str | None, int]:
        standing = standing_held(empty, CODE, _named("Di tích"), day(held_on), day(law_on))
        return standing.level, len(standing.chain)

    assert level("2018-01-15", "2000-01-01") == (None, 0)
    assert level("2019-01-01", "2000-01-01") == ("provincial", 1)
    assert level("2019-01-01", "1980-01-01") == (None, 0)
    assert level("2020-06-01", "2000-01-01") == ("national", 2)
    assert level("2020-06-01", "1986-01-01") == ("provincial", 1)
    assert level("2021-06-01", "2000-01-01") == ("provincial", 3)
    assert level("2021-06-01", "1992-01-01") == ("national", 2)
    # What is made for the answer is nothing that would be written.
    assert not empty.new
