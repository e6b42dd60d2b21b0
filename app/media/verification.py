"""Whether every file is there and whole: read again, compared with its name, and told what to do where it is not."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.core.db import begin_write
from app.jobs.models import Wish
from app.jobs.queries import is_alive
from app.media.models import Pyramid, Rendition, StoredFile
from app.media.operations import wish_rendering
from app.media.pyramids import wish_cutting
from app.media.storage import UNFINISHED, Entry, Storage, original_key, rendition_key
from app.media.tiles import TILES, tiles_folder

# Files read at once, and rows asked for at once: memory is bound by these, not by how many files there are.
_AT_ONCE = 8
_CHUNK = 200
_ACTOR = "media-verify"


class Fault(StrEnum):
    """What can be wrong with a file."""

    MISSING = "missing"
    DAMAGED = "damaged"
    ORPHAN = "orphan"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: the key, and for what the database names the row of its file and how its owner calls it."""

    fault: Fault
    key: str
    shelf: str
    file_id: int | None = None
    name: str = ""

    @property
    def is_original(self) -> bool:
        """Whether it is somebody's file, which nobody can make again."""
        return self.shelf == _ORIGINALS.folder

    @property
    def advice(self) -> str:
        """Say what to do."""
        if self.fault is Fault.ORPHAN:
            return "Nothing names it. `disan media verify --remove-orphans` deletes it."
        if self.is_original:
            return f"Bring it back from a backup, or upload “{self.name}” once more."
        return f"Made of “{self.name}”. `disan media verify --mend` has it made again."


@dataclass(frozen=True, slots=True)
class Step:
    """How far it has come: what is looked at, how many of how many (None where nobody knows), and what was found."""

    what: str
    done: int
    total: int | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A folder of keys and the column of the database that names what lies there."""

    folder: str
    row_id: Any
    name: Any
    key: Callable[[str], str]


_ORIGINALS = _Shelf("originals", StoredFile.id, StoredFile.sha256, original_key)
_SHELVES = (_ORIGINALS, _Shelf("renditions", Rendition.id, Rendition.name, rendition_key))


def verify(session: Session, storage: Storage, *, before: dt.datetime) -> Iterator[Step]:
    """Read every file that the database names and look for those that it does not; originals, renditions, orphans.

    Tiles are counted with their bytes and not read: there are a thousand of a map sheet.

    Yields after each chunk and holds no transaction meanwhile, so that the caller may write. A file that nothing names
    is an orphan only when it was written earlier than `before`: a younger one may be on its way in.
    """
    for shelf in _SHELVES:
        yield from _read_all(session, storage, shelf)
    yield from _count_tiles(session, storage)
    done = 0
    for folder in (UNFINISHED, TILES, *(shelf.folder for shelf in _SHELVES)):
        for entries in storage.entries(folder):
            done += len(entries)
            old = [entry for entry in entries if entry.written_at < before]
            named = _named(session, folder, [entry.key for entry in old])
            session.rollback()
            found = tuple(Finding(Fault.ORPHAN, entry.key, folder) for entry in old if entry.key not in named)
            yield Step("orphans", done, None, found)


def _read_all(session: Session, storage: Storage, shelf: _Shelf) -> Iterator[Step]:
    total = session.scalar(sa.select(sa.func.count(shelf.row_id))) or 0
    file_name = sa.select(shelf.row_id, shelf.name, StoredFile.id, StoredFile.name)
    if shelf is not _ORIGINALS:
        file_name = file_name.join(StoredFile, StoredFile.id == Rendition.file_id)
    last, done = 0, 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while rows := session.execute(file_name.where(shelf.row_id > last).order_by(shelf.row_id).limit(_CHUNK)).all():
            session.rollback()
            last, done = rows[-1][0], done + len(rows)
            faults = pool.map(lambda row: _fault(storage, shelf.key(row[1]), row[1]), rows)
            found = [
                Finding(fault, shelf.key(name), shelf.folder, file_id, called)
                for (_, name, file_id, called), fault in zip(rows, faults, strict=True)
                if fault
            ]
            yield Step(shelf.folder, done, max(done, total), tuple(found))
    session.rollback()


def _count_tiles(session: Session, storage: Storage) -> Iterator[Step]:
    made = sa.select(Pyramid, StoredFile.name).join(StoredFile).where(Pyramid.made_at.is_not(None))
    total = session.scalar(sa.select(sa.func.count()).select_from(made.subquery())) or 0
    last, done = 0, 0
    while row := session.execute(made.where(Pyramid.file_id > last).order_by(Pyramid.file_id).limit(1)).first():
        pyramid, called = row
        last, done = pyramid.file_id, done + 1
        folder, wanted = tiles_folder(pyramid.name), (pyramid.tile_count or 0, pyramid.byte_count or 0)
        session.rollback()
        entries = [entry for listed in storage.entries(folder) for entry in listed]
        found = (len(entries), sum(entry.byte_count for entry in entries))
        fault = Fault.MISSING if found[0] < wanted[0] else Fault.DAMAGED
        findings = () if found == wanted else (Finding(fault, folder, TILES, last, called),)
        yield Step(TILES, done, max(done, total), findings)
    session.rollback()


def _fault(storage: Storage, key: str, name: str) -> Fault | None:
    """Read a file and compare it with its name, which is its SHA-256 or the first half of that."""
    digest = hashlib.sha256()
    try:
        for piece in storage.read(key)[1]:
            digest.update(piece)
    except FileNotFoundError:
        return Fault.MISSING
    return None if digest.hexdigest().startswith(name.partition(".")[0]) else Fault.DAMAGED


def _named(session: Session, folder: str, keys: Sequence[str]) -> set[str]:
    """Give those of the keys that the database names."""
    if folder == TILES:
        pictures = {key: key.split("/")[2] for key in keys}
        known = sa.select(Pyramid.name).where(Pyramid.name.in_(set(pictures.values())))
        names = set(session.scalars(known))
        return {key for key in keys if pictures[key] in names}
    shelf = next((one for one in _SHELVES if one.folder == folder), None)
    if shelf is None or not keys:
        return set()
    names = {key.rpartition("/")[2] for key in keys}
    return {shelf.key(name) for name in session.scalars(sa.select(shelf.name).where(shelf.name.in_(names)))}


def remove_orphan(session: Session, storage: Storage, finding: Finding, *, before: dt.datetime) -> bool:
    """Delete an orphan, unless somebody has kept the same file since it was found; tells whether it was deleted."""
    entry: Entry | None = storage.find(finding.key)
    is_named = bool(_named(session, finding.shelf, [finding.key]))
    session.rollback()
    if entry is None or entry.written_at >= before or is_named:
        return False
    storage.remove(finding.key)
    return True


def mend_made(session: Session, storage: Storage, finding: Finding) -> bool:
    """Wish that the renditions or the tiles of a file be made again, unless that is under way; tells whether they will.

    They will not where the original is not whole. Begins the writing itself, for reading an original takes its time.
    """
    file = session.get(StoredFile, finding.file_id)
    if finding.is_original or file is None:
        return False
    made = file.pyramid if finding.shelf == TILES else file
    if made is not None and made.wish_id and is_alive(session.get(Wish, made.wish_id)):
        return True
    key, sha256 = file.id, file.sha256
    session.rollback()
    if _fault(storage, original_key(sha256), sha256):
        return False
    begin_write(session)
    wish_making = wish_cutting if finding.shelf == TILES else wish_rendering
    wish_making(session, session.get_one(StoredFile, key), actor=system_actor(session, _ACTOR, Role.EDITOR))
    return True
