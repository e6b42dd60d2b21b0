"""Uploads: read at once or by the worker, seen by their owner only, and gone after that."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.config import Settings
from app.core.db import begin_write, db
from app.core.errors import InvalidInput, NotAllowed, NotFound
from app.exchange import uploads
from app.jobs.models import Wish, WishState
from app.worker.handlers import DAILY, HANDLERS
from app.worker.running import Runner
from tests.harness.register import editor, reviewer

POINT = b'{"type": "Point", "coordinates": [108.3, 15.8]}'


@pytest.fixture
def settings(app: Flask) -> Settings:
    settings: Settings = app.config["DISAN"]
    return settings


@pytest.fixture
def runner(app: Flask, settings: Settings) -> Runner:
    @contextlib.contextmanager
    def sessions() -> Iterator[Session]:
        with app.app_context():
            yield db.session()

    return Runner(sessions, settings, HANDLERS, DAILY)


def kept(settings: Settings) -> list[Path]:
    return sorted((settings.data / "uploads").glob("*"))


def upload(app: Flask, data: bytes, name: str = "diem.geojson") -> int:
    with app.app_context():
        begin_write(db.session())
        actor = editor(db.session())
        wish = uploads.wish_reading(db.session(), io.BytesIO(data), name, actor=actor, settings=app.config["DISAN"])
        db.session.commit()
        return wish.id


def run_one(runner: Runner) -> None:
    job = runner.claim()
    assert job is not None
    runner.run(job)


def test_small_file_is_read_at_once_and_nothing_is_kept(settings: Settings) -> None:
    report = uploads.read_now(io.BytesIO(POINT), r"C:\bản đồ\diem.geojson", settings=settings)
    assert (report.name, len(report.features)) == ("diem.geojson", 1)
    with pytest.raises(InvalidInput):
        uploads.read_now(io.BytesIO(b"nonsense"), "x", settings=settings)
    assert kept(settings) == []


@pytest.mark.parametrize(("data", "told"), [(b"", "is empty"), (b"{" + b" " * 2_000_001, "larger than 2 MB")])
def test_file_that_is_no_small_one_is_refused(settings: Settings, data: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        uploads.read_now(io.BytesIO(data), "x", settings=settings)
    assert kept(settings) == []


def test_upload_is_read_by_the_worker_for_its_owner(app: Flask, settings: Settings, runner: Runner) -> None:
    wish = upload(app, POINT)
    (path,) = kept(settings)
    assert len(path.name) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with app.app_context():
        assert uploads.find_report(db.session(), wish, actor=editor(db.session())) is None
    run_one(runner)
    with app.app_context():
        report = uploads.find_report(db.session(), wish, actor=editor(db.session()))
        assert report is not None
        assert (report.name, report.format, len(report.features)) == ("diem.geojson", "geojson", 1)
        with pytest.raises(NotFound):
            uploads.find_report(db.session(), wish, actor=reviewer(db.session()))
    assert kept(settings) == []


def test_upload_that_nobody_takes_up_is_told(app: Flask) -> None:
    wish = upload(app, POINT)
    with app.app_context():
        session = db.session()
        assert uploads.find_report(session, wish, actor=editor(session)) is None
        session.get_one(Wish, wish).run_at -= dt.timedelta(minutes=3)
        with pytest.raises(InvalidInput, match="the worker seems to stand still"):
            uploads.find_report(session, wish, actor=editor(session))


def test_upload_that_waits_behind_others_is_waited_for(app: Flask, runner: Runner) -> None:
    """A worker that has something else under way, or has just ended it, does not stand still."""
    first, waiting = upload(app, POINT), upload(app, POINT)
    with app.app_context():
        db.session.get_one(Wish, first).run_at -= dt.timedelta(minutes=4)
        db.session.get_one(Wish, waiting).run_at -= dt.timedelta(minutes=3)
        db.session.commit()
    job = runner.claim()
    assert job is not None
    for _ in ("running", "ended"):
        with app.app_context():
            assert uploads.find_report(db.session(), waiting, actor=editor(db.session())) is None
        runner.run(job)


def test_upload_that_is_refused_says_why_and_is_gone(app: Flask, settings: Settings, runner: Runner) -> None:
    wish = upload(app, b"\x89PNG\r\n\x1a\n", "ảnh.gpkg")
    run_one(runner)
    with app.app_context():
        assert db.session.get_one(Wish, wish).state == WishState.FAILED
        with pytest.raises(InvalidInput, match=r"“ảnh.gpkg” is none of GeoJSON"):
            uploads.find_report(db.session(), wish, actor=editor(db.session()))
    assert kept(settings) == []


def test_upload_that_has_gone_is_told(app: Flask, settings: Settings, runner: Runner) -> None:
    wish = upload(app, POINT)
    kept(settings)[0].unlink()
    run_one(runner)
    with app.app_context(), pytest.raises(InvalidInput, match=r"is not here any more. Upload it again"):
        uploads.find_report(db.session(), wish, actor=editor(db.session()))


def test_upload_larger_than_the_setting_is_refused(app: Flask) -> None:
    small = Settings(data=app.config["DISAN"].data, geodata_max_mb=1)
    with app.app_context():
        begin_write(db.session())
        actor = editor(db.session())
        stream = io.BytesIO(b"{" + b" " * 1_000_001)
        with pytest.raises(InvalidInput, match="larger than 1 MB"):
            uploads.wish_reading(db.session(), stream, "x", actor=actor, settings=small)
    assert kept(small) == []


def test_upload_is_for_editors(app: Flask, settings: Settings) -> None:
    with app.app_context():
        begin_write(db.session())
        viewer = system_actor(db.session(), "viewer", Role.VIEWER)
        with pytest.raises(NotAllowed):
            uploads.wish_reading(db.session(), io.BytesIO(POINT), "x", actor=viewer, settings=settings)
    assert kept(settings) == []


def test_uploads_of_yesterday_are_swept_by_the_daily_job(app: Flask, settings: Settings, runner: Runner) -> None:
    upload(app, POINT)
    upload(app, POINT)
    old, new = kept(settings)
    os.utime(old, (time.time() - 90_000, time.time() - 90_000))
    runner.plan()
    with app.app_context():
        begin_write(db.session())
        tidy = db.session.scalars(db.select(Wish).where(Wish.kind == "tidy")).one()
        tidy.run_at = tidy.created_at.replace(year=2000)
        db.session.commit()
        key = tidy.id
    run_one(runner)
    assert kept(settings) == [new]
    with app.app_context():
        assert db.session.get_one(Wish, key).result == {
            "uploads": 1,
            **dict.fromkeys(("imports", "wishes", "taken", "keys", "called_off"), 0),
        }
