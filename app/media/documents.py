"""Papers: PDF, of which the public sees the pages as pictures, and DOCX, which is for officers; read sealed off."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.config import Settings
from app.core.errors import InvalidInput
from app.core.sealed import Bounds
from app.media.asking import ask_reader
from app.media.facts import FileFacts, RenderedPage
from app.media.images import cut_pictures
from app.media.signatures import check_signatures

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# At which a page of text can be read, on a telephone and enlarged; in pixels.
WIDTHS = (960, 1440)
# And of the first page a small one.
THUMB_PX = 320

_PDF_START, _ZIP_START = b"%PDF-", b"PK\x03\x04"
_PDF_READER, _DOCX_READER = "app.media.pdf_reader", "app.media.docx_reader"
_BOUNDS = Bounds(memory_bytes=1_200_000_000, cpu_s=60, wall_s=120.0, answer_bytes=40_000_000)
# However many pages there are, and however long each takes, in seconds.
_WHOLE_S = 1800.0
_TOO_SLOW = "The pages of “%(file)s” take too long to draw. Save it anew, or upload it in parts."


def begins_document(head: bytes) -> bool:
    """Tell whether a file begins as a PDF (ISO 32000-1, 7.5.2) or as an archive, such as a Word file."""
    return head.startswith((_PDF_START, _ZIP_START))


def inspect_document(path: Path, name: str, *, settings: Settings) -> FileFacts:
    """Open a paper whose owner calls it `name`, and tell what it is.

    Raises `InvalidInput` with a sentence that says what to do when it is neither PDF nor DOCX, is damaged, opens with a
    password only, has more pages than `media_max_pages`, or holds macros.
    """
    if not _is_pdf(path):
        ask_reader(_DOCX_READER, path, name, {}, _BOUNDS)
        return FileFacts(DOCX)
    head = _ask(path, name, {"pages": settings.media_max_pages})[0]
    return FileFacts(PDF, page_count=int(head["page_count"]))


def render_document(path: Path, name: str, *, settings: Settings) -> Iterator[RenderedPage]:
    """Draw the pages of a PDF, each by a process of its own, in AVIF, WebP and JPEG; a DOCX has none.

    Raises what `inspect_document` raises, and `InvalidInput` when all of them take longer than half an hour.
    """
    count = inspect_document(path, name, settings=settings).page_count or 0
    end = time.monotonic() + _WHOLE_S
    for number in range(1, count + 1):
        if time.monotonic() > end:
            raise InvalidInput(_TOO_SLOW, field="file", file=name)
        widths = (THUMB_PX, *WIDTHS) if number == 1 else WIDTHS
        head, rest = _ask(path, name, {"page": number, "widths": widths})
        yield cut_pictures(head, rest, name, page=number)


def verify_document(path: Path, name: str, *, settings: Settings) -> list[dict[str, Any]] | None:
    """Check the signatures of a PDF as `check_signatures` does; None for a DOCX, in which none are looked for."""
    return check_signatures(path, name, settings=settings) if _is_pdf(path) else None


def _is_pdf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_PDF_START)) == _PDF_START


def _ask(path: Path, name: str, asked: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    return ask_reader(_PDF_READER, path, name, asked, _BOUNDS)
