"""Writing a bag (RFC 8493): payload, manifests and tags, into a folder or into one ZIP file."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from app.core.errors import Unavailable
from app.exchange.archives.format import DECLARATION, DECLARED, INFO, MANIFEST, TAGS
from app.exchange.archives.index import Filed, Index

_CHUNK = 1 << 18
# Compressed by themselves, or not worth the time.
_TEXT = (".txt", ".json", ".jsonl")


class Out:
    """A file being written: counts and hashes what goes by."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.byte_count = 0

    def write(self, piece: bytes) -> int:
        """Write some bytes more."""
        self._digest.update(piece)
        self.byte_count += len(piece)
        self._file.write(piece)
        return len(piece)

    def flush(self) -> None:
        """Do nothing: the file is flushed when it is whole."""

    @property
    def sha256(self) -> str:
        """The checksum of what went by."""
        return self._digest.hexdigest()


class Place(Protocol):
    """Where files are written: nothing counts before `close`."""

    def open(self, path: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        """Open a new file."""
        ...

    def close(self) -> None:
        """Have all of it on the disk."""
        ...


class Folder:
    """A folder that a bag is written into."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Open a new file; it is on the disk afterwards."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())

    def link(self, path: str, source: Path) -> bool:
        """Let a file be the same as one that is there already; False where the file system cannot."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Have the names on the disk, too."""
        for folder, _, _ in os.walk(self.root):
            settle(Path(folder))


class Zip:
    """A ZIP file with the bag as its one folder, of any size (ZIP64)."""

    def __init__(self, file: Path, name: str) -> None:
        self._file, self._name = file, name
        self._zip = zipfile.ZipFile(file, "x", allowZip64=True)

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Open a new file."""
        # A date that is none, so that the same content is the same file.
        info = zipfile.ZipInfo(f"{self._name}/{path}", (1980, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if path.endswith(_TEXT) else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        with self._zip.open(info, "w", force_zip64=True) as file:
            yield file

    def close(self) -> None:
        """Write what belongs at the end."""
        self._zip.close()
        settle(self._file)


def settle(path: Path) -> None:
    """Have what was written on the disk, so that a power cut after a rename finds it there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pieces_of(path: Path) -> Iterator[bytes]:
    """Read a file piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


@dataclass(frozen=True, slots=True)
class Before:
    """The bag that was written before into the same target: its folder, and what its manifest names."""

    folder: Path
    files: Index

    def link(self, path: str, place: Place, sha256: str | None = None) -> Filed | None:
        """Let a file be in a new bag, too, without a copy; None where it is not there, another, or not to be shared."""
        known = self.files.find(path)
        if known is None or (sha256 is not None and known.sha256 != sha256) or not isinstance(place, Folder):
            return None
        source = self.folder / path
        return known._replace(byte_count=source.stat().st_size) if place.link(path, source) else None


class Bag:
    """A bag being written: `payload` is what lies in it by now; `before` is what files may be shared with."""

    def __init__(self, place: Place, before: Before | None = None) -> None:
        self.place = place
        self.payload = Index()
        self._before = before

    def reuse(self, filed: Filed, _version: str) -> bool:
        """Take a file over from the bag before; tells whether it was there."""
        known = self._before.link(filed.path, self.place, filed.sha256) if self._before else None
        if known is None:
            return False
        self.payload.add(known)
        return True

    def add(self, path: str, pieces: Iterable[bytes], _version: str = "") -> Filed:
        """Add a file to the payload; its path begins with `data/`."""
        with self.open(path) as out:
            for piece in pieces:
                out.write(piece)
        filed = Filed(path, out.sha256, out.byte_count)
        self.payload.add(filed)
        return filed

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[Out]:
        """Open a new file that nothing has noted yet."""
        try:
            with self.place.open(path) as file:
                yield Out(file)
        except OSError as error:
            raise Unavailable(
                "The archive cannot be written (%(reason)s). Make room, or choose another place.",
                reason=error.strerror or type(error).__name__,
            ) from error

    def finish(self, info: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """Write the manifest, the bag's description and other tag files; the bag is whole then."""
        count, size = self.payload.totals()
        lines = [f"{name}: {value}\n" for name, value in info.items()]
        texts = {DECLARATION: DECLARED, INFO: f"Payload-Oxum: {size}.{count}\n{''.join(lines)}", **tags}
        written: list[tuple[str, str]] = []
        for path, text in texts.items():
            with self.open(path) as out:
                out.write(text.encode())
            written.append((path, out.sha256))
        with self.open(MANIFEST) as out:
            for filed in self.payload.under():
                out.write(f"{filed.sha256}  {filed.path}\n".encode())
        written.append((MANIFEST, out.sha256))
        with self.open(TAGS) as out:
            out.write("".join(f"{sha256}  {path}\n" for path, sha256 in sorted(written)).encode())
        self.place.close()
        self.payload.close()
