"""Workbooks: what comes back when others read them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import python_calamine

from app.core.workbook import Workbook


def test_a_workbook_gives_back_what_was_written(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    with Workbook(path) as book:
        sheet = book.add_sheet("Di tích", widths=(10, 20))
        sheet.add(("Tên", "Năm", "Ngày", "Công bố"), "heading")
        sheet.freeze()
        sheet.add(("Chùa Cầu", 1719, dt.date(1990, 2, 17), True))
    rows = python_calamine.load_workbook(str(path)).get_sheet_by_name("Di tích").to_python()
    assert rows == [["Tên", "Năm", "Ngày", "Công bố"], ["Chùa Cầu", 1719, dt.date(1990, 2, 17), True]]


def test_text_that_looks_like_a_formula_an_address_or_a_number_stays_text(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    texts = ["=1+1", "+84 235", "-1", "@SUM(A1)", "https://example.org", "0123", "{=1}"]
    with Workbook(path) as book:
        book.add_sheet("s").add(texts)
    cells = next(iter(openpyxl.load_workbook(path)["s"].iter_rows()))
    assert [cell.value for cell in cells] == texts
    assert {cell.data_type for cell in cells} == {"s"}


def test_names_that_excel_refuses_or_has_already_are_changed(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    with Workbook(path) as book:
        for name in ("Cấp [tỉnh]/quốc gia: bảng kê rất dài không vừa", "s", "S", ""):
            book.add_sheet(name).add(("x",))
    names = openpyxl.load_workbook(path).sheetnames
    assert len(set(names)) == 4
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def test_days_before_excels_calendar_and_long_texts_are_written_as_far_as_it_takes_them(tmp_path: Path):
    path = tmp_path / "a.xlsx"
    with Workbook(path) as book:
        book.add_sheet("s").add((dt.date(1719, 1, 1), "x" * 40_000, None, 10**16))
    (row,) = openpyxl.load_workbook(path)["s"].iter_rows(values_only=True)
    assert row == ("1719-01-01", "x" * 32_767, None, str(10**16))
