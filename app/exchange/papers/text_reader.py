"""The process that reads the words of two PDFs: sealed off, to tell whether one is the other with signatures on it."""

from __future__ import annotations

import json
import re
import struct
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pypdfium2

from app.core.sealed import answer, seal

_FAULTS = (pypdfium2.PdfiumError, OSError, ValueError, TypeError, struct.error)
_MOST_PAGES = 200
# Fewer words than these on a page that had some are those of a scan.
_FEW = 5


def main(arguments: Sequence[str]) -> None:
    """Read the PDFs `given.pdf` and `returned.pdf` in the folder that the first argument names.

    The answer is `comparison`: `same_text` where all words of the first are in the second in their order, whatever was
    put between them; `other_text`; or `unreadable`, where there are hardly any, as in a scan.
    """
    folder, asked = Path(arguments[0]), json.loads(arguments[1])
    # PDFium is a library in C, which Python reaches by ctypes.
    seal(asked["bounds"], asked["parent"], calls_c=True)
    try:
        found = compare(_read(folder / "given.pdf"), _read(folder / "returned.pdf"))
    except _FAULTS:
        found = "unreadable"
    answer({"comparison": found})


def _read(path: Path) -> list[str]:
    """Read the words of a PDF."""
    document = pypdfium2.PdfDocument(path)
    words: list[str] = []
    for index in range(min(len(document), _MOST_PAGES)):
        text = unicodedata.normalize("NFC", document[index].get_textpage().get_text_range())
        words += re.findall(r"\w+", text)
    return words


def compare(given: Sequence[str], returned: Sequence[str]) -> str:
    """Compare the words of a paper that was given out with those of one that came back."""
    if len(returned) < _FEW <= len(given):
        return "unreadable"
    left = iter(returned)
    return "same_text" if all(word in left for word in given) else "other_text"
