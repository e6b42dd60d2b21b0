"""The sector's tables at the desk: chosen, drilled, frozen, compared, sent as workbooks that are read back."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from app.accounts.models import Role
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import db
from app.tourism.visitor_counts.operations import Figure, write_figures
from tests.harness import register
from tests.harness.register import decision, place, site

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from flask import Flask

    from tests.harness.officers import Officer, Page

MOST_STATEMENTS = 20


@pytest.fixture
def filled(desk: Flask) -> Flask:
    """Sites of two types, one ranked, one with a name that a spreadsheet would reckon; and visitors of a museum."""
    with desk.app_context():
        session = db.session()
        register.accept(
            session,
            ("site", site("QNM-0002", types=["historical"], name={"vi": "=1+1", "en": "=1+1"})),
            ("site", site("QNM-0003", types=["scenic"], parent="QNM-0002")),
            ("decision", decision("QNM-D1", {"record": "QNM-0002"}, date="2001-02-03", number="9/QĐ")),
            ("place", place("POI-001")),
        )
        figure = Figure("POI-001", dt.date(2025, 1, 1), 1200, 34, None, "estimated", "Báo cáo", dt.date(2025, 2, 1))
        write_figures(session, KINDS, [figure], actor=register.editor(session))
        session.commit()
    return desk


def _links(page: Page) -> list[tuple[str, str]]:
    return [
        (one.get("href"), " ".join(one.text_content().split()))
        for one in page.document.xpath("//table[contains(@class, 'counts')]//td//a")
    ]


def _codes(page: Page) -> list[str]:
    return re.findall(r'class="mono" data-label="[^"]*">([^<]+)</td>', page.text)


def _book(officer: Officer, path: str) -> openpyxl.Workbook:
    response = officer.client.get(path)
    assert response.status_code == 200, path
    assert response.mimetype.endswith("spreadsheetml.sheet")
    assert ".xlsx" in response.headers["Content-Disposition"]
    return openpyxl.load_workbook(io.BytesIO(response.data))


def _rows(book: openpyxl.Workbook, name: str) -> list[list[Any]]:
    return [list(row) for row in book[name].iter_rows(values_only=True)]


def test_every_table_is_listed_and_opens_with_its_rule_and_basis(
    filled: Flask, officer: Callable[..., Officer]
) -> None:
    viewer = officer("vi", Role.VIEWER)
    paths = viewer.get("/desk/counts").document.xpath("//main//section//li/a/@href")
    assert len(paths) == 19
    for path in paths:
        page = viewer.get(path)
        assert page.status == 200
        assert "The rule of this count" in page.said
        assert "Legal basis" in page.said
        assert not page.has_form("note"), "a viewer freezes nothing"


def test_every_number_leads_to_a_list_of_as_many(filled: Flask, an: Officer) -> None:
    for path in (
        "/desk/counts/sites_by_type?on=2010-01-01",
        "/desk/counts/sites_by_type?on=2010-01-01&special=1&components=0",
    ):
        links = _links(an.get(path))
        assert links
        for href, text in links:
            assert len(_codes(an.get(href))) == int(text), href


def test_list_of_visitors_sums_to_its_cell_and_unknown_months_are_said(filled: Flask, an: Officer) -> None:
    page = an.get("/desk/counts/visitors?year=2025&quarter=1")
    assert "≥ 1,234" in page.said
    assert "2 months are unknown (“?”): sums over them are least numbers (“≥”)." in page.said
    assert page.document.xpath("//figure[contains(@class, 'visits')]//*[local-name()='svg']")
    listed = an.get("/desk/counts/visitors/list?year=2025&quarter=1&row=POI-001")
    numbers = [one.text_content() for one in listed.document.xpath("//td[@data-label='Number']")]
    assert numbers == ["1,234", "unknown", "unknown"]
    assert "uncertain" in listed.said


def test_chart_has_its_numbers_beside_it(filled: Flask, an: Officer) -> None:
    page = an.get("/desk/counts/sites_by_type?on=2010-01-01")
    lines = page.document.xpath("//figure[contains(@class, 'lying')]//tr")
    assert [" ".join(line.text_content().split()) for line in lines] == [
        "national 1",
        "Neither ranked nor inventoried 2",
    ]


def test_workbook_holds_the_table_its_rule_and_the_list_behind_it(filled: Flask, an: Officer) -> None:
    book = _book(an, "/desk/counts/sites_by_type/workbook?on=2010-01-01")
    assert book.sheetnames == ["Table", "List behind it"]
    table, listed = _rows(book, "Table"), _rows(book, "List behind it")
    texts = [row[0] for row in table]
    assert texts[:2] == ["Sites by level and type", "as of 1 Jan 2010"]
    assert "The rule of this count" in texts
    assert any(str(text).startswith("A site stands in one row only") for text in texts)
    heading = next(row for row in table if row[0] == "sites")
    national = next(row for row in table if row[0] == "national")
    assert dict(zip(heading, national, strict=True))["historical"] == 1
    total = next(row for row in table if row[0] == "Total")
    assert dict(zip(heading, total, strict=True))["Total"] == len(listed) - 1 == 3
    named = next(cell for row in book["List behind it"].iter_rows() for cell in row if cell.value == "=1+1")
    assert named.data_type == "s"


def test_workbook_of_visitors_says_what_is_unknown(filled: Flask, an: Officer) -> None:
    table = _rows(_book(an, "/desk/counts/visitors/workbook?year=2025&quarter=1"), "Table")
    heading = next(row for row in table if row[0] == "visitors")
    row = dict(zip(heading, next(row for row in table if row[0] == "Place POI-001"), strict=True))
    assert (row["Jan"], row["Feb"], row["Total"], row["unknown months"], row["of these uncertain"]) == (
        1234,
        "unknown",
        1234,
        2,
        1,
    )


def test_reviewer_freezes_and_a_later_table_is_compared_and_explained(
    filled: Flask, officer: Callable[..., Officer]
) -> None:
    binh = officer("binh", Role.REVIEWER)
    frozen = binh.get("/desk/counts/sites_by_type?on=2000-12-31").form("note").fill(note="Báo cáo năm 2000").send()
    assert re.fullmatch(r"/desk/counts/frozen/\d+", frozen.path)
    assert "The table is frozen" in frozen.said
    assert "Báo cáo năm 2000" in frozen.said
    assert "unchanged since" in frozen.said
    for href, text in _links(frozen):
        assert len(_codes(binh.get(href))) == int(text), href
    assert "Báo cáo năm 2000" in binh.get("/desk/counts/sites_by_type").said
    compared = binh.get(f"{frozen.path}/compare?on=2005-12-31")
    assert "Ranked national by 9/QĐ of 3 February 2001." in compared.said
    changed = [text for _, text in _links(compared)]
    assert changed
    assert all("→" in text for text in changed)
    only = binh.get(_links(compared)[0][0].partition("#")[0])
    assert "Show the differences of all cells" in only.said
    viewer = officer("vi", Role.VIEWER)
    for path in (frozen.path, f"{frozen.path}/list?row=unranked", f"{frozen.path}/compare?on=2005-12-31"):
        assert viewer.get(path).status == 200
    book = _book(binh, f"{frozen.path}/workbook?on=2005-12-31")
    assert book.sheetnames == ["Table", "List behind it", "Comparison", "Differences"]
    pairs = [row for row in _rows(book, "Comparison") if row[:2] == ["national", "historical"]]
    assert pairs == [["national", "historical", 0, 1, 1]]
    difference = _rows(book, "Differences")[1]
    assert difference[0] == "QNM-0002"
    assert "Ranked national by 9/QĐ" in difference[5]
    kept = _rows(_book(binh, f"{frozen.path}/workbook"), "Table")
    assert any(str(row[0]).startswith("Frozen on ") for row in kept)


def test_frozen_table_of_a_quarter_is_compared_with_that_of_the_next_year(
    filled: Flask, officer: Callable[..., Officer]
) -> None:
    binh = officer("binh", Role.REVIEWER)
    frozen = binh.get("/desk/counts/visitors?year=2025&quarter=1").form("note").send()
    offered = dict(frozen.form("year").fields)
    assert (offered["year"], offered["quarter"]) == (str(min(2026, today().year)), "1")
    page = binh.get(f"{frozen.path}/compare?year=2026&quarter=1")
    assert "Figures of two years: 1,234 in 2025, unknown in 2026." in page.said


@pytest.mark.parametrize(
    "path",
    [
        "/desk/counts/nothing",
        "/desk/counts/nothing/list",
        "/desk/counts/nothing/workbook",
        "/desk/counts/frozen/999",
        "/desk/counts/frozen/999/compare",
    ],
)
def test_table_that_there_is_not_is_not_found(filled: Flask, an: Officer, path: str) -> None:
    assert an.get(path).status == 404


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("on=soon", "Write the day as year-month-day"),
        ("unit=99999", "not counted within that unit"),
        ("on=0001-01-01", "1 Jan 1900"),
        ("on=9999-12-31", "31 Dec 2100"),
    ],
)
def test_question_that_cannot_be_is_told(filled: Flask, an: Officer, query: str, says: str) -> None:
    page = an.get(f"/desk/counts/sites_by_type?{query}")
    assert page.status == 200
    assert says in page.said


def test_year_that_is_none_and_a_cursor_of_another_list_are_told(filled: Flask, an: Officer) -> None:
    assert "Choose a year" in an.get("/desk/counts/rankings?year=25").said
    assert "does not belong to this list" in an.get("/desk/counts/sites_by_type/list?cursor=abc").said


def test_note_that_is_too_long_freezes_nothing(filled: Flask, officer: Callable[..., Officer]) -> None:
    page = officer("binh", Role.REVIEWER).get("/desk/counts/sites_by_type").form("note").fill(note="x" * 1001).send()
    assert "too long" in page.said
    assert "None yet." in page.said


@pytest.mark.parametrize(
    "path",
    ["", "/sites_by_type", "/sites_by_unit", "/visitors?year=2025", "/sites_by_type/list?row=national", "/rankings"],
)
def test_page_takes_few_statements(
    filled: Flask, an: Officer, path: str, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with count_queries() as statements:
        an.get(f"/desk/counts{path}")
    assert len(statements) <= MOST_STATEMENTS, statements
