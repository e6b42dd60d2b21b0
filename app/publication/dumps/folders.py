"""Where dumps lie: a folder each, that has its name only once it is whole; the newest counts."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.config import Settings
from app.core.db import now
from app.core.errors import Conflict

MANIFEST = "manifest.json"
_UNFINISHED = "unfinished"
_LOCK = "lock"
# The one before stays for readers who are still about it.
_KEPT = 2
_VERSION_LENGTH = 16


@dataclass(frozen=True, slots=True)
class DumpFile:
    """A file of a dump; `licence` is the deployment's, `licences` are those that the records in it carry (SPDX)."""

    name: str
    collection: str
    language: str
    format: str
    media_type: str
    byte_count: int
    sha256: str
    rows: int
    licence: str
    licences: list[str]
    attribution: str

    @property
    def version(self) -> str:
        """What tells the content apart in an address."""
        return self.sha256[:_VERSION_LENGTH]


@dataclass(frozen=True, slots=True)
class DumpCollection:
    """What a dump says of a collection: its bounds in degrees, when it was first published and last changed."""

    name: str
    rows: int
    bbox: list[float] | None
    published_from: str | None
    changed_at: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a dump holds: all of the publication up to the journal's entry number `journal`, as of `made_at`."""

    made_at: str
    journal: int
    licence: str
    attribution: str
    collections: list[DumpCollection]
    files: list[DumpFile]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


# A dump never changes once it has its name, and the name never comes again.
@lru_cache(maxsize=2 * _KEPT)
def _read_manifest(path: Path) -> Manifest:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    collections = [DumpCollection(**one) for one in told.pop("collections")]
    files = [DumpFile(**one) for one in told.pop("files")]
    return Manifest(**told, collections=collections, files=files)


@dataclass(frozen=True, slots=True)
class Dump:
    """A finished dump."""

    folder: Path
    manifest: Manifest


def read_dumps(settings: Settings) -> Iterator[Dump]:
    """Give the finished dumps, newest first; none where none was made."""
    root = _root(settings)
    for folder in _finished(root) if root.is_dir() else ():
        # An old one may be deleted just now.
        with contextlib.suppress(FileNotFoundError):
            yield Dump(folder, _read_manifest(folder / MANIFEST))


def newest_dump(settings: Settings) -> Dump | None:
    """Give the dump that counts; None where none was made."""
    return next(read_dumps(settings), None)


def find_file(settings: Settings, name: str, version: str | None) -> tuple[Dump, DumpFile] | None:
    """Give a file by its name: the newest, or the one with this content as long as it is kept."""
    for dump in read_dumps(settings):
        for found in dump.manifest.files:
            if found.name == name and version in (None, found.version):
                return dump, found
    return None


@contextlib.contextmanager
def new_folder(settings: Settings) -> Iterator[tuple[Path, Callable[[], Path]]]:
    """Give an empty folder to fill, and what makes a dump of it once it is whole; else it is deleted.

    A process that is killed leaves the folder to the next, and the dumps that there are untouched. Raises `Conflict`
    while another process makes a dump.
    """
    root = _root(settings)
    root.mkdir(parents=True, exist_ok=True)
    making = root / _UNFINISHED
    with _alone(root):
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir()

        def finish() -> Path:
            for path in (*making.iterdir(), making):
                _settle(path)
            # A name that is not there yet, so the rename is all or nothing (rename(2)).
            folder = making.rename(root / f"{now():%Y%m%dT%H%M%S.%fZ}")
            _settle(root)
            for old in _finished(root)[_KEPT:]:
                shutil.rmtree(old)
            return folder

        try:
            yield making, finish
        finally:
            shutil.rmtree(making, ignore_errors=True)


def _root(settings: Settings) -> Path:
    return settings.data / "dumps"


def _finished(root: Path) -> list[Path]:
    """Give the folders of finished dumps, newest first: their names are the times when they were."""
    return sorted((path for path in root.iterdir() if path.name not in (_UNFINISHED, _LOCK)), reverse=True)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the one right to make a dump, which ends with the process."""
    with (root / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("A dump is being made already. Wait until it is finished.") from error
        yield


def _settle(path: Path) -> None:
    """Have what was written on the disk, so that a power cut after the rename finds it there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
