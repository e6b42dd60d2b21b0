"""Figures of visitors: what is checked, what a correction keeps; a month without a report is unknown, never 0."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role, RoleGrant
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import db
from app.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.records.models import HistoryEntry
from app.statistics.cells import Counted, ListQuery, count_table, list_rows
from app.statistics.questions import Question
from app.statistics.tables import read_tables
from app.tourism.visitor_counts.models import VisitorCount
from app.tourism.visitor_counts.operations import MOST, Figure, check_figure, write_figures
from app.tourism.visitor_counts.queries import read_current, read_reports
from tests.harness import register
from tests.harness.officers import add_officer
from tests.harness.register import SETTINGS, artefact, editor, place, site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

TABLES = read_tables(SETTINGS)
FIGURE = Figure("POI-1", dt.date(2025, 1, 1), 100, 40, 140, "ticketed", "Báo cáo 1", dt.date(2025, 2, 5))


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        register.accept(session, ("place", place("POI-1")), ("site", site("QNM-1")), ("artefact", artefact("ART-1")))
        yield


def _write(*figures: Figure, **options: Any) -> tuple[int, int, int]:
    done = write_figures(db.session(), KINDS, figures, actor=editor(db.session()), **options)
    return done.new, done.corrected, done.same


def _month(month: int, total: int | None = 140, year: int = 2025, **fields: Any) -> Figure:
    day = {"month": dt.date(year, month, 1), "reported_on": dt.date(2026, 1, 5)}
    return replace(FIGURE, domestic=None, international=None, total=total, **{**day, **fields})


def _count(question: Question, code: str = "visitors") -> Counted:
    return count_table(db.session(), TABLES[code], question)


def _kept() -> list[tuple[Any, ...]]:
    rows = db.session().scalars(sa.select(VisitorCount).order_by(VisitorCount.id))
    return [(row.month.month, row.total, row.is_current) for row in rows]


def test_total_is_the_sum_of_its_parts_where_it_is_left_out() -> None:
    assert check_figure(replace(FIGURE, total=None)).total == 140
    assert check_figure(replace(FIGURE, domestic=None, international=40, total=90)).total == 90
    assert check_figure(replace(FIGURE, domestic=0, international=0, total=None)).total == 0


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("total", {"total": 141}),
        ("total", {"total": None, "domestic": None}),
        ("total", {"international": None, "total": 99}),
        ("domestic", {"domestic": -1}),
        ("total", {"total": MOST + 1, "domestic": None, "international": None}),
        ("month", {"month": dt.date(2025, 1, 2)}),
        ("month", {"month": dt.date(1899, 12, 1)}),
        ("month", {"month": (today().replace(day=1) + dt.timedelta(days=32)).replace(day=1)}),
        ("basis", {"basis": "guessed"}),
        ("source", {"source": "  "}),
        ("source", {"source": "x" * 501}),
        ("reported_on", {"reported_on": dt.date(2024, 12, 31)}),
        ("reported_on", {"reported_on": today() + dt.timedelta(days=1)}),
    ],
)
def test_figure_that_cannot_be_is_refused_at_its_field(field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_figure(replace(FIGURE, **changes))
    assert refused.value.params["field"] == field


def test_correction_keeps_what_stood_before_with_who_and_when() -> None:
    assert _write(FIGURE) == (1, 0, 0)
    assert _write(FIGURE) == (0, 0, 1)
    assert _write(replace(FIGURE, international=60, total=160)) == (0, 1, 0)
    assert _kept() == [(1, 140, False), (1, 160, True)]
    session = db.session()
    record = session.scalars(sa.select(VisitorCount.record_id)).first()
    assert record is not None
    reports = read_reports(session, record, FIGURE.month, FIGURE.month)
    assert [(one.total, one.actor.name) for one in reports] == [(160, "test-editor"), (140, "test-editor")]
    entries = session.scalars(
        sa.select(HistoryEntry).where(HistoryEntry.action == "visitor_count").order_by(HistoryEntry.id)
    )
    assert [entry.details for entry in entries] == [
        {"visitors": {"2025-01": [None, 140]}},
        {"visitors": {"2025-01": [140, 160]}},
    ]


def test_figure_taken_back_makes_the_month_unknown_again() -> None:
    _write(FIGURE)
    assert _write(replace(FIGURE, domestic=None, international=None, total=None)) == (0, 1, 0)
    assert _kept() == [(1, 140, False), (1, None, True)]
    assert _write(replace(FIGURE, domestic=None, international=None, total=None)) == (0, 0, 1)


def test_who_did_not_see_the_latest_figure_overwrites_nothing() -> None:
    _write(FIGURE)
    with pytest.raises(Conflict, match="since you looked"):
        _write(replace(FIGURE, total=160, international=60, seen=0))
    with pytest.raises(Conflict, match="already"):
        _write(replace(FIGURE, total=160, international=60), corrects=False)
    found = read_current(db.session(), db.session().scalars(sa.select(VisitorCount.record_id)))
    seen = next(iter(found.values())).id
    assert _write(replace(FIGURE, total=160, international=60, seen=seen)) == (0, 1, 0)


def test_all_are_written_or_none() -> None:
    with pytest.raises(InvalidInput, match="twice"):
        _write(FIGURE, replace(FIGURE, total=160, international=60))
    with pytest.raises(InvalidInput):
        _write(FIGURE, _month(2, -5))
    for code in ("POI-404", "ART-1"):
        with pytest.raises(NotFound, match=code):
            _write(FIGURE, replace(FIGURE, code=code))
    assert _kept() == []


def test_figures_are_written_within_the_scope_alone() -> None:
    session = db.session()
    viewer, elsewhere = add_officer("vi", Role.VIEWER), add_officer("el", Role.EDITOR, unit="99999")
    events = add_officer("ev", Role.EDITOR)
    events.roles = [RoleGrant(role=Role.EDITOR, kinds=["event"])]
    session.flush()
    for actor in (viewer, elsewhere, events):
        with pytest.raises(NotAllowed):
            write_figures(session, KINDS, [FIGURE], actor=actor)


def test_months_without_a_report_are_unknown_and_a_sum_over_them_says_so() -> None:
    _write(_month(1, 100), _month(2, 0), _month(4, 50, basis="estimated"), replace(_month(1, 900, 2024), code="QNM-1"))
    year = _count(Question.over(2025))
    assert (year.cell("POI-1", None).number, year.cell("POI-1", None).unknown) == (150, 9)
    assert year.cell("POI-1", "03").is_unknown
    assert not year.cell("POI-1", "02").is_unknown
    assert year.cell("POI-1", None).uncertain == 1
    # A place that reported the year before is expected to report again.
    assert year.cell("QNM-1", None).is_unknown
    assert year.cell(None, None).unknown == 21
    first, second = (_count(Question.over(2025, quarter)) for quarter in (1, 2))
    assert (first.cell("POI-1", None).number, first.cell("POI-1", None).unknown) == (100, 1)
    assert (second.cell("POI-1", None).number, second.cell("POI-1", None).unknown) == (50, 2)
    assert {key.key for key in second.columns} == {"04", "05", "06"}
    listed = list_rows(db.session(), TABLES["visitors"], Question.over(2025), ListQuery("POI-1", limit=20)).rows
    assert [one.number for one in listed] == [100, 0, None, 50, *[None] * 8]
    assert _count(Question.over(2023)).cell(None, None).rows == 0


def test_part_that_is_unknown_is_unknown_in_its_own_table_only() -> None:
    _write(FIGURE, _month(2, 70))
    assert _count(Question.over(2025)).cell("POI-1", "02").number == 70
    foreign = _count(Question.over(2025), "visitors_international")
    assert (foreign.cell("POI-1", "01").number, foreign.cell("POI-1", "02").is_unknown) == (40, True)


def test_figure_of_a_deleted_place_and_one_taken_back_do_not_count() -> None:
    _write(_month(1, 100), _month(2, 30))
    _write(_month(2, None))
    counted = _count(Question.over(2025))
    assert (counted.cell("POI-1", None).number, counted.cell("POI-1", "02").is_unknown) == (100, True)
    db.session().execute(sa.text("UPDATE records SET deleted_at = '2025-01-01 00:00:00+00:00' WHERE code = 'POI-1'"))
    assert _count(Question.over(2025)).cell(None, None).rows == 0


def test_months_that_have_not_begun_are_not_expected() -> None:
    this = today().replace(day=1)
    _write(_month(this.month, 10, this.year, reported_on=today()))
    counted = _count(Question.over(this.year))
    assert {key.key for key in counted.columns} == {f"{month:02}" for month in range(1, this.month + 1)}
    assert counted.cell("POI-1", None).unknown == this.month - 1
