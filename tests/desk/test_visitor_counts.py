"""Figures of visitors at the desk: the grid of a year and of a month, corrections, the template, sheets read."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.core.db import db
from app.tourism.visitor_counts.models import VisitorCount
from tests.harness import register
from tests.harness.officers import FROM_HERE
from tests.harness.register import place

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from tests.harness.officers import Officer, Page

GRID = "/desk/visitors?place=POI-001&year=2025"


@pytest.fixture
def filled(desk: Flask) -> Flask:
    """A register with two visitor places."""
    with desk.app_context():
        register.accept(db.session(), ("place", place("POI-001")), ("place", place("POI-002")))
        db.session.commit()
    return desk


def _kept(app: Flask) -> list[tuple[int, int | None, int | None, bool]]:
    with app.app_context():
        rows = db.session.scalars(sa.select(VisitorCount).order_by(VisitorCount.id))
        return [(row.month.month, row.domestic, row.total, row.is_current) for row in rows]


def _enter(officer: Officer, source: str = "Báo cáo", address: str = GRID, **numbers: str) -> Page:
    form = officer.get(address).form("source")
    given = {f"POI-001.2025-{key[1:3]}.{key[4:]}": value for key, value in numbers.items()}
    return form.set({"source": source, "reported_on": "2026-01-05", **given}).send()


def test_grid_writes_the_changed_rows_alone_and_shows_them_again(filled: Flask, an: Officer) -> None:
    page = _enter(an, m01_domestic="1.200", m01_international="34", m03_total="80")
    assert "2 figures are new" in page.said
    assert _kept(filled) == [(1, 1200, 1234, True), (3, None, 80, True)]
    shown = dict(page.form("source").fields)
    assert (shown["POI-001.2025-01.total"], shown["POI-001.2025-02.total"]) == ("1234", "")
    assert "Báo cáo" in page.said
    assert "unknown" in page.said
    again = page.form("source").set({"source": "Báo cáo", "reported_on": "2026-01-05"}).send()
    assert "0 figures are new, 0 corrected" in again.said
    assert len(_kept(filled)) == 2


def test_correction_is_kept_with_who_made_it_and_a_cleared_row_is_taken_back(filled: Flask, an: Officer) -> None:
    _enter(an, m01_domestic="1200", m01_international="34")
    page = _enter(an, "Đính chính", m01_domestic="1300")
    assert "1 corrected" in page.said
    assert _kept(filled) == [(1, 1200, 1234, False), (1, 1300, 1334, True)]
    history = page.document.xpath("//section[h2[text()='Corrections']]//tbody/tr")
    assert [" ".join(row.text_content().split())[:14] for row in history] == ["01/2025 1,334 ", "01/2025 1,234 "]
    assert "an" in history[0].text_content()
    _enter(an, "Rút lại", m01_domestic="", m01_international="", m01_total="")
    assert _kept(filled)[-1] == (1, None, None, True)
    log = an.get("/desk/audit?code=POI-001")
    assert log.said.count("Visitor figures entered") >= 3


def test_row_that_somebody_else_wrote_meanwhile_is_not_overwritten(
    filled: Flask, officer: Callable[..., Officer]
) -> None:
    an, bo = officer("an"), officer("bo")
    old = an.get(GRID).form("source")
    _enter(bo, m01_total="10")
    page = old.set({"source": "x", "reported_on": "2026-01-05", "POI-001.2025-01.total": "20"}).send()
    assert page.status == 422
    assert "Somebody has written a figure of POI-001 for 2025-01 since you looked" in page.said
    assert _kept(filled) == [(1, None, 10, True)]


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ({"m01_total": "nhiều"}, "is no whole number"),
        ({"m01_domestic": "5", "m01_international": "5", "m01_total": "11"}, "do not add up"),
        ({"m01_domestic": "5"}, "Write the total too"),
        ({"m01_total": "9999999999"}, "whole number from 0"),
    ],
)
def test_number_that_cannot_be_is_told_and_what_was_typed_stays(
    filled: Flask, an: Officer, numbers: dict[str, str], says: str
) -> None:
    page = _enter(an, **numbers)
    assert page.status == 422
    assert says in page.said
    shown = dict(page.form("source").fields)
    for key, value in numbers.items():
        assert shown[f"POI-001.2025-01.{key[4:]}"] == value
    assert shown["source"] == "Báo cáo"
    assert _kept(filled) == []


def test_month_of_all_places_lists_those_with_figures(filled: Flask, an: Officer) -> None:
    address = "/desk/visitors?month=2025-02"
    assert "No place has figures of the last two years yet" in an.get(address).said
    _enter(an, m01_total="10")
    page = _enter(an, address=address, m02_total="12")
    assert "1 figures are new" in page.said
    assert _kept(filled)[-1] == (2, None, 12, True)
    assert "POI-002" not in page.text


def test_viewer_sees_the_figures_and_writes_none(filled: Flask, officer: Callable[..., Officer]) -> None:
    viewer = officer("vi", Role.VIEWER)
    page = viewer.get(GRID)
    assert page.status == 200
    assert not page.has_form("source")
    assert viewer.get("/desk/visitors/import").status == 403


@pytest.mark.parametrize("code", ["QNM-D404", "NOTHING"])
def test_place_that_there_is_not_is_told(filled: Flask, an: Officer, code: str) -> None:
    page = an.get(f"/desk/visitors?place={code}&year=2025")
    assert page.status == 422
    assert f"There is no site and no visitor place {code}" in page.said


def _proof(officer: Officer) -> str:
    return dict(officer.get("/desk/visitors/import").form("file").fields)["_csrf"]


def _send(officer: Officer, rows: list[list[Any]], *, name: str = "so-lieu.xlsx", **fields: str) -> Any:
    template = officer.client.get("/desk/visitors/template")
    book = openpyxl.load_workbook(io.BytesIO(template.data))
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    data.seek(0)
    return officer.client.post(
        "/desk/visitors/import",
        data={"file": (data, name), "_csrf": _proof(officer), **fields},
        headers=FROM_HERE,
        content_type="multipart/form-data",
        follow_redirects=True,
    )


ROW = ["POI-001", "2025-01", 100, 40, None, "vé", "Báo cáo 1", "2025-02-05"]


def test_template_filled_in_is_written_as_a_whole(filled: Flask, an: Officer) -> None:
    told = _send(an, [ROW, ["POI-002", "2025-01", None, None, 9, "ước tính", "Điện thoại", "2025-02-05"]])
    assert told.status_code == 200
    assert "2 figures are new" in told.text
    assert [row[2] for row in _kept(filled)] == [140, 9]
    assert (
        "2 were there already"
        in _send(an, [ROW, ["POI-002", "2025-01", None, None, 9, "ước tính", "Điện thoại", "2025-02-05"]]).text
    )


def test_sheet_with_a_fault_writes_nothing_and_tells_the_cell(filled: Flask, an: Officer) -> None:
    told = _send(an, [ROW, [*ROW[:1], "2025-02", "x", *ROW[3:]], ["", "2025-03", 1, 1, None, "vé", "BC", "2025-04-01"]])
    assert told.status_code == 422
    assert "Nothing was written" in told.text
    assert "C3: “x” is no whole number." in told.text
    assert "A4" in told.text
    assert _kept(filled) == []


def test_sheet_corrects_figures_only_if_that_is_said(filled: Flask, an: Officer) -> None:
    _send(an, [ROW])
    other = [*ROW[:2], 200, *ROW[3:]]
    refused = _send(an, [other])
    assert refused.status_code == 422
    assert "has a figure for 2025-01 already" in refused.text
    assert "1 corrected" in _send(an, [other], correct="1").text
    assert _kept(filled) == [(1, 100, 140, False), (1, 200, 240, True)]


def test_sheet_of_a_place_elsewhere_or_of_none_writes_nothing(filled: Flask, officer: Callable[..., Officer]) -> None:
    elsewhere = officer("el", Role.EDITOR, unit="99999")
    assert "other places" in _send(elsewhere, [ROW]).text
    told = _send(officer("an"), [["POI-404", *ROW[1:]]])
    assert "There is no site and no visitor place POI-404" in told.text
    assert _kept(filled) == []


def test_file_that_is_none_is_told(filled: Flask, an: Officer) -> None:
    told = an.client.post("/desk/visitors/import", data={"_csrf": _proof(an)}, headers=FROM_HERE)
    assert told.status_code == 422
    assert "Choose a file." in told.text
    broken = {"_csrf": _proof(an), "file": (io.BytesIO(b"PK\x03\x04"), "hỏng.xlsx")}
    told = an.client.post("/desk/visitors/import", data=broken, headers=FROM_HERE, content_type="multipart/form-data")
    assert told.status_code == 422
    assert "“hỏng.xlsx” is damaged" in told.text


def test_of_those_who_write_the_same_month_at_once_one_is_kept_and_the_others_are_told(
    filled: Flask, officer: Callable[..., Officer]
) -> None:
    forms = [officer(f"o{number}").get(GRID).form("source") for number in range(4)]
    for number, form in enumerate(forms):
        form.set({"source": "x", "reported_on": "2026-01-05", "POI-001.2025-01.total": str(number + 1)})
    with ThreadPoolExecutor(len(forms)) as pool:
        pages = [*pool.map(lambda form: form.send(), forms)]
    assert sorted(page.status for page in pages) == [200, 422, 422, 422]
    assert sum("since you looked" in page.said for page in pages) == 3
    assert len(_kept(filled)) == 1
