"""The count of sites by level and type says of every site what its standing says, on any day."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.heritage.counts import NO_TYPE, ROWS, SEVERAL, UNRANKED, CellQuery, count_standing, read_cell
from app.heritage.models import InventoryEntry, Site
from app.heritage.queries import read_chain, read_effects, read_standing
from app.heritage.status import derive_standing
from app.publication import operations as publication
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
    session = db.session()
    for day in DAYS:
        groups = count_standing(session, day)
        page = read_cell(session, CellQuery(day), groups)
        assert {one.code: (one.level, one.is_certain) for one in page.sites} == _derived(day), day
        assert sum(group.count for group in groups) == len(page.sites) == 14


def test_every_cell_is_as_long_as_its_list_and_the_totals_are_sums() -> None:
    _fill(77)
    session, day = db.session(), DAYS[-1]
    groups = count_standing(session, day)
    columns = {group.column for group in groups}
    assert columns >= {"historical", SEVERAL, NO_TYPE}
    listed: Counter[str] = Counter()
    for level in ROWS:
        row = 0
        for column in columns:
            cell = sum(group.count for group in groups if (group.level, group.column) == (level, column))
            sites = read_cell(session, CellQuery(day, level, column), groups).sites
            assert len(sites) == cell
            listed.update(one.code for one in sites)
            row += cell
        assert len(read_cell(session, CellQuery(day, level), groups).sites) == row
    assert set(listed.values()) == {1}
    assert len(listed) == 14


def test_list_of_a_cell_goes_on_page_by_page_and_leaves_components_out_if_asked() -> None:
    _fill(5)
    session, day = db.session(), DAYS[-1]
    groups, codes, cursor = count_standing(session, day), [], None
    while True:
        page = read_cell(session, CellQuery(day, limit=4, cursor=cursor), groups)
        codes += [one.code for one in page.sites]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert codes == sorted(set(codes))
    assert len(codes) == 14
    alone = read_cell(session, CellQuery(day, with_components=False), groups).sites
    assert sorted({*codes} - {one.code for one in alone}) == ["QNM-9003", "QNM-9004"]


def test_deleted_decision_and_deleted_site_do_not_count() -> None:
    session, day = db.session(), DAYS[-1]
    site_record, paper = register.accept(
        session, ("site", site("QNM-9001")), ("decision", decision("QNM-D1", {"record": "QNM-9001"}, date="1990"))
    )
    assert [group.level for group in count_standing(session, day)] == ["national"]
    publication.set_deleted(session, [paper], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
    assert [group.level for group in count_standing(session, day)] == [UNRANKED]
    publication.set_deleted(session, [site_record], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
    assert count_standing(session, day) == []


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
