"""Where backups lie: a folder with a bag a date, named only once it is whole; and the one file of an export."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pyrage import x25519

from app.config import Settings
from app.core.db import now
from app.core.errors import Conflict, InvalidInput, Unavailable
from app.exchange.archives.bags import Bag, Before, Folder, Zip, settle
from app.exchange.archives.format import INFO, MANIFEST
from app.exchange.archives.index import Index
from app.exchange.archives.known import known_files
from app.exchange.archives.making import Contents, Source, fill
from app.exchange.archives.manifests import read_info, read_manifest
from app.exchange.archives.sealing import SealedBag, read_recipient
from app.exchange.archives.tables import Tell, tell_nobody

_NAME = re.compile(r"disan-(\d{8}T\d{6}Z)")
_UNFINISHED, _LOCK = "unfinished", "lock"
_WORK = "backups"
_STALE_S = 24 * 3600
_SEALED_TO = "Disan-Sealed-To"


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole backup: its folder, what its description says, and what the last drill found (None: none was held)."""

    folder: Path
    info: dict[str, str]
    drill: dict[str, Any] | None

    @property
    def made_at(self) -> dt.datetime | None:
        """When its tables were read."""
        try:
            at = dt.datetime.fromisoformat(self.info["Disan-Made-At"])
        except (KeyError, ValueError):
            return None
        return at if at.tzinfo else None

    @property
    def is_sealed(self) -> bool:
        """Whether it is sealed to a public key."""
        return _SEALED_TO in self.info


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was just made, what went into it, and for a sealed one what opens this process's part of it.

    The witness is a key that is nowhere but in this process's memory: whatever was sealed now, and not taken over from
    the backup before, was sealed to it as well, so that a drill can try it without the identity.
    """

    backup: Backup
    contents: Contents
    witness: x25519.Identity | None


def make_backup(
    engine: sa.Engine, settings: Settings, target: Path, *, is_full: bool = False, tell: Tell = tell_nobody
) -> Made:
    """Back the register up into a new dated bag within `target`, whole or not at all, and let old ones go.

    Files that the bag before has are shared with it, unless it is to be full. Raises `Conflict` while another process
    does the same, `InvalidInput` for a key that is none, `Unavailable` where it cannot be written.
    """
    witness = x25519.Identity.generate() if settings.backup_key else None
    if settings.backup_key:
        read_recipient(settings.backup_key)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            "The folder %(folder)s for backups cannot be made (%(reason)s).", folder=target, reason=error.strerror
        ) from error
    with _alone(target), scratch_folder(settings) as scratch:
        making = target / _UNFINISHED
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        try:
            source = Source(engine, settings, scratch, is_for_others=False, tell=tell)
            before = None if is_full else _before(target, settings.backup_key)
            contents = _fill(making, source, before, witness)
            made = _finish(target, making)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        _let_go(target, settings.backup_keep)
        return Made(_read(made), contents, witness)


def _fill(making: Path, source: Source, before: Before | None, witness: x25519.Identity | None) -> Contents:
    key = source.settings.backup_key
    with known_files(_work(source.settings) / "known.sqlite3") as known:
        bag = Bag(Folder(making), before)
        if witness is None:
            return fill(bag, source, known)
        sealed = SealedBag(bag, key, source.scratch / "inventory", before, witness)
        return fill(_Told(sealed, key), source, known, is_sealed=True)


class _Told:
    """A sealed bag that says to which key."""

    def __init__(self, bag: SealedBag, key: str) -> None:
        self.add, self.reuse, self._finish, self._key = bag.add, bag.reuse, bag.finish, key

    def finish(self, info: dict[str, str], tags: dict[str, str]) -> None:
        """Close the bag."""
        self._finish({**info, _SEALED_TO: self._key.strip()}, tags)


def _finish(target: Path, making: Path) -> Path:
    """Give the bag its name: a rename to one that is not there is all or nothing (rename(2))."""
    while (made := target / f"disan-{now():%Y%m%dT%H%M%SZ}").exists():
        time.sleep(0.1)
    making.rename(made)
    settle(target)
    return made


def _before(target: Path, key: str) -> Before | None:
    """Give the newest backup if it is of the same sort: plain, or sealed to the same key."""
    newest = newest_backup(target)
    if newest is None or newest.info.get(_SEALED_TO, "") != key.strip():
        return None
    if newest.drill is not None and not newest.drill.get("is_good"):
        # Whatever is damaged in it would be damaged in the new one, too.
        return None
    files = Index()
    try:
        with (newest.folder / MANIFEST).open("rb") as file:
            for filed in read_manifest(file):
                files.add(filed)
    except (OSError, InvalidInput):
        # Whatever is wrong with it, a drill says; a new one is made without it.
        return None
    return Before(newest.folder, files)


def list_backups(target: Path) -> list[Backup]:
    """Give the whole backups within a folder, the newest first."""
    return [_read(folder) for folder in _folders(target)]


def newest_backup(target: Path) -> Backup | None:
    """Give the newest whole backup within a folder."""
    return next((_read(folder) for folder in _folders(target)), None)


def _folders(target: Path) -> list[Path]:
    found = [path for path in target.iterdir() if _NAME.fullmatch(path.name)] if target.is_dir() else []
    return sorted((path for path in found if path.is_dir() and not path.is_symlink()), reverse=True)


def _read(folder: Path) -> Backup:
    try:
        info = read_info((folder / INFO).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        info = {}
    try:
        drill = json.loads(_drill_path(folder).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        drill = None
    return Backup(folder, info, drill if isinstance(drill, dict) else None)


def note_drill(backup: Backup, found: dict[str, Any]) -> Backup:
    """Keep beside a backup what a drill found."""
    path = _drill_path(backup.folder)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.rename(path)
    return _read(backup.folder)


def _drill_path(folder: Path) -> Path:
    return folder.parent / f"{folder.name}.drill.json"


def _let_go(target: Path, kept: int) -> None:
    """Delete the oldest backups beyond those that are kept; one that is going is no whole one any more."""
    for old in list_backups(target)[max(kept, 1) :] if kept else ():
        going = target / _UNFINISHED
        if going.exists():
            return
        old.folder.rename(going)
        shutil.rmtree(going, ignore_errors=True)
        _drill_path(old.folder).unlink(missing_ok=True)


def make_export(engine: sa.Engine, settings: Settings, path: Path, *, tell: Tell = tell_nobody) -> Contents:
    """Write the whole register but for its secrets into one ZIP file, which must not be there yet; all or nothing.

    Raises `Conflict` when there is one, `Unavailable` where it cannot be written.
    """
    if path.exists():
        raise Conflict("%(file)s is there already. Choose another name.", file=path)
    part = path.with_name(f"{path.name}.part")
    with scratch_folder(settings) as scratch, known_files(_work(settings) / "known.sqlite3") as known:
        part.unlink(missing_ok=True)
        try:
            source = Source(engine, settings, scratch, is_for_others=True, tell=tell)
            contents = fill(Bag(Zip(part, f"disan-{now():%Y%m%dT%H%M%SZ}")), source, known)
            part.rename(path)
            settle(path.parent)
        except OSError as error:
            raise Unavailable(
                "%(file)s cannot be written (%(reason)s).", file=path, reason=error.strerror or str(error)
            ) from error
        finally:
            part.unlink(missing_ok=True)
    return contents


def _work(settings: Settings) -> Path:
    return settings.data.resolve() / _WORK


@contextlib.contextmanager
def scratch_folder(settings: Settings) -> Iterator[Path]:
    """Give an empty folder beside the register, gone afterwards, as is what killed processes left of theirs."""
    work = _work(settings)
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in work.glob("work-*"):
        if left.stat().st_mtime < time.time() - _STALE_S:
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="work-", dir=work, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Hold the one right to make a backup there, which ends with the process."""
    with (target / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("A backup is being made already. Wait until it is finished.") from error
        yield
