"""Sealed backups: nothing else touches their folder, only the identity opens them, and a drill needs none of it."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bagit
import pyrage
import pytest
from pyrage import x25519

from app.core.db import db
from app.core.errors import InvalidInput
from app.exchange.archives.drills import hold_drill
from app.exchange.archives.restoring import restore_archive
from app.exchange.archives.sealing import read_identity
from app.exchange.archives.targets import Made, make_backup
from tests.harness import archives
from tests.harness.databases import Database, Databases, open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

TAGS = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "README.txt", "lock"}


@pytest.fixture
def identity() -> Any:
    return x25519.Identity.generate()


@pytest.fixture
def app(engine_name: str, databases: Databases, tmp_path: Path, identity: Any) -> Iterator[Flask]:
    made = databases.copy(engine_name, tmp_path / "data", fill=archives.small)
    with open_app(made, DISAN_BACKUP_KEY=str(identity.to_public())) as opened:
        yield opened
    databases.drop(made)


@pytest.fixture
def empty_place(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Database]:
    made = databases.empty(engine_name, tmp_path / "restored")
    yield made
    databases.drop(made)


def back_up(app: Flask, target: Path, **how: Any) -> Made:
    with app.app_context():
        return make_backup(db.engine, app.config["DISAN"], target, **how)


def test_nothing_but_what_is_sealed_ever_touches_the_folder(app: Flask, tmp_path: Path) -> None:
    target, looked = tmp_path / "target", []

    def look(_what: str, _done: int, _total: int | None) -> None:
        for path in target.rglob("*"):
            if path.is_file() and path.name not in TAGS:
                assert path.read_bytes().startswith(b"age-encryption.org/v1\n"), path
                looked.append(path)

    made = back_up(app, target, tell=look)
    look("at the end", 0, None)
    assert len(looked) > 100
    words = b"".join(path.read_bytes() for path in target.rglob("*") if path.is_file())
    for secret in (archives.SITE, archives.DRAFTED, "stored_files", "originals", ".webp"):
        assert secret.encode() not in words
    assert bagit.Bag(str(made.backup.folder)).validate()
    assert not list((app.config["DISAN"].data / "backups").glob("work-*"))


def test_sealed_files_are_opened_by_any_program_for_age(app: Flask, tmp_path: Path, identity: Any) -> None:
    folder = back_up(app, tmp_path / "target").backup.folder
    inventory = gzip.decompress(pyrage.decrypt((folder / "data/inventory.age").read_bytes(), [identity]))
    files = {told["path"]: told for told in map(json.loads, inventory.splitlines())}
    sites = pyrage.decrypt((folder / files["data/records/site.jsonl.gz"]["file"]).read_bytes(), [identity])
    (line,) = gzip.decompress(sites).splitlines()
    assert json.loads(line)["code"] == archives.SITE


def test_sealed_backup_is_restored_with_its_identity_only(
    app: Flask, empty_place: Database, tmp_path: Path, identity: Any
) -> None:
    folder = back_up(app, tmp_path / "target").backup.folder
    key = tmp_path / "key.txt"
    key.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n")
    before, files = archives.rows_of(app), archives.kept_files(app.config["DISAN"].data)
    with open_app(empty_place) as restored, restored.app_context():
        settings = restored.config["DISAN"]
        with pytest.raises(InvalidInput, match="Give the identity"):
            restore_archive(folder, db.engine, settings)
        with pytest.raises(InvalidInput, match="sealed to another key"):
            restore_archive(folder, db.engine, settings, identities=[x25519.Identity.generate()])
        assert {path.name for path in empty_place.folder.iterdir() if path.is_dir()} <= {"backups"}
        restore_archive(folder, db.engine, settings, identities=read_identity(key))
        assert archives.rows_of(restored) == before
        assert archives.kept_files(empty_place.folder) == files


def test_sealed_files_are_shared_with_the_backup_before(app: Flask, tmp_path: Path, identity: Any) -> None:
    back_up(app, tmp_path / "target")
    made = back_up(app, tmp_path / "target")
    assert made.contents.new_count == 0
    tried = hold_drill(made.backup, app.config["DISAN"], identities=[identity])
    assert tried.drill is not None
    assert (tried.drill["is_good"], tried.drill["unopened"]) == (True, 0)
    with open_app_key(app, str(x25519.Identity.generate().to_public())) as other:
        assert back_up(other, tmp_path / "target").contents.new_count > 0


def open_app_key(app: Flask, key: str) -> Any:
    settings = app.config["DISAN"]
    database = Database("", "", settings.data, settings.database_url)
    return open_app(database, DISAN_BACKUP_KEY=key)


def test_drill_without_the_identity_tries_what_was_sealed_now(app: Flask, tmp_path: Path) -> None:
    first, second = (back_up(app, tmp_path / "target") for _ in range(2))
    tried = hold_drill(first.backup, app.config["DISAN"], identities=[first.witness], is_strict=False).drill
    assert tried is not None
    assert (tried["is_good"], tried["unopened"]) == (True, 0)
    tried = hold_drill(second.backup, app.config["DISAN"], identities=[second.witness], is_strict=False).drill
    assert tried is not None
    assert tried["is_good"]
    assert tried["unopened"] == second.contents.file_count
    blind = hold_drill(second.backup, app.config["DISAN"]).drill
    assert blind is not None
    assert not blind["is_good"]
    assert "nobody has tried" in blind["problem"]["message"]


def test_drill_that_fails_tells_nothing_beside_a_sealed_backup(app: Flask, tmp_path: Path, identity: Any) -> None:
    made = back_up(app, tmp_path / "target")
    shutil.copyfile(
        made.backup.folder / "data/inventory.age", next((made.backup.folder / "data/sealed").rglob("*.age"))
    )
    tried = hold_drill(made.backup, app.config["DISAN"], identities=[identity]).drill
    assert tried is not None
    assert not tried["is_good"]
    assert set(tried["problem"]["params"].values()) == {"…"}
    assert back_up(app, tmp_path / "target").contents.new_count == made.contents.new_count


@pytest.mark.parametrize("key", ["age1nonsense", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA"])
def test_key_that_is_none_is_refused_before_anything_is_written(databases: Databases, tmp_path: Path, key: str) -> None:
    database = databases.copy("sqlite", tmp_path / "data")
    with open_app(database, DISAN_BACKUP_KEY=key) as app, pytest.raises(InvalidInput) as refused:
        back_up(app, tmp_path / "target")
    assert key not in str(refused.value)
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("text", ["", "nothing\n", "AGE-SECRET-KEY-1WRONG\n"])
def test_file_that_is_no_identity_is_refused_without_being_shown(tmp_path: Path, text: str) -> None:
    (tmp_path / "key.txt").write_text(text)
    with pytest.raises(InvalidInput) as refused:
        read_identity(tmp_path / "key.txt")
    assert "WRONG" not in str(refused.value)
    with pytest.raises(InvalidInput):
        read_identity(tmp_path / "absent.txt")
