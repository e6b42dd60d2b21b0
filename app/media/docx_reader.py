"""The process that looks into Word files: an archive within bounds that holds a text, and nothing that runs."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, ElementTree

from app.core.errors import InvalidInput
from app.core.sealed import answer, seal
from app.media.encoding import DAMAGED

_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TYPES = "[Content_Types].xml"
_TAG = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_MOST_ENTRIES = 2000
_MOST_BYTES = 300_000_000
# What is packed closer than this holds no text of anybody's; small parts of nothing but repetition may.
_MOST_RATIO, _SMALL_BYTES = 200, 1_000_000
_MOST_XML_BYTES = 60_000_000
_CHUNK = 1 << 16
_FAULTS = (zipfile.BadZipFile, OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, zlib.error)
_NO_PAPER = "“%(file)s” is no paper that can be read here. Upload PDF or DOCX."
_BOMB = "“%(file)s” unpacks to more than a paper needs. Save it anew, with smaller pictures, and upload that."
_MACROS = "“%(file)s” holds macros. Save it as a document without macros (DOCX) or as PDF, and upload that."


def main(arguments: Sequence[str]) -> None:
    """Look into the file that the first argument names; write the answer to standard output.

    It is empty for a Word document (ECMA-376, WordprocessingML); for what is not to be taken it is `refused` and
    `params`.
    """
    path, asked = Path(arguments[0]), json.loads(arguments[1])
    seal(asked["bounds"], asked["parent"])
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive)
        found: dict[str, object] = {}
    except InvalidInput as error:
        found = {"refused": error.message, "params": error.params}
    except (*_FAULTS, ParseError, DefusedXmlException):
        found = {"refused": DAMAGED, "params": {}}
    answer(found)


def _check(archive: zipfile.ZipFile) -> None:
    """Raise `InvalidInput` for an archive that is no Word document, is too much, or holds macros."""
    entries = archive.infolist()
    if _TYPES not in archive.namelist():
        raise InvalidInput(_NO_PAPER)
    _check_sizes(entries)
    _check_names(entries)
    main_parts = _read_types(archive)
    left = _MOST_BYTES
    for entry in entries:
        left -= _check_entry(archive, entry, left)
    if not main_parts & {f"/{entry.filename}" for entry in entries}:
        raise InvalidInput(DAMAGED)


def _check_sizes(entries: Sequence[zipfile.ZipInfo]) -> None:
    total = sum(entry.file_size for entry in entries)
    is_packed = any(
        entry.file_size > _SMALL_BYTES and entry.file_size > _MOST_RATIO * max(1, entry.compress_size)
        for entry in entries
    )
    if len(entries) > _MOST_ENTRIES or total > _MOST_BYTES or is_packed:
        raise InvalidInput(_BOMB)


def _check_names(entries: Sequence[zipfile.ZipInfo]) -> None:
    names = [entry.filename.lower() for entry in entries]
    if any(PurePosixPath(name).name.startswith("vbaproject") for name in names):
        raise InvalidInput(_MACROS)
    if len(set(names)) < len(names) or any(
        "\\" in name or name.startswith("/") or ":" in name or ".." in PurePosixPath(name).parts for name in names
    ):
        raise InvalidInput(DAMAGED)


def _read_types(archive: zipfile.ZipFile) -> set[str]:
    """Give the names of the main parts of a Word document, with a slash before them."""
    found = ElementTree.fromstring(_unpack(archive, archive.getinfo(_TYPES)), forbid_dtd=True)
    told = {part.get("PartName", ""): part.get("ContentType", "") for part in found.iter(f"{_TAG}Override")}
    if any("macroenabled" in kind.lower() or "vbaproject" in kind.lower() for kind in told.values()):
        raise InvalidInput(_MACROS)
    parts = {name for name, kind in told.items() if kind == _MAIN}
    if not parts:
        raise InvalidInput(_NO_PAPER)
    return parts


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> int:
    """Unpack an entry, of which the checksum must be right; gives its size, which is at most `most` bytes."""
    if entry.filename.lower().endswith((".xml", ".rels")):
        text = _unpack(archive, entry)
        ElementTree.fromstring(text, forbid_dtd=True)
        return len(text)
    size = 0
    with archive.open(entry) as part:
        while piece := part.read(_CHUNK):
            size += len(piece)
            if size > most:
                raise InvalidInput(_BOMB)
    return size


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as part:
        text = part.read(_MOST_XML_BYTES + 1)
    if len(text) > _MOST_XML_BYTES:
        raise InvalidInput(_BOMB)
    return text
