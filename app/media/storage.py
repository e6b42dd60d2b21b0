"""Where files lie, under names that their content gives them: in a folder, or in the bucket that a setting names."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import hashlib
import logging
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from app.config import Settings
from app.core.errors import Unavailable
from app.media.buckets import open_bucket, read_bucket, reason_of

_log = logging.getLogger("disan.storage")

# Where a file is written before it gets its name; what lies there for long was left by an interruption.
UNFINISHED = "unfinished"

_CHUNK = 1 << 18
# A file goes to a bucket in such parts, so many at once: that much is held in memory. There may be 10,000 of them.
_PART_BYTES, _PARTS_AT_ONCE = 8 << 20, 3
_LISTED_AT_ONCE = 500
# Those of films are in the publication itself, and have names like everything that is shown with records.
CAPTIONS = "text/vtt"
_ENDINGS = {
    "image/avif": "avif",
    "image/webp": "webp",
    "image/jpeg": "jpg",
    "audio/mpeg": "mp3",
    "video/mp4": "mp4",
    CAPTIONS: "vtt",
}
_NAME = re.compile(rf"[0-9a-f]{{32}}\.({'|'.join(_ENDINGS.values())})")


@dataclass(frozen=True, slots=True)
class Entry:
    """What lies under a key: so many bytes, written then."""

    key: str
    byte_count: int
    written_at: dt.datetime


class Storage:
    """Files by their keys, such as `originals/ab/abcd…`; a key is made of its content.

    Whatever is asked of it raises `Unavailable` when folder or bucket cannot be reached.
    """

    def __init__(self, settings: Settings) -> None:
        """Open the folder `media` of the data folder, or the bucket that the settings name; the latter is not asked."""
        bucket = read_bucket(settings)
        self._folder = None if bucket else settings.data.resolve() / "media"
        with _reaching():
            self._store: LocalStore | S3Store = open_bucket(bucket) if bucket else LocalStore(self._folder, mkdir=True)

    def keep(self, key: str, content: Path | bytes) -> None:
        """Keep a content, wholly or not at all, under the key that is made of it.

        Who keeps it again writes the same bytes once more: that mends what was damaged, and tells by its age that
        somebody wants it. Nothing need be asked of services that cannot refuse to write over what is there.
        """
        with _reaching():
            if self._folder:
                _write(self._folder, key, content)
            else:
                obstore.put(self._store, key, content, chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE)

    def has(self, key: str) -> bool:
        """Tell whether anything lies under a key."""
        return self.find(key) is not None

    def find(self, key: str) -> Entry | None:
        """Give what lies under a key."""
        try:
            with _reaching(FileNotFoundError):
                meta = obstore.head(self._store, key)
        except FileNotFoundError:
            return None
        return Entry(key, int(meta["size"]), meta["last_modified"])

    def read(self, key: str, span: tuple[int, int] | None = None) -> tuple[int, Iterator[bytes]]:
        """Give how much lies under a key, and the content piece by piece; raises FileNotFoundError at once.

        With a span of it only the bytes from its first number to before its second.
        """
        with _reaching(FileNotFoundError):
            found = obstore.get(self._store, key, options={"range": span} if span else None)

        def pieces() -> Iterator[bytes]:
            with _reaching():
                for piece in found.stream(min_chunk_size=_CHUNK):
                    yield bytes(piece)

        return int(found.meta["size"]), pieces()

    def load(self, key: str) -> bytes:
        """Give what lies under a key at once, for what is small, such as a tile; raises FileNotFoundError."""
        with _reaching(FileNotFoundError):
            # A folder is not asked through the library, whose way over another thread a tile would feel.
            if self._folder:
                return _path(self._folder, key).read_bytes()
            return bytes(obstore.get(self._store, key).bytes())

    @contextlib.contextmanager
    def fetched(self, key: str) -> Iterator[Path]:
        """Give a copy of what lies under a key as a file that is gone afterwards; raises FileNotFoundError."""
        with tempfile.NamedTemporaryFile(prefix="disan-media-") as file:
            for piece in self.read(key)[1]:
                file.write(piece)
            file.flush()
            yield Path(file.name)

    def entries(self, folder: str = "") -> Iterator[list[Entry]]:
        """Give what lies in one of the folders of keys, or in all, some hundreds at a time, in no order."""
        with _reaching():
            listed = obstore.list(self._store, folder, chunk_size=_LISTED_AT_ONCE)
        while True:
            with _reaching():
                chunk = next(listed, None)
            if chunk is None:
                return
            yield [Entry(meta["path"], int(meta["size"]), meta["last_modified"]) for meta in chunk]

    def remove(self, key: str) -> None:
        """Remove what lies under a key; it may be gone already."""
        with _reaching(), contextlib.suppress(FileNotFoundError):
            obstore.delete(self._store, key)


@contextlib.contextmanager
def _reaching(*passed: type[Exception]) -> Iterator[None]:
    """Turn what went wrong with folder or bucket into `Unavailable`, all but what is passed on."""
    try:
        yield
    except passed:
        raise
    except (BaseError, OSError) as error:
        _log.error("the storage cannot be reached: %s", reason_of(error))
        raise Unavailable("The storage of files is out of reach for the moment. Try again later.") from error


def _path(folder: Path, key: str) -> Path:
    """Give the place of a key in a folder."""
    parts = PurePosixPath(key)
    if parts.is_absolute() or ".." in parts.parts:
        message = f"no key: {key!r} has a part `..` or begins with a slash"
        raise ValueError(message)
    return folder / parts


def _write(folder: Path, key: str, content: Path | bytes) -> None:
    """Write a file under a folder so that a cut of power leaves it whole or not there at all."""
    target, staged = _path(folder, key), folder / UNFINISHED / secrets.token_hex(16)
    staged.parent.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with staged.open("xb") as out:
            if isinstance(content, bytes):
                out.write(content)
            else:
                with content.open("rb") as source:
                    shutil.copyfileobj(source, out, _CHUNK)
            out.flush()
            os.fsync(out.fileno())
        staged.replace(target)
    except BaseException:
        staged.unlink(missing_ok=True)
        raise
    # Its name, and those of the folders that may be new.
    for each in (target.parent, *target.parent.parents):
        _sync(each)
        if each == folder:
            break


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems, of networks above all, know that of files only.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def original_key(sha256: str) -> str:
    """Give the key of an original by its checksum, in hexadecimal."""
    return f"originals/{sha256[:2]}/{sha256}"


def rendition_key(name: str) -> str:
    """Give the key of a rendition by its public name."""
    return f"renditions/{name[:2]}/{name}"


def rendition_name(data: bytes | Path, media_type: str) -> str:
    """Name a rendition by its content: half of its SHA-256, and the ending of its type."""
    if isinstance(data, bytes):
        digest = hashlib.sha256(data)
    else:
        with data.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    return f"{digest.hexdigest()[:32]}.{_ENDINGS[media_type]}"


def media_type_of(name: str) -> str | None:
    """Give the type of what is shown by its name, None for what is no such name."""
    found = _NAME.fullmatch(name)
    return next(kind for kind, ending in _ENDINGS.items() if ending == found[1]) if found else None
