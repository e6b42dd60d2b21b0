"""Exports: what each reader may see in every format, read back by what others read such files with, and sent back."""

from __future__ import annotations

import csv
import gc
import io
import json
import sqlite3
import subprocess
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import rdflib
import sqlalchemy as sa
from lxml import etree

from app.accounts.models import Role, RoleGrant, User
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.core.batches import batches
from app.core.db import begin_write, db, now
from app.core.errors import Conflict, InvalidInput, NotAllowed
from app.core.workbook import LONGEST_CELL
from app.desk.wording import DeskWording
from app.exchange.coercion import coerce, part_names
from app.exchange.exports import gathering, spreadsheets, wishes
from app.exchange.exports.formats import FORMATS
from app.exchange.exports.making import Made, make_export
from app.exchange.exports.selection import Selection, count_selected
from app.exchange.sheets import read_sheets
from app.http.i18n import catalogue
from app.jobs.models import WishState
from app.publication import operations as publication
from app.records.models import Record, Revision
from app.records.operations import find_record
from app.records.queries import EntryQuery
from app.records.shown import read_accepted
from tests.harness import register
from tests.harness.counts import IS_FULL, counts
from tests.harness.databases import Databases
from tests.harness.register import SETTINGS, editor, reviewer
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

FORMULA = "=HYPERLINK(A1)"
# Digits of the sensitive places, as entered and as derived; none may be in a file for who may not see them.
SECRETS = ("15.4321", "108.4321", "15.5551", "108.5551", "Xóm giữ kín")
BASE = "https://disan.example"


def _fill(app: Flask) -> None:
    """Write records of several kinds: open and sensitive places, a draft over one, a new one, one that is deleted."""
    with app.app_context():
        session = db.session()
        begin_write(session)
        register.write_vocabulary(session)
        secret = (15.4321987, 108.4321765, 5)
        square = "POLYGON((108.5551 15.5551,108.5571 15.5551,108.5571 15.5571,108.5551 15.5571,108.5551 15.5551))"
        register.publish(
            session,
            (
                "site",
                register.site(
                    "QNM-0001",
                    description={"vi": FORMULA, "ja": "橋"},
                    tags=["-một", "hai"],
                    types=["historical", "scenic"],
                    year_from=1593,
                    sources=[{"uid": "s1", "citation": "+Hồ sơ", "url": "https://example.org/a"}],
                    other_names=[{"uid": "n1", "text": "Cầu Nhật Bản", "language": "vi"}],
                ),
            ),
            (
                "site",
                register.site("QNM-0002", at=secret, location_policy="hidden", address_detail="Xóm giữ kín"),
            ),
            ("site", register.site("QNM-0003", at=None, parent="QNM-0001")),
            ("zone", register.zone("QNM-0002-Z1", "QNM-0002", entered_text=square)),
            ("zone", register.zone("QNM-0001-Z1", "QNM-0001", area_m2=1234.5)),
            ("decision", register.decision("QNM-D0001", {"record": "QNM-0001"}, number="12/QĐ", date="1990-03")),
        )
        register.accept(session, ("site", register.site("QNM-0004", name={"vi": "Nội bộ"})))
        register.accept(session, ("site", register.site("QNM-0005", name={"vi": "Đã xóa"})))
        actor = reviewer(session)
        gone = find_record(session, "QNM-0005")
        publication.set_deleted(session, [gone], is_deleted=True, actor=actor, settings=SETTINGS)
        register.draft(session, ("site", register.site("QNM-0001", name={"vi": "Tên trong bản nháp"})))
        register.draft(session, ("site", register.site("QNM-0009", name={"vi": "Bản nháp mới"})))
        session.commit()


@pytest.fixture
def filled(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application over what is written above, in a database of its own."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


def viewer(session: Session) -> User:
    """Somebody who reads, and sees no sensitive place."""
    return system_actor(session, "test-viewer", Role.VIEWER)


def export(
    app: Flask,
    form: str,
    who: Callable[[Session], User] = viewer,
    selection: Selection | None = None,
    language: str = "vi",
) -> Made:
    """Export from within the application."""
    with app.app_context():
        session, settings = db.session(), app.config["DISAN"]
        actor = who(session)
        session.commit()
        return make_export(
            session,
            selection or Selection(),
            FORMATS[form],
            actor=actor,
            settings=settings,
            wording=DeskWording(session, language, settings),
            base=BASE,
        )


def sites(**asked: Any) -> Selection:
    return Selection(EntryQuery(kind="site", **asked))


def gdal(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def told_by(made: Made) -> str:
    """Give all that a file tells, whatever it is packed in."""
    content = made.path.read_bytes()
    if zipfile.is_zipfile(made.path):
        with zipfile.ZipFile(made.path) as packed:
            return "".join(packed.read(name).decode() for name in packed.namelist())
    if content.startswith(b"SQLite"):
        with closing(sqlite3.connect(made.path)) as file:
            dump = "\n".join(line for line in file.iterdump() if "rtree" not in line)
        return dump + content.decode(errors="replace")
    return content.decode()


@pytest.mark.parametrize("form", FORMATS)
def test_who_may_not_see_sensitive_places_is_told_none(filled: Flask, form: str) -> None:
    told = told_by(export(filled, form))
    assert [secret for secret in SECRETS if secret in told] == []
    assert "QNM-0002" in told
    assert "108.326" in told


@pytest.mark.parametrize("form", FORMATS)
def test_who_may_see_sensitive_places_is_told_them(filled: Flask, form: str) -> None:
    told = told_by(export(filled, form, reviewer))
    assert "15.4321987" in told or form == "kml"
    assert "108.4321765" in told


def test_a_scoped_reviewer_sees_the_places_of_their_kind_only(filled: Flask) -> None:
    def scoped(session: Session) -> User:
        user = system_actor(session, "test-scoped", Role.VIEWER)
        user.roles = [RoleGrant(role=Role.VIEWER, kinds=["zone"], sees_sensitive=True)]
        session.flush()
        return user

    told = told_by(export(filled, "geojson", scoped))
    assert "108.5551" in told
    assert "108.4321" not in told


@pytest.mark.parametrize("form", FORMATS)
def test_drafts_and_tombstones_stay_behind(filled: Flask, form: str) -> None:
    made = export(filled, form, editor, sites())
    told = told_by(made)
    assert "Bản nháp mới" not in told
    assert "Tên trong bản nháp" not in told
    assert "Đã xóa" not in told
    assert "Nội bộ" in told
    assert (made.records, made.left_out) == (4, 2)


def test_a_selection_holds_what_was_chosen_and_nothing_else(filled: Flask) -> None:
    made = export(filled, "geojson", selection=Selection(codes=("QNM-0003", "QNM-D0001", "QNM-0009")))
    body = json.loads(made.path.read_text(encoding="utf-8"))
    assert [feature["id"] for feature in body["features"]] == ["QNM-0003", "QNM-D0001"]
    assert made.left_out == 1


def test_a_list_holds_what_meets_its_question(filled: Flask) -> None:
    made = export(filled, "geojson", selection=sites(text="noi bo"))
    body = json.loads(made.path.read_text(encoding="utf-8"))
    assert [feature["id"] for feature in body["features"]] == ["QNM-0004"]
    made = export(filled, "geojson", selection=sites(filters=(("state", "public"),)))
    body = json.loads(made.path.read_text(encoding="utf-8"))
    assert [feature["id"] for feature in body["features"]] == ["QNM-0001", "QNM-0002", "QNM-0003"]


def test_names_tell_what_and_when(filled: Flask) -> None:
    assert export(filled, "xlsx", selection=sites()).name.startswith("di-san_sites_20")
    assert export(filled, "csv").name.startswith("di-san_register_20")
    assert export(filled, "gpkg", selection=Selection(codes=("QNM-0003",))).name.startswith("di-san_QNM-0003_20")


def test_nothing_to_export_is_said(filled: Flask) -> None:
    with pytest.raises(InvalidInput, match="nothing to export"):
        export(filled, "csv", selection=Selection(codes=("QNM-0009",)))
    with filled.app_context():
        assert [path.name for path in (filled.config["DISAN"].data / "exports").iterdir()] == []


def test_who_may_not_read_the_register_exports_nothing(filled: Flask) -> None:
    def nobody(session: Session) -> User:
        user = system_actor(session, "test-nobody", Role.VIEWER)
        user.roles = []
        session.flush()
        return user

    with pytest.raises(NotAllowed):
        export(filled, "csv", nobody)


def test_workbook_has_sheets_to_read_and_sheets_to_send_back(filled: Flask) -> None:
    made = export(filled, "xlsx")
    book = openpyxl.load_workbook(made.path)
    assert book.sheetnames[:3] == ["Di tích", "Quyết định", "Khu vực bảo vệ"]
    assert {"sites", "sites.locations", "sites.sources", "zones", "decisions", "decisions.items"} <= set(
        book.sheetnames
    )
    lines = [[cell.value for cell in row] for row in book["sites"].iter_rows()]
    assert lines[0][:3] == ["code", "name_vi", "name_en"]
    first = dict(zip(lines[0], lines[1], strict=True))
    assert first["code"] == "QNM-0001"
    assert first["tags"] == "-một|hai"
    assert first["types"] == "historical|scenic"
    assert first["year_from"] == 1593
    assert first["description_ja"] == "橋"
    assert first["is_text_cleared"] is None or first["is_text_cleared"] == "false"
    # Of a place that is withheld nothing stands in the table of places.
    assert [row[0].value for row in book["sites.locations"].iter_rows(min_row=2)] == ["QNM-0001", "QNM-0004"]
    read = [[cell.value for cell in row] for row in book["Di tích"].iter_rows()]
    heading = next(index for index, row in enumerate(read) if row[0] == "Mã")
    assert "Không hiển thị" in read[heading]
    assert read[heading + 1][:3] == ["QNM-0001", "Di tích QNM-0001", "Công khai"]


def test_no_cell_of_a_workbook_is_a_formula(filled: Flask) -> None:
    book = openpyxl.load_workbook(export(filled, "xlsx").path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    assert FORMULA in {cell.value for cell in cells}


def test_no_cell_of_a_table_begins_a_formula(filled: Flask) -> None:
    with zipfile.ZipFile(export(filled, "csv").path) as packed:
        for name in packed.namelist():
            if name.endswith(".csv"):
                rows = csv.reader(io.StringIO(packed.read(name).decode("utf-8-sig")))
                assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))] == []


def test_tables_say_what_was_withheld(filled: Flask) -> None:
    made = export(filled, "csv")
    with zipfile.ZipFile(made.path) as packed:
        rows = list(csv.reader(io.StringIO(packed.read("withheld.csv").decode("utf-8-sig"))))
        readme = packed.read("README.txt").decode()
    assert [row[0] for row in rows] == ["code", "QNM-0002", "QNM-0002-Z1"]
    assert "locations" in rows[1][1]
    assert made.withheld == 2
    assert "2" in readme
    with zipfile.ZipFile(export(filled, "csv", reviewer).path) as packed:
        assert "withheld.csv" not in packed.namelist()


def read_again(made: Made, folder: Path) -> dict[str, dict[str, Any]]:
    """Read exported tables as the importer does; gives the loaded payloads by code."""
    with zipfile.ZipFile(made.path) as packed:
        packed.extractall(folder)
    read: dict[str, dict[str, Any]] = {}
    for kind in KINDS.values():
        if not (folder / f"{kind.plural}.csv").exists():
            continue
        schema = kind.schema()
        for row in read_sheets(folder, kind.plural, part_names(schema)):
            for found in (row, *(part for parts in row.parts.values() for part in parts)):
                # The apostrophe that keeps a spreadsheet from calculating is no part of the text.
                found.cells = {name: text.removeprefix("'") for name, text in found.cells.items()}
            payload, complaints = coerce(schema, row)
            assert complaints == []
            read[row.code] = schema.load(payload)
    return read


def stored(app: Flask, codes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Give what was accepted, as its schemas load it."""
    with app.app_context():
        found = [one for chunk in batches(sorted(codes)) for one in read_accepted(db.session(), chunk).values()]
        return {one.code: KINDS[one.kind].schema().load(one.payload) for one in found}


def test_tables_are_read_again_as_they_were(filled: Flask, tmp_path: Path) -> None:
    """Whoever may see all can send all back: the importer's own reading gives the payloads that were accepted."""
    read = read_again(export(filled, "csv", reviewer), tmp_path)
    assert stored(filled, read) == read
    assert len(read) == 7


def test_the_whole_seed_is_read_again_as_it_was(seeded_copy: Flask, tmp_path: Path) -> None:
    made = export(seeded_copy, "csv", reviewer)
    read = read_again(made, tmp_path)
    assert len(read) == made.records > 500
    assert stored(seeded_copy, read) == read


def test_a_text_that_no_cell_holds_is_cut_and_said_to_be(filled: Flask) -> None:
    with filled.app_context():
        session = db.session()
        begin_write(session)
        long = {"vi": "chữ " * LONGEST_CELL}
        schema_free = register.site("QNM-0010", name={"vi": "Dài"}, description={"vi": "x" * 20_000})
        register.accept(session, ("site", schema_free))
        revision = session.scalars(sa.select(Revision).where(Revision.code == "QNM-0010")).one()
        revision.payload = {**revision.payload, "description": long}
        session.commit()
    made = export(filled, "xlsx", selection=Selection(codes=("QNM-0010",)))
    book = openpyxl.load_workbook(made.path)
    heading, line = ([cell.value for cell in row] for row in book["sites"].iter_rows())
    text = dict(zip(heading, line, strict=True))["description_vi"]
    assert len(text) == LONGEST_CELL
    assert text.endswith("… [cut]")
    assert "sites, QNM-0010" in [row[0].value for row in book.worksheets[-1].iter_rows()]


def test_more_rows_than_a_sheet_holds_are_refused(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "_MOST_ROWS", 3)
    with pytest.raises(InvalidInput, match="CSV"):
        export(filled, "xlsx")


def test_geopackage_is_read_by_others(filled: Flask, tmp_path: Path) -> None:
    made = export(filled, "gpkg", language="en")
    told = gdal("ogrinfo", "-ro", "-al", "-nomd", str(made.path))
    assert told.count("OGRFeature(sites)") == 4
    assert told.count("OGRFeature(decisions)") == 1
    assert "Layer name: zones" in told
    copied = tmp_path / "zones.geojson"
    gdal("ogr2ogr", "-q", str(copied), str(made.path), "zones")
    features = {one["properties"]["code"]: one for one in json.loads(copied.read_text(encoding="utf-8"))["features"]}
    assert features["QNM-0001-Z1"]["geometry"]["type"] == "Polygon"
    assert features["QNM-0002-Z1"]["geometry"] is None
    assert features["QNM-0001-Z1"]["properties"]["area_m2"] == 1234.5
    with closing(sqlite3.connect(made.path)) as file:
        row = file.execute(
            "SELECT entered_text, entered_crs, types, sources FROM sites WHERE code = 'QNM-0001'"
        ).fetchone()
        assert row[:3] == ("15.877083, 108.32605", "EPSG:4326", "historical|scenic")
        assert json.loads(row[3])[0]["citation"] == "+Hồ sơ"
        assert file.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'decisions'").fetchone() == (
            "attributes",
        )
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("SELECT count(*) FROM rtree_sites_geom").fetchone() == (2,)


def test_languages_that_differ_in_capitals_only_do_not_break_a_geopackage(filled: Flask) -> None:
    with filled.app_context():
        session = db.session()
        begin_write(session)
        names = {"vi": "Tên", "zh-Hans": "桥", "zh-hans": "橋"}
        register.accept(session, ("site", register.site("QNM-0010", name=names)))
        session.commit()
    made = export(filled, "gpkg", selection=Selection(codes=("QNM-0010",)))
    assert "OGRFeature(sites):1" in gdal("ogrinfo", "-ro", "-al", "-nomd", str(made.path))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_sheet_to_read_takes_the_name_of_one_to_send_back(language: str) -> None:
    """Excel takes no two sheets of one name, whatever their capitals; the importer knows its own by their names."""
    titles = {catalogue(language).gettext(kind.title).casefold() for kind in KINDS.values()}
    assert len(titles) == len(KINDS)
    assert titles.isdisjoint({kind.plural for kind in KINDS.values()})


def test_geojson_says_what_the_registers_api_says(filled: Flask) -> None:
    body = json.loads(export(filled, "geojson").path.read_text(encoding="utf-8"))
    found = {feature["id"]: feature for feature in body["features"]}
    with filled.app_context():
        stored = read_accepted(db.session(), ["QNM-0001"])["QNM-0001"].payload
    told = found["QNM-0001"]["properties"]
    assert {name: told[name] for name in stored} == stored
    assert (told["kind"], told["visibility"], told["version"], told["withheld"]) == ("site", "public", 1, [])
    assert found["QNM-0001"]["geometry"] == {"type": "Point", "coordinates": [108.32605, 15.877083]}
    assert found["QNM-0002"]["geometry"] is None
    assert "locations" in found["QNM-0002"]["properties"]["withheld"]
    assert "locations" not in found["QNM-0002"]["properties"]
    assert len(found) == 7


def test_kml_is_read_by_others(filled: Flask) -> None:
    made = export(filled, "kml")
    document = etree.parse(str(made.path), etree.XMLParser(resolve_entities=False))
    names = {"k": "http://www.opengis.net/kml/2.2"}
    codes = document.xpath("//k:Placemark/k:ExtendedData/k:Data[@name='code']/k:value/text()", namespaces=names)
    assert sorted(codes) == ["QNM-0001", "QNM-0001-Z1", "QNM-0002", "QNM-0002-Z1", "QNM-0003", "QNM-0004", "QNM-D0001"]
    points = document.xpath("//k:Placemark[.//k:value='QNM-0001']/k:Point/k:coordinates/text()", namespaces=names)
    assert points == ["108.3260500,15.8770830"]
    told = gdal("ogrinfo", "-ro", "-al", str(made.path))
    assert "POINT (108.32605 15.877083)" in told or "POINT Z (108.32605 15.877083 0)" in told


def test_jsonld_is_read_by_others(filled: Flask) -> None:
    made = export(filled, "jsonld")
    graph = rdflib.Graph().parse(data=made.path.read_text(encoding="utf-8"), format="json-ld")
    schema, geo = rdflib.Namespace("https://schema.org/"), rdflib.Namespace("http://www.opengis.net/ont/geosparql#")
    site, component = (rdflib.URIRef(f"{BASE}/q/{code}") for code in ("QNM-0001", "QNM-0003"))
    assert (site, schema.identifier, rdflib.Literal("QNM-0001")) in graph
    assert (site, schema.name, rdflib.Literal("Di tích QNM-0001", lang="vi")) in graph
    assert (component, schema.isPartOf, site) in graph
    (geometry,) = graph.objects(site, geo.hasGeometry)
    assert str(next(graph.objects(geometry, geo.asWKT))).startswith("POINT (108.32605 15.877083")
    hidden = rdflib.URIRef(f"{BASE}/q/QNM-0002")
    assert list(graph.objects(hidden, geo.hasGeometry)) == []
    said = {str(graph.value(one, schema.propertyID)) for one in graph.objects(site, schema.additionalProperty)}
    assert {"types", "year_from"} <= said


def test_many_records_are_asked_for_as_one_is(
    filled: Flask, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    def asked(codes: tuple[str, ...]) -> int:
        with count_queries() as statements:
            export(filled, "csv", selection=Selection(codes=codes))
        return len(statements)

    assert asked(("QNM-0001", "QNM-0002", "QNM-0003", "QNM-0004")) <= asked(("QNM-0003",)) + 1


def test_a_selection_survives_json() -> None:
    asked = Selection(
        EntryQuery(kind="site", text="cầu", filters=(("state", "public"),), without=(("in_review_by", "3"),))
    )
    assert Selection.from_json(json.loads(json.dumps(asked.to_json()))) == asked
    chosen = Selection(codes=("QNM-0001",))
    assert Selection.from_json(chosen.to_json()) == chosen


def wish(app: Flask, who: Callable[[Session], User] = viewer) -> int:
    with app.app_context():
        session = db.session()
        begin_write(session)
        made = wishes.wish_export(session, sites(), "csv", language="vi", base=BASE, actor=who(session))
        session.commit()
        return made.id


def test_a_wish_is_made_by_the_worker_and_kept_for_its_owner(filled: Flask) -> None:
    key = wish(filled)
    run_jobs(filled)
    with filled.app_context():
        session, settings = db.session(), filled.config["DISAN"]
        (found,) = wishes.read_exports(session, settings, actor=viewer(session))
        assert (found.wish.state, found.records, found.withheld) == (WishState.DONE, 4, 1)
        ready = wishes.find_export(session, settings, key, actor=viewer(session))
        assert ready.path is not None
        assert zipfile.is_zipfile(ready.path)
        assert ready.name.startswith("di-san_sites_")
        assert wishes.read_exports(session, settings, actor=reviewer(session)) == []
        with pytest.raises(Exception, match="no job"):
            wishes.find_export(session, settings, key, actor=reviewer(session))
        assert {path.suffix for path in (settings.data / "exports").iterdir()} == {".zip"}


def test_a_file_is_not_given_to_who_may_see_less_since(filled: Flask) -> None:
    key = wish(filled, reviewer)
    run_jobs(filled)
    with filled.app_context():
        session, settings = db.session(), filled.config["DISAN"]
        user = reviewer(session)
        assert wishes.find_export(session, settings, key, actor=user).path
        user.roles = [RoleGrant(role=Role.VIEWER)]
        session.flush()
        with pytest.raises(NotAllowed, match="changed"):
            wishes.find_export(session, settings, key, actor=user)


def test_three_exports_at_a_time_are_made_for_one(filled: Flask) -> None:
    for _ in range(3):
        wish(filled)
    with pytest.raises(Conflict, match="being made"):
        wish(filled)
    wish(filled, editor)


def test_exports_of_yesterday_are_forgotten(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    wish(filled)
    run_jobs(filled)
    settings = filled.config["DISAN"]
    (settings.data / "exports" / "left.parts").mkdir()
    assert wishes.forget_old(settings) == 0
    monkeypatch.setattr(wishes, "_KEPT_S", -1)
    assert wishes.forget_old(settings) == 2
    with filled.app_context():
        assert wishes.read_exports(db.session(), settings, actor=viewer(db.session())) == []


def test_more_records_than_are_exported_at_once_are_refused(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST", 2)
    with pytest.raises(InvalidInput, match="archive"):
        export(filled, "csv", selection=sites())
    with filled.app_context():
        assert count_selected(db.session(), sites(), 3) is None


def test_progress_is_told(filled: Flask) -> None:
    told: list[int] = []
    with filled.app_context():
        session, settings = db.session(), filled.config["DISAN"]
        actor = viewer(session)
        session.commit()
        wording = DeskWording(session, "vi", settings)
        made = make_export(
            session, sites(), FORMATS["csv"], actor=actor, settings=settings, wording=wording, base="", tell=told.append
        )
    assert told[-1] == made.records == 4


def _multiply(session: Session, times: int) -> int:
    """Add so many accepted sites without going through review, as rows; gives how many there are then."""
    payload = register.site("X", sources=[{"uid": "s1", "citation": "Hồ sơ " * 20}])
    last = session.scalar(sa.select(sa.func.max(Record.id))) or 0
    tables = Record.metadata.tables
    changeset = session.scalar(sa.select(Revision.changeset_id).limit(1))
    author = editor(session).id
    for start in range(0, times, 1000):
        keys = range(last + 1 + start, last + 1 + min(start + 1000, times))
        codes = {key: f"T-{key:06}" for key in keys}
        session.execute(
            sa.insert(tables["records"]),
            [{"id": key, "kind": "site", "code": code, "version": 1, "tags": []} for key, code in codes.items()],
        )
        session.execute(sa.insert(tables["sites"]), [{"id": key, "name": {"vi": code}} for key, code in codes.items()])
        session.execute(
            sa.insert(tables["revisions"]),
            [
                {
                    "changeset_id": changeset,
                    "record_id": key,
                    "kind": "site",
                    "code": code,
                    "number": 1,
                    "base_version": 0,
                    "state": "accepted",
                    "accepted_version": 1,
                    "payload": {**payload, "code": code},
                    "author_id": author,
                }
                for key, code in codes.items()
            ],
        )
        session.execute(
            sa.insert(tables["register_entries"]),
            [
                {
                    "record_id": key,
                    "kind": "site",
                    "code": code,
                    "label": {"vi": code},
                    "sort_key": code,
                    "tokens": [],
                    "updated_at": now(),
                }
                for key, code in codes.items()
            ],
        )
    session.commit()
    return times


def peak_of(work: Callable[[], object]) -> int:
    """Do something and give how much memory it took at most, in bytes.

    Small amounts are traced; large ones are the process's own (proc(5), `clear_refs`), for tracing takes its time.
    """
    if not IS_FULL:
        tracemalloc.start()
        try:
            work()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _resident("VmRSS")
    work()
    return max(0, _resident("VmHWM") - before)


def _resident(name: str) -> int:
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return int(told[name].split()[0]) * 1024


@pytest.mark.parametrize("form", ["xlsx", "gpkg"] if IS_FULL else ["xlsx"])
def test_memory_does_not_grow_with_the_list(filled: Flask, form: str, figure: Callable[[str, int], None]) -> None:
    """What 100,000 records say is ten times what may be held at once."""
    few, many = counts(1000, 10_000), counts(3000, 100_000)

    def add(count: int) -> None:
        with filled.app_context():
            begin_write(db.session())
            _multiply(db.session(), count)

    made: list[Made] = []
    add(few)
    first = peak_of(lambda: made.append(export(filled, form, selection=sites())))
    add(many - few - 10)
    second = peak_of(lambda: made.append(export(filled, form, selection=sites())))
    assert [one.records for one in made] == [few + 4, many - 6]
    figure(f"records exported as {form} in flat memory", many)
    assert second < first * 1.25 + counts(2_000_000, 50_000_000)
