"""Sealing archives to a public key (age, X25519): a bag of sealed files, and one among them that says what they are."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import hmac
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from pyrage import RecipientError, decrypt_io, encrypt_io, x25519

from app.core.errors import InvalidInput
from app.exchange.archives.bags import Bag, Before, pieces_of
from app.exchange.archives.format import INVENTORY, SEAL, SEALED
from app.exchange.archives.index import Filed

_SECRET = "AGE-SECRET-KEY-"  # noqa: S105 (how an identity begins)


def read_recipient(key: str) -> x25519.Recipient:
    """Read a public key of age; raises `InvalidInput`."""
    try:
        return x25519.Recipient.from_str(key.strip())
    except RecipientError as error:
        # Not repeated: somebody may have written the other half of the pair.
        raise InvalidInput(
            "DISAN_BACKUP_KEY is no public key of age. It begins with “age1”; `age-keygen` prints it when it makes a "
            "pair of keys.",
            field="backup_key",
        ) from error


def read_identity(path: Path) -> list[x25519.Identity]:
    """Read the identities in a file as `age-keygen` writes it; raises `InvalidInput`."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        found = [x25519.Identity.from_str(line) for line in lines if line.startswith(_SECRET)]
    except Exception as error:
        # pyrage's errors are classes of their own beside those of reading; none may show the file's text.
        raise InvalidInput("The identity file %(file)s cannot be read.", file=path) from error
    if not found:
        raise InvalidInput(
            "%(file)s holds no identity of age. It is the file that `age-keygen -o` wrote, with a line that begins "
            "with AGE-SECRET-KEY-.",
            file=path,
        )
    return found


class _Pulled(io.RawIOBase):
    """Pieces as a file to be read, counted and hashed while they go by."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""
        self._digest = hashlib.sha256()
        self.byte_count = 0

    def read(self, size: int = -1, /) -> bytes:
        """Give some bytes, none at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._digest.update(piece)
            self.byte_count += len(piece)
            self._rest = piece
        given, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return given

    @property
    def sha256(self) -> str:
        """The checksum of what was read."""
        return self._digest.hexdigest()


class SealedBag:
    """A bag whose files are sealed one by one as they come; nothing else is ever written to its place."""

    def __init__(self, bag: Bag, key: str, inventory: Path, before: Before | None, witness: x25519.Identity) -> None:
        """Take the bag to fill, the public key, a file beside the register where the inventory grows, the bag before.

        What is sealed is sealed to the witness, too.
        """
        self.bag = bag
        self._before = before
        self._key = key.strip()
        self._recipients = [read_recipient(key), witness.to_public()]
        self._staged = inventory
        self._inventory = gzip.open(inventory, "wb")  # noqa: SIM115 (closed by `finish`)

    def name(self, path: str, version: str) -> str:
        """Give the name under which a version of a file is sealed: it tells nothing of path or content."""
        digest = hmac.new(self._key.encode(), f"{path}\n{version}".encode(), "sha256").hexdigest()
        return f"{SEALED}{digest[:2]}/{digest}{SEAL}"

    def add(self, path: str, pieces: Iterable[bytes], version: str = "") -> Filed:
        """Seal a file; `version` tells this content from an earlier one at the same path."""
        name = self.name(path, version)
        filed = self._seal(name, pieces, path)
        self.note(filed, name)
        return filed

    def reuse(self, filed: Filed, version: str) -> bool:
        """Take a file over from the bag before, where it is sealed already; tells whether it was there."""
        name = self.name(filed.path, version)
        known = self._before.link(name, self.bag.place) if self._before else None
        if known is None:
            return False
        self.bag.payload.add(known)
        self.note(filed, name)
        return True

    def note(self, filed: Filed, name: str) -> None:
        """Write into the inventory what lies sealed under a name."""
        told = {"path": filed.path, "sha256": filed.sha256, "bytes": filed.byte_count, "file": name}
        self._inventory.write(json.dumps(told).encode() + b"\n")

    def _seal(self, name: str, pieces: Iterable[bytes], path: str) -> Filed:
        source = _Pulled(pieces)
        with self.bag.open(name) as out:
            encrypt_io(source, out, self._recipients)
        self.bag.payload.add(Filed(name, out.sha256, out.byte_count))
        return Filed(path, source.sha256, source.byte_count)

    def finish(self, info: Mapping[str, str], tags: Mapping[str, str]) -> None:
        """Seal the inventory, then close the bag."""
        self._inventory.close()
        self._seal(INVENTORY, pieces_of(self._staged), INVENTORY)
        self._staged.unlink()
        self.bag.finish(info, tags)


@contextlib.contextmanager
def unsealed(source: IO[bytes], scratch: Path, identities: list[x25519.Identity]) -> Iterator[Path]:
    """Give what is sealed as a file in a folder beside the register, gone afterwards.

    Raises `InvalidInput` when none of the identities opens it, or when it is damaged.
    """
    try:
        with scratch.open("wb") as out:
            try:
                decrypt_io(source, out, identities)
            except Exception as error:
                # pyrage's own failures have no number.
                if getattr(error, "errno", None):
                    raise
                raise InvalidInput(
                    "This archive is sealed to another key than the identity's, or it is damaged. Give the identity "
                    "that belongs to its public key."
                ) from error
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)
