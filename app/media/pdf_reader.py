"""The process that decodes PDF: sealed off, then how many pages there are, or renditions of one of them."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pypdfium2
from pypdfium2 import raw

from app.core.errors import InvalidInput
from app.core.sealed import answer, seal
from app.media.encoding import DAMAGED, TALLEST_PX, encode

if TYPE_CHECKING:
    from PIL import Image

_FAULTS = (pypdfium2.PdfiumError, OSError, ValueError, TypeError, struct.error)
_ENCRYPTED = "“%(file)s” opens with a password only. Save it without one, and upload that."
_TOO_MANY = "“%(file)s” has %(pages)s pages; at most %(most)s are taken. Upload it in parts."


def main(arguments: Sequence[str]) -> None:
    """Read the PDF that the first argument names, as the second (JSON) tells; write the answer to standard output.

    Asked without a `page`, the answer is `page_count`, at most `pages`; with one (the first is 1) and `widths` it is
    `placeholder` and `renditions`, whose bytes follow. For a file that is not to be taken it is `refused` and `params`.
    Scripts are not run and nothing that is attached is looked at: this build of PDFium has no such engine.
    """
    path, asked = Path(arguments[0]), json.loads(arguments[1])
    # PDFium is a library in C, which Python reaches by ctypes.
    seal(asked["bounds"], asked["parent"], calls_c=True)
    bodies: list[bytes] = []
    try:
        document = _open(path)
        if "page" in asked:
            found = encode(_draw(document, asked["page"], max(asked["widths"])), asked["widths"], bodies)
        else:
            found = {"page_count": _count(document, asked["pages"])}
    except InvalidInput as error:
        found = {"refused": error.message, "params": error.params}
    except _FAULTS:
        found = {"refused": DAMAGED, "params": {}}
    answer(found, bodies)


def _open(path: Path) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        is_locked = getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise InvalidInput(_ENCRYPTED if is_locked else DAMAGED) from error


def _count(document: pypdfium2.PdfDocument, most: int) -> int:
    """Count the pages, of which each must be there."""
    count = len(document)
    if count > most:
        raise InvalidInput(_TOO_MANY, pages=count, most=most)
    for index in range(count):
        document[index].close()
    if not count:
        raise InvalidInput(DAMAGED)
    return count


def _draw(document: pypdfium2.PdfDocument, number: int, width: int) -> Image.Image:
    """Draw a page so wide, in pixels; a page that would be too tall less wide."""
    # The seal of a signature is a field of a form, and would not be drawn otherwise.
    document.init_forms()
    page = document[number - 1]
    wide, tall = page.get_size()
    scale = min(width / wide, TALLEST_PX / tall)
    drawn: Image.Image = page.render(scale=scale, fill_color=(255, 255, 255, 255)).to_pil()
    return drawn.convert("RGB")
