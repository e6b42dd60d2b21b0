"""Reading what a bag says of itself: manifests and its description, strictly, for anybody may have written them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from app.core.errors import InvalidInput
from app.core.text import excerpt
from app.exchange.archives.format import is_path
from app.exchange.archives.index import Filed

_LONGEST = 4096
_LINE = re.compile(r"([0-9A-Fa-f]{64})[ \t]+\*?(.+)")


def read_manifest(file: IO[bytes]) -> Iterator[Filed]:
    """Read a manifest of SHA-256 checksums; raises `InvalidInput` for one that is none, or names what it must not."""
    while data := file.readline(_LONGEST):
        line = _text(data)
        if not line.strip():
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None:
            raise InvalidInput("A manifest of this archive cannot be read: “%(line)s”.", line=excerpt(line, 80))
        yield Filed(checked_path(found[2]), found[1].lower(), -1)


def checked_path(path: str) -> str:
    """Give a path that may be in a bag; raises `InvalidInput` for one that leads elsewhere or is none."""
    if not is_path(path):
        shown = "".join(character if character.isprintable() else "?" for character in path)
        raise InvalidInput(
            "This archive names a file “%(path)s”, which leads out of it or is no name that we write. It is refused.",
            path=excerpt(shown, 100),
        )
    return path


def read_info(text: str) -> dict[str, str]:
    """Read the description of a bag: names and values, lines that go on included."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line[:1].isspace() and name:
            found[name] += " " + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            found[name] = value.strip()
    return found


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("A manifest of this archive is not in UTF-8.") from error
