"""Archives that somebody damaged or made on purpose are refused with a sentence, and nothing is written of them."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import stat
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.errors import Conflict, DisanError, InvalidInput, NotFound, Unavailable
from app.exchange.archives import restoring
from app.exchange.archives.restoring import restore_archive
from app.exchange.archives.targets import make_backup, make_export
from tests.harness import archives
from tests.harness.archives import rebag, retag
from tests.harness.databases import Databases, open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

USERS, SITES = "data/tables/users.jsonl.gz", "data/tables/sites.jsonl.gz"
Mutate = Callable[[Path], object]


@pytest.fixture(scope="module")
def originals(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A backup and an export that are in order; to be copied."""
    folder = tmp_path_factory.mktemp("hostile")
    database = databases.copy("sqlite", folder / "data", fill=archives.small)
    with open_app(database) as app, app.app_context():
        made = make_backup(db.engine, app.config["DISAN"], folder / "target")
        make_export(db.engine, app.config["DISAN"], folder / "all.zip")
    return made.backup.folder, folder / "all.zip"


@pytest.fixture
def bag(originals: tuple[Path, Path], tmp_path: Path) -> Path:
    shutil.copytree(originals[0], tmp_path / "bag")
    return tmp_path / "bag"


@pytest.fixture
def empty_app(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    database = databases.empty(engine_name, tmp_path / "empty")
    with open_app(database) as made:
        yield made
    databases.drop(database)


def refuse(app: Flask, source: Path) -> str:
    """Try to restore, and give the sentence; nothing may be there afterwards."""
    with app.app_context():
        with pytest.raises((InvalidInput, NotFound, Unavailable)) as refused:
            restore_archive(source, db.engine, app.config["DISAN"])
        tables = set(sa.inspect(db.engine).get_table_names()) - {"spatial_ref_sys"}
        db.engine.dispose()
    assert tables == set()
    left = [path for path in app.config["DISAN"].data.rglob("*") if path.is_file()]
    assert [path for path in left if not path.name.startswith("disan.sqlite3")] == []
    return str(refused.value)


def write(folder: Path, path: str, lines: list[dict[str, Any]] | bytes) -> None:
    data = lines if isinstance(lines, bytes) else b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    (folder / path).write_bytes(gzip.compress(data))


def read(folder: Path, path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress((folder / path).read_bytes()).splitlines()]


def schema(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    told = json.loads((folder / "data/schema.json").read_text(encoding="utf-8"))
    change(told)
    (folder / "data/schema.json").write_text(json.dumps(told), encoding="utf-8")


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def line_added(text: str) -> Mutate:
    def mutate(folder: Path) -> None:
        manifest = folder / "manifest-sha256.txt"
        manifest.write_text(manifest.read_text(encoding="utf-8") + text + "\n", encoding="utf-8")
        retag(folder)

    return mutate


def linked(folder: Path) -> None:
    (folder / USERS).unlink()
    (folder / USERS).symlink_to("/etc/passwd")


NOUGHT = "0" * 64
OUTSIDE: dict[str, tuple[Mutate, str]] = {
    "a bit is flipped in a table": (lambda bag: flip(bag / USERS), "users.jsonl.gz” in this archive is damaged"),
    "a bit is flipped in a file": (
        lambda bag: flip(next(path for path in (bag / "data/media").rglob("*") if path.is_file())),
        "is damaged",
    ),
    "the manifest is another": (lambda bag: flip(bag / "manifest-sha256.txt"), "is damaged"),
    "the tags are another": (lambda bag: flip(bag / "bag-info.txt"), "is damaged"),
    "a table is missing": (lambda bag: (bag / USERS).unlink(), "users.jsonl.gz” is missing"),
    "a file is too many": (lambda bag: (bag / "data/media/extra").write_text("x"), "named by none"),
    "a tag file is too many": (lambda bag: (bag / "setup.sh").write_text("x"), "named by none"),
    "there is no description": (lambda bag: (bag / "bag-info.txt").unlink(), "it has no “bag-info.txt”"),
    "files are to be fetched": (lambda bag: (bag / "fetch.txt").write_text("x"), "fetched from elsewhere"),
    "a table is a link": (linked, "no plain file"),
    "a folder is a link": (lambda bag: (bag / "data/more").symlink_to("/etc"), "no plain file"),
    "a file is a pipe": (lambda bag: os.mkfifo(bag / "data/media/pipe"), "no plain file"),
    "a name leads out": (line_added(f"{NOUGHT}  data/../../evil"), "leads out of it"),
    "a name is absolute": (line_added(f"{NOUGHT}  /etc/passwd"), "leads out of it"),
    "a name is Windows's": (line_added(f"{NOUGHT}  data\\..\\evil"), "leads out of it"),
    "a name turns the terminal": (line_added(f"{NOUGHT}  data/\x1b[2J"), "leads out of it"),
    "a name comes twice": (
        lambda bag: line_added((bag / "manifest-sha256.txt").read_text(encoding="utf-8").splitlines()[0])(bag),
        "twice",
    ),
    "the manifest names a tag file": (line_added(f"{NOUGHT}  bagit.txt"), "no payload"),
    "the manifest is no text": (line_added("no checksum"), "cannot be read"),
}


@pytest.mark.parametrize("what", OUTSIDE)
def test_archive_whose_outside_is_not_in_order_is_refused(empty_app: Flask, bag: Path, what: str) -> None:
    mutate, sentence = OUTSIDE[what]
    mutate(bag)
    assert sentence in refuse(empty_app, bag)


def bomb(folder: Path) -> None:
    """A table of thousand million bytes in a few megabytes: the same row again and again."""
    line = gzip.decompress((folder / USERS).read_bytes()).splitlines(keepends=True)[0]
    with gzip.open(folder / USERS, "wb", compresslevel=1) as file:
        for _ in range(1000):
            file.write(line * (1_000_000 // len(line)))


def long_line(folder: Path) -> None:
    with gzip.open(folder / USERS, "wb") as file:
        file.write(b'{"id":1,"name":"')
        for _ in range(70):
            file.write(b"a" * 1_000_000)


def all_sizes(number: int) -> Mutate:
    return lambda folder: schema(folder, lambda told: [one.update(rows=number, bytes=number) for one in told["tables"]])


def users(change: Callable[[list[dict[str, Any]]], object]) -> Mutate:
    def mutate(folder: Path) -> None:
        rows = read(folder, USERS)
        change(rows)
        data = b"".join(json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for row in rows)
        write(folder, USERS, data)
        from app.exchange.archives.tables import Digest

        digest = Digest()
        for line in data.splitlines(keepends=True):
            digest.add(line)
        told = {"rows": digest.row_count, "bytes": digest.byte_count, "digest": digest.hexadecimal}
        schema(folder, lambda whole: next(one for one in whole["tables"] if one["name"] == "users").update(told))

    return mutate


def lying_file(folder: Path) -> None:
    original = next(path for path in (folder / "data/media/originals").rglob("*") if path.is_file())
    original.write_bytes(b"another file than its name says")


INSIDE: dict[str, tuple[Mutate, str]] = {
    "a table unpacks to a thousand times what it says": (bomb, "users.jsonl.gz” in this archive is damaged"),
    "a line has no end": (long_line, "is damaged"),
    # Where the database is elsewhere, nobody knows how much room there is.
    "it says to be larger than any disk": (all_sizes(1 << 60), "this archive"),
    "a table is no gzip": (lambda bag: (bag / USERS).write_bytes(b"plain"), "is damaged"),
    "a table is cut": (
        lambda bag: (bag / SITES).write_bytes((bag / SITES).read_bytes()[:-9]),
        "is damaged",
    ),
    "a row is missing": (lambda bag: write(bag, USERS, read(bag, USERS)[:-1]), "is damaged"),
    "brackets are nested without end": (lambda bag: write(bag, USERS, b"[" * 200_000 + b"\n"), "is damaged"),
    "a row has a column of its own": (users(lambda rows: rows[0].update(evil=1)), "is damaged"),
    "a value is of another form": (users(lambda rows: rows[0].update(is_active="yes")), "cannot be loaded"),
    "a value is a statement": (users(lambda rows: rows[0].update(id="1); DROP TABLE users;--")), "cannot be loaded"),
    "a key comes twice": (users(lambda rows: rows.append(rows[0])), "cannot be loaded"),
    "a value must be there": (users(lambda rows: rows[0].pop("name")), "cannot be loaded"),
    "a row refers to nobody": (users(list.clear), "s of this archive"),
    "a file is another than its name": (lying_file, "is damaged"),
    "the schema is not JSON": (lambda bag: (bag / "data/schema.json").write_text("{"), "is damaged"),
    "the schema has no tables": (lambda bag: schema(bag, lambda told: told.pop("tables")), "is damaged"),
    "the schema lacks a table": (lambda bag: schema(bag, lambda told: told["tables"].pop()), "not those of its schema"),
    "a table is Alembic's": (
        lambda bag: schema(bag, lambda told: told["tables"][0].update(name="alembic_version")),
        "not those of its schema",
    ),
    "a table has a name that is a statement": (
        lambda bag: schema(bag, lambda told: told["tables"][0].update(name='x"; DROP TABLE users')),
        "is damaged",
    ),
    "it is of a release to come": (
        lambda bag: schema(bag, lambda told: told.update(revision="9999", release="7.0")),
        "made by the release 7.0",
    ),
    "it is of a format to come": (
        lambda bag: (bag / "bag-info.txt").write_text("Disan-Format: 2\n", encoding="utf-8"),
        "is of the format 2",
    ),
    "there is no schema": (lambda bag: (bag / "data/schema.json").unlink(), "it has no “data/schema.json”"),
}


@pytest.mark.parametrize("what", INSIDE)
def test_archive_with_right_checksums_and_wrong_content_is_refused(empty_app: Flask, bag: Path, what: str) -> None:
    mutate, sentence = INSIDE[what]
    mutate(bag)
    rebag(bag)
    assert sentence in refuse(empty_app, bag)


def repacked(source: Path, target: Path, change: Callable[[zipfile.ZipFile], object]) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info))
        with warnings.catch_warnings():
            # It warns of a name that comes twice.
            warnings.simplefilter("ignore")
            change(new)


def link_in(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo(f"{archive.namelist()[0].partition('/')[0]}/data/media/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


ZIPS: dict[str, tuple[Callable[[zipfile.ZipFile], object], str]] = {
    "a name leads out": (lambda archive: archive.writestr("../evil", "x"), "leads out"),
    "a name is absolute": (lambda archive: archive.writestr("/etc/evil", "x"), "leads out"),
    "there are two folders": (lambda archive: archive.writestr("another/x", "x"), "more than one folder"),
    "a name comes twice": (lambda archive: archive.writestr(archive.namelist()[0], "x"), "twice"),
    "a file is a link": (link_in, "no plain file"),
    "a file is too many": (
        lambda archive: archive.writestr(f"{archive.namelist()[0].partition('/')[0]}/data/x", "x"),
        "named by none",
    ),
}


@pytest.mark.parametrize("what", ZIPS)
def test_zip_that_is_not_in_order_is_refused(
    empty_app: Flask, originals: tuple[Path, Path], tmp_path: Path, what: str
) -> None:
    change, sentence = ZIPS[what]
    repacked(originals[1], tmp_path / "evil.zip", change)
    assert sentence in refuse(empty_app, tmp_path / "evil.zip")


def test_what_is_no_archive_is_refused(empty_app: Flask, originals: tuple[Path, Path], tmp_path: Path) -> None:
    whole = originals[1].read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.zip").write_text("x")
    (tmp_path / "folder").mkdir()
    assert "is no archive" in refuse(empty_app, tmp_path / "cut.zip")
    assert "is no archive" in refuse(empty_app, tmp_path / "text.zip")
    assert "This is no archive" in refuse(empty_app, tmp_path / "folder")
    assert "There is no archive" in refuse(empty_app, tmp_path / "absent")
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    (tmp_path / "flipped.zip").write_bytes(flipped)
    assert "is damaged" in refuse(empty_app, tmp_path / "flipped.zip")


@pytest.mark.parametrize("what", ["table", "file", "dump"])
def test_place_that_is_not_empty_is_left_alone_and_named(empty_app: Flask, bag: Path, what: str) -> None:
    data = empty_app.config["DISAN"].data
    with empty_app.app_context():
        if what == "table":
            with db.engine.begin() as connection:
                connection.exec_driver_sql("CREATE TABLE mine (id integer)")
        else:
            path = data / {"file": "media/originals/ab/abcd", "dump": "dumps/20260101/manifest.json"}[what]
            path.parent.mkdir(parents=True)
            path.write_text("mine")
        with pytest.raises(Conflict) as refused:
            restore_archive(bag, db.engine, empty_app.config["DISAN"])
    assert {"table": "the table mine", "file": "“media”", "dump": "“dumps”"}[what] in str(refused.value)
    if what != "table":
        assert path.read_text() == "mine"


def test_file_that_changes_after_it_was_looked_at_is_refused(
    empty_app: Flask, bag: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may swap a file on a shared disk between the two readings."""
    checked = restoring.check_files

    def check_and_swap(archive: Any, tell: Any) -> Any:
        done = checked(archive, tell)
        flip(next(path for path in (bag / "data/media").rglob("*") if path.is_file()))
        return done

    monkeypatch.setattr(restoring, "check_files", check_and_swap)
    assert "is damaged" in refuse(empty_app, bag)


def test_refusals_are_sentences_for_people(empty_app: Flask, bag: Path) -> None:
    flip(bag / USERS)
    with empty_app.app_context(), pytest.raises(DisanError) as refused:
        restore_archive(bag, db.engine, empty_app.config["DISAN"])
    assert str(refused.value).endswith("Take another backup.")
