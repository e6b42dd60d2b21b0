"""Where a bag is read from, a folder or a ZIP file: its files' names, and their content piece by piece."""

from __future__ import annotations

import contextlib
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from app.core.errors import InvalidInput, NotFound
from app.exchange.archives.manifests import checked_path


class ReadPlace(Protocol):
    """The files of a bag, by their paths within."""

    def names(self) -> Iterator[tuple[str, int]]:
        """Give every file's path and size; raises `InvalidInput` for what must not be in a bag."""
        ...

    def open(self, path: str) -> IO[bytes]:
        """Open a file; raises FileNotFoundError."""
        ...


class FolderPlace:
    """A folder; nothing in it is followed that leads elsewhere."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> Iterator[tuple[str, int]]:
        """Give every file's path and size."""
        waiting = [""]
        while waiting:
            under = waiting.pop()
            with os.scandir(self._root / under) as entries:
                for entry in entries:
                    path = checked_path(f"{under}/{entry.name}" if under else entry.name)
                    if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
                        raise _no_file(path)
                    if entry.is_dir():
                        waiting.append(path)
                    else:
                        yield path, entry.stat(follow_symlinks=False).st_size

    def open(self, path: str) -> IO[bytes]:
        """Open a file."""
        at = self._root / checked_path(path)
        # Looked at again: what lies there may be another than before.
        descriptor = os.open(at, os.O_RDONLY | os.O_NOFOLLOW)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise _no_file(path)
        return os.fdopen(descriptor, "rb")


class ZipPlace:
    """A ZIP file whose one folder is the bag."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._zip = archive
        self._folder = ""
        self._seen: set[str] = set()

    def names(self) -> Iterator[tuple[str, int]]:
        """Give every file's path and size."""
        for info in self._zip.infolist():
            name = checked_path(info.filename.rstrip("/"))
            folder, _, path = name.partition("/")
            if self._folder and folder != self._folder:
                raise InvalidInput("This ZIP file holds more than one folder. An archive of ours is one.")
            self._folder = folder
            mode = info.external_attr >> 16
            if info.flag_bits & 1 or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)):
                raise _no_file(name)
            if info.is_dir():
                continue
            if not path or path in self._seen:
                raise InvalidInput("This archive names “%(path)s” twice. It cannot be trusted.", path=name)
            self._seen.add(path)
            yield path, info.file_size

    def open(self, path: str) -> IO[bytes]:
        """Open a file."""
        try:
            return self._zip.open(f"{self._folder}/{checked_path(path)}")
        except KeyError as error:
            raise FileNotFoundError(path) from error


def _no_file(path: str) -> InvalidInput:
    return InvalidInput(
        "“%(path)s” in this archive is no plain file: a link, a device, or locked. It is refused.", path=path
    )


@contextlib.contextmanager
def read_place(source: Path) -> Iterator[ReadPlace]:
    """Open what an archive lies in; raises `NotFound` where there is nothing, `InvalidInput` for what is no archive."""
    if source.is_dir():
        yield FolderPlace(source)
        return
    if not source.is_file():
        raise NotFound("There is no archive at %(source)s.", source=source)
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InvalidInput(
            "%(source)s is no archive of a register: neither a folder with a bag nor a ZIP file of one.", source=source
        ) from error
    with archive:
        yield ZipPlace(archive)
