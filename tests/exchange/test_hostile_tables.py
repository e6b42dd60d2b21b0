"""Tables made to do harm, and those that offices spoil unknowingly: refused with a sentence, or made harmless."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import struct
import subprocess
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import xlsxwriter

from app.config import Settings
from app.core.errors import InvalidInput
from app.exchange.tables.lines import Line
from app.exchange.tables.reading import read_tables
from tests.harness.intake import Intake, saved, workbook

if TYPE_CHECKING:
    from flask import Flask

SETTINGS = Settings()
TABLE: list[list[Any]] = [["Tên di tích", "Loại hình"], ["Đình Một", "Lịch sử"], ["Chùa Hai", "Khảo cổ"]]


def _read(data: bytes, folder: Path) -> dict[str, list[Line]]:
    path = folder / "file"
    path.write_bytes(data)
    sheets: dict[str, list[Line]] = {}
    for part in read_tables(path, "tep.xlsx", settings=SETTINGS):
        if part.sheet is not None:
            sheets.setdefault(part.sheet.name, []).extend(part.sheet.lines)
    return sheets


def _repacked(data: bytes, change: Callable[[str, bytes], bytes | None], *more: tuple[str, bytes]) -> bytes:
    """Pack an archive anew, its parts changed or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if (part := change(name, old.read(name))) is not None:
                new.writestr(name, part)
        for name, part in more:
            new.writestr(name, part)
    return out.getvalue()


def _sheet(make: Callable[[bytes], bytes], part: str = "xl/worksheets/sheet1.xml") -> bytes:
    return _repacked(workbook(*TABLE), lambda name, data: make(data) if name == part else data)


def _with_rows(rows: bytes, times: int) -> bytes:
    """A workbook whose sheet has such rows behind its own, written as a stream so that the test stays small."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(*TABLE))) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, old.read(name))
                continue
            head, _, tail = old.read(name).partition(b"</sheetData>")
            with new.open(name, "w", force_zip64=True) as target:
                target.write(head)
                for _ in range(times // 10_000):
                    target.write(rows * 10_000)
                target.write(b"</sheetData>" + tail)
    return out.getvalue()


_ENTITIES = (
    b'<!DOCTYPE x [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY t%d "%s">' % (n, (b"&t%d;" % (n - 1) if n else b"&a;") * 10) for n in range(9))
    + b"]>"
)
_OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def _with_dtd(dtd: bytes, reference: bytes) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        head, mark, rest = data.partition(b"?>") if data.startswith(b"<?xml") else (b"", b"", data)
        return head + mark + dtd + rest.replace("Đình Một".encode(), reference)

    return change


def _lying(data: bytes) -> bytes:
    """Have the archive say that its sheet is small."""
    bomb = bytearray(_with_rows(b"<row/>", 10_000_000))
    with zipfile.ZipFile(io.BytesIO(bytes(bomb))) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    return bytes(bomb).replace(size.to_bytes(4, "little"), (20_000).to_bytes(4, "little"))


def _ole(**streams: bytes) -> bytes:
    """An OLE2 file of two streams of 4,096 bytes: what Excel wrote until 2003, and still does with a password."""
    names = ["Root Entry", *streams]
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    head[24:34] = bytes([0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0])
    head[44:48], head[48:52] = (1).to_bytes(4, "little"), (1).to_bytes(4, "little")
    head[56:60] = (4096).to_bytes(4, "little")
    head[60:64], head[68:72] = b"\xfe\xff\xff\xff", b"\xfe\xff\xff\xff"
    head[76:80] = bytes(4)
    head[80:512] = b"\xff" * 432
    # Sector 0: the table; 1: the folder; 2 to 9 and 10 to 17: the two streams.
    table = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 10), 0xFFFFFFFE, *range(11, 18), 0xFFFFFFFE]
    fat = b"".join(each.to_bytes(4, "little") for each in table).ljust(512, b"\xff")
    folder = b""
    for place, name in enumerate(names):
        entry = bytearray(128)
        text = (name + "\0").encode("utf-16-le")
        entry[: len(text)] = text
        entry[64:66] = len(text).to_bytes(2, "little")
        entry[66], entry[67] = 2 if place else 5, 1
        links = (0xFFFFFFFF, 2 if place == 1 else 0xFFFFFFFF, 0xFFFFFFFF if place else 1)
        entry[68:80] = b"".join(each.to_bytes(4, "little") for each in links)
        start, size = (2 + 8 * (place - 1), 4096) if place else (0xFFFFFFFE, 0)
        entry[116:120], entry[120:124] = start.to_bytes(4, "little"), size.to_bytes(4, "little")
        folder += bytes(entry)
    bodies = b"".join(body.ljust(4096, b"\0") for body in streams.values())
    return bytes(head) + fat + folder.ljust(512, b"\0") + bodies


def _record(number: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack("<HH", number, len(data)) + data


def _xls(rows: list[list[Any]]) -> bytes:
    """A workbook of Excel 97: the globals, and one sheet of labels."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1996, 0, 6)
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1996, 0, 6))
    for row, cells in enumerate(rows):
        for column, text in enumerate(cells):
            sheet += _record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1), text.encode("utf-16-le"))
    name = struct.pack("<BB", len("Bảng"), 1) + "Bảng".encode("utf-16-le")
    offset = len(_record(0x0809, begin)) + len(_record(0x0085, bytes(6), name)) + len(_record(0x000A))
    book = _record(0x0809, begin) + _record(0x0085, struct.pack("<IBB", offset, 0, 0), name) + _record(0x000A)
    return _ole(Workbook=book + sheet + _record(0x000A), Other=b"")


def _ods(rows: list[list[Any]]) -> bytes:
    """An OpenDocument spreadsheet of texts."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in row
        )
        + "</table:table-row>"
        for row in rows
    )
    space = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{space}:office:1.0" xmlns:table="{space}:table:1.0" '
        f'xmlns:text="{space}:text:1.0" office:version="1.3"><office:body><office:spreadsheet>'
        f'<table:table table:name="Bảng">{cells}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    manifest = f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0" manifest:version="1.3"/>'
    return _zip(
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.encode()),
        ("META-INF/manifest.xml", manifest.encode()),
    )


def _zip(*entries: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return out.getvalue()


_FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "10 million empty rows": (lambda: _with_rows(b"<row/>", 10_000_000), "too large. Split it|Delete the empty lines"),
    "a million filled rows": (lambda: _with_rows(b"<row><c><v>1</v></c></row>", 1_000_000), "lines|too large"),
    "a value in the last cell of all": (
        lambda: _sheet(lambda data: data.replace(b"</sheetData>", _FAR)), "Delete the empty lines below",
    ),
    "a value in the last column": (
        lambda: _sheet(lambda data: data.replace(b"</row>", b'<c r="XFD1"><v>1</v></c></row>', 1)),
        "Delete the empty columns",
    ),
    "a gigabyte of spaces": (
        lambda: _repacked(workbook(*TABLE), lambda _, data: data, ("xl/extra.xml", bytes(1_000_000_000))), "too large",
    ),
    "sizes that lie": (lambda: _lying(b""), "damaged|too large|lines"),
    "entities in the sheet": (lambda: _sheet(_with_dtd(_ENTITIES, b"&t8;")), "damaged"),
    "a file of this machine in the sheet": (lambda: _sheet(_with_dtd(_OUTSIDE, b"&a;")), "damaged"),
    "entities in the list of sheets": (lambda: _sheet(_with_dtd(_ENTITIES, b""), "xl/workbook.xml"), "damaged"),
    "no sheet at all": (
        lambda: _repacked(workbook(*TABLE), lambda name, data: None if "sheet1" in name else data), "damaged|no table",
    ),
    "half a workbook": (lambda: workbook(*TABLE)[:3000], "damaged|ZIP archive"),
    "a password": (lambda: _ole(EncryptionInfo=b"", EncryptedPackage=b""), "password"),
    "path names in a ZIP": (lambda: _zip(("../../etc/cron.d/x", b"a")), "ZIP archive"),
    "path names in a ZIP of shapes": (
        lambda: _zip(("../../tmp/evil.shp", b"a"), ("../../tmp/evil.dbf", b"a")), "damaged|missing|ZIP",
    ),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "no table|UTF-8"),
    "a program": (lambda: b"MZ\x90\x00\x03\x00\x00\x00" + bytes(100), "no table"),
    "nothing but zeros": (lambda: bytes(1000), "no table"),
    "a CSV in Windows-1258": (lambda: "Tên;Loại\nÐình;x\n".encode("cp1258", "replace"), "CSV UTF-8"),
    "a CSV with a quote that never ends": (lambda: b'a,b\n"x,1\n' + b"y,2\n" * 10, "CSV UTF-8"),
    "a CSV cell of two megabytes": (lambda: b"a,b\n" + b"x" * 2_000_000 + b",1\n", "CSV UTF-8"),
    "a CSV of a million lines": (lambda: b"a,b\n" * 1_000_000, "lines"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    """Each is refused by a sentence that names the file and says what to do; the process that asks stays small."""
    make, told = HOSTILE[name]
    data = make()
    path = tmp_path / "file"
    path.write_bytes(data)
    del data
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput, match=told) as refused:
            list(read_tables(path, "tep.xlsx", settings=SETTINGS))
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    assert "tep.xlsx" in str(refused.value)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file"]


def test_entities_elsewhere_are_not_expanded(tmp_path: Path) -> None:
    """Entities in the shared texts or the styles give nothing of this machine, whether the file is refused or read."""
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as made:
        sheet = made.add_worksheet("a")
        for place, row in enumerate(TABLE):
            sheet.write_row(place, 0, row)
    for part in ("xl/sharedStrings.xml", "xl/styles.xml"):
        for dtd, reference in ((_OUTSIDE, b"&a;"), (_ENTITIES, b"&t8;")):
            change = _with_dtd(dtd, reference)
            data = _repacked(book.getvalue(), lambda name, old: change(old) if name == part else old)  # noqa: B023
            lines: list[Any] = []
            with contextlib.suppress(InvalidInput):
                lines = [line.cells for line in _read(data, tmp_path)["a"]]
            assert "root:" not in str(lines)
            assert len(str(lines)) < 1000


def test_formulas(seeded_copy: Flask) -> None:
    """The value that a formula gave is taken; one that was never counted is told; an empty text is an empty cell."""
    cells = (
        '<c r="A4" t="str"><f>"Đình "&amp;"Ba"</f><v>Đình Ba</v></c><c r="B4" t="str"><f>IF(1,"","")</f><v></v></c>',
        '<c r="A5" t="inlineStr"><is><t>Đình Bốn</t></is></c><c r="B5"><f>VLOOKUP(A5,X!A:B,2)</f></c>',
        '<c r="A6" t="inlineStr"><is><t>Đình Năm</t></is></c><c r="B6" t="e"><f>X!A1</f><v>#REF!</v></c>',
        """<c r="A7" t="inlineStr"><is><t>=cmd|' /C calc'!A0</t></is></c>""",
    )
    rows = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(cells, start=4))
    data = _sheet(lambda data: data.replace(b"</sheetData>", rows.encode() + b"</sheetData>"))
    intake = Intake.begin(seeded_copy, data, "a.xlsx", "site")
    intake.check()
    found = {line.number: line for line in intake.lines()}
    assert {number: line.verdict for number, line in found.items()} == {
        1: "heading", 2: "new", 3: "new", 4: "new", 5: "error", 6: "error", 7: "new",
    }  # fmt: skip
    assert (found[4].payload or {})["name"]["vi"] == "Đình Ba"
    assert [(column, message[:11]) for column, message in found[5].faults] == [(1, "The formula")]
    assert [(column, message[:14]) for column, message in found[6].faults] == [(1, "The cell holds")]
    assert (found[7].payload or {})["name"]["vi"].startswith("=cmd")


def test_macros_and_links_outside_do_nothing(tmp_path: Path) -> None:
    """A workbook with macros and links to others is read for its values alone."""
    link = b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
    data = _repacked(
        workbook(*TABLE),
        lambda name, old: (
            old.replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml") if name == "[Content_Types].xml" else old
        ),
        ("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0" + bytes(1000)),
        ("xl/externalLinks/externalLink1.xml", link),
    )
    assert [line.cells for line in _read(data, tmp_path)["Danh mục"]] == TABLE


def test_merged_cells_and_hidden_sheets(tmp_path: Path) -> None:
    """Titles are no lines; what is merged downwards holds for each line; a line with a wide cell is a line still."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows: list[list[Any]] = [
        ["DANH MỤC"],
        ["Xã", "Tên", "Loại", "Ghi chú", "Nguồn"],
        ["Hội An", "Đình Một", "Lịch sử", "ghi chú dài", None],
        [None, "Đình Hai", "Lịch sử", None, "Sách"],
        ["II", "DI TÍCH CẤP TỈNH"],
        ["Thu Bồn", "Đình Ba", "mái, tường, nền", None, None],
    ]
    for row in rows:
        sheet.append(row)
    for merged in ("A1:E1", "A3:A4", "B5:E5", "C6:E6"):
        sheet.merge_cells(merged)
    hidden = book.create_sheet("Ẩn")
    hidden.append(["bí mật"])
    hidden.sheet_state = "hidden"
    lines = _read(saved(book), tmp_path)
    assert list(lines) == ["Sheet"]
    found = lines["Sheet"]
    assert [line.is_heading for line in found] == [True, False, False, False, True, False]
    assert found[3].cells[:2] == ["Hội An", "Đình Hai"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_in_its_encodings(encoding: str, mark: str, tmp_path: Path) -> None:
    """CSV as Excel saves it: comma, semicolon or tab, UTF-8 with its mark or without, and UTF-16."""
    data = "\r\n".join(mark.join(row) for row in TABLE).encode(encoding)
    (lines,) = _read(data, tmp_path).values()
    assert [line.cells for line in lines] == TABLE


def test_garbled_csv_is_told_at_its_cells(seeded_copy: Flask) -> None:
    """UTF-8 taken for Windows-1252 and saved anew is valid UTF-8: told where it stands."""
    text = "Tên di tích,Loại hình\n" + "Đình Một,Lịch sử\n".encode().decode("cp1252", "replace")
    intake = Intake.begin(seeded_copy, text.encode(), "a.csv", "site")
    intake.check({0: "name.vi", 1: "types"})
    (line,) = intake.lines("error")
    assert [column for column, _ in line.faults] == [0, 1]


@pytest.mark.parametrize("make", [_xls, _ods])
def test_older_and_other_workbooks(
    seeded_copy: Flask, make: Callable[[list[list[Any]]], bytes], tmp_path: Path
) -> None:
    """XLS and ODS are read like XLSX, and come back as a workbook with their faults."""
    intake = Intake.begin(seeded_copy, make([*TABLE, ["Đình Ba", "loại gì đó"]]), "bang", "site")
    assert intake.check() == {"new": 2, "error": 1, "heading": 1}
    (sheet,) = openpyxl.load_workbook(intake.returned(tmp_path / "back.xlsx")).worksheets
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[:2] for row in rows[1:4]] == [
        ("Đình Một", "Lịch sử"),
        ("Chùa Hai", "Khảo cổ"),
        ("Đình Ba", "loại gì đó"),
    ]
    assert [bool(row[2]) for row in rows[1:4]] == [False, False, True]


POINTS = [("Đình Một", "Lịch sử", 15.6, 108.4), ("Chùa Hai", "Khảo cổ", 15.61, 108.41)]


def _geojson() -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"ten": name, "loai": sort},
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        }
        for name, sort, lat, lon in POINTS
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _by_gdal(folder: Path, name: str, *options: str) -> Path:
    if not shutil.which("ogr2ogr"):
        pytest.fail("ogr2ogr is missing: apt install gdal-bin (`make test` does)")
    source = folder / "source.geojson"
    source.write_bytes(_geojson())
    path = folder / name
    subprocess.run(["ogr2ogr", *options, str(path), str(source)], check=True, capture_output=True)
    return path


def _hostile_geopackage(folder: Path) -> bytes:
    path = _by_gdal(folder, "a.gpkg", "-f", "GPKG", "-nln", "diem")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bay (x)")
        connection.execute("CREATE TRIGGER t AFTER INSERT ON bay BEGIN DELETE FROM diem; END")
        connection.execute("CREATE VIEW nhin AS SELECT load_extension('/tmp/x.so')")
        connection.commit()
    return path.read_bytes()


def _packed_shapes(folder: Path, *left_out: str, encoding: str = "UTF-8", crs: str = "EPSG:5899") -> bytes:
    made = folder / "shapes"
    made.mkdir()
    _by_gdal(made, "diem.shp", "-f", "ESRI Shapefile", "-t_srs", crs, "-lco", f"ENCODING={encoding}")
    return _zip(
        *((part.name, part.read_bytes()) for part in sorted(made.iterdir())
          if part.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg") and part.suffix not in left_out)
    )  # fmt: skip


GEODATA: dict[str, Callable[[Path], bytes]] = {
    "GeoJSON": lambda _: _geojson(),
    "KML": lambda folder: _by_gdal(folder, "a.kml", "-f", "KML", "-dsco", "NameField=ten").read_bytes(),
    "GeoPackage with triggers and views": _hostile_geopackage,
    "Shapefile in VN-2000": _packed_shapes,
    "Shapefile in Windows-1258": lambda folder: _packed_shapes(folder, encoding="CP1258", crs="EPSG:4326"),
}


@pytest.mark.parametrize("name", GEODATA)
def test_geodata_of_the_same_records(seeded_copy: Flask, name: str, tmp_path: Path) -> None:
    """The same records come of each format, at the same places."""
    intake = Intake.begin(seeded_copy, GEODATA[name](tmp_path), "diem", "site")
    assert intake.state == "read", intake.problem
    with intake.seen() as (_, found):
        columns = [column.lower() for column in found.sheets[0]["columns"]]
    mapping = intake.mapping | {
        place: {"ten": "name.vi", "name": "name.vi", "loai": "types"}[column]
        for place, column in enumerate(columns)
        if column in ("ten", "name", "loai") and not (column == "ten" and "name" in columns)
    }
    intake.check(mapping)
    assert not intake.lines("error")
    payloads = [line.payload or {} for line in intake.lines("new")]
    assert [payload["name"]["vi"] for payload in payloads] == [point[0] for point in POINTS]
    assert [payload["types"] for payload in payloads] == [["historical"], ["archaeological"]]
    assert all(len(payload["locations"]) == 1 for payload in payloads)
    system = "EPSG:5899" if "VN-2000" in name else "EPSG:4326"
    assert {payload["locations"][0]["entered_crs"] for payload in payloads} == {system}


@pytest.mark.parametrize(("left_out", "told"), [(".dbf", ".dbf"), (".shp", "ZIP|missing|shp"), (".prj", "prj|system")])
def test_shapefiles_without_a_part(seeded_copy: Flask, left_out: str, told: str, tmp_path: Path) -> None:
    """A shapefile without one of its parts is refused, or its lines are, naming what is missing."""
    intake = Intake.begin(seeded_copy, _packed_shapes(tmp_path, left_out), "diem.zip", "site")
    with intake.seen() as (_, found):
        said = intake.problem + " ".join(str(note) for note in found.notes)
    if intake.state == "read":
        intake.check({0: "name.vi"} | intake.mapping)
        said += str(intake.lines("error"))
    assert any(word in said for word in told.split("|")), said


def test_memory_stays_flat_over_a_large_table(tmp_path: Path) -> None:
    """Reading 40,000 lines takes no more of this process than reading 4,000."""
    used = []
    for count in (4_000, 40_000):
        path = tmp_path / "file"
        with path.open("w") as file:
            file.write("Tên di tích,Mô tả\n")
            for number in range(count):
                file.write(f"Đình {number},{'mô tả ' * 30}\n")
        tracemalloc.start()
        lines = sum(len(part.sheet.lines) for part in read_tables(path, "a.csv", settings=SETTINGS) if part.sheet)
        used.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert lines == count + 1
    assert used[1] < 1.5 * used[0] + 1_000_000
