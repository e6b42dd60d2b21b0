"""Sheets of visitors: the template, what comes back, every fault at its cell; hostile files are refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from app.core.errors import InvalidInput
from app.tourism.visitor_counts.models import Basis
from app.tourism.visitor_counts.sheets import COLUMNS, Limits, Sheet, read_sheet, write_template

if TYPE_CHECKING:
    from pathlib import Path

HEADING = [names[0] for names in COLUMNS.values()]
ROW = ["POI-1", "2025-01", 100, 40, 140, "vé", "Báo cáo tháng 1", "2025-02-05"]


def _book(path: Path, *rows: list[Any], heading: list[Any] | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (heading or HEADING, *rows):
        sheet.append(row)
    book.save(path)
    return path


def _read(path: Path, **limits: int) -> Sheet:
    return read_sheet(path, path.name, limits=Limits(**limits))


def _row(**changes: Any) -> list[Any]:
    return [changes.get(key, value) for key, value in zip(COLUMNS, ROW, strict=True)]


def test_template_filled_in_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "mau.xlsx"
    write_template(path, "vi", [("POI-1", "=Bảo tàng")], ["Mỗi dòng một tháng."])
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Số liệu", "Hướng dẫn", "Các điểm"]
    assert [cell.value for cell in book["Số liệu"][1]] == HEADING
    named = book["Các điểm"]["B2"]
    assert (named.value, named.data_type) == ("=Bảo tàng", "s")
    book["Số liệu"].append(ROW)
    book["Số liệu"].append(
        ["poi-2", dt.date(2025, 2, 1), None, None, 7.0, "Ước tính", "Điện thoại", dt.date(2025, 3, 1)]
    )
    book.save(path)
    sheet = _read(path)
    assert not sheet.problems
    first, second = sheet.figures
    assert (first.code, first.month, first.total, first.basis) == ("POI-1", dt.date(2025, 1, 1), 140, Basis.TICKETED)
    assert (second.code, second.month, second.domestic, second.total) == ("POI-2", dt.date(2025, 2, 1), None, 7)
    assert (second.basis, second.reported_on) == (Basis.ESTIMATED, dt.date(2025, 3, 1))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("bom", ["", "\N{ZERO WIDTH NO-BREAK SPACE}"])
def test_csv_is_read_with_what_vietnamese_spreadsheets_write(tmp_path: Path, delimiter: str, bom: str) -> None:
    path = tmp_path / "so-lieu.csv"
    lines = [HEADING, ["POI-1", "1/2025", "1.100", "40", "1 140", "bán vé", "BC 1", "5/2/2025"]]
    path.write_text(bom + "\r\n".join(delimiter.join(line) for line in lines), encoding="utf-8")
    assert [(one.month, one.domestic, one.total) for one in _read(path).figures] == [(dt.date(2025, 1, 1), 1100, 1140)]


def test_english_headings_in_any_order_are_known(tmp_path: Path) -> None:
    names = [names[1] for names in COLUMNS.values()]
    path = _book(tmp_path / "x.xlsx", ["note", *ROW[::-1]], heading=["Anything", *names[::-1]])
    assert _read(path).figures[0].total == 140


@pytest.mark.parametrize(
    ("changes", "cell", "says"),
    [
        ({"code": None}, "A2", "code"),
        ({"month": "13/2025"}, "B2", "no month"),
        ({"month": "tháng một"}, "B2", "no month"),
        ({"domestic": "một trăm"}, "C2", "whole number"),
        ({"domestic": -5}, "C2", "whole number"),
        ({"international": 40.5}, "D2", "whole number"),
        ({"total": 141}, "E2", "add up"),
        ({"total": "=SUM(C2:D2)x"}, "E2", "whole number"),
        ({"domestic": None, "international": None, "total": None}, "E2", "Write a figure"),
        ({"basis": "đoán"}, "F2", "ước tính"),
        ({"source": None}, "G2", "report"),
        ({"reported_on": "31/2/2025"}, "H2", "no day"),
        ({"reported_on": "2024-12-31"}, "H2", "between"),
        ({"month": "2999-01", "reported_on": "2999-02-01"}, "B2", "begun"),
    ],
)
def test_every_fault_is_told_at_its_cell(tmp_path: Path, changes: dict[str, Any], cell: str, says: str) -> None:
    path = tmp_path / "x.csv"
    row = ["" if value is None else str(value) for value in _row(**changes)]
    path.write_text("\n".join(";".join(line) for line in (HEADING, row)), encoding="utf-8")
    sheet = _read(path)
    assert not sheet.figures
    assert [str(one.params["place"]) for one in sheet.problems] == [cell]
    assert says in str(sheet.problems[0])


def test_faults_stand_at_their_own_rows_though_rows_are_empty_and_the_table_is_moved(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for column, name in enumerate(HEADING, start=2):
        sheet.cell(3, column, name)
    for column, value in enumerate(_row(total="x"), start=2):
        sheet.cell(7, column, value)
    book.save(tmp_path / "x.xlsx")
    problems = _read(tmp_path / "x.xlsx").problems
    assert [one.params["place"] for one in problems] == ["F7"]


def test_place_and_month_that_come_twice_are_told(tmp_path: Path) -> None:
    sheet = _read(_book(tmp_path / "x.xlsx", ROW, _row(month="1/2025")))
    assert len(sheet.figures) == 1
    assert "row 2" in str(sheet.problems[0])


def test_formula_is_never_reckoned_and_merged_cells_are_no_figures(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    book = openpyxl.load_workbook(
        _book(path, _row(total="=C2+D2", domestic=None), _row(month="2025-02"), _row(month="2025-03"))
    )
    sheet = book.active
    assert sheet is not None
    sheet.merge_cells("A3:A4")
    book.save(path)
    found = _read(path)
    # The formula has no value that anybody reckoned; of merged cells the first alone holds anything.
    assert [one.params["place"] for one in found.problems] == ["E2", "A4"]
    assert [one.month.month for one in found.figures] == [2]


def _zip(path: Path, **parts: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def _bomb(path: Path) -> Path:
    return _zip(path, **{"xl/worksheets/sheet1.xml": b"<row/>" * 15_000_000})


def _entities(path: Path) -> Path:
    _book(path, ROW)
    evil = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "'
        + b"a" * 1000
        + b'">]><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&a;&a;</t></si></sst>'
    )
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return _zip(path, **{**parts, "xl/sharedStrings.xml": evil})


def _far_cell(path: Path) -> Path:
    book = openpyxl.load_workbook(_book(path, ROW))
    sheet = book.active
    assert sheet is not None
    sheet.cell(1_048_576, 16_384, "x")
    book.save(path)
    return path


def _many_empty_rows(path: Path) -> Path:
    path.write_text("\n".join([";".join(HEADING), *[";" * 7] * 150_000]), encoding="utf-8")
    return path


def _bytes(data: bytes) -> Any:
    def make(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return make


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_bomb, "unpacks to more"),
        (_entities, ""),
        (_far_cell, ""),
        (_many_empty_rows, "too many empty rows"),
        (_bytes("Mã;Tháng\nPOI".encode("utf-16")), "UTF-8"),
        (_bytes("Mã điểm;Tháng".encode("cp1258", "replace") + b"\xff"), "UTF-8"),
        (_bytes(b"PK\x03\x04 nothing"), "damaged"),
        (_bytes(b"\x00\x01\x02binary"), "neither"),
        (_bytes(b'"open;'), "not CSV"),
        (_bytes(b"a;b\n1;2"), "lacks the columns"),
        (_bytes(";".join(HEADING).encode()), "no figure"),
        (_bytes(b""), "lacks the columns"),
        (_bytes(b"x" * 6_000_000), "larger than 5 MB"),
    ],
)
def test_hostile_and_broken_files_are_refused_with_what_to_do(tmp_path: Path, make: Any, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _read(make(tmp_path / "x.xlsx"))
    assert says in str(refused.value)
    assert "x.xlsx" in str(refused.value)


def test_more_rows_than_are_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="more than 3 rows"):
        _read(_book(tmp_path / "x.xlsx", *[ROW] * 4), rows=3)


def test_names_within_an_archive_lead_nowhere(tmp_path: Path) -> None:
    path = _book(tmp_path / "x.xlsx", ROW)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../escaped.txt", io.BytesIO(b"x").getvalue())
    assert _read(path).figures
    assert not (tmp_path.parent.parent / "escaped.txt").exists()
