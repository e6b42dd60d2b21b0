"""Files as they come in from outside: read piece by piece, bounded, and called by a name that can be shown."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from app.core.errors import InvalidInput
from app.core.text import excerpt

_CHUNK = 1 << 16


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Give at most so many bytes, none at the end."""
        ...


def shown_name(name: str) -> str:
    """Give what a file is called in sentences: its name without folders, not too long, and of what can be seen only.

    Else a name could turn the text around it, or tell an operator's terminal what to do.
    """
    seen = "".join(character for character in name if character.isprintable() or character.isspace())
    return excerpt(seen.replace("\\", "/").rpartition("/")[2], 100) or "file"


def read_pieces(stream: Readable, name: str, most: int, too_large: InvalidInput) -> Iterator[bytes]:
    """Read a stream to its end, which must come within `most` bytes, and not at once.

    Raises `too_large`, or `InvalidInput` for an empty file.
    """
    size = 0
    while piece := stream.read(_CHUNK):
        size += len(piece)
        if size > most:
            raise too_large
        yield piece
    if not size:
        raise InvalidInput("“%(file)s” is empty. Choose another file.", field="file", file=name)


def keep_pieces(folder: Path, pieces: Iterable[bytes]) -> Path:
    """Write what comes into a new file of a folder, under a random name, readable to nobody else; all of it or none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
