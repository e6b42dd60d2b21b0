"""Dumps: what is public and nothing else, read back by what others read such files with; whole or not at all."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import rdflib
import sqlalchemy as sa

from app.config import Settings
from app.core.cells import plain_cell
from app.core.db import begin_write, db
from app.core.errors import Conflict
from app.engine.snapshots import snapshot
from app.jobs.models import Wish
from app.publication import operations as publication
from app.publication.collections import COLLECTIONS
from app.publication.dumps.folders import Dump, new_folder, newest_dump, read_dumps
from app.publication.dumps.making import make_dump
from app.publication.keys import text_key
from app.publication.models import TEXTS, JournalEntry, PublishedItem, PublishedText
from app.records.operations import find_record
from app.worker.handlers import DUMP, HANDLERS, daily_jobs
from tests.harness import register
from tests.harness.counts import counts
from tests.harness.databases import Databases
from tests.harness.register import SETTINGS, reviewer
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask

ENDINGS = ("geojson", "csv", "gpkg")
FORMULA = "=HYPERLINK(A1)"
SECRET = "15.4321"


def _fill(app: Flask) -> None:
    """Write sites: some at a place, one blurred, one withdrawn, one internal; an area; nested and joined lists."""
    with app.app_context():
        session = db.session()
        begin_write(session)
        register.write_vocabulary(session)
        told = {"vi": FORMULA, "en": FORMULA}
        register.publish(
            session,
            ("site", register.site("QNM-0001", tags=["-một", "hai"], description=told)),
            ("site", register.site("QNM-0002", at=None)),
            ("site", register.site("QNM-0003", at=(15.4321987, 108.4321765, 5), location_policy="blurred")),
            ("site", register.site("QNM-0004")),
            ("zone", register.zone("QNM-0001-Z1", "QNM-0001")),
        )
        register.accept(session, ("site", register.site("QNM-0005", name={"vi": "Chưa công bố"})))
        publication.withdraw(session, [find_record(session, "QNM-0004")], actor=reviewer(session), settings=SETTINGS)
        publication.publish_reference(session, settings=SETTINGS)
        session.commit()


@pytest.fixture
def filled(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application over what is written above, in a database of its own."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


def dump(app: Flask) -> Dump:
    with app.app_context():
        return make_dump(db.engine, app.config["DISAN"])


def gdal(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_dump_has_every_collection_language_and_format(filled: Flask) -> None:
    made = dump(filled)
    names = {f"{name}.{language}.{ending}" for name in COLLECTIONS for language in ("vi", "en") for ending in ENDINGS}
    assert {found.name for found in made.manifest.files} == names
    assert {path.name for path in made.folder.iterdir()} == {*names, "manifest.json", "dcat.jsonld"}


def test_manifest_tells_the_files_as_they_are(filled: Flask) -> None:
    made = dump(filled)
    told = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    assert told == dataclasses.asdict(made.manifest)
    for found in told["files"]:
        content = (made.folder / found["name"]).read_bytes()
        assert (found["sha256"], found["byte_count"]) == (hashlib.sha256(content).hexdigest(), len(content))
        assert found["rows"] == {"sites": 3, "zones": 1}.get(found["collection"], 0)
    with filled.app_context():
        assert told["journal"] == db.session.scalar(sa.select(sa.func.max(JournalEntry.seq)))


def test_geojson_is_what_the_api_shows(filled: Flask) -> None:
    made = dump(filled)
    client = filled.test_client()
    for name in ("sites", "zones"):
        for language in ("vi", "en"):
            shown = client.get(f"/api/v1/collections/{name}/items?lang={language}").get_json(force=True)["features"]
            dumped = json.loads((made.folder / f"{name}.{language}.geojson").read_text(encoding="utf-8"))
            assert dumped["type"] == "FeatureCollection"
            assert dumped["features"] == shown


def test_csv_opens_in_a_spreadsheet_without_calculating(filled: Flask) -> None:
    path = dump(filled).folder / "sites.vi.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = {row["code"]: row for row in read_csv(path)}
    assert list(rows) == ["QNM-0001", "QNM-0002", "QNM-0003"]
    first = rows["QNM-0001"]
    assert (first["description"], first["tags"]) == (f"'{FORMULA}", "'-một; hai")
    assert (float(first["lon"]), float(first["lat"])) == (108.32605, 15.877083)
    assert (rows["QNM-0002"]["lon"], rows["QNM-0002"]["lat"]) == ("", "")
    assert first["is_world_heritage"] == "false"
    assert "addresses" not in first
    assert "images" not in first


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\uff1d"])
def test_cell_that_begins_like_a_formula_is_neutralised(sign: str) -> None:
    assert plain_cell(f"{sign}1") == f"'{sign}1"
    assert plain_cell(f"1{sign}") == f"1{sign}"


def test_geopackage_is_read_by_gdal_with_types_index_and_places(filled: Flask) -> None:
    folder = dump(filled).folder
    told = gdal("ogrinfo", "-ro", "-al", str(folder / "sites.en.gpkg"))
    for line in (
        "Layer name: sites",
        "Geometry: Point",
        "Feature Count: 3",
        'ID["EPSG",4326]',
        "Geometry Column = geom",
        "modified_at: DateTime",
        "tags: String(JSON)",
        "is_world_heritage: Integer(Boolean)",
        "POINT (108.32605 15.877083)",
        "name (String) = Site QNM-0002",
    ):
        assert line in told
    found = gdal(
        "ogrinfo", "-ro", "-al", "-so", "-spat", "108.32", "15.87", "108.33", "15.88", str(folder / "sites.en.gpkg")
    )
    assert "Feature Count: 1" in found
    assert "POLYGON ((108.325 15.876" in gdal("ogrinfo", "-ro", "-al", str(folder / "zones.vi.gpkg"))


def test_geopackage_is_whole_and_its_index_holds_each_place(filled: Flask) -> None:
    with closing(sqlite3.connect(dump(filled).folder / "sites.vi.gpkg")) as file:

        def one(sql: str) -> Any:
            return file.execute(sql).fetchone()[0]

        assert one("PRAGMA integrity_check") == "ok"
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        assert (one("PRAGMA application_id"), one("PRAGMA user_version")) == (0x47504B47, 10300)
        assert one("SELECT count(*) FROM rtree_sites_geom") == 2
        assert one("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'") == 6
        assert one("SELECT min_x < 108.4 AND max_y < 16 FROM gpkg_contents") == 1
        assert json.loads(one("SELECT tags FROM sites WHERE code = 'QNM-0001'")) == ["-một", "hai"]


def test_geopackage_can_be_edited_by_gdal(filled: Flask, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gpkg"
    copy.write_bytes((dump(filled).folder / "sites.en.gpkg").read_bytes())
    gdal("ogrinfo", str(copy), "-sql", "DELETE FROM sites WHERE code = 'QNM-0001'")
    gdal("ogrinfo", str(copy), "-sql", "UPDATE sites SET geom = ST_GeomFromText('POINT (1 2)') WHERE code = 'QNM-0002'")
    told = gdal("ogrinfo", "-ro", "-al", "-so", "-spat", "0", "1", "2", "3", str(copy))
    assert "Feature Count: 1" in told
    with closing(sqlite3.connect(copy)) as file:
        assert file.execute("SELECT id FROM rtree_sites_geom ORDER BY id").fetchall() == [(2,), (3,)]


def test_same_publication_gives_the_same_bytes(filled: Flask) -> None:
    first, second = (dump(filled).manifest for _ in range(2))
    assert first.files == second.files


def test_what_is_withheld_is_in_no_file(filled: Flask) -> None:
    for path in dump(filled).folder.iterdir():
        content = path.read_bytes()
        for secret in (SECRET, "QNM-0004", "QNM-0005", "Chưa công bố"):
            assert secret.encode() not in content, path.name


def test_dump_sees_one_moment_though_others_publish_meanwhile(filled: Flask) -> None:
    """What is published after the first read is not in what is read later, nor in the number that is told."""
    count = sa.select(sa.func.count()).select_from(PublishedItem)
    with filled.app_context(), snapshot(db.engine) as connection:
        before = connection.scalar(count)
        register.publish(db.session(), ("site", register.site("QNM-0006")))
        db.session.commit()
        assert connection.scalar(count) == before
        assert db.session.scalar(count) == before + 1


def test_dump_pages_through_more_than_a_batch(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.publication.dumps.making._BATCH", 2)
    made = dump(filled)
    assert [row["code"] for row in read_csv(made.folder / "sites.vi.csv")] == ["QNM-0001", "QNM-0002", "QNM-0003"]
    assert json.loads((made.folder / "sites.vi.geojson").read_text())["features"][2]["id"] == "QNM-0003"


def test_newest_two_dumps_are_kept(filled: Flask) -> None:
    made = [dump(filled) for _ in range(3)]
    settings: Settings = filled.config["DISAN"]
    assert [found.folder for found in read_dumps(settings)] == [made[2].folder, made[1].folder]


def test_second_dump_at_once_is_refused(filled: Flask) -> None:
    with new_folder(filled.config["DISAN"]), pytest.raises(Conflict):
        dump(filled)
    assert newest_dump(filled.config["DISAN"]) is None
    assert dump(filled).manifest.files


def test_failed_dump_leaves_nothing_and_the_old_one(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    old = dump(filled)

    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.publication.dumps.making.write_catalogue", fail)
    with pytest.raises(OSError, match="No space"):
        dump(filled)
    assert {path.name for path in old.folder.parent.iterdir()} == {old.folder.name, "lock"}


KILLED = """
import os, sys
from app import create_app
from app.core.db import db
from app.publication.dumps.making import make_dump
from app.publication.keys import text_key
app = create_app()
def tell(what, done, total):
    print("under way", flush=True)
    sys.stdin.read()
with app.app_context():
    make_dump(db.engine, app.config["DISAN"], tell)
"""


def test_killed_dump_leaves_the_old_one_and_the_next_is_whole(filled: Flask) -> None:
    old = dump(filled)
    settings: Settings = filled.config["DISAN"]
    given = {"DISAN_DATA": str(settings.data), "DISAN_DATABASE_URL": settings.database_url}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED], env=os.environ | given, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"under way\n"
        process.send_signal(signal.SIGKILL)
    assert (settings.data / "dumps" / "unfinished").is_dir()
    assert newest_dump(settings) == old
    new = dump(filled)
    assert newest_dump(settings) == new
    assert new.manifest.files == old.manifest.files
    assert not (settings.data / "dumps" / "unfinished").exists()


def test_worker_dumps_every_night_where_it_is_told(filled: Flask) -> None:
    assert DUMP not in daily_jobs(Settings())
    assert daily_jobs(Settings(daily_dump=True))[DUMP] == 4
    with filled.app_context():
        begin_write(db.session())
        db.session.add(Wish(kind=DUMP, actor=reviewer(db.session())))
        db.session.commit()
    assert DUMP in HANDLERS
    run_jobs(filled)
    found = newest_dump(filled.config["DISAN"])
    with filled.app_context():
        wish = db.session.scalars(sa.select(Wish).where(Wish.kind == DUMP)).one()
        assert found is not None
        assert (wish.state, wish.result) == ("done", {"files": 60, "journal": found.manifest.journal})


def test_catalogue_in_the_folder_is_rdf(filled: Flask) -> None:
    graph = rdflib.Graph().parse(
        dump(filled).folder / "dcat.jsonld", format="json-ld", publicID="https://x.example/dcat.jsonld"
    )
    files = list(graph.subjects(rdflib.DCAT.downloadURL))
    assert len(files) == 60
    assert all(str(found).startswith("https://x.example/api/v1/dumps/") for found in files)


def test_memory_does_not_grow_with_the_publication(filled: Flask) -> None:
    """A process that dumps ten times as much needs no more."""

    def peak() -> int:
        tracemalloc.start()
        dump(filled)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    with filled.app_context():
        # More than is read at once, and what comes next.
        _copy_items(1200)
    few = peak()
    with filled.app_context():
        _copy_items(counts(2400, 40_000))
    assert peak() < few * 1.2


def _copy_items(count: int) -> None:
    """Write many copies of the first site straight into the publication: the register would take minutes."""
    session = db.session()
    begin_write(session)
    first = session.scalars(sa.select(PublishedItem).where(PublishedItem.code == "QNM-0001")).one()
    shown = session.execute(sa.select(TEXTS).where(TEXTS.c.item_id == first.id)).mappings().all()
    start = (session.scalar(sa.select(sa.func.max(PublishedItem.id))) or 0) + 1
    new = range(start, start + count)
    columns = {column.key: getattr(first, column.key) for column in PublishedItem.__table__.columns}
    session.execute(
        sa.insert(PublishedItem),
        [columns | {"id": key, "code": f"X-{key}", "code_key": f"x-{key}", "source_id": 10**6 + key} for key in new],
    )
    session.execute(
        sa.insert(PublishedText),
        [
            {name: one[name] for name in ("language", "slug", "feature")}
            | {"id": text_key("sites", first.weight, key, place), "item_id": key}
            for key in new
            for place, one in enumerate(shown)
        ],
    )
    session.commit()
