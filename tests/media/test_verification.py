"""What `disan media verify` finds, in a folder and in a bucket, and what it does about it."""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from app.cli import main
from app.core.db import begin_write, db, now
from app.jobs.models import Wish, WishState
from app.media.models import Rendition, StoredFile
from app.media.operations import keep_file, receive_file
from app.media.storage import UNFINISHED, Storage, original_key, rendition_key
from app.media.tiles import image_id, tiles_folder
from app.media.verification import Fault, Finding, mend_made, remove_orphan, verify
from tests.harness import media, pictures, register
from tests.harness.buckets import make_bucket
from tests.harness.databases import Database, Databases, open_app
from tests.harness.register import editor
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask

HOUR = dt.timedelta(hours=1)


@pytest.fixture(params=[("sqlite", "folder"), ("sqlite", "bucket"), ("postgis", "bucket")], ids="-".join)
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    """An engine and a place: what the one does is nothing to the other, so that not all pairs need be."""
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def database(pair: tuple[str, str], databases: Databases, tmp_path: Path) -> Iterator[Database]:
    made = databases.copy(pair[0], tmp_path / "data")
    yield made
    databases.drop(made)


@pytest.fixture
def media_place(pair: tuple[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    return {} if pair[1] == "folder" else make_bucket(request.getfixturevalue("bucket_server"))


@pytest.fixture
def kept(database: Database, media_place: dict[str, str]) -> Iterator[Flask]:
    """An application that keeps its files in either place, with one picture and its renditions."""
    with open_app(database, **media_place) as app:
        take(app)
        run_jobs(app)
        yield app


def take(app: Flask, seed: int = 1) -> str:
    """Take in a picture; gives its checksum."""
    data = pictures.encoded(pictures.picture(330, 60, seed=seed))
    with app.app_context():
        received = receive_file(io.BytesIO(data), f"IMG_{seed}.jpg", settings=app.config["DISAN"])
        begin_write(db.session())
        keep_file(db.session(), received, actor=editor(db.session()))
        db.session.commit()
    return received.sha256


def find(app: Flask, before: dt.datetime | None = None) -> list[Finding]:
    with app.app_context():
        steps = verify(db.session(), Storage(app.config["DISAN"]), before=before or now() - HOUR)
        return [finding for step in steps for finding in step.findings]


def named(app: Flask) -> tuple[str, list[str]]:
    """Give the keys of the picture and of its renditions."""
    with app.app_context():
        sha256 = db.session.scalars(sa.select(StoredFile.sha256).order_by(StoredFile.id)).first()
        names = db.session.scalars(sa.select(Rendition.name).order_by(Rendition.id))
        return original_key(str(sha256)), [rendition_key(name) for name in names]


def test_whole_files_are_found_whole(kept: Flask) -> None:
    assert find(kept, before=now() + HOUR) == []
    with kept.app_context():
        steps = list(verify(db.session(), Storage(kept.config["DISAN"]), before=now()))
    assert [(step.what, step.done, step.total) for step in steps] == [
        ("originals", 1, 1),
        ("renditions", 6, 6),
        ("orphans", 1, None),
        ("orphans", 7, None),
    ]


def test_what_is_missing_or_damaged_is_found_and_mended(kept: Flask) -> None:
    original, (one, other, *_) = named(kept)
    storage = Storage(kept.config["DISAN"])
    storage.remove(one)
    storage.keep(other, b"not what its name says")
    found = find(kept)
    assert [(finding.fault, finding.key) for finding in found] == [(Fault.MISSING, one), (Fault.DAMAGED, other)]
    for finding in found:
        with kept.app_context():
            assert mend_made(db.session(), storage, finding)
            db.session.commit()
    with kept.app_context():
        waiting = sa.select(sa.func.count()).select_from(Wish).where(Wish.state == WishState.WAITING)
        assert db.session.scalar(waiting) == 1
    run_jobs(kept)
    assert find(kept, before=now() + HOUR) == []
    assert storage.has(original)


@pytest.mark.parametrize("fault", [Fault.MISSING, Fault.DAMAGED])
def test_original_that_is_not_whole_is_brought_back_by_uploading_it(kept: Flask, fault: Fault) -> None:
    original, (one, *_) = named(kept)
    storage = Storage(kept.config["DISAN"])
    storage.remove(one)
    if fault is Fault.MISSING:
        storage.remove(original)
    else:
        storage.keep(original, pictures.encoded(pictures.picture(seed=2)))
    found = find(kept)
    assert [(finding.fault, finding.key) for finding in found] == [(fault, original), (Fault.MISSING, one)]
    assert "upload “IMG_1.jpg” once more" in found[0].advice
    with kept.app_context():
        # Nothing is made of another picture than was uploaded.
        assert not any(mend_made(db.session(), storage, finding) for finding in found)
    take(kept)
    assert [finding.key for finding in find(kept)] == [one]


def test_damaged_original_is_not_rendered(kept: Flask) -> None:
    sha256 = take(kept, seed=2)
    Storage(kept.config["DISAN"]).keep(original_key(sha256), pictures.encoded(pictures.picture(seed=3)))
    run_jobs(kept)
    with kept.app_context():
        wish = db.session.scalars(sa.select(Wish).order_by(Wish.id.desc())).first()
        assert wish is not None
        assert "“IMG_2.jpg” has been damaged in the storage" in str(wish.problem)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Rendition)) == 6


def test_file_that_nothing_names_is_an_orphan_when_it_is_old(kept: Flask) -> None:
    storage = Storage(kept.config["DISAN"])
    keys = [
        original_key("ab" * 32),
        rendition_key("cd" * 16 + ".webp"),
        f"{UNFINISHED}/left",
        "originals/zz/" + "0" * 64,
    ]
    for key in keys:
        storage.keep(key, b"x")
    # What comes in just now is not yet named.
    assert find(kept) == []
    before = now() + HOUR
    found = find(kept, before=before)
    assert {finding.fault for finding in found} == {Fault.ORPHAN}
    assert sorted(finding.key for finding in found) == sorted(keys)
    with kept.app_context():
        assert all(remove_orphan(db.session(), storage, finding, before=before) for finding in found)
    assert find(kept, before=before) == []
    original, renditions = named(kept)
    assert all(storage.has(key) for key in (original, *renditions))


def test_orphan_that_is_wanted_again_meanwhile_is_not_deleted(kept: Flask) -> None:
    data = pictures.encoded(pictures.picture(seed=2))
    with kept.app_context():
        storage, settings = Storage(kept.config["DISAN"]), kept.config["DISAN"]
        received = receive_file(io.BytesIO(data), "IMG_2.jpg", settings=settings)
        (finding,) = find(kept, before=now() + HOUR)
        # It is uploaded again, and written down after it was found: first its age tells, then its name.
        assert not remove_orphan(db.session(), storage, finding, before=now() - HOUR)
        begin_write(db.session())
        keep_file(db.session(), received, actor=editor(db.session()))
        db.session.commit()
        assert not remove_orphan(db.session(), storage, finding, before=now() + HOUR)
        assert storage.has(finding.key)


def test_questions_grow_with_chunks_and_not_with_files(
    kept: Flask, count_queries: Callable[[], AbstractContextManager[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with count_queries() as statements:
        find(kept)
    few = len(statements)
    take(kept, seed=2)
    run_jobs(kept)
    with count_queries() as statements:
        assert find(kept) == []
    assert len(statements) == few
    monkeypatch.setattr("app.media.verification._CHUNK", 5)
    with kept.app_context():
        steps = verify(db.session(), Storage(kept.config["DISAN"]), before=now())
        assert [step.done for step in steps if step.what == "renditions"] == [5, 10, 12]


def ask(database: Database, place: dict[str, str], *words: str) -> Result:
    result = CliRunner().invoke(main, ["media", "verify", *words], env={**database.config, **place})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_command_tells_each_finding_and_leaves_with_its_status(
    kept: Flask, database: Database, media_place: dict[str, str]
) -> None:
    done = ask(database, media_place)
    assert (done.exit_code, done.stdout.splitlines()) == (
        0,
        ["1 originals, 6 renditions, 0 pictures in tiles: 0 missing, 0 damaged; 0 orphans. Left to mend: 0."],
    )
    _, (one, *_) = named(kept)
    storage, orphan = Storage(kept.config["DISAN"]), original_key("ab" * 32)
    storage.remove(one)
    storage.keep(orphan, b"x")
    done = ask(database, media_place, "--grace", "-1")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"missing  {one}  Made of “IMG_1.jpg”. `disan media verify --mend` has it made again.",
        f"orphan  {orphan}  Nothing names it. `disan media verify --remove-orphans` deletes it.",
        "1 originals, 6 renditions, 0 pictures in tiles: 1 missing, 0 damaged; 1 orphans. Left to mend: 2.",
    ]
    assert storage.has(orphan)
    done = ask(database, media_place, "--grace", "-1", "--mend", "--remove-orphans")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        f"missing  {one}  Will be made again.",
        f"orphan  {orphan}  Deleted.",
        "1 originals, 6 renditions, 0 pictures in tiles: 1 missing, 0 damaged; 1 orphans. Left to mend: 0.",
    ]
    assert not storage.has(orphan)
    run_jobs(kept)
    assert ask(database, media_place).exit_code == 0


def test_orphan_of_a_folder_is_told_by_its_own_age(databases: Databases, tmp_path: Path) -> None:
    database = databases.copy("sqlite", tmp_path / "data")
    with open_app(database) as app:
        storage = Storage(app.config["DISAN"])
        for age_min in (59, 61):
            storage.keep(f"{UNFINISHED}/{age_min}", b"x")
            then = (now() - dt.timedelta(minutes=age_min)).timestamp()
            os.utime(database.folder / "media" / UNFINISHED / str(age_min), (then, then))
    done = ask(database, {}, "--remove-orphans")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, f"orphan  {UNFINISHED}/61  Deleted.")
    assert storage.has(f"{UNFINISHED}/59")


def cut(app: Flask) -> str:
    """Take in a map sheet that lies in public and is cut into tiles; gives the folder of these."""
    data = pictures.encoded(pictures.sheet(4200, 40))
    with app.app_context():
        register.write_vocabulary(db.session())
        file = media.keep(app, data, "sheet.jpg")
        register.publish(
            db.session(),
            ("site", register.site("QNM-9001")),
            ("media", media.medium(file, "QNM-9001", medium_type="map")),
        )
        db.session.commit()
        folder = tiles_folder(image_id(file.sha256))
    run_jobs(app)
    return folder


@pytest.mark.parametrize(("fault", "content"), [(Fault.MISSING, None), (Fault.DAMAGED, b"x")])
def test_tiles_are_counted_and_cut_again(kept: Flask, fault: Fault, content: bytes | None) -> None:
    folder, storage = cut(kept), Storage(kept.config["DISAN"])
    assert find(kept, before=now() + HOUR) == []
    tile = f"{folder}/512/1-0-0.jpg"
    if content is None:
        storage.remove(tile)
    else:
        storage.keep(tile, content)
    (finding,) = find(kept)
    assert (finding.fault, finding.key, finding.name) == (fault, folder, "sheet.jpg")
    with kept.app_context():
        assert mend_made(db.session(), storage, finding)
        db.session.commit()
        assert mend_made(db.session(), storage, finding), "it is under way"
        db.session.rollback()
    run_jobs(kept)
    assert find(kept) == []


def test_tiles_that_nothing_names_are_orphans(kept: Flask) -> None:
    folder, storage = cut(kept), Storage(kept.config["DISAN"])
    stray = f"tiles/00/{'0' * 32}/512/1-0-0.jpg"
    storage.keep(stray, b"x")
    (finding,) = find(kept, before=now() + HOUR)
    assert (finding.fault, finding.key) == (Fault.ORPHAN, stray)
    with kept.app_context():
        assert remove_orphan(db.session(), storage, finding, before=now() + HOUR)
        known = Finding(Fault.ORPHAN, f"{folder}/512/1-0-0.jpg", "tiles")
        assert not remove_orphan(db.session(), storage, known, before=now() + HOUR)
    assert find(kept, before=now() + HOUR) == []
