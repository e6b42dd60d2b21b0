"""Frozen tables keep what was said; a comparison finds every record that makes a difference, and why it does."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.core.db import db
from app.core.errors import NotAllowed
from app.places.operations import write_units
from app.places.schemas import UnitSchema
from app.publication import operations as publication
from app.records import operations as records
from app.statistics.cells import ListQuery, count_table
from app.statistics.comparing import Difference, compare_rows
from app.statistics.freezing import find_frozen, freeze_table, is_untouched, list_members, read_content
from app.statistics.models import FrozenMember, FrozenTable
from app.statistics.questions import Question
from app.statistics.reasons import UNEXPLAINED, Reason, explain
from app.statistics.tables import read_tables
from app.tourism.visitor_counts.operations import Figure, write_figures
from tests.harness import register
from tests.harness.register import SETTINGS, artefact, decision, editor, place, reviewer, site, survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

TABLES = read_tables(SETTINGS)
THEN, NOW = dt.date(2024, 12, 31), dt.date(2025, 12, 31)


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def _accept(*pairs: tuple[str, dict[str, Any]]) -> None:
    register.accept(db.session(), *pairs)


def _freeze(code: str = "sites_by_type", question: Question | None = None) -> FrozenTable:
    return freeze_table(
        db.session(), TABLES[code], question or Question.as_of(THEN), "gửi Cục", actor=reviewer(db.session())
    )


def _compare(
    frozen: FrozenTable, question: Question | None = None, **cell: str
) -> dict[str, tuple[Difference, list[Reason]]]:
    """Give every difference with its reasons, and prove that what came and went makes up each cell's difference."""
    session, table = db.session(), TABLES[frozen.code]
    question = question or Question.as_of(NOW)
    query = ListQuery(cell.get("row"), cell.get("column"), limit=1000)
    rows = compare_rows(session, frozen, table, question, query).rows
    if not cell:
        _prove_sums(frozen, question, rows)
    reasons = explain(session, frozen, table, question, rows)
    assert all(reasons)
    return {one.code + one.part: (one, why) for one, why in zip(rows, reasons, strict=True)}


def _prove_sums(frozen: FrozenTable, question: Question, rows: Any) -> None:
    table = TABLES[frozen.code]
    old, new = read_content(frozen, table), count_table(db.session(), table, question)
    changes: Counter[tuple[str, str]] = Counter()
    for one in rows:
        if one.old:
            changes[one.old.row, one.old.column] -= one.old.number or 0
        if one.new:
            changes[one.new.row, one.new.column] += one.new.number or 0
    for key in {*old.cells, *new.cells, *changes}:
        assert new.cell(*key).number - old.cell(*key).number == changes[key], key


def _said(reasons: list[Reason]) -> list[str]:
    return [reason.sentence for reason in reasons]


def test_frozen_table_says_what_it_said_whatever_becomes_of_the_register() -> None:
    session = db.session()
    _accept(
        *(("site", site(code, types=["historical"])) for code in ("QNM-1", "QNM-2")),
        ("decision", decision("QNM-D1", {"record": "QNM-1"}, date="1990-01-01")),
    )
    frozen = _freeze()
    before = count_table(session, TABLES["sites_by_type"], Question.as_of(THEN))
    _accept(("site", site("QNM-1", types=["scenic"])))
    publication.set_deleted(
        session, [records.find_record(session, "QNM-2")], is_deleted=True, actor=reviewer(session), settings=SETTINGS
    )
    session.expire_all()
    content = read_content(find_frozen(session, frozen.id), TABLES["sites_by_type"])
    assert content.cells == before.cells
    assert [key.key for key in content.rows] == [key.key for key in before.rows]
    assert content.question == Question.as_of(THEN)
    listed = list_members(session, frozen, TABLES["sites_by_type"], ListQuery("national"))
    assert [one.code for one in listed.rows] == ["QNM-1"]
    whole = list_members(session, frozen, TABLES["sites_by_type"], ListQuery(limit=1))
    assert whole.next_cursor
    assert [
        one.code
        for one in list_members(
            session, frozen, TABLES["sites_by_type"], ListQuery(limit=1, cursor=whole.next_cursor)
        ).rows
    ] == ["QNM-2"]
    assert frozen.content["title"] == TABLES["sites_by_type"].title
    assert (frozen.actor_id, frozen.note) == (reviewer(session).id, "gửi Cục")
    assert is_untouched(session, frozen)


@pytest.mark.parametrize("change", ["member", "content"])
def test_what_was_changed_behind_our_back_is_noticed(change: str) -> None:
    session = db.session()
    _accept(("site", site("QNM-1")))
    frozen = _freeze()
    if change == "member":
        session.execute(sa.update(FrozenMember).values(row="national"))
    else:
        frozen.content = {**frozen.content, "cells": []}
    session.flush()
    assert not is_untouched(session, frozen)


def test_only_reviewers_freeze() -> None:
    with pytest.raises(NotAllowed):
        freeze_table(db.session(), TABLES["sites_by_type"], Question.as_of(THEN), actor=editor(db.session()))


def test_newly_ranked_and_cancelled_are_told_by_their_decisions() -> None:
    _accept(
        *(("site", site(code)) for code in ("QNM-1", "QNM-2", "QNM-3")),
        ("decision", decision("QNM-D1", {"record": "QNM-2"}, date="1990-01-01")),
        (
            "decision",
            decision("QNM-D2", {"record": "QNM-1", "level": "provincial"}, date="2025-05-05", number="12/QĐ-UBND"),
        ),
        (
            "decision",
            decision(
                "QNM-D3", {"record": "QNM-2", "action": "cancel", "level": None, "cancels": "QNM-D1"}, date="2025-06-01"
            ),
        ),
    )
    found = _compare(_freeze())
    assert found.keys() == {"QNM-1", "QNM-2"}
    ranked, why = found["QNM-1"]
    assert (ranked.old and ranked.old.row, ranked.new and ranked.new.row) == ("unranked", "provincial")
    assert _said(why) == ["Ranked %(level)s by %(decision)s of %(date)s."]
    assert (why[0].params["decision"], why[0].params["date"], why[0].code) == ("12/QĐ-UBND", "2025-05-05", "QNM-D2")
    assert _said(found["QNM-2"][1]) == ["A rank was cancelled by %(decision)s of %(date)s."]
    only = _compare(_freeze(), row="provincial")
    assert only.keys() == {"QNM-1"}


def test_site_entered_late_though_ranked_earlier_says_both() -> None:
    frozen = _freeze()
    _accept(("site", site("QNM-1")), ("decision", decision("QNM-D1", {"record": "QNM-1"}, date="1990-01-01")))
    entered, why = _compare(frozen)["QNM-1"]
    assert entered.old is None
    assert _said(why) == [
        "Entered into the register on %(day)s by %(who)s, after the table was frozen.",
        "Ranked %(level)s by %(decision)s of %(date)s.",
        "This decision was entered into the register on %(day)s by %(who)s only.",
    ]
    assert why[0].params["who"] == "test-reviewer"


def test_decision_of_an_earlier_day_that_was_entered_changed_or_deleted_later_is_told() -> None:
    session = db.session()
    paper = ("decision", decision("QNM-D1", {"record": "QNM-1"}, {"record": "QNM-2"}, date="1990-01-01"))
    _accept(*(("site", site(code)) for code in ("QNM-1", "QNM-2", "QNM-3")), paper)
    frozen = _freeze()
    _accept(("decision", decision("QNM-D2", {"record": "QNM-3"}, date="2000-01-01")))
    _accept(
        (
            "decision",
            decision("QNM-D1", {"record": "QNM-1"}, {"record": "QNM-3", "level": "provincial"}, date="1990-01-01"),
        )
    )
    found = _compare(frozen)
    assert found.keys() == {"QNM-2", "QNM-3"}
    assert "The decision no longer names the record, since %(day)s, by %(who)s." in _said(found["QNM-2"][1])
    late = [reason for reason in found["QNM-3"][1] if reason.code == "QNM-D2"]
    assert "This decision was entered into the register on %(day)s by %(who)s only." in _said(late)
    publication.set_deleted(
        session, [records.find_record(session, "QNM-D1")], is_deleted=True, actor=reviewer(session), settings=SETTINGS
    )
    found = _compare(frozen)
    assert "This decision was deleted from the register on %(day)s by %(who)s." in _said(found["QNM-1"][1])


def test_changed_type_deleted_site_and_listing_are_told() -> None:
    session = db.session()
    listed = [{"uid": "e1", "list_name": "Danh mục 2025", "listed_from": "2025-03-01"}]
    _accept(
        ("site", site("QNM-1", types=["historical"])),
        ("site", site("QNM-2", types=["historical"])),
        ("site", site("QNM-3", types=["historical"], inventory_entries=listed)),
    )
    frozen = _freeze()
    _accept(("site", site("QNM-1", types=["scenic"])))
    publication.set_deleted(
        session, [records.find_record(session, "QNM-2")], is_deleted=True, actor=reviewer(session), settings=SETTINGS
    )
    found = _compare(frozen)
    assert {code: len(why) for code, (_, why) in found.items()} == {"QNM-1": 1, "QNM-2": 1, "QNM-3": 1}
    changed = found["QNM-1"][1][0]
    assert changed.sentence == "%(field)s: changed from “%(old)s” to “%(new)s” on %(day)s by %(who)s."
    assert (changed.params["old"]["vi"], changed.params["new"]["vi"]) == ("historical", "scenic")
    assert found["QNM-2"][0].new is None
    assert _said(found["QNM-2"][1]) == ["Deleted from the register on %(day)s by %(who)s."]
    assert _said(found["QNM-3"][1]) == ["It stands in the list “%(list)s” from %(date)s on."]


def test_changed_unit_and_new_survey_are_told() -> None:
    rows = [{"code": code, "name": {"vi": f"Xã {code}"}, "level": "commune"} for code in ("20410", "20611")]
    schema, admin = UnitSchema(), system_actor(db.session(), "test-admin", Role.ADMIN)
    write_units(db.session(), [dict(schema.load(row)) for row in rows], actor=admin)
    _accept(*(("site", site(code, current_unit="20410")) for code in ("QNM-1", "QNM-2")))
    units, conditions = _freeze("sites_by_unit"), _freeze("sites_by_condition")
    _accept(("site", site("QNM-1", current_unit="20611")), ("survey", survey("SUR-1", "QNM-2")))
    moved, why = _compare(units)["QNM-1"]
    assert (moved.old and moved.old.row, moved.new and moved.new.row) == ("20410", "20611")
    assert (why[0].params["field"], why[0].params["new"]) == ("Administrative unit", {"vi": "Xã 20611"})
    surveyed, why = _compare(conditions)["QNM-2"]
    assert surveyed.new
    assert surveyed.new.row == "good"
    assert _said(why) == ["%(code)s was entered, changed or deleted on %(day)s by %(who)s."]
    assert why[0].code == "SUR-1"


def test_table_of_a_period_is_compared_with_the_same_of_the_next() -> None:
    item = {"action": "recognise", "level": None, "recognition": "national_treasure"}
    _accept(
        *(("artefact", artefact(code)) for code in ("ART-1", "ART-2")),
        ("site", site("QNM-1")),
        ("decision", decision("QNM-D1", {"record": "ART-1", **item}, date="2024-02-02")),
        ("decision", decision("QNM-D2", {"record": "ART-2", **item}, date="2025-02-02")),
        ("decision", decision("QNM-D3", {"record": "QNM-1"}, date="2024-05-05")),
    )
    frozen = _freeze("treasures", Question.over(2024))
    found = _compare(frozen, Question.over(2025))
    moved, why = found["ART-1national_treasure"]
    assert (moved.old and moved.old.column, moved.new and moved.new.column) == ("in_period", "earlier")
    assert "The period asked for now is another one than was frozen." in _said(why)
    assert found["ART-2national_treasure"][0].old is None
    gone, why = _compare(_freeze("rankings", Question.over(2024)), Question.over(2025))["QNM-1QNM-D3:national"]
    assert gone.new is None
    assert _said(why)[0] == "Ranked %(level)s by %(decision)s of %(date)s."


def test_corrected_figures_and_those_of_another_year_are_told() -> None:
    _accept(("place", place("POI-1")))

    def report(year: int, month: int, total: int) -> None:
        figure = Figure(
            "POI-1", dt.date(year, month, 1), None, None, total, "ticketed", "Báo cáo", dt.date(2025, 12, 1)
        )
        write_figures(db.session(), KINDS, [figure], actor=editor(db.session()))

    report(2024, 1, 100)
    report(2024, 2, 200)
    frozen = _freeze("visitors", Question.over(2024))
    report(2024, 1, 150)
    report(2024, 3, 70)
    found = _compare(frozen, Question.over(2024))
    assert found.keys() == {"POI-101", "POI-103"}
    reason = found["POI-101"][1][0]
    assert (reason.params["old"], reason.params["new"], reason.params["source"]) == (100, 150, "Báo cáo")
    assert found["POI-103"][1][0].params["old"] == {"vi": "chưa biết", "en": "unknown"}
    report(2025, 2, 260)
    later = _compare(frozen, Question.over(2025))
    assert later["POI-102"][1][0].params == {"before": 2024, "after": 2025, "old": 200, "new": 260}


def test_what_nothing_explains_is_said_to_be_unexplained() -> None:
    session = db.session()
    _accept(("site", site("QNM-1", types=["historical"])))
    frozen = _freeze()
    session.execute(sa.text("UPDATE sites SET types = '[\"scenic\"]'"))
    assert _said(_compare(frozen)["QNM-1"][1]) == [UNEXPLAINED]


def test_equal_tables_differ_in_nothing_and_pages_follow_each_other() -> None:
    session = db.session()
    _accept(*(("site", site(f"QNM-{number}")) for number in range(1, 8)))
    frozen = _freeze()
    assert _compare(frozen) == {}
    _accept(
        ("decision", decision("QNM-D1", *({"record": f"QNM-{number}"} for number in range(1, 8)), date="2025-01-01"))
    )
    codes: list[str] = []
    cursor = None
    while True:
        query = ListQuery(limit=3, cursor=cursor)
        page = compare_rows(session, frozen, TABLES["sites_by_type"], Question.as_of(NOW), query)
        codes += [one.code for one in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert codes == [f"QNM-{number}" for number in range(1, 8)]


def test_seed_frozen_in_one_year_and_compared_with_a_later_one_is_explained_to_the_last_record(
    seeded_copy: Flask,
) -> None:
    with seeded_copy.app_context():
        for table in TABLES.values():
            frozen = freeze_table(db.session(), table, Question.over(2015), actor=reviewer(db.session()))
            for _, why in _compare(frozen, Question.over(2024)).values():
                assert UNEXPLAINED not in _said(why)
