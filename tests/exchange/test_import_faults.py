"""Faults planted in workbooks as officers type them: each is told at its cell, nothing else is; the file returns."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from app.exchange.intake.models import ImportState, Verdict
from app.exchange.intake.returning import HEADING
from tests.harness import pictures
from tests.harness.counts import counts
from tests.harness.intake import Intake, saved, workbook

if TYPE_CHECKING:
    from flask import Flask

    from tests.harness.intake import Told

COLOUR = "FFFBD5D5"
ROWS, FAULTS = counts(600, 5000), counts(100, 200)
# Titles, an empty line and the headings stand above.
HEAD = 4

COLUMNS = {
    "STT": None,
    "Mã số": "code",
    "Tên di tích": "name.vi",
    "Tên khác": "other_names.1.text",
    "Loại hình": "types",
    "Niên đại": "dated",
    "Từ năm": "year_from",
    "Đến năm": "year_to",
    "Xã/phường": "current_unit",
    "Địa điểm": "address_detail",
    "Toạ độ X (m)": "locations.1.x_north",
    "Toạ độ Y (m)": "locations.1.y_east",
    "Sai số (m)": "locations.1.accuracy_m",
    "Thuộc di tích": "parent",
    "Đơn vị quản lý": "custodianships.1.party",
    "custodianships.1.role": "custodianships.1.role",
    "Nguồn": "sources.1.citation",
    "Đường dẫn": "sources.1.url",
    "visit_facts.1.topic": "visit_facts.1.topic",
    "visit_facts.1.value": "visit_facts.1.value",
    "visit_facts.1.verified_on": "visit_facts.1.verified_on",
    "location_policy": "location_policy",
    "is_text_cleared": "is_text_cleared",
    "doubts.1.tag": "doubts.1.tag",
    "doubts.1.resolved_on": "doubts.1.resolved_on",
    "doubts.1.resolution": "doubts.1.resolution",
    "relations.1.relation": "relations.1.relation",
    "relations.1.target": "relations.1.target",
    "Mô tả": "description.vi",
}
NAMES = list(COLUMNS)
_UNITS = ["xã Thu Bồn", "Phường Hội An", "xã Duy Phú, huyện Duy Xuyên", "P. Minh An, TP. Hội An", "X. Chiên Đàn"]
_TYPES = ["Kiến trúc nghệ thuật", "Lịch sử", "Khảo cổ", "Di tích lịch sử", "Lịch sử, khảo cổ", "kien truc nghe thuat"]
_DATES = ["1850", "thế kỷ XVII", "khoảng 1471", "12/3/1985", "1960-1973", "TK 18", "3/1990", 1902, "năm 1930"]

Row = dict[str, Any]


def _row(number: int, dice: random.Random) -> Row:
    """A line as it should be."""
    return {
        "STT": number,
        "Tên di tích": f"Miếu xóm {number} thôn {number % 19}",
        "Tên khác": f"miếu Bà {number}" if number % 3 else None,
        "Loại hình": dice.choice(_TYPES),
        "Niên đại": dice.choice(_DATES),
        "Từ năm": 1850 if number % 4 == 0 else None,
        "Đến năm": "1900" if number % 4 == 0 else None,
        "Xã/phường": dice.choice(_UNITS),
        "Địa điểm": f"thôn {number % 19}",
        "Toạ độ X (m)": 1_736_000 + 150.25 * (number % 71),
        "Toạ độ Y (m)": f"{541_000 + 150 * (number // 71)},5",
        "Sai số (m)": 20,
        "Thuộc di tích": "QNM-0001 – Đô thị cổ Hội An" if number % 9 == 0 else None,
        "Nguồn": "Hồ sơ kiểm kê",
        "Đường dẫn": "https://baoquangnam.vn/a" if number % 5 == 0 else None,
        "is_text_cleared": dice.choice(["Có", "không", "x", None]),
        "Mô tả": "Miếu ba gian, mái ngói âm dương.",
    }


# What is written wrongly, and where that is to be told where it is another cell.
Fault = tuple[Row, str | None]
_LONG = "Miếu " * 250


def _fault(told: str | None = None, **cells: Any) -> Fault:
    return cells, told


def _at(name: str, *values: Any) -> list[Fault]:
    return [({name: value}, name) for value in values]


PLANTED: list[Fault] = [
    *_at("Mã số", "qnm 12", "QNM-D0001", "Mã-12"),
    *_at("Tên di tích", None, "   ", _LONG, "Miáº¿u BÃ \xa0", "#REF!", "#N/A", "=B7&C7"),
    *_at("Tên khác", _LONG, "Ä‘Ã¬nh"),
    *_at("Loại hình", "Loại nào đó", "Lịch sử, gì đó", "kiến trúc nghệ thật", "#VALUE!"),
    *_at(
        "Niên đại",
        "30/2/1985",
        "31/4/1990",
        "thời Lê Trung Hưng",
        "13/1985",
        "1973-1960",
        "TK IIX",
        "17/2/90",
        "hồi xưa",
        123_456_789,
        "thế kỷ 45",
    ),
    *_at("Từ năm", "MCM", 1990.5, "khoảng 1900", 100_000, "thế kỷ 17"),
    ({"Từ năm": 1950, "Đến năm": 1900}, "Đến năm"),
    *_at("Xã/phường", "xã Không Có Thật", "TP. Hội An", "99999"),
    *_at("Địa điểm", "thôn " * 300),
    *_at("Toạ độ X (m)", None, "không rõ", 2_756_063.6, "=C7"),
    *_at("Toạ độ Y (m)", None, " "),
    *_at("Sai số (m)", 0, "vài mét", -5, 100_001, "20,5"),
    *_at("Thuộc di tích", "QNM-9999", "Đình Ảo Ảnh", "QNM-D0001x"),
    *_at("Đơn vị quản lý", "Ban quản lý không có", "PTY-9999"),
    ({"Nguồn": None, "Đường dẫn": "https://baoquangnam.vn/b"}, "Nguồn"),
    *_at("Đường dẫn", "baoquangnam", "www.a b.vn", "ftp://a.vn/b"),
    ({"visit_facts.1.topic": "Chuyện khác", "visit_facts.1.value": "7h-17h"}, "visit_facts.1.topic"),
    ({"visit_facts.1.value": "7h-17h"}, "visit_facts.1.topic"),
    (
        {"visit_facts.1.topic": "hours", "visit_facts.1.value": "7h", "visit_facts.1.verified_on": "2/1990"},
        "visit_facts.1.verified_on",
    ),
    ({"visit_facts.1.topic": "hours", "visit_facts.1.verified_on": "2/3/1990"}, "visit_facts.1.value"),
    *_at("location_policy", "bí mật lắm"),
    *_at("is_text_cleared", "có lẽ", 2),
    ({"doubts.1.tag": "nghi ngờ chung chung"}, "doubts.1.tag"),
    ({"doubts.1.tag": "rank_unverified", "doubts.1.resolved_on": "1/2/2024"}, "doubts.1.resolution"),
    ({"doubts.1.tag": "rank_unverified", "doubts.1.resolution": "đã có quyết định"}, "doubts.1.resolved_on"),
    ({"relations.1.relation": "bà con", "relations.1.target": "QNM-0001"}, "relations.1.relation"),
    ({"relations.1.relation": "related", "relations.1.target": "QNM-9999"}, "relations.1.target"),
    *_at("Mô tả", "#DIV/0!", "Miáº¿u cá»• \xa0", "=1+1"),
]


class Planted:
    """A workbook of sites with faults, as an office would have it, and what is to be told of it."""

    def __init__(self, rows: int, faults: int) -> None:
        dice = random.Random(7)  # noqa: S311
        lines = sorted(dice.sample(range(2, rows + 1), faults))
        self.good = {number: _row(number, dice) for number in range(1, rows + 1)}
        self.wrong: dict[int, Row] = {}
        self.expected: dict[int, set[int]] = {}
        plan = [PLANTED[index % len(PLANTED)] for index in range(faults - 1)]
        dice.shuffle(plan)
        for number, (cells, told) in zip(lines, plan, strict=False):
            self.wrong[number] = cells
            self.expected[number + HEAD] = {NAMES.index(told or next(iter(cells)))}
        # The same code twice; and two cells of one line.
        self.good[1]["Mã số"] = "QNM-5001"
        self.wrong[lines[-1]] = {"Mã số": "QNM-5001", "Loại hình": "chẳng biết"}
        self.expected[lines[-1] + HEAD] = {NAMES.index("Mã số"), NAMES.index("Loại hình")}

    def book(self) -> openpyxl.Workbook:
        """Make the workbook: titles, formats, widths, a filter, a second sheet, a chart and a picture."""
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "Danh mục"
        sheet.append(["DANH MỤC DI TÍCH TRÊN ĐỊA BÀN"])
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=10)
        sheet.append(["(Kèm theo báo cáo)"])
        sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=10)
        sheet.append([])
        sheet.append(NAMES)
        for number, row in self.good.items():
            cells = row | self.wrong.get(number, {})
            for column, name in enumerate(NAMES, start=1):
                if (value := cells.get(name)) is not None:
                    sheet.cell(number + HEAD, column, value)
        thin = Side(style="thin")
        for cell in sheet[HEAD]:
            cell.font, cell.border = Font(bold=True), Border(bottom=thin)
            cell.fill, cell.alignment = PatternFill("solid", fgColor="FFDDEEFF"), Alignment(wrap_text=True)
        for number in range(HEAD + 1, HEAD + 40):
            sheet.cell(number, 11).number_format = "#,##0.00"
            sheet.cell(number, 3).font = Font(italic=True, name="Times New Roman")
        sheet.column_dimensions["C"].width, sheet.column_dimensions["I"].width = 41, 23
        sheet.freeze_panes = "D5"
        sheet.auto_filter.ref = f"A{HEAD}:{get_column_letter(len(NAMES))}{HEAD + 20}"
        other = book.create_sheet("Tổng hợp")
        for row in (["Loại", "Số"], ["Lịch sử", 3], ["Khảo cổ", 4], ["Cộng", "=SUM(B2:B3)"]):
            other.append(row)
        chart = BarChart()
        chart.add_data(Reference(other, min_col=2, min_row=1, max_row=3), titles_from_data=True)
        sheet.add_chart(chart, "AH2")
        sheet.add_image(Image(io.BytesIO(pictures.encoded(pictures.picture(60, 40), "PNG"))), "AH20")
        return book


@pytest.fixture(scope="module")
def planted() -> Planted:
    """The workbook with its faults."""
    return Planted(ROWS, FAULTS)


def _told(lines: list[Told]) -> dict[int, set[int | None]]:
    return {line.number: {column for column, _ in line.faults} for line in lines}


def test_every_kind_of_fault_is_planted() -> None:
    """A run plants each kind of fault at least once."""
    assert len(PLANTED) < FAULTS


def test_faults_are_told_at_their_cells(seeded_copy: Flask, planted: Planted, tmp_path: Path) -> None:
    """All planted faults are told where they stand, and nothing else; the workbook returned says so beside them."""
    sent = tmp_path / "sent.xlsx"
    planted.book().save(sent)
    intake = Intake.begin(seeded_copy, sent, "danh muc.xlsx", "site")
    assert intake.state == ImportState.READ, intake.problem
    assert intake.mapping == {place: path for place, path in enumerate(COLUMNS.values()) if path}
    found = intake.check()
    wrong = intake.lines(Verdict.ERROR)
    assert _told(wrong) == planted.expected
    assert found == {"error": FAULTS, "new": ROWS - FAULTS, "heading": 3}
    _look_at_returned(sent, intake.returned(tmp_path / "back.xlsx"), planted)
    _mend_and_send_again(seeded_copy, tmp_path / "back.xlsx", planted)


def _look_at_returned(sent: Path, back: Path, planted: Planted) -> None:
    with zipfile.ZipFile(sent) as before, zipfile.ZipFile(back) as after:
        assert after.testzip() is None
        assert before.namelist() == after.namelist()
        assert any("chart" in name for name in after.namelist())
        assert any("media" in name for name in after.namelist())
        changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/styles.xml"}
    old, new = openpyxl.load_workbook(sent), openpyxl.load_workbook(back)
    one, two = old["Danh mục"], new["Danh mục"]
    width = len(NAMES)
    assert two.cell(HEAD, width + 1).value == HEADING
    for line in range(1, ROWS + HEAD + 1):
        marked = planted.expected.get(line, set())
        note = two.cell(line, width + 1).value
        if line != HEAD:
            assert bool(note) == bool(marked), (line, note)
        for column in marked:
            assert f"{NAMES[column]}: " in note
        for column in range(width):
            _compare(one.cell(line, column + 1), two.cell(line, column + 1), is_marked=column in marked)
    assert {str(each) for each in one.merged_cells.ranges} == {str(each) for each in two.merged_cells.ranges}
    assert (one.freeze_panes, one.auto_filter.ref) == (two.freeze_panes, two.auto_filter.ref)
    for letter in ("A", "C", "I"):
        assert one.column_dimensions[letter].width == two.column_dimensions[letter].width
    assert [[cell.value for cell in row] for row in old["Tổng hợp"]] == [
        [cell.value for cell in row] for row in new["Tổng hợp"]
    ]


def _compare(old: Any, new: Any, *, is_marked: bool) -> None:
    assert old.value == new.value
    if old.has_style or is_marked:
        assert (copy(old.font), copy(old.border), old.number_format) == (
            copy(new.font), copy(new.border), new.number_format,
        )  # fmt: skip
        assert copy(old.alignment) == copy(new.alignment)
    assert (new.fill.fgColor.rgb == COLOUR) == is_marked, new.coordinate
    if not is_marked:
        assert copy(old.fill) == copy(new.fill)


def _mend_and_send_again(app: Flask, back: Path, planted: Planted) -> None:
    """The second round: what was told is mended in the returned file, which is sent as it is."""
    book = openpyxl.load_workbook(back)
    sheet = book["Danh mục"]
    for number, cells in planted.wrong.items():
        for name in cells:
            sheet.cell(number + HEAD, NAMES.index(name) + 1).value = planted.good[number].get(name)
    again = Intake.begin(app, saved(book), "danh muc.xlsx", "site")
    assert again.mapping == {place: path for place, path in enumerate(COLUMNS.values()) if path}
    assert again.check() == {"new": ROWS, "heading": 3}
    returned = openpyxl.load_workbook(again.returned(back.with_name("third.xlsx")))["Danh mục"]
    notes = [row[0].value for row in returned.iter_rows(min_row=HEAD + 1, min_col=len(NAMES) + 1)]
    assert not any(notes)


# Of the other kinds: headings, a sound line by its number, and cells that are wrong: by the heading they are told at.
Kind = tuple[list[str], Callable[[int], list[Any]], list[tuple[dict[str, Any], str]]]
KINDS_OF_TABLES: dict[str, Kind] = {
    "artefact": (
        [
            "STT",
            "Tên hiện vật",
            "Mã kiểm kê",
            "Loại hiện vật",
            "Chất liệu",
            "Tình trạng",
            "Niên đại",
            "Di tích",
            "Ngày đăng ký",
            "measurements.1.measure",
            "measurements.1.value",
            "holder_vi",
            "holder_kind",
        ],
        lambda n: [
            n,
            f"Bát hương số {n}",
            f"BH.{n}",
            "Cổ vật",
            "Gốm; Đồng",
            "Tốt",
            "thế kỷ XIX",
            "QNM-0001",
            "3/2/2020",
            "Chiều cao",
            "12,5",
            None,
            None,
        ],
        [
            ({"Tên hiện vật": None}, "Tên hiện vật"),
            ({"Mã kiểm kê": "BH" * 40}, "Mã kiểm kê"),
            ({"Loại hiện vật": "Đồ xưa"}, "Loại hiện vật"),
            ({"Chất liệu": "Gốm, nhựa tái chế"}, "Chất liệu"),
            ({"Tình trạng": "hơi cũ"}, "Tình trạng"),
            ({"Niên đại": "đời Minh Mạng"}, "Niên đại"),
            ({"Di tích": "QNM-9999"}, "Di tích"),
            ({"Ngày đăng ký": "31/6/2020"}, "Ngày đăng ký"),
            ({"measurements.1.measure": None}, "measurements.1.measure"),
            ({"measurements.1.measure": "chiều nào đó"}, "measurements.1.measure"),
            ({"measurements.1.value": "cỡ gang tay"}, "measurements.1.value"),
            ({"measurements.1.value": -3}, "measurements.1.value"),
            ({"measurements.1.value": None}, "measurements.1.value"),
            ({"holder_vi": "Ông trưởng làng"}, "holder_kind"),
        ],
    ),
    "decision": (
        [
            "STT",
            "Số quyết định",
            "Ngày ban hành",
            "Cơ quan ban hành",
            "Trích yếu",
            "items.1.record",
            "items.1.action",
            "items.1.level",
            "items.1.cancels",
        ],
        lambda n: [
            n,
            f"{n}/QĐ-UBND",
            {"day": 1},
            "UBND tỉnh",
            f"Về việc xếp hạng di tích số {n}",
            "QNM-0001",
            "rank",
            "Di tích cấp tỉnh",
            None,
        ],
        [
            ({"Ngày ban hành": "30/2/2001"}, "Ngày ban hành"),
            ({"Ngày ban hành": "1/1/2099"}, "Ngày ban hành"),
            ({"Cơ quan ban hành": None}, "Cơ quan ban hành"),
            ({"Số quyết định": "12" * 60}, "Số quyết định"),
            ({"items.1.record": "QNM-9999"}, "items.1.record"),
            ({"items.1.record": None}, "items.1.record"),
            ({"items.1.action": "khen thưởng"}, "items.1.action"),
            ({"items.1.action": None}, "items.1.action"),
            ({"items.1.level": None}, "items.1.level"),
            ({"items.1.level": "cấp phường"}, "items.1.level"),
            ({"items.1.cancels": "QNM-D0001"}, "items.1.cancels"),
            ({"items.1.action": "inscribe", "items.1.level": None}, "items.1.record"),
        ],
    ),
    "zone": (
        [
            "Di tích",
            "Khu vực",
            "Diện tích (m2)",
            "Tờ bản đồ",
            "Ngày biên bản",
            "boundary_text_vi",
            "entered_text",
            "entered_crs",
        ],
        lambda n: [f"QNM-{n:04d}", "zone_1", "1.250,5", n, "12/3/1998", "Đông giáp đường làng", None, None],
        [
            ({"Di tích": "QNM-9999"}, "Di tích"),
            ({"Di tích": None}, "Di tích"),
            ({"Khu vực": None}, "Khu vực"),
            ({"Khu vực": "khu vực 9"}, "Khu vực"),
            ({"Diện tích (m2)": 0}, "Diện tích (m2)"),
            ({"Diện tích (m2)": "khoảng 200"}, "Diện tích (m2)"),
            ({"Diện tích (m2)": "1.250"}, "Diện tích (m2)"),
            ({"Ngày biên bản": "12/13/1998"}, "Ngày biên bản"),
            ({"boundary_text_vi": None}, "entered_text"),
            ({"entered_text": "POLYGON((1 2))"}, "entered_text"),
            (
                {"entered_text": "15.877, 108.326\n15.878, 108.326\n15.877, 108.327", "entered_crs": "bản đồ cũ"},
                "entered_crs",
            ),
        ],
    ),
    "event": (
        [
            "Tên lễ hội",
            "Loại",
            "Xã/phường",
            "rules.1.calendar",
            "rules.1.recurrence",
            "rules.1.month",
            "rules.1.day",
            "rules.1.leap_month_policy",
            "rules.1.is_followed",
            "time_start",
        ],
        lambda n: [
            f"Lễ tế xuân làng số {n}",
            "festival",
            "Phường Hội An",
            "lunar",
            "yearly",
            2,
            "15",
            "regular_only",
            "có",
            "17:00",
        ],
        [
            ({"Tên lễ hội": None}, "Tên lễ hội"),
            ({"Loại": "hội hè"}, "Loại"),
            ({"rules.1.calendar": "Julian"}, "rules.1.calendar"),
            ({"rules.1.recurrence": None}, "rules.1.recurrence"),
            ({"rules.1.month": 13}, "rules.1.month"),
            ({"rules.1.month": "giêng hai"}, "rules.1.month"),
            ({"rules.1.month": None}, "rules.1.month"),
            ({"rules.1.day": 31}, "rules.1.day"),
            ({"rules.1.day": None}, "rules.1.day"),
            ({"rules.1.leap_month_policy": None}, "rules.1.leap_month_policy"),
            ({"rules.1.is_followed": "tuỳ năm"}, "rules.1.is_followed"),
            ({"time_start": "5 giờ chiều"}, "time_start"),
        ],
    ),
    "party": (
        ["Tên", "Loại", "Địa chỉ", "Điện thoại", "Email", "Website", "Xã/phường", "valid_from", "valid_to"],
        lambda n: [
            f"Ban quản lý số {n}",
            "Tổ chức",
            "1 Trần Phú",
            "0235 123 456",
            f"bql{n}@quangnam.gov.vn",
            "https://quangnam.gov.vn",
            "Phường Hội An",
            "1999",
            None,
        ],
        [
            ({"Tên": None}, "Tên"),
            ({"Loại": None}, "Loại"),
            ({"Loại": "nhóm bạn"}, "Loại"),
            ({"Điện thoại": "0235" * 40}, "Điện thoại"),
            ({"Email": "bql tại quangnam"}, "Email"),
            ({"Website": "quangnam"}, "Website"),
            ({"Xã/phường": "xã Hư Cấu"}, "Xã/phường"),
            ({"valid_from": "khi xưa"}, "valid_from"),
        ],
    ),
    "place": (
        [
            "Tên điểm",
            "Loại dịch vụ",
            "Giờ mở cửa",
            "Điện thoại",
            "contact_kind",
            "prices.1.audience",
            "prices.1.amount",
            "prices.1.currency",
        ],
        lambda n: [
            f"Quán nghỉ số {n}",
            "Bảo tàng",
            "Mo-Su 07:30-21:30",
            "0235 1",
            "organisation",
            "domestic_adult",
            "20.000",
            "VND",
        ],
        [
            ({"Loại dịch vụ": None}, "Loại dịch vụ"),
            ({"Loại dịch vụ": "hàng rong"}, "Loại dịch vụ"),
            ({"Giờ mở cửa": "7h sáng tới tối"}, "Giờ mở cửa"),
            ({"contact_kind": None}, "contact_kind"),
            ({"contact_kind": "cơ quan"}, "contact_kind"),
            ({"prices.1.amount": "miễn phí"}, "prices.1.amount"),
            ({"prices.1.amount": -1}, "prices.1.amount"),
            ({"prices.1.currency": "đồng"}, "prices.1.currency"),
            ({"prices.1.audience": "người già"}, "prices.1.audience"),
        ],
    ),
    "survey": (
        ["Di tích", "Ngày khảo sát", "Tình trạng", "Người khảo sát", "threats.1.threat"],
        lambda n: [f"QNM-{n:04d}", "12/3/2024", "Tốt", None, None],
        [
            ({"Di tích": "Đình Không Tên"}, "Di tích"),
            ({"Ngày khảo sát": "tháng chạp"}, "Ngày khảo sát"),
            ({"Tình trạng": "tàm tạm"}, "Tình trạng"),
            ({"threats.1.threat": "thiên thạch"}, "threats.1.threat"),
        ],
    ),
}


@pytest.mark.parametrize("kind", KINDS_OF_TABLES)
def test_faults_in_other_kinds(seeded_copy: Flask, kind: str) -> None:
    """The faults that each kind's own rules know are told at their cells, too."""
    headings, make, faults = KINDS_OF_TABLES[kind]
    lines, expected = [headings], {}
    for number in range(1, 2 * len(faults) + 1):
        cells = ["19/3/1985" if isinstance(cell, dict) else cell for cell in make(number)]
        if number % 2 == 0:
            wrong, told = faults[number // 2 - 1]
            cells = [wrong.get(name, cell) for name, cell in zip(headings, cells, strict=True)]
            expected[number + 1] = {headings.index(told)}
        lines.append(cells)
    intake = Intake.begin(seeded_copy, workbook(*lines), "bang.xlsx", kind)
    unread = [name for place, name in enumerate(headings) if place not in intake.mapping and name != "STT"]
    assert not unread
    intake.check()
    assert _told(intake.lines(Verdict.ERROR)) == expected
    assert {line.verdict for line in intake.lines()} <= {"error", "new", "heading"}
