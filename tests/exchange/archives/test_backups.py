"""Backups are of one moment though others write, share what they can, and need little memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bagit
import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.errors import Conflict
from app.exchange.archives.restoring import restore_archive
from app.exchange.archives.targets import list_backups, make_backup, make_export
from tests.harness import archives, media, pictures, register
from tests.harness.counts import counts
from tests.harness.databases import Database, Databases, open_app
from tests.harness.server import command, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask


@pytest.fixture
def database(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Database]:
    made = databases.copy(engine_name, tmp_path / "data", fill=archives.small)
    yield made
    databases.drop(made)


@pytest.fixture
def app(database: Database) -> Iterator[Flask]:
    with open_app(database, DISAN_BACKUP_KEEP="2") as made:
        yield made


@pytest.fixture
def empty_place(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Database]:
    made = databases.empty(engine_name, tmp_path / "restored")
    yield made
    databases.drop(made)


def back_up(app: Flask, target: Path, **how: Any) -> tuple[Path, int]:
    """Make a backup, and give its folder and how many files were copied into it."""
    with app.app_context():
        made = make_backup(db.engine, app.config["DISAN"], target, **how)
    assert not made.contents.faulty
    return made.backup.folder, made.contents.new_count


def restore(app: Flask, source: Path) -> None:
    with app.app_context():
        restore_archive(source, db.engine, app.config["DISAN"])


def test_backup_is_of_one_moment_though_others_write_all_the_while(
    app: Flask, empty_place: Database, tmp_path: Path
) -> None:
    before, wrote = archives.rows_of(app), []

    def write(what: str, done: int, _total: int | None) -> None:
        """Publish a site with a picture after every twentieth table, and after the tables."""
        if (what, done % 20) == ("tables", 5) or what == "records":
            thread = threading.Thread(target=lambda: wrote.append(_publish(app, len(wrote))))
            thread.start()
            thread.join()

    bag, _ = back_up(app, tmp_path / "target", tell=write)
    assert len(wrote) > 5
    assert archives.rows_of(app) != before
    with open_app(empty_place) as restored:
        restore(restored, bag)
        assert archives.rows_of(restored) == before


def _publish(app: Flask, number: int) -> None:
    with app.app_context():
        code = f"QNM-{9500 + number}"
        file = media.keep(app, pictures.encoded(pictures.picture(300, 200, seed=100 + number)))
        medium = media.medium(file, code, code=f"QNM-P{9500 + number}")
        register.publish(db.session(), ("site", register.site(code)), ("media", medium))
        db.session.commit()


def test_files_are_shared_with_the_backup_before_and_copied_when_they_changed(app: Flask, tmp_path: Path) -> None:
    target = tmp_path / "target"
    first, copied = back_up(app, target)
    assert copied > 3
    second, copied = back_up(app, target)
    assert copied == 0
    names = [path.relative_to(first) for path in (first / "data/media").rglob("*") if path.is_file()]
    assert all((first / name).stat().st_ino == (second / name).stat().st_ino for name in names)
    changed = app.config["DISAN"].data / "media" / names[0].relative_to("data/media")
    os.utime(changed, (1, 1))
    third, copied = back_up(app, target)
    assert copied == 1
    assert (third / names[0]).stat().st_ino != (second / names[0]).stat().st_ino
    _, copied = back_up(app, target, is_full=True)
    assert copied == len(names)


def test_as_many_backups_stay_as_are_wanted_and_each_is_whole_by_itself(app: Flask, tmp_path: Path) -> None:
    made = [back_up(app, tmp_path / "target")[0] for _ in range(4)]
    assert [one.folder for one in list_backups(tmp_path / "target")] == [made[3], made[2]]
    assert sorted(path.name for path in (tmp_path / "target").iterdir()) == [made[2].name, made[3].name, "lock"]
    assert all(bagit.Bag(str(folder)).validate() for folder in made[2:])


def test_file_that_is_missing_or_damaged_is_told_and_costs_nothing_else(app: Flask, tmp_path: Path) -> None:
    folder = app.config["DISAN"].data / "media"
    (original,) = [path for path in (folder / "originals").rglob("*") if path.is_file()]
    rendition = next(path for path in (folder / "renditions").rglob("*") if path.is_file())
    original.unlink()
    rendition.write_bytes(b"other")
    with app.app_context():
        made = make_backup(db.engine, app.config["DISAN"], tmp_path / "target")
    wanted = {path.relative_to(folder).as_posix() for path in (original, rendition)}
    assert set(made.contents.faulty) == wanted
    assert made.backup.info["Disan-Faulty-Files"] == "2"


def test_only_one_backup_is_made_at_a_time(app: Flask, tmp_path: Path) -> None:
    target = tmp_path / "target"

    def another(what: str, _done: int, _total: int | None) -> None:
        if what == "records":
            with pytest.raises(Conflict, match="being made already"):
                back_up(app, target)

    back_up(app, target, tell=another)


def test_export_does_not_write_over_anything(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_text("mine")
    with app.app_context(), pytest.raises(Conflict, match="is there already"):
        make_export(db.engine, app.config["DISAN"], tmp_path / "all.zip")
    assert (tmp_path / "all.zip").read_text() == "mine"


def test_files_of_a_bucket_go_out_and_into_a_bucket(
    databases: Databases, media_place: dict[str, str], tmp_path: Path
) -> None:
    database = databases.copy("sqlite", tmp_path / "data")
    with open_app(database, **media_place) as app:
        archives.small(app)
        bag, _ = back_up(app, tmp_path / "target")
        wanted = archives.answers(app, paths := [f"/api/v1/collections/sites/items/{archives.SITE}", *_images(app)])
        assert back_up(app, tmp_path / "target")[1] == 0
    with open_app(databases.empty("sqlite", tmp_path / "folder")) as restored:
        restore(restored, bag)
        assert archives.answers(restored, paths) == wanted
    # The same bucket: what lies there by its content's name is written once more.
    with open_app(databases.empty("sqlite", tmp_path / "bucket"), **media_place) as restored:
        restore(restored, bag)
        assert archives.answers(restored, paths) == wanted


def _images(app: Flask) -> list[str]:
    feature = app.test_client().get(f"/api/v1/collections/sites/items/{archives.SITE}").get_json()
    return [image["url"].partition("localhost")[2] or image["url"] for image in feature["properties"]["images"]]


_MEASURED = """
import resource, sys
from app.cli import main
try:
    main(sys.argv[1:])
finally:
    print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def test_memory_does_not_grow_with_the_register(
    databases: Databases, tmp_path: Path, figure: Callable[[str, int], None]
) -> None:
    """As many rows again as the count says cost a few megabytes at most, on the way out and on the way in."""
    database = databases.copy("sqlite", tmp_path / "data", fill=archives.small)
    few = _peaks(database, tmp_path / "few")
    rows = counts(60_000, 1_000_000)
    with open_app(database) as app, app.app_context():
        statement = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) INSERT INTO visit_counts "
            "(day, code, language, source, views) SELECT '2026-01-01', 'QNM-' || i, 'vi', 'direct', 1 FROM n"
        )
        db.session.execute(sa.text(statement), {"rows": rows})
        db.session.commit()
    many = _peaks(database, tmp_path / "many")
    figure("rows backed up and restored with flat memory", rows)
    assert many[0] - few[0] < 30, (few, many)
    assert many[1] - few[1] < 90, (few, many)


def _peaks(database: Database, work: Path) -> list[int]:
    """Give the most memory, in megabytes, that backing up and restoring took."""
    target = work / "target"
    env = environment(**database.config)
    out = [_peak(["backup", str(target)], env)]
    (bag,) = target.glob("disan-*")
    return [*out, _peak(["restore", str(bag)], env | {"DISAN_DATA": str(work / "restored")})]


def _peak(words: list[str], env: dict[str, str]) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *words], env=env, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.rpartition("PEAK ")[2])


def test_command_makes_lists_verifies_drills_and_restores(database: Database, tmp_path: Path) -> None:
    env, target = environment(**database.config), tmp_path / "target"

    def run(*words: str, **settings: str) -> str:
        done = subprocess.run(
            command(*words), env=env | settings, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    bag = run("backup", str(target)).splitlines()[0]
    assert "no drill" in run("backup", "list", str(target))
    assert "what the manifest says" in run("backup", "verify", bag)
    assert "The drill is passed" in run("backup", "drill", bag)
    assert "passed" in run("backup", "list", DISAN_BACKUP_TARGET=str(target))
    run("export", str(tmp_path / "all.zip"))
    assert "It holds" in run("backup", "verify", str(tmp_path / "all.zip"))
    fresh = {"DISAN_DATA": str(tmp_path / "fresh"), "DISAN_DATABASE_URL": ""}
    assert "Restored as of" in run("restore", bag, **fresh)
    assert "0 missing, 0 damaged; 0 orphans" in run("media", "verify", **fresh)
    refused = subprocess.run(command("restore", bag), env=env | fresh, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "is not empty: it has the table" in refused.stderr
