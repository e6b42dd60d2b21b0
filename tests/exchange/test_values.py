"""Cells as Vietnamese officers fill them, read as the fields want them; what cannot be read is told, never guessed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from app.catalogue import KINDS
from app.config import Settings
from app.core.db import db
from app.core.errors import InvalidInput
from app.exchange.intake.lookups import Names, Terms, Units
from app.exchange.intake.payloads import Plan, Reading, read_line
from app.exchange.intake.targets import Target, find_target
from app.exchange.intake.values import Reader
from app.places.coordinates import Box, parse_coordinates

if TYPE_CHECKING:
    from flask import Flask

SETTINGS = Settings()


@pytest.fixture
def reader(seeded_app: Flask) -> Iterator[Reader]:
    """What cells are read by over the seed: its vocabularies, units and records."""
    with seeded_app.app_context():
        session = db.session()
        yield Reader(Terms(session), Units(session), Names(session))


def _target(kind: str, path: str) -> Target:
    found = find_target(KINDS[kind], path, SETTINGS.languages)
    assert found is not None
    return found


DATED = Target("dated", "dated", "date")
DAY = Target("verified_on", "verified_on", "day")
NUMBER = Target("area_m2", "area_m2", "number")
INTEGER = Target("year_from", "year_from", "integer")
BOOLEAN = Target("is_text_cleared", "is_text_cleared", "boolean")
TEXT = Target("note", "note", "text")


@pytest.fixture
def wordless() -> Reader:
    """A reader of what no vocabulary is asked for."""
    empty: Any = None
    return Reader(empty, empty, empty)


@pytest.mark.parametrize(
    ("cell", "edtf"),
    [
        ("17/02/1990", "1990-02-17"),
        ("17-2-1990", "1990-02-17"),
        ("17.2.1990", "1990-02-17"),
        (" 17 / 2 / 1990 ", "1990-02-17"),
        ("ngày 17 tháng 2 năm 1990", "1990-02-17"),
        ("Ngày 17 tháng 02 năm 1990.", "1990-02-17"),
        (unicodedata.normalize("NFD", "ngày 17 tháng 2 năm 1990"), "1990-02-17"),
        ("1990/02/17", "1990-02-17"),
        ("1990-02-17", "1990-02-17"),
        ("29/2/1988", "1988-02-29"),
        ("2/1990", "1990-02"),
        ("02-1990", "1990-02"),
        ("tháng 2/1990", "1990-02"),
        ("tháng 2 năm 1990", "1990-02"),
        ("1990", "1990"),
        ("năm 1990", "1990"),
        (1990, "1990"),
        (1990.0, "1990"),
        ("938", "0938"),
        (938, "0938"),
        ({"day": "1990-02-17"}, "1990-02-17"),
        (32921, "1990-02-17"),
        (32921.0, "1990-02-17"),
        ("thế kỷ XVII", "16XX"),
        ("Thế kỷ 17", "16XX"),
        ("thế kỷ thứ XVII", "16XX"),
        ("thế kỉ XVII", "16XX"),
        ("TK XVII", "16XX"),
        ("TK. 17", "16XX"),
        ("TK 17-18", "16XX/17XX"),
        ("TK XVII – XVIII", "16XX/17XX"),
        ("thế kỷ XVII - thế kỷ XVIII", "16XX/17XX"),
        ("17th century", "16XX"),
        ("khoảng 1471", "1471~"),
        ("Khoảng năm 1471", "1471~"),
        ("ca. 1471", "1471~"),
        ("1471~", "1471~"),
        ("1960-1973", "1960/1973"),
        ("1960 – 1973", "1960/1973"),
        ("năm 1960 - năm 1973", "1960/1973"),
        ("từ năm 1960 đến năm 1973", "1960/1973"),
        ("17XX", "17XX"),
    ],
)
def test_dates(wordless: Reader, cell: Any, edtf: str) -> None:
    """Dates are read as they are written here, and no better than they are known."""
    assert wordless.read(DATED, cell) == edtf


@pytest.mark.parametrize(
    "cell",
    [
        "30/02/1990", "31/4/1990", "29/2/1990", "17/13/1990", "0/2/1990", "32/1/1990", "13/1990", "0/1990",
        "hồi xưa", "17/2", "17/2/90", "không rõ", "1973-1960", "TK XXXX", "TK IIX", "TK 45", 123_456_789_012, True,
        "thế kỷ 0",
    ],
)  # fmt: skip
def test_what_is_no_date(wordless: Reader, cell: Any) -> None:
    """Impossible days and words that say no date are told as they stand."""
    with pytest.raises(InvalidInput) as told:
        wordless.read(DATED, cell)
    assert "date" in str(told.value)


def test_days(wordless: Reader) -> None:
    """A day is needed where a day is asked for."""
    for cell in ("17/02/1990", {"day": "1990-02-17"}, 32921, "ngày 17 tháng 2 năm 1990"):
        assert wordless.read(DAY, cell) == "1990-02-17"
    for cell in ("2/1990", "1990", 1990, "30/2/1990", "khoảng 1990"):
        with pytest.raises(InvalidInput):
            wordless.read(DAY, cell)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1.250,5", 1250.5), ("1,250.5", 1250.5), ("1250", 1250), ("1250,5", 1250.5), ("1250.5", 1250.5),
        ("1.250.000", 1_250_000), ("1,250,000", 1_250_000), ("1 250,5", 1250.5), ("1 250", 1250), (1250, 1250),
        (1250.5, 1250.5), ("1250,5 m2", 1250.5), ("1.250,5 m²", 1250.5), ("\u22121250", -1250), ("1250 m", 1250),
    ],
)  # fmt: skip
def test_numbers(wordless: Reader, cell: Any, number: float) -> None:
    """Numbers are read with the decimal comma of Vietnam and with the point of others."""
    assert wordless.read(NUMBER, cell) == number


@pytest.mark.parametrize("cell", ["1.250", "1,250", "12.345"])
def test_numbers_of_two_readings(wordless: Reader, cell: str) -> None:
    """One mark before three digits may part thousands or decimals: whoever wrote it is asked."""
    with pytest.raises(InvalidInput) as told:
        wordless.read(NUMBER, cell)
    assert cell in str(told.value)


@pytest.mark.parametrize(
    "cell", ["khoảng 1250", "1250-1300", "12a", "1..2.3,", "năm trăm", True, "nan", "1e5", "1,25,0"]
)
def test_what_is_no_number(wordless: Reader, cell: Any) -> None:
    """Words and half numbers are told."""
    with pytest.raises(InvalidInput):
        wordless.read(NUMBER, cell)


def test_whole_numbers(wordless: Reader) -> None:
    """Whole numbers may have their thousands set off; no decimals."""
    for cell, number in (("1990", 1990), (1990, 1990), ("-200", -200), ("1.250", 1250), ("1 250", 1250)):
        assert wordless.read(INTEGER, cell) == number
    for cell in ("1990,5", 1990.5, "khoảng 1990", "MCM", True, ""):
        with pytest.raises(InvalidInput):
            wordless.read(INTEGER, cell)


def test_yes_and_no(wordless: Reader) -> None:
    """Yes and no in the words that forms are filled with."""
    for cell in ("Có", "có", "x", "X", "đúng", "rồi", "yes", "1", 1, True, "✓", "Đã có"):
        assert wordless.read(BOOLEAN, cell) is True
    for cell in ("Không", "không", "chưa", "no", "0", 0, False, "Chưa có"):
        assert wordless.read(BOOLEAN, cell) is False
    for cell in ("có lẽ", "?", 2, "một nửa"):
        with pytest.raises(InvalidInput):
            wordless.read(BOOLEAN, cell)


def test_texts(wordless: Reader) -> None:
    """Numbers and days in a cell of text are written as somebody would; several texts are set apart by ; or lines."""
    assert wordless.read(TEXT, 20341) == "20341"
    assert wordless.read(TEXT, {"day": "1990-02-17"}) == "17/02/1990"
    assert wordless.read(Target("tags", "tags", "texts"), "hát bội; bài chòi\nlễ") == ["hát bội", "bài chòi", "lễ"]


@pytest.mark.parametrize("cell", ["#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?"])
def test_errors_of_excel(wordless: Reader, cell: str) -> None:
    """An error that a formula gave is no value, in any field."""
    for target in (TEXT, DATED, NUMBER, BOOLEAN):
        with pytest.raises(InvalidInput) as told:
            wordless.read(target, cell)
        assert cell in str(told.value)


@pytest.mark.parametrize("text", ["Đình Chiên Đàn", "Chùa Cầu", "Miếu Ông Cọp", "thế kỷ XVII", "Nhà thờ tộc Trần"])
def test_garbled_texts(wordless: Reader, text: str) -> None:
    """UTF-8 that was opened as Windows-1252 is told wherever it stands; sound Vietnamese never is."""
    assert wordless.read(TEXT, text) == text
    assert wordless.read(TEXT, unicodedata.normalize("NFD", text))
    garbled = text.encode().decode("cp1252", errors="replace")
    with pytest.raises(InvalidInput) as told:
        wordless.read(TEXT, garbled)
    assert "garbled" in str(told.value)


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("Kiến trúc nghệ thuật", ["architectural_artistic"]),
        ("kien truc nghe thuat", ["architectural_artistic"]),
        ("KIẾN TRÚC NGHỆ THUẬT", ["architectural_artistic"]),
        ("Di tích lịch sử", ["historical"]),
        ("Loại hình: Lịch sử", ["historical"]),
        ("khảo cổ", ["archaeological"]),
        ("Archaeological", ["archaeological"]),
        ("Lịch sử, khảo cổ", ["historical", "archaeological"]),
        ("Lịch sử; Kiến trúc nghệ thuật", ["historical", "architectural_artistic"]),
        ("Lịch sử và khảo cổ", ["historical", "archaeological"]),
        ("historical|archaeological", ["historical", "archaeological"]),
        ("Lịch sử\nKhảo cổ", ["historical", "archaeological"]),
    ],
)
def test_terms(reader: Reader, cell: str, codes: list[str]) -> None:
    """Terms by their labels in any language, marks left out, several in a cell."""
    assert reader.read(_target("site", "types"), cell) == codes


def test_terms_with_commas_in_them(reader: Reader) -> None:
    """A label with a comma in it is one term."""
    assert reader.read(_target("artefact", "materials"), "Sa thạch (đá cát kết), Gốm") == ["sandstone", "ceramic"]
    assert reader.read(_target("party", "party_kind"), "Cộng đồng dân cư, dòng họ") == "community"


def test_terms_nobody_knows(reader: Reader) -> None:
    """What is no term is told with the terms that are nearest."""
    with pytest.raises(InvalidInput) as told:
        reader.read(_target("site", "types"), "Kiến trúc nghệ thật")
    assert "kiến trúc" in str(told.value).split("Write one of")[1]


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("Phường Hội An", "20410"), ("phường hội an", "20410"), ("P. Hội An", "20410"), ("P.Hội An", "20410"),
        ("Hội An Tây", "20401"), ("Xã Thu Bồn", "20611"), ("X. Thu Bồn", "20611"), ("Thu Bon commune", "20611"),
        ("20410", "20410"), (20410, "20410"), ("20410 Phường Hội An", "20410"),
        # Of the time before the reform: the one that it became.
        ("P. Minh An, TP. Hội An", "20410"), ("phường Minh An, thành phố Hội An, tỉnh Quảng Nam", "20410"),
        ("Minh An", "20410"), ("xã Duy Phú, huyện Duy Xuyên", "20611"), ("Xã Duy Phú (Duy Xuyên)", "20611"),
        ("xã Duy Phú - huyện Duy Xuyên", "20611"), ("xã Duy Phú, H. Duy Xuyên", "20611"),
    ],
)  # fmt: skip
def test_units(reader: Reader, cell: Any, unit: str) -> None:
    """Units by code, by today's name and by that of before the reform, with their sort shortened."""
    assert reader.read(_target("site", "current_unit"), cell) == unit


def test_former_units(reader: Reader) -> None:
    """Where a former unit may stand, it stays the former one."""
    assert reader.read(_target("site", "addresses.1.unit"), "P. Minh An, TP. Hội An").startswith("20398~")


def test_units_nobody_knows_or_of_several_readings(reader: Reader) -> None:
    """What is no unit, or may be several, is told with the codes to choose from."""
    with pytest.raises(InvalidInput) as told:
        reader.read(_target("site", "current_unit"), "Xã Không Có Thật")
    assert "Xã Không Có Thật" in str(told.value)
    with pytest.raises(InvalidInput) as told:
        # The city became four wards.
        reader.read(_target("site", "current_unit"), "TP. Hội An")
    assert "20401" in str(told.value)


def test_records(reader: Reader) -> None:
    """Records by code, by code and name, by a name that only one has."""
    parent = _target("site", "parent")
    cells = ["QNM-0001", "QNM-0001 – Đô thị cổ Hội An", "Đô thị cổ Hội An", "do thi co hoi an", "QNM-9999", "Đình Ảo"]
    reader.names.learn({"site": cells})
    for cell in cells[:4]:
        assert reader.read(parent, cell) == "QNM-0001"
    for cell in cells[4:]:
        with pytest.raises(InvalidInput):
            reader.read(parent, cell)


# Chùa Cầu.
EAST_M, NORTH_M, LON, LAT = 561494.291, 1756063.592, 108.32605, 15.877083


def _place(reader: Reader, cells: list[Any], *paths: str, system: str | None = None) -> Reading:
    columns = tuple((column, _target("site", f"locations.1.{path}")) for column, path in enumerate(paths))
    return read_line(Plan(KINDS["site"], SETTINGS, columns, system=system), reader, cells)


@pytest.mark.parametrize(
    ("cells", "paths", "system"),
    [
        ([NORTH_M, EAST_M], ("x_north", "y_east"), None),
        ([EAST_M, NORTH_M], ("x_north", "y_east"), None),
        (["1756063,592", "561494,291"], ("x_north", "y_east"), None),
        (["1.756.063,592", "561.494,291"], ("x_north", "y_east"), None),
        (["1756063.592", "561494.291"], ("y_east", "x_north"), None),
        ([LAT, LON], ("latitude", "longitude"), None),
        (["15,877083", "108,32605"], ("latitude", "longitude"), None),
        ([LON, LAT], ("latitude", "longitude"), None),
        (["15°52'37.5\"N", "108°19'33.8\"E"], ("latitude", "longitude"), None),
        (["15.877083, 108.32605"], ("entered_text",), None),
        (["15,877083; 108,32605"], ("entered_text",), None),
        (["108.32605 15.877083"], ("entered_text",), None),
        (["15°52'37.5\"N 108°19'33.8\"E"], ("entered_text",), None),
        (["15°52′37,5″ B; 108°19′33,8″ Đ"], ("entered_text",), None),
        (["1756063.592 561494.291"], ("entered_text",), None),
        (["X=1756063.592 Y=561494.291"], ("entered_text",), None),
        (["1756063.592 561494.291", "VN-2000 (EPSG:5899)"], ("entered_text", "entered_crs"), None),
        (["1756063.592 561494.291"], ("entered_text",), "EPSG:5899"),
    ],
)
def test_coordinates(wordless: Reader, cells: list[Any], paths: tuple[str, ...], system: str | None) -> None:
    """Places in two columns and in one, in metres and degrees, in either order, all are Chùa Cầu."""
    reading = _place(wordless, cells, *paths, system=system)
    assert not reading.faults
    place = parse_coordinates(
        reading.text("locations.1.entered_text"), reading.text("locations.1.entered_crs"),
        plausible=Box(*SETTINGS.plausible_box),
    )  # fmt: skip
    assert (place.lon, place.lat) == pytest.approx((LON, LAT), abs=2e-5)


@pytest.mark.parametrize(
    ("cells", "paths", "column"),
    [
        ([NORTH_M, None], ("x_north", "y_east"), 1),
        ([None, EAST_M], ("x_north", "y_east"), 0),
        ([15.9, None], ("latitude", "longitude"), 1),
        (["15.877083, 208.32605"], ("entered_text",), 0),
        (["gần chợ"], ("entered_text",), 0),
        ([2_756_063.6, 561_494.3], ("x_north", "y_east"), 0),
        (["1756063.592 561494.291", "bản đồ cũ"], ("entered_text", "entered_crs"), 1),
        (["15.877083, 108.32605", "EPSG:5899"], ("entered_text", "entered_crs"), 0),
    ],
)
def test_coordinates_that_are_none(wordless: Reader, cells: list[Any], paths: tuple[str, ...], column: int) -> None:
    """Half a place, one elsewhere, words and a wrong system are told at the cell that is to be mended."""
    faults = _place(wordless, cells, *paths).faults
    assert [fault.column for fault in faults] == [column]
