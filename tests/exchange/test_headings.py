"""Headings as offices write them are understood: below titles, over two lines, in English, without marks."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from app.catalogue import KINDS
from app.config import Settings
from app.desk.forms.headings import field_names
from app.exchange.intake.headings import Guesser
from app.exchange.tables.lines import Line
from tests.harness.intake import Intake, saved, workbook

if TYPE_CHECKING:
    from flask import Flask

LANGUAGES = Settings().languages


def _guesser(kind: str) -> Guesser:
    return Guesser(KINDS[kind], LANGUAGES, field_names(kind))


@pytest.fixture(autouse=True)
def _within(seeded_app: Flask) -> Any:
    with seeded_app.app_context():
        yield


@pytest.mark.parametrize(
    ("kind", "headings", "paths"),
    [
        (
            "site",
            ["STT", "Tên di tích", "Tên gọi khác", "Loại hình di tích", "Niên đại", "Xã/Phường", "Địa điểm",
             "Toạ độ X", "Toạ độ Y", "Đơn vị quản lý", "Nguồn", "Mô tả"],
            [None, "name.vi", "other_names.1.text", "types", "dated", "current_unit", "address_detail",
             "locations.1.x_north", "locations.1.y_east", "custodianships.1.party", "sources.1.citation",
             "description.vi"],
        ),
        (
            "site",
            ["TT", "TÊN DI TÍCH (tiếng Việt)", "Tên tiếng Anh", "Vĩ độ (N)", "Kinh độ (E)", "Tên khác 1", "Tên khác 2"],
            [None, "name.vi", "name.en", "locations.1.latitude", "locations.1.longitude", "other_names.1.text",
             "other_names.2.text"],
        ),
        (
            "site",
            ["No", "Name", "Type", "Commune", "Latitude", "Longitude", "Description", "Source"],
            [None, "name.vi", "types", "current_unit", "locations.1.latitude", "locations.1.longitude",
             "description.vi", "sources.1.citation"],
        ),
        (
            "site",
            ["code", "name_vi", "name_en", "types", "dated", "current_unit", "locations.1.entered_text",
             "locations.1.entered_crs", "locations.2.entered_text"],
            ["code", "name.vi", "name.en", "types", "dated", "current_unit", "locations.1.entered_text",
             "locations.1.entered_crs", "locations.2.entered_text"],
        ),
        (
            "site",
            ["Tên di tích", "Thuộc di tích", "Toạ độ", "Nguồn", "Nguồn", "Nguồn"],
            ["name.vi", "parent", "locations.1.entered_text", "sources.1.citation", "sources.2.citation",
             "sources.3.citation"],
        ),
        (
            "artefact",
            ["STT", "Tên hiện vật", "Mã kiểm kê", "Chất liệu", "Niên đại", "Hiện trạng", "Di tích", "Nguồn gốc",
             "Ghi chú"],
            [None, "name.vi", "inventory_code", "materials", "dated", "condition", "site", "origin", "note"],
        ),
        (
            "artefact",
            ["Di tích", "Hiện vật", "Loại hiện vật"],
            ["site", "name.vi", "artefact_kind"],
        ),
        (
            "decision",
            ["STT", "Số quyết định", "Ngày ban hành", "Cơ quan ban hành", "Trích yếu"],
            [None, "number", "date", "issuer", "title.vi"],
        ),
        (
            "zone",
            ["Mã di tích", "Khu vực bảo vệ", "Diện tích (m²)", "Tờ bản đồ số", "Thửa đất số", "Biên bản"],
            ["site", "zone_type", "area_m2", "cadastral_sheet", "cadastral_plot", "minutes"],
        ),
        ("party", ["Tên", "Điện thoại", "Thư điện tử", "Địa chỉ"], ["name.vi", "phone", "email", "address"]),
        ("survey", ["Di tích", "Ngày khảo sát", "Tình trạng"], ["record", "surveyed_on", "condition"]),
        ("event", ["Tên lễ hội", "Mô tả", "Di tích"], ["name.vi", "description.vi", "site"]),
        ("place", ["Tên điểm", "Giờ mở cửa", "Số điện thoại"], ["name.vi", "opening_hours", "phone"]),
    ],
)  # fmt: skip
def test_headings_of_offices(kind: str, headings: list[str], paths: list[str | None]) -> None:
    """Each heading is what it says, with its marks or without, composed or not, in capitals or not."""
    wanted = {place: path for place, path in enumerate(paths) if path}
    guesser = _guesser(kind)
    assert guesser.guess_all(headings) == wanted
    assert guesser.guess_all([unicodedata.normalize("NFD", heading) for heading in headings]) == wanted
    if not any("_" in heading for heading in headings):
        assert guesser.guess_all([heading.upper() for heading in headings]) == wanted
        assert guesser.guess_all([f"  {heading}\n" for heading in headings]) == wanted


def test_headings_nobody_knows() -> None:
    """What is not understood is left to a person; two columns are never the same field."""
    guesser = _guesser("site")
    assert guesser.guess_all(["STT", "Cột lạ", "Người nhập", ""]) == {}
    assert guesser.guess_all(["Tên di tích", "Tên di tích"]) == {0: "name.vi"}


def test_headings_below_titles() -> None:
    """Titles and empty lines above do not count, nor do the lines of the table below."""
    lines = [
        Line(1, ["UBND TỈNH QUẢNG NAM", None, None, None, "CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM"]),
        Line(2, ["SỞ VĂN HOÁ", None, None, None, "Độc lập - Tự do - Hạnh phúc"]),
        Line(4, ["DANH MỤC DI TÍCH"]),
        Line(6, ["STT", "Tên di tích", "Loại hình", "Xã/phường", "Ghi chú"]),
        Line(7, [1, "Đình Chiên Đàn", "Lịch sử", "Chiên Đàn", None]),
    ]
    found = _guesser("site").find_heading(lines)
    assert found is not None
    assert (lines[found.place].number, found.columns[1]) == (6, "Tên di tích")


def test_headings_over_two_lines(seeded_copy: Flask) -> None:
    """Merged cells over two lines: a group over its columns, the others merged downwards."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = (
        ["PHỤ LỤC I"],
        ["STT", "Tên di tích", "Toạ độ (VN-2000)", None, "Loại hình", "Nguồn"],
        [None, None, "X", "Y", None, None],
        [1, "Đình Thử Nghiệm", 1_756_063.592, 541_494.291, "Lịch sử", "Hồ sơ"],
        ["I", "Di tích cấp tỉnh"],
        [2, "Miếu Thử Nghiệm", 1_756_563.592, 541_494.291, "Lịch sử", "Hồ sơ"],
    )
    for row in rows:
        sheet.append(row)
    for merged in ("A1:F1", "A2:A3", "B2:B3", "C2:D2", "E2:E3", "F2:F3", "B5:F5"):
        sheet.merge_cells(merged)
    intake = Intake.begin(seeded_copy, saved(book), "phu luc.xlsx", "site")
    assert intake.mapping == {
        1: "name.vi", 2: "locations.1.x_north", 3: "locations.1.y_east", 4: "types", 5: "sources.1.citation",
    }  # fmt: skip
    assert intake.check() == {"new": 2, "heading": 4}
    assert [line.number for line in intake.lines("new")] == [4, 6]


def test_mapping_is_kept_for_its_source(seeded_copy: Flask) -> None:
    """What a person said of a source's columns holds for the next file with these headings, and for no other kind."""
    lines = (["Thứ", "Cột lạ", "Cột khác"], [1, "Đình Lạ", "Lịch sử"], [2, "Miếu Lạ", "Khảo cổ"])
    first = Intake.begin(seeded_copy, workbook(*lines), "la.xlsx", "site")
    assert first.mapping == {}
    first.check({1: "name.vi", 2: "types"}, constants={"sources.1.citation": "Sổ tay"}, sheet=0)
    again = Intake.begin(seeded_copy, workbook(["THỨ", "cot la", "Cột  khác"], *lines[1:]), "la2.xlsx", "site")
    assert again.mapping == {1: "name.vi", 2: "types"}
    with again.seen() as (_, found):
        assert found.constants == {"sources.1.citation": "Sổ tay"}
    other = Intake.begin(seeded_copy, workbook(*lines), "la.xlsx", "place")
    assert other.mapping == {}


def test_constants_make_no_part_by_themselves(seeded_copy: Flask) -> None:
    """A system that every line is given makes no place where the line has none."""
    lines = (["Tên di tích", "Toạ độ"], ["Đình Không Chỗ", None], ["Đình Có Chỗ", "1756563.592 541494.291"])
    intake = Intake.begin(seeded_copy, workbook(*lines), "a.xlsx", "site")
    assert intake.check(constants={"locations.1.entered_crs": "EPSG:5899"}) == {"new": 2, "heading": 1}
    without, having = intake.lines("new")
    assert without.payload is not None
    assert having.payload is not None
    assert without.payload["locations"] == []
    assert [one["entered_crs"] for one in having.payload["locations"]] == ["EPSG:5899"]


def test_sheets_of_parts(seeded_copy: Flask) -> None:
    """Further sheets named after a list hold its parts, joined by code, as our own exports write them."""
    data = workbook(
        ["code", "name_vi"], ["QNM-5001", "Đình Một"], ["QNM-5002", "Đình Hai"],
        title="sites",
        **{
            "sites.other_names": [["code", "uid", "text", "language"], ["QNM-5001", "n1", "Đình Cũ", "vi"]],
            "sites.sources": [["code", "uid", "citation", "url"], ["QNM-5002", "s1", "Sách", "không phải url"]],
        },
    )  # fmt: skip
    intake = Intake.begin(seeded_copy, data, "sites.xlsx", "site")
    intake.check()
    one, two = intake.lines("new", "error")
    assert one.payload is not None
    assert [name["text"] for name in one.payload["other_names"]] == ["Đình Cũ"]
    assert two.verdict == "error"
