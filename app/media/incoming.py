"""Files that come in piece by piece over a bad line: kept for their owner, as far as they have come, for a day.

A file is known once its description is there; how far it has come is what lies on the disk, whoever was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.config import Settings
from app.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from app.core.streams import Readable, shown_name
from app.media.families import most_mb, too_large

KEPT_S = 24 * 3600
# Of one person: more than a day's work, less than a disk.
_MOST_OPEN = 200
_CHUNK = 1 << 16
# What a script does not trouble anybody with: it asks again.
PASSING = {"passing": True}
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file under way: what its owner calls it, how many bytes it will have and has; `until` in epoch s."""

    key: str
    name: str
    byte_count: int
    offset: int
    until: float

    @property
    def is_complete(self) -> bool:
        """Tell whether all of it has come."""
        return self.offset == self.byte_count


def begin(settings: Settings, name: str, byte_count: int, *, actor: User) -> Incoming:
    """Make room for a file of so many bytes.

    Raises `NotAllowed` unless the actor may edit records, `InvalidInput` when it is empty or larger than
    any may be, `Conflict` when too many of the actor's wait to be taken, `Unavailable` when the disk is full.
    """
    require(actor, Permission.EDIT)
    shown = shown_name(name)
    if byte_count <= 0:
        raise InvalidInput("“%(file)s” is empty. Choose another file.", field="file", file=shown)
    if byte_count > most_bytes(settings):
        raise too_large(shown, most_mb(settings))
    folder = _folder(settings)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    under_way = list(_all(settings))
    if sum(owner == actor.id for owner, _ in under_way) >= _MOST_OPEN:
        raise Conflict("%(most)s of your files wait to be taken in. Take those in first.", most=_MOST_OPEN)
    free = os.statvfs(folder)
    # What others have announced will come too; and what is taken in lies there twice for a moment.
    announced = sum(one.byte_count - one.offset for _, one in under_way)
    if free.f_bavail * free.f_frsize < announced + 2 * byte_count:
        raise Unavailable("There is no room left on the server for “%(file)s”. Tell whoever runs it.", file=shown)
    key = secrets.token_hex(16)
    with _part(settings, key).open("xb"):
        pass
    _describe(settings, key, {"name": shown, "byte_count": byte_count, "actor": actor.id})
    return find(settings, key, actor=actor)


def _describe(settings: Settings, key: str, told: Mapping[str, Any]) -> None:
    """Write a description, all of it or none, even when the power fails."""
    fresh = _folder(settings) / f"{key}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(told, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(_description(settings, key))
    folder = os.open(_folder(settings), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def find(settings: Settings, key: str, *, actor: User) -> Incoming:
    """Give one of the actor's own files under way; raises `NotFound`."""
    owner, found = (_read(settings, key) if _KEY.fullmatch(key) else None) or (None, None)
    if found is None or owner != actor.id:
        raise _gone()
    return found


def waiting(settings: Settings, *, actor: User) -> list[Incoming]:
    """Give the actor's own files under way, the oldest first."""
    mine = [one for owner, one in _all(settings) if owner == actor.id]
    return sorted(mine, key=lambda one: one.until)


def _read(settings: Settings, key: str) -> tuple[int, Incoming] | None:
    """Give whose a file under way is, and the file; None when it is not there or no more, or cannot be told."""
    description = _description(settings, key)
    try:
        told = json.loads(description.read_text(encoding="utf-8"))
        until = description.stat().st_mtime + KEPT_S
        size = _part(settings, key).stat().st_size
        if until < time.time():
            return None
        return told["actor"], Incoming(key, told["name"], told["byte_count"], size, until)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _all(settings: Settings) -> Iterator[tuple[int, Incoming]]:
    """Give all files under way, and whose they are."""
    found = (_read(settings, path.stem) for path in sorted(_folder(settings).glob("*.json")))
    return (one for one in found if one)


def _gone() -> NotFound:
    return NotFound("This file is not here any more. Upload it again.")


def append(settings: Settings, incoming: Incoming, offset: int, stream: Readable) -> int:
    """Add what a stream brings behind the bytes that have come, `offset` of them; gives how many there are then.

    What was written stays when the stream breaks. Raises `Conflict` when another request writes, or when as many have
    not come, and `InvalidInput` when the stream brings more than was announced.
    """
    with _alone(settings, incoming) as file:
        size = file.seek(0, os.SEEK_END)
        if size != offset:
            raise Conflict(
                "%(size)s bytes have come, not %(offset)s. Go on from there.", size=size, offset=offset, further=PASSING
            )
        while piece := stream.read(_CHUNK):
            if size + len(piece) > incoming.byte_count:
                raise InvalidInput("“%(file)s” brings more bytes than were announced.", file=incoming.name)
            size += file.write(piece)
        if size == incoming.byte_count:
            os.fsync(file.fileno())
    return size


@contextlib.contextmanager
def opened(settings: Settings, incoming: Incoming) -> Iterator[IO[bytes]]:
    """Open a file that has come in whole; raises `Conflict` for one that has not, or that another request has open."""
    if not incoming.is_complete:
        raise Conflict("“%(file)s” has not come in whole yet.", file=incoming.name)
    with _alone(settings, incoming) as file:
        yield file


def drop(settings: Settings, key: str) -> None:
    """Forget a file that was taken in, given up or refused."""
    # Without its description it is not there, whatever is left.
    _description(settings, key).unlink(missing_ok=True)
    _part(settings, key).unlink(missing_ok=True)
    _description(settings, key).with_suffix(".new").unlink(missing_ok=True)


def forget_old(settings: Settings) -> int:
    """Delete what has been under way for more than a day; gives how many files that were."""
    old = []
    for path in _folder(settings).glob("*"):
        # Its owner may drop it while this looks.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - KEPT_S:
                old.append(path)
    keys = {path.stem for path in old if path.suffix == ".json"}
    # What has no description never began, or was dropped halfway.
    keys |= {path.stem for path in old if not path.with_suffix(".json").exists()}
    for key in keys:
        drop(settings, key)
    return len(keys)


def most_bytes(settings: Settings) -> int:
    """Give how many bytes a file of any family may have."""
    return most_mb(settings) * 1_000_000


@contextlib.contextmanager
def _alone(settings: Settings, incoming: Incoming) -> Iterator[IO[bytes]]:
    """Open a file and keep others away from it; the system does that only as long as this process lives."""
    with contextlib.ExitStack() as stack:
        try:
            # To be written even where it is only read: over NFS nobody is kept away otherwise.
            file = stack.enter_context(_part(settings, incoming.key).open("r+b", buffering=0))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError as error:
            raise _gone() from error
        except BlockingIOError as error:
            raise Conflict("Another request is busy with this file just now.", further=PASSING) from error
        yield file


def _folder(settings: Settings) -> Path:
    return settings.data.resolve() / "incoming"


def _part(settings: Settings, key: str) -> Path:
    return _folder(settings) / f"{key}.part"


def _description(settings: Settings, key: str) -> Path:
    return _folder(settings) / f"{key}.json"
