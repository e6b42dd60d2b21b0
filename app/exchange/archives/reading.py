"""An archive that is there: opened, every checksum of it looked at, sealed or not."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pyrage import x25519

from app.core.errors import InvalidInput
from app.exchange.archives.format import DECLARATION, INFO, INVENTORY, MANIFEST, MEDIA, SEALED, TAGS
from app.exchange.archives.index import Filed, Index
from app.exchange.archives.manifests import checked_path, read_info, read_manifest
from app.exchange.archives.places import ReadPlace, read_place
from app.exchange.archives.sealing import unsealed
from app.exchange.archives.tables import Tell, tell_nobody

_CHUNK = 1 << 18
_TOLD_EVERY = 200
_LONGEST_TAG = 1_000_000
# Of one line of the inventory of a sealed bag.
_LONGEST_LINE = 4096
# What reading a damaged file raises, whichever way it is packed.
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, gzip.BadGzipFile, NotImplementedError)


@dataclass
class Archive:
    """An archive whose outside is in order; `files` are those within, `sealed` maps them to what they lie in."""

    place: ReadPlace
    info: dict[str, str]
    outside: Index
    files: Index
    is_sealed: bool = False
    identities: Sequence[x25519.Identity] = ()
    scratch: Path | None = None
    sealed: Index | None = None
    # Whether all of it must open: what a witness sees was sealed by it, or taken over from an earlier backup.
    is_strict: bool = True

    @property
    def is_open(self) -> bool:
        """Whether what is within can be read."""
        return not self.is_sealed or bool(self.identities)

    @contextlib.contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Open a file within; raises `InvalidInput` where it cannot be."""
        if self.sealed is None:
            with self.place.open(path) as file:
                yield file
            return
        found = self.sealed.find(path)
        if found is None or self.scratch is None:
            raise FileNotFoundError(path)
        # The column of the checksum holds the name here.
        with (
            self.place.open(found.sha256) as source,
            unsealed(source, self.scratch, list(self.identities)) as plain,
            plain.open("rb") as file,
        ):
            yield file

    def read(self, path: str, most: int) -> bytes:
        """Read a small file that must be there and be what the manifest says."""
        filed = self.files.find(path)
        if filed is None:
            raise InvalidInput("This is no archive of a register: it has no “%(path)s”.", path=path)
        with damage_told(path), self.open(path) as file:
            data = file.read(most + 1)
        if len(data) > most or hashlib.sha256(data).hexdigest() != filed.sha256:
            raise damaged(path)
        return data


@contextlib.contextmanager
def open_archive(
    source: Path, *, identities: Sequence[x25519.Identity] = (), scratch: Path, is_strict: bool = True
) -> Iterator[Archive]:
    """Open an archive, and see that its outside is in order: what a bag must have, and no file that it does not name.

    `scratch` is a folder beside the register for what was sealed. Raises `InvalidInput` for anything else.
    """
    with read_place(source) as place, contextlib.ExitStack() as stack:
        present = _closing(stack)
        for path, size in place.names():
            present.add(Filed(path, "", size))
        outside = _closing(stack)
        info = _read_tags(place, present)
        with damage_told(MANIFEST), place.open(MANIFEST) as file:
            for filed in read_manifest(file):
                _take(filed, present, outside)
        _see_nothing_more(present, outside)
        archive = Archive(place, info, outside, outside, is_strict=is_strict)
        if outside.find(INVENTORY) is not None:
            archive.is_sealed, archive.identities, archive.scratch = True, identities, scratch / "unsealed"
            archive.files, archive.sealed = _closing(stack), _closing(stack)
            if identities:
                _read_inventory(archive)
        yield archive


def _closing(stack: contextlib.ExitStack) -> Index:
    return stack.enter_context(contextlib.closing(Index()))


def _read_tags(place: ReadPlace, present: Index) -> dict[str, str]:
    """See that the tag files are those of a bag, as their manifest says; give the bag's description."""
    missing = [path for path in (DECLARATION, INFO, MANIFEST, TAGS) if present.find(path) is None]
    if missing:
        raise InvalidInput("This is no archive of a register: it has no “%(path)s”.", path=missing[0])
    if present.find("fetch.txt") is not None:
        raise InvalidInput("This bag leaves files to be fetched from elsewhere (fetch.txt). It is refused.")
    texts: dict[str, bytes] = {}
    with damage_told(TAGS), place.open(TAGS) as file:
        tags = list(read_manifest(file))
    for tag in tags:
        size = present.find(tag.path)
        if size is None or tag.path.startswith("data/"):
            raise damaged(tag.path)
        with damage_told(tag.path), place.open(tag.path) as file:
            _see(file, tag)
        if tag.path in (DECLARATION, INFO):
            with damage_told(tag.path), place.open(tag.path) as file:
                texts[tag.path] = file.read(_LONGEST_TAG)
    named = {tag.path for tag in tags}
    extra = [filed.path for filed in present.under() if not filed.path.startswith("data/") and filed.path != TAGS]
    unnamed = [path for path in extra if path not in named]
    if unnamed or not texts.get(DECLARATION, b"").startswith(b"BagIt-Version: 1.0\n"):
        raise _unnamed(unnamed[0] if unnamed else DECLARATION)
    return read_info(texts[INFO].decode("utf-8", "replace"))


def _take(filed: Filed, present: Index, outside: Index) -> None:
    """Take what a manifest names, if it is there."""
    if not filed.path.startswith("data/"):
        raise InvalidInput("The manifest of this archive names “%(path)s”, which is no payload.", path=filed.path)
    there = present.find(filed.path)
    if there is None:
        raise InvalidInput("“%(path)s” is missing from this archive. It is not whole.", path=filed.path)
    outside.add(filed._replace(byte_count=there.byte_count))


def _see_nothing_more(present: Index, outside: Index) -> None:
    if present.totals("data/")[0] != outside.totals()[0]:
        for filed in present.under("data/"):
            if outside.find(filed.path) is None:
                raise _unnamed(filed.path)


def _read_inventory(archive: Archive) -> None:
    """Read what is sealed, and under which names."""
    sealed = archive.sealed
    if sealed is None or archive.scratch is None:
        return
    try:
        with (
            archive.place.open(INVENTORY) as source,
            unsealed(source, archive.scratch, list(archive.identities)) as file,
            gzip.open(file, "rb") as lines,
        ):
            while line := lines.readline(_LONGEST_LINE):
                told: dict[str, Any] = json.loads(line)
                path, name = checked_path(str(told["path"])), checked_path(str(told["file"]))
                if archive.outside.find(name) is None or not name.startswith(SEALED):
                    raise InvalidInput("“%(path)s” is missing from this archive. It is not whole.", path=path)
                archive.files.add(Filed(path, str(told["sha256"]), int(told["bytes"])))
                sealed.add(Filed(path, name, -1))
    except (*DAMAGE, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(INVENTORY) from error


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at: files outside, files within that were opened, and how many could not be."""

    outside: int
    opened: int
    unopened: int


def check_files(archive: Archive, tell: Tell = tell_nobody) -> Checked:
    """Read every file of an archive and compare it with its manifest, within as well where it opens.

    Raises `InvalidInput` naming the first that is damaged.
    """
    total, done = archive.outside.totals()[0], 0
    for filed in archive.outside.under():
        with damage_told(filed.path), archive.place.open(filed.path) as file:
            _see(file, filed)
        done += 1
        if done % _TOLD_EVERY == 0 or done == total:
            tell("checksums", done, total)
    if archive.sealed is None:
        return Checked(done, done, 0)
    opened = unopened = 0
    for filed in archive.files.under():
        try:
            with damage_told(filed.path), archive.open(filed.path) as file:
                _see(file, filed)
        except InvalidInput:
            if archive.is_strict or not filed.path.startswith(MEDIA):
                raise
            unopened += 1
            continue
        opened += 1
        if opened % _TOLD_EVERY == 0:
            tell("sealed files", opened, archive.files.totals()[0])
    return Checked(done, opened, unopened)


def _see(file: IO[bytes], filed: Filed) -> None:
    digest = hashlib.sha256()
    while piece := file.read(_CHUNK):
        digest.update(piece)
    if digest.hexdigest() != filed.sha256:
        raise damaged(filed.path)


@contextlib.contextmanager
def damage_told(path: str) -> Iterator[None]:
    """Say that a file is damaged where reading it says so in its own way."""
    try:
        yield
    except (*DAMAGE, RuntimeError) as error:
        raise damaged(path) from error
    except FileNotFoundError as error:
        raise InvalidInput("“%(path)s” is missing from this archive. It is not whole.", path=path) from error


def damaged(path: str) -> InvalidInput:
    """Say that a file is not what its manifest says."""
    return InvalidInput(
        "“%(path)s” in this archive is damaged: it is not what the manifest says. Take another backup.", path=path
    )


def _unnamed(path: str) -> InvalidInput:
    return InvalidInput(
        "“%(path)s” in this archive is named by none of its manifests, or is of another kind than ours. It is refused.",
        path=path,
    )
