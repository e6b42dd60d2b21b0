"""Where files lie, under names that their content gives them; nothing is written over."""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore

from app.config import Settings

_CHUNK = 1 << 18
_ENDINGS = {"image/avif": "avif", "image/webp": "webp", "image/jpeg": "jpg"}
_NAME = re.compile(rf"[0-9a-f]{{32}}\.({'|'.join(_ENDINGS.values())})")


class Storage:
    """Files by their keys, such as `originals/ab/abcd…`; a key holds one content for good."""

    def __init__(self, settings: Settings) -> None:
        """Open the folder `media` of the data folder."""
        self._store = LocalStore(settings.data.resolve() / "media", mkdir=True)

    def keep(self, key: str, content: Path | bytes) -> None:
        """Keep a content under a key; what is there already stays as it is."""
        with contextlib.suppress(AlreadyExistsError):
            obstore.put(self._store, key, content, mode="create")

    def has(self, key: str) -> bool:
        """Tell whether anything lies under a key."""
        try:
            obstore.head(self._store, key)
        except FileNotFoundError:
            return False
        return True

    def read(self, key: str) -> tuple[int, Iterator[bytes]]:
        """Give how much lies under a key, and the content piece by piece; raises FileNotFoundError at once."""
        found = obstore.get(self._store, key)
        return int(found.meta["size"]), (bytes(piece) for piece in found.stream(min_chunk_size=_CHUNK))

    @contextlib.contextmanager
    def fetched(self, key: str) -> Iterator[Path]:
        """Give a copy of what lies under a key as a file that is gone afterwards; raises FileNotFoundError."""
        with tempfile.NamedTemporaryFile(prefix="disan-media-") as file:
            for piece in self.read(key)[1]:
                file.write(piece)
            file.flush()
            yield Path(file.name)


def original_key(sha256: str) -> str:
    """Give the key of an original by its checksum, in hexadecimal."""
    return f"originals/{sha256[:2]}/{sha256}"


def rendition_key(name: str) -> str:
    """Give the key of a rendition by its public name."""
    return f"renditions/{name[:2]}/{name}"


def rendition_name(data: bytes, media_type: str) -> str:
    """Name a rendition by its content: half of its SHA-256, and the ending of its type."""
    return f"{hashlib.sha256(data).hexdigest()[:32]}.{_ENDINGS[media_type]}"


def media_type_of(name: str) -> str | None:
    """Give the type of a rendition by its name, None for what is no such name."""
    found = _NAME.fullmatch(name)
    return next(kind for kind, ending in _ENDINGS.items() if ending == found[1]) if found else None
