"""Restoring an archive into an empty place: all of it checked first, and then nothing or the whole."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from pyrage import x25519

from app.config import Settings
from app.core.db import connect, schema_revision
from app.core.errors import Conflict, InvalidInput, Unavailable
from app.engine.carrying import close_file, new_file_engine, tables_of
from app.exchange.archives.bags import settle
from app.exchange.archives.format import MEDIA
from app.exchange.archives.index import Filed
from app.exchange.archives.loading import Plan, load, read_plan
from app.exchange.archives.making import is_named_rightly
from app.exchange.archives.reading import Archive, check_files, damage_told, damaged, open_archive
from app.exchange.archives.tables import Tell, tell_nobody
from app.media.storage import UNFINISHED, Storage

_CHUNK = 1 << 18
# The staging, within the data folder; `placing` in it says that a folder `media` beside it came from there.
_STAGING, _PLACING = "restoring", "placing"
# What may lie in an empty data folder: counts of requests, what file systems make, leftovers of ours.
_NOTHING = frozenset({"quotas.counts", "lost+found", _STAGING, "backups"})
_DATABASE_PARTS = ("", "-wal", "-shm", "-journal")
_TOLD_EVERY = 200


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: what the archive is (`backup`, or `export` without accounts' secrets), and how much."""

    content: str
    made_at: str
    row_count: int
    file_count: int


def restore_archive(
    source: Path,
    engine: sa.Engine,
    settings: Settings,
    *,
    identities: Sequence[x25519.Identity] = (),
    tell: Tell = tell_nobody,
) -> Restored:
    """Restore an archive into an empty data folder and database.

    Files come first and the database last, in one step; as long as that has not been taken there is no register, and
    the next restoration begins anew. Raises `Conflict` where something is there already or another process restores,
    `InvalidInput` for an archive that is not in order, before anything is written.
    """
    data = settings.data.resolve()
    with _alone(data), _cleaned(data / _STAGING):
        require_empty(engine, settings, source)
        staging = data / _STAGING
        is_ours = (staging / _PLACING).exists()
        (staging / "work").mkdir(mode=0o700, parents=True, exist_ok=True)
        with open_archive(source, identities=identities, scratch=staging / "work") as archive:
            if not archive.is_open:
                raise InvalidInput("This archive is sealed. Give the identity that opens it: `--identity FILE`.")
            plan = read_plan(archive)
            _require_room(archive, plan, settings, engine)
            check_files(archive, tell)
            if is_ours:
                shutil.rmtree(data / "media", ignore_errors=True)
            _clear(staging)
            (staging / "work").mkdir()
            count = _stage_files(archive, settings, staging, tell)
            if engine.dialect.name == "postgresql":
                with engine.begin() as connection:
                    load(connection, archive, plan, tell)
                    _place_files(staging, data)
            else:
                database = staging / "database"
                _build(database, archive, plan, tell)
                _place_files(staging, data)
                _place_database(engine, database)
    return Restored(plan.content, plan.made_at, plan.row_count, count)


@contextlib.contextmanager
def _cleaned(staging: Path) -> Iterator[None]:
    """Take the staging away afterwards, unless files have their place already and the database has not."""
    try:
        yield
    except BaseException:
        if not (staging / _PLACING).exists():
            shutil.rmtree(staging, ignore_errors=True)
        raise
    shutil.rmtree(staging, ignore_errors=True)


def require_empty(engine: sa.Engine, settings: Settings, source: Path) -> None:
    """Raise `Conflict` naming what is there already, in the database or in the data folder."""
    with connect(engine) as connection:
        there = sorted(tables_of(connection))
        if there or schema_revision(connection):
            raise Conflict(
                "The database %(url)s is not empty: it has the table %(table)s. Restore into an empty one.",
                url=engine.url.render_as_string(hide_password=True),
                table=there[0] if there else "alembic_version",
            )
    engine.dispose()
    data = settings.data.resolve()
    database = Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None
    passed = {data / name for name in _NOTHING} | {source.resolve()}
    if database is not None:
        passed |= {database.resolve().with_name(database.name + part) for part in _DATABASE_PARTS}
    if (data / _STAGING / _PLACING).exists():
        passed.add(data / "media")
    for path in sorted(data.iterdir()):
        if path in passed or path in source.resolve().parents:
            continue
        if not path.is_dir() or any(one.is_file() for one in path.rglob("*")):
            raise Conflict(
                "The data folder %(folder)s is not empty: it has “%(name)s”. Restore into an empty one: another "
                "DISAN_DATA.",
                folder=data,
                name=path.name,
            )


def _require_room(archive: Archive, plan: Plan, settings: Settings, engine: sa.Engine) -> None:
    """Raise `Unavailable` where the disk is smaller than what the archive says to hold of what will lie there."""
    data = settings.data.resolve()
    wanted = 0 if settings.media_bucket else archive.files.totals(MEDIA)[1]
    wanted += plan.byte_count if engine.dialect.name == "sqlite" else 0
    free = os.statvfs(data)
    if free.f_bavail * free.f_frsize < wanted:
        raise Unavailable(
            "There is no room for this archive: it needs %(wanted)s MB in %(folder)s.",
            wanted=wanted // 1_000_000 + 1,
            folder=data,
        )


def _clear(staging: Path) -> None:
    """Make the staging empty, what says whose the files beside it are last."""
    for path in staging.iterdir():
        if path.name == _PLACING:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    (staging / _PLACING).unlink(missing_ok=True)


def _stage_files(archive: Archive, settings: Settings, staging: Path, tell: Tell) -> int:
    """Write the files beside where they will lie, or into the bucket, where a name is its content's; gives how many."""
    storage = Storage(settings) if settings.media_bucket else None
    media = staging / "media"
    media.mkdir()
    total, done = archive.files.totals(MEDIA)[0], 0
    for filed in archive.files.under(MEDIA):
        key = filed.path.removeprefix(MEDIA)
        if "/" not in key or key.startswith(f"{UNFINISHED}/") or not is_named_rightly(key, filed.sha256):
            raise damaged(filed.path)
        target = media / key if storage is None else staging / "file"
        target.parent.mkdir(parents=True, exist_ok=True)
        with damage_told(filed.path), archive.open(filed.path) as file:
            _copy(file, target, filed)
        if storage is not None:
            storage.keep(key, target)
            target.unlink()
        done += 1
        if done % _TOLD_EVERY == 0 or done == total:
            tell("files", done, total)
    for folder, _, _ in os.walk(media):
        settle(Path(folder))
    return done


def _copy(file: IO[bytes], target: Path, filed: Filed) -> None:
    """Copy a file, once more compared with its checksum: it may be another by now than when all were looked at."""
    digest = hashlib.sha256()
    with target.open("wb") as out:
        while piece := file.read(_CHUNK):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != filed.sha256:
        raise damaged(filed.path)


def _build(database: Path, archive: Archive, plan: Plan, tell: Tell) -> None:
    """Build a database beside the one that it will be."""
    engine = new_file_engine(database)
    try:
        with engine.begin() as connection:
            load(connection, archive, plan, tell)
        close_file(engine, database)
    finally:
        engine.dispose()


def _place_files(staging: Path, data: Path) -> None:
    """Give the files their place; from now until there is a database, they are known to be of a restoration."""
    (staging / _PLACING).touch()
    settle(staging)
    settle(data)
    media = data / "media"
    # Empty folders, as it was seen before.
    shutil.rmtree(media, ignore_errors=True)
    (staging / "media").rename(media)
    settle(data)


def _place_database(engine: sa.Engine, built: Path) -> None:
    """Give the database its name: from then on there is a register."""
    engine.dispose()
    path = Path(engine.url.database or "").resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    for part in _DATABASE_PARTS[1:]:
        # A log of the empty one would be read into the new one.
        path.with_name(path.name + part).unlink(missing_ok=True)
    if built.stat().st_dev == path.parent.stat().st_dev:
        built.replace(path)
    else:
        beside = path.with_name(f"{path.name}.restoring")
        shutil.copyfile(built, beside)
        settle(beside)
        beside.replace(path)
    settle(path.parent)


@contextlib.contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Hold the one right to restore there, which ends with the process."""
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Conflict("Something is being restored here already. Wait until it is finished.") from error
    finally:
        os.close(folder)
