"""Files made to do harm are refused with a sentence, within the limits of memory and time."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.config import ROOT, Settings
from app.core.errors import InvalidInput
from app.exchange.geodata import Limits, read_geodata

LARGE = Limits(file_bytes=200_000_000)
_LAUGHS = '<!DOCTYPE kml [<!ENTITY a "ha">%s]><kml><Placemark><name>&t9;</name></Placemark></kml>'
_LINES = "".join(f'<!ENTITY t{n} "{"&%s;" % (f"t{n - 1}" if n else "a") * 10}">' for n in range(10))
_POINT = "<Placemark><Point><coordinates>108.3,15.8</coordinates></Point></Placemark>"


def _zip(folder: Path, *entries: tuple[str, bytes]) -> Path:
    path = folder / "file.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def _text(text: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "file"
        path.write_text(text)
        return path

    return make


def _geopackage(folder: Path) -> Path:
    """A sound GeoPackage of one point, by GDAL."""
    source = _text('{"type": "Point", "coordinates": [108.3, 15.8]}')(folder)
    path = folder / "file.gpkg"
    if not shutil.which("ogr2ogr"):
        pytest.fail("ogr2ogr is missing: apt install gdal-bin (`make test` does)")
    subprocess.run(["ogr2ogr", "-f", "GPKG", "-nln", "points", str(path), str(source)], check=True, capture_output=True)
    return path


def _changed(*statements: str, values: tuple[object, ...] = ()) -> Callable[[Path], Path]:
    """A GeoPackage that SQL was run on, without the triggers that would call functions of GDAL's."""

    def make(folder: Path) -> Path:
        path = _geopackage(folder)
        with closing(sqlite3.connect(path)) as connection:
            triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                connection.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                connection.execute(statement, values if "?" in statement else ())
            connection.commit()
        return path

    return make


def _blob(wkb: bytes) -> bytes:
    return b"GP\x00\x01" + struct.pack("<i", 4326) + wkb


def _truncated(folder: Path) -> Path:
    path = _geopackage(folder)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def _scrambled(folder: Path) -> Path:
    path = _geopackage(folder)
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(byte ^ 0x5A for byte in data[4096:])
    path.write_bytes(data)
    return path


def _sqlite(folder: Path) -> Path:
    path = folder / "file.gpkg"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE gpkg_contents (table_name)")
    return path


def _picture(folder: Path) -> Path:
    path = folder / "file.gpkg"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    return path


_ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT i AS table_name, 'features' AS data_type FROM n"
)
_NESTED = _blob(struct.pack("<BII", 1, 7, 1) * 200_000 + struct.pack("<BIdd", 1, 1, 0, 0))
_BOASTING = _blob(struct.pack("<BII", 1, 2, 2**31 - 1))

HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "billion laughs": (_text(_LAUGHS % _LINES), "document type declaration"),
    "external entity": (
        _text('<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]><gpx>&x;</gpx>'), "document type declaration",
    ),
    "external dtd": (_text('<!DOCTYPE gpx SYSTEM "http://127.0.0.1/x.dtd"><gpx/>'), "document type declaration"),
    "zip bomb": (lambda folder: _zip(folder, ("doc.kml", b"<kml>" + b" " * 300_000_000)), "packed in"),
    "zip of other things": (lambda folder: _zip(folder, ("a.exe", b"MZ")), "without KML"),
    "zip bomb of little weight": (lambda folder: _zip(folder, ("doc.kml", b"<!--" + b"x" * 900_000)), "is damaged"),
    "deep KML": (_text("<kml>" + "<MultiGeometry>" * 500_000), "nests too deep"),
    "deep brackets": (_text('{"type": "Point", "coordinates": ' + "[" * 150_000), "nests too deep"),
    "deep objects": (_text('{"a":' * 1_000_000), "nests too deep"),
    "deep collections": (
        _text('{"type": "GeometryCollection", "geometries": [' * 100 + "]}" * 100), "nests too deep",
    ),
    "many brackets": (_text("{" + "[" * 1_000_000), "more than 200000 points"),
    "ten million points": (
        _text('{"type": "LineString", "coordinates": [' + "[1,2]," * 10_000_000 + "[1,2]]}"), "more than 200000 points",
    ),
    "a million track points": (
        _text("<gpx><trk><trkseg>" + '<trkpt lat="15.8" lon="108.3"/>' * 1_000_000 + "</trkseg></trk></gpx>"),
        "more than 200000 points",
    ),
    "a million placemarks": (_text("<kml>" + _POINT * 1_000_000 + "</kml>"), "more than 5000 features"),
    "one line of a million": (
        _text("<kml><Placemark><LineString><coordinates>" + "108,15 " * 1_000_000 + "</coordinates></LineString>"
              "</Placemark></kml>"), "more than 200000 points",
    ),
    "truncated GeoPackage": (_truncated, "damaged"),
    "scrambled GeoPackage": (_scrambled, "damaged"),
    "picture": (_picture, "none of GeoJSON"),
    "other SQLite": (_sqlite, "no GeoPackage"),
    "endless view for contents": (
        _changed("DROP TABLE gpkg_contents", f"CREATE VIEW gpkg_contents AS {_ENDLESS}"), "damaged",
    ),
    "unknown system": (_changed("UPDATE gpkg_geometry_columns SET srs_id = -1"), "does not name by an EPSG code"),
    "column that is not there": (_changed("UPDATE gpkg_geometry_columns SET column_name = 'x\"; DROP'"), "damaged"),
    "200,000 collections in each other": (_changed("UPDATE points SET geom = ?", values=(_NESTED,)), "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file_is_refused_with_a_sentence(tmp_path: Path, case: str) -> None:
    make, told = HOSTILE[case]
    path = make(tmp_path)
    begun = time.monotonic()
    with pytest.raises(InvalidInput) as refused:
        read_geodata(path, "tệp.kml", settings=Settings(), limits=LARGE)
    assert told in str(refused.value)
    assert "tệp.kml" in str(refused.value)
    assert time.monotonic() - begun < 25


def test_reading_stays_within_its_memory(tmp_path: Path, figure: Callable[[str, int], None]) -> None:
    """The largest resident memory of any reader, over the worst of the files above."""
    paths = []
    for number, case in enumerate(
        ("ten million points", "a million track points", "zip bomb", "one line of a million")
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths.append(HOSTILE[case][0](folder))
    code = """
        import resource, sys
        from pathlib import Path
        from app.config import Settings
        from app.core.errors import InvalidInput
        from app.exchange.geodata import Limits, read_geodata
        for path in sys.argv[1:]:
            try:
                read_geodata(Path(path), "x", settings=Settings(), limits=Limits(file_bytes=200_000_000))
            except InvalidInput:
                pass
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        # (ru_maxrss of this process is that of whoever forked it.)
        print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
    """
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, paths)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    reader, parent = (int(kilobytes) // 1000 for kilobytes in said)
    figure("megabytes at most of a process that reads hostile geodata", reader)
    assert reader < Limits().memory_bytes // 1_000_000
    assert parent < 300


def test_file_larger_than_allowed_is_refused_unread(tmp_path: Path) -> None:
    path = _text("{" + " " * 3_000_000)(tmp_path)
    with pytest.raises(InvalidInput, match="larger than 2 MB"):
        read_geodata(path, "x", settings=Settings(geodata_max_mb=2))


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(wall_s=0.05), "takes too long"),
        (Limits(answer_bytes=100_000), "takes too long"),
        (Limits(memory_bytes=60_000_000), "damaged, or takes too much memory"),
        (Limits(features=10), "more than 10 features"),
    ],
)
def test_each_limit_ends_the_reading(tmp_path: Path, limits: Limits, told: str) -> None:
    point = '{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [108.3, 15.8]}}'
    path = _text('{"type": "FeatureCollection", "features": [' + ",".join([point] * 4000) + "]}")(tmp_path)
    assert (
        len(read_geodata(path, "x", settings=Settings(), limits=replace(limits, **vars_of_default())).features) == 4000
    )
    with pytest.raises(InvalidInput, match=told):
        read_geodata(path, "x", settings=Settings(), limits=limits)


def vars_of_default() -> dict[str, float]:
    """The limits as they are by themselves."""
    default = Limits()
    return {name: getattr(default, name) for name in ("wall_s", "answer_bytes", "memory_bytes", "features")}


def test_views_triggers_and_generated_columns_of_a_geopackage_do_nothing(tmp_path: Path) -> None:
    path = _changed(
        "CREATE TABLE trap (n)",
        "CREATE TRIGGER t AFTER UPDATE ON points BEGIN INSERT INTO trap VALUES (1); END",
        "ALTER TABLE points ADD COLUMN g TEXT GENERATED ALWAYS AS (hex(zeroblob(100000000))) VIRTUAL",
        "ALTER TABLE points ADD COLUMN name TEXT",
        "UPDATE points SET name = 'Mỹ Sơn'",
        "CREATE VIEW seen AS SELECT fid, geom, randomblob(1000000000) AS b FROM points",
        "INSERT INTO gpkg_contents (table_name, data_type, srs_id) VALUES ('seen', 'features', 4326)",
        "INSERT INTO gpkg_geometry_columns VALUES ('seen', 'geom', 'POINT', 4326, 0, 0)",
    )(tmp_path)
    before = path.read_bytes()
    report = read_geodata(path, "x", settings=Settings())
    assert [(feature.layer, feature.name) for feature in report.features] == [("points", "Mỹ Sơn")]
    assert "a view or a virtual table was left out" in str(report.notes[0].sentence)
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.glob("file.gpkg*")] == ["file.gpkg"]


@pytest.mark.parametrize("blob", [_BOASTING, _blob(b""), b"GP", b"\x00" * 100, _blob(b"\x01\x01\x00\x00\x00")])
def test_geometry_that_is_none_is_given_as_a_problem_of_its_feature(tmp_path: Path, blob: bytes) -> None:
    (feature,) = read_geodata(
        _changed("UPDATE points SET geom = ?", values=(blob,))(tmp_path), "x", settings=Settings()
    ).features
    assert feature.geometry is None
    assert str(feature.problems[0].sentence) == "Its geometry cannot be read."


def test_reader_has_no_network_no_files_to_write_and_no_other_programs(tmp_path: Path) -> None:
    code = f"""
        import os, socket, subprocess, sys
        from app.core.sealed import seal
        seal({json.dumps({"memory_bytes": 2_000_000_000, "cpu_s": 5, "file_bytes": 0})}, os.getppid())
        for what in (
            lambda: socket.create_connection(("127.0.0.1", 9), 1),
            lambda: open({str(tmp_path / "made")!r}, "w"),
            lambda: subprocess.run(["true"]),
            lambda: os.system("true"),
            lambda: os.fork(),
        ):
            try:
                what()
            except PermissionError:
                print("refused")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["refused"] * 5
    assert not (tmp_path / "made").exists()
