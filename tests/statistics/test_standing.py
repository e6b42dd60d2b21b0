"""The count of sites by level and type says of every site what its standing says, on any day."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.heritage.models import InventoryEntry, Site
from app.heritage.queries import read_chain, read_effects, read_standing
from app.heritage.status import derive_standing
from app.publication import operations as publication
from app.statistics.cells import Counted, Listed, ListQuery, count_table, list_rows
from app.statistics.questions import Question, Rules
from app.statistics.standing import NO_TYPE, SEVERAL, UNRANKED
from app.statistics.tables import Table, read_tables
from tests.harness import register
from tests.harness.counts import counts
from tests.harness.register import SETTINGS, decision, reviewer, site

if TYPE_CHECKING:
    from flask import Flask

DAYS = [dt.date(1980, 1, 1), dt.date(1990, 6, 15), dt.date(2001, 12, 31), dt.date(2010, 7, 1), dt.date(2026, 1, 1)]
_DATES = [None, "1985", "1989-04", "1990-06-15", "199X", "2001-12-31", "2004/2006", "../1995", "2010-07"]


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def _fill(seed: int) -> None:
    """Make a register of sites with all sorts of decisions about them."""
    dice, session = random.Random(seed), db.session()  # noqa: S311 - the same every time
    codes = [f"QNM-{number:04}" for number in range(9000, 9014)]
    payloads = []
    for number, code in enumerate(codes):
        listed = dice.choice([None, "1999", "2008/2009"])
        entries = [
            {"uid": "e", "list_name": "Danh mục", "listed_from": listed, "listed_until": dice.choice([None, "2005"])}
        ]
        types = dice.choice([[], ["historical"], ["scenic"], ["historical", "scenic"]])
        parent = codes[0] if number in (3, 4) else None
        fields = {"types": types, "parent": parent, "inventory_entries": entries if dice.random() < 0.5 else []}
        payloads.append(("site", site(code, at=None, **fields)))
    for number in range(12):
        items = [
            {
                "uid": f"i{index}",
                "record": dice.choice(codes),
                "action": dice.choice(["rank", "rank", "supplement", "cancel"]),
                "level": dice.choice(["national", "provincial", "special_national"]),
            }
            for index in range(3)
        ]
        for item in items:
            if item["action"] == "cancel" and number and dice.random() < 0.5:
                item |= {"level": None, "cancels": f"QNM-D{dice.randrange(number):04}"}
        payloads.append(("decision", decision(f"QNM-D{number:04}", *items, date=dice.choice(_DATES))))
    register.accept(session, *payloads)


def _table() -> Table:
    return read_tables(SETTINGS)["sites_by_type"]


def _count(day: dt.date, *, with_components: bool = True) -> Counted:
    return count_table(db.session(), _table(), Question.as_of(day, Rules(with_components)))


def _list(day: dt.date, row: str | None = None, column: str | None = None, **rules: bool) -> list[Listed]:
    question = Question.as_of(day, Rules(**rules))
    return [*list_rows(db.session(), _table(), question, ListQuery(row, column, limit=1000)).rows]


def _derived(day: dt.date) -> dict[str, tuple[str, bool]]:
    """Say of every site what `derive_standing` says, one by one."""
    session = db.session()
    found = {}
    for one in session.scalars(sa.select(Site).where(Site.deleted_at.is_(None))):
        entries = session.scalars(sa.select(InventoryEntry).where(InventoryEntry.site_id == one.id)).all()
        standing = derive_standing(read_chain(session, [one.id]), entries, day)
        found[one.code] = (standing.level or UNRANKED, standing.is_certain)
    return found


@pytest.mark.parametrize("seed", range(counts(3, 40)))
def test_count_says_of_every_site_what_its_standing_says(seed: int) -> None:
    _fill(seed)
    for day in DAYS:
        rows = _list(day)
        assert {one.code: (one.row, one.is_certain) for one in rows} == _derived(day), day
        assert _count(day).cell(None, None).number == len(rows) == 14


def test_every_cell_is_as_long_as_its_list_and_the_totals_are_sums() -> None:
    _fill(77)
    day = DAYS[-1]
    counted = _count(day)
    columns = {key.key for key in counted.columns}
    assert columns >= {"historical", SEVERAL, NO_TYPE}
    listed: Counter[str] = Counter()
    for row in counted.rows:
        for column in columns:
            found = _list(day, row.key, column)
            assert len(found) == counted.cell(row.key, column).number
            listed.update(one.code for one in found)
        assert len(_list(day, row.key)) == counted.cell(row.key, None).number
    assert set(listed.values()) == {1}
    assert len(listed) == 14


def test_list_of_a_cell_goes_on_page_by_page_and_leaves_components_out_if_asked() -> None:
    _fill(5)
    day = DAYS[-1]
    codes: list[str] = []
    cursor = None
    while True:
        query = ListQuery(limit=4, cursor=cursor)
        page = list_rows(db.session(), _table(), Question.as_of(day), query)
        codes += [one.code for one in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert codes == sorted(set(codes))
    assert len(codes) == 14
    alone = _list(day, with_components=False)
    assert sorted({*codes} - {one.code for one in alone}) == ["QNM-9003", "QNM-9004"]
    assert _count(day, with_components=False).cell(None, None).number == 12


def test_deleted_decision_and_deleted_site_do_not_count() -> None:
    session, day = db.session(), DAYS[-1]
    site_record, paper = register.accept(
        session, ("site", site("QNM-9001")), ("decision", decision("QNM-D1", {"record": "QNM-9001"}, date="1990"))
    )
    assert _count(day).cell("national", None).number == 1
    publication.set_deleted(session, [paper], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
    assert _count(day).cell(UNRANKED, None).number == 1
    publication.set_deleted(session, [site_record], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
    assert _count(day).cell(None, None).number == 0


def test_effects_of_a_decision_name_what_ended_it() -> None:
    session = db.session()
    _, paper, _ = register.accept(
        session,
        ("site", site("QNM-9001")),
        ("decision", decision("QNM-D1", {"record": "QNM-9001"}, date="1990")),
        (
            "decision",
            decision(
                "QNM-D2",
                {"record": "QNM-9001", "action": "cancel", "level": None, "cancels": "QNM-D1"},
                date="2005-05-05",
            ),
        ),
    )
    before, after = (read_effects(session, paper.id, day)[0] for day in (dt.date(2000, 1, 1), dt.date(2010, 1, 1)))
    assert before.is_in_force
    assert before.ended_by is None
    assert not after.is_in_force
    assert after.ended_by is not None
    assert after.ended_by.decision.code == "QNM-D2"
    assert [item.decision.code for item in after.later] == ["QNM-D2"]
    early = read_effects(session, paper.id, dt.date(1980, 1, 1))[0]
    assert (early.is_in_force, early.ended_by) == (False, None)
    assert read_standing(session, after.item.record_id, dt.date(2010, 1, 1)).level is None
