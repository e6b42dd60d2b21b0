"""Administrators have backups made and drilled, take the whole register along, and are told when something is wrong."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.accounts.models import Role
from app.config import Settings
from app.core.db import db, now
from app.exchange.archives import wished
from app.exchange.archives.format import INFO
from app.exchange.archives.targets import newest_backup
from app.jobs.models import Wish
from app.worker.handlers import daily_jobs
from tests.harness import register
from tests.harness.databases import Databases, open_app
from tests.harness.officers import Officer
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


@pytest.fixture
def app(engine_name: str, databases: Databases, tmp_path: Path, target: Path) -> Iterator[Flask]:
    """A register whose worker is to back it up."""
    database = databases.copy(engine_name, tmp_path / "data", fill=register.fill)
    with open_app(database, DISAN_BACKUP_TARGET=str(target)) as made:
        yield made
    databases.drop(database)


@pytest.fixture
def admin(app: Flask) -> Officer:
    return Officer(app, "quan-tri", Role.ADMIN)


def test_backup_is_made_every_night_where_a_folder_is_set() -> None:
    assert daily_jobs(Settings(backup_target="/x"))[wished.BACKUP] == 5
    assert wished.BACKUP not in daily_jobs(Settings())


def test_backup_that_is_asked_for_is_made_drilled_and_listed(app: Flask, admin: Officer, target: Path) -> None:
    page = admin.get("/desk/backups")
    assert "There is no backup yet" in page.said
    asked = admin.post("/desk/backups", _fields(page, "backup"))
    assert "will be made now" in asked.said
    assert "A backup is being made" in asked.said
    assert "is being made already" in admin.post("/desk/backups", _fields(page, "backup")).said
    run_jobs(app)
    made = newest_backup(target)
    assert made is not None
    assert made.drill is not None
    assert made.drill["is_good"], made.drill
    said = admin.get("/desk/backups").said
    assert "passed" in said
    assert f"{int(made.info['Disan-Rows']):,}" in said
    assert "Backups need a look" not in admin.get("/desk/").said


def test_export_is_given_to_whoever_asked_and_to_nobody_else(app: Flask, admin: Officer, tmp_path: Path) -> None:
    page = admin.post("/desk/backups", _fields(admin.get("/desk/backups"), "export"))
    run_jobs(app)
    with app.app_context():
        key = db.session.query(Wish).filter_by(kind=wished.EXPORT).one().id
        db.session.rollback()
    page = admin.get("/desk/backups")
    assert "Download" in page.said
    answer = admin.client.get(f"/desk/backups/{key}.zip")
    assert answer.status_code == 200
    (tmp_path / "got.zip").write_bytes(answer.data)
    answer.close()
    with zipfile.ZipFile(tmp_path / "got.zip") as archive:
        assert any(name.endswith("data/records/site.jsonl") for name in archive.namelist())
    another = Officer(app, "khac", Role.ADMIN)
    assert another.client.get(f"/desk/backups/{key}.zip").status_code == 404
    assert Officer(app, "duyet", Role.REVIEWER).client.get(f"/desk/backups/{key}.zip").status_code == 403
    _age(app.config["DISAN"].data / "backups" / f"export-{key}.zip")
    assert wished.forget_old(app.config["DISAN"]) == 1
    assert "deleted after a day" in admin.get("/desk/backups").said
    assert admin.client.get(f"/desk/backups/{key}.zip").status_code == 404


def test_export_of_somebody_who_was_made_less_in_between_is_refused(app: Flask, admin: Officer) -> None:
    admin.post("/desk/backups", _fields(admin.get("/desk/backups"), "export"))
    with app.app_context():
        from app.accounts.models import User

        db.session.get_one(User, admin.id).roles[0].role = Role.VIEWER
        db.session.commit()
    run_jobs(app)
    with app.app_context():
        assert db.session.query(Wish).filter_by(kind=wished.EXPORT).one().state == "failed"
        db.session.rollback()
    assert not list((app.config["DISAN"].data / "backups").glob("export-*"))


def test_backup_that_cannot_be_restored_is_told_at_home(app: Flask, admin: Officer, target: Path) -> None:
    admin.post("/desk/backups", _fields(admin.get("/desk/backups"), "backup"))
    run_jobs(app)
    made = newest_backup(target)
    assert made is not None
    (made.folder / "data/schema.json").write_text("{}", encoding="utf-8")
    with app.app_context():
        from app.exchange.archives.drills import hold_drill

        found = hold_drill(made, app.config["DISAN"])
    assert found.drill is not None
    assert not found.drill["is_good"]
    assert "Backups need a look" in admin.get("/desk/").said
    assert "data/schema.json" in admin.get("/desk/backups").said
    assert "Backups need a look" not in Officer(app, "duyet", Role.REVIEWER).get("/desk/").said


@pytest.mark.parametrize("trouble", ["old", "gone", "failed"])
def test_backup_that_is_old_gone_or_failed_is_told(app: Flask, admin: Officer, target: Path, trouble: str) -> None:
    admin.post("/desk/backups", _fields(admin.get("/desk/backups"), "backup"))
    if trouble == "failed":
        target.write_text("no folder")
    run_jobs(app)
    made = None if trouble == "failed" else newest_backup(target)
    if trouble == "gone":
        shutil.rmtree(target)
    elif made is not None:
        info = made.folder / INFO
        text = info.read_text(encoding="utf-8")
        before = (now() - dt.timedelta(hours=37)).isoformat(timespec="seconds")
        info.write_text(text.replace(made.info["Disan-Made-At"], before), encoding="utf-8")
    assert "Backups need a look" in admin.get("/desk/").said
    said = admin.get("/desk/backups").said
    assert {"old": "day and a half old", "gone": "There is no backup in", "failed": "cannot be made"}[trouble] in said


def _fields(page: object, do: str) -> list[tuple[str, str]]:
    (form, *_) = page.document.xpath("//main//form[@class='action']")  # type: ignore[attr-defined]
    token = [(one.get("name"), one.get("value")) for one in form.xpath(".//input") if one.get("name") != "do"]
    return [*token, ("do", do)]


def _age(path: Path) -> None:
    old = time.time() - 25 * 3600
    os.utime(path, (old, old))
