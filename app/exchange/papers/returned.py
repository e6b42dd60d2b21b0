"""Signed papers that come back: compared with what was given out, attached to the record; nothing is signed here."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.config import Settings
from app.core.sealed import Bounds
from app.exchange.papers.making import paper_key
from app.exchange.papers.models import GivenPaper, ReturnedPaper
from app.media.asking import ask_reader
from app.media.documents import PDF
from app.media.models import StoredFile
from app.media.storage import Storage, original_key

_READER = "app.exchange.papers.text_reader"
_BOUNDS = Bounds(memory_bytes=1_200_000_000, cpu_s=60, wall_s=120.0, answer_bytes=10_000)
_CHUNK = 1 << 18
# The concept of the scheme `media_roles` under which a signed paper stands with its record.
ROLE: Final = "signed_paper"
# From what is proved to what is not: the very bytes with more behind them, the very file, the same words, other words,
# what cannot be compared, and a kind of file that was not given out.
COMPARISONS: Final = ("continued", "identical", "same_text", "other_text", "unreadable", "no_pdf")


def compare_file(settings: Settings, paper: GivenPaper, *, sha256: str, media_type: str, name: str) -> str:
    """Compare a file that was taken in, by its checksum, with a paper as it was given out; gives one of COMPARISONS.

    A signature in PDF is added behind the bytes that it signs (ISO 32000-1, 12.8; PAdES, EN 319 142-1): the file
    then begins with the very bytes of the paper, and still shows its words. A signer's program may write the file anew:
    then the words alone are compared, which a picture of the paper does not have.
    """
    if sha256 in (paper.pdf_sha256, paper.docx_sha256):
        return "identical"
    if media_type != PDF or paper.pdf_sha256 is None:
        return "no_pdf" if media_type != PDF else "unreadable"
    storage = Storage(settings)
    with (
        tempfile.TemporaryDirectory(prefix="disan-signed-") as made,
        storage.fetched(paper_key(paper.pdf_sha256)) as given,
        storage.fetched(original_key(sha256)) as returned,
    ):
        is_continued = _continues(returned, given)
        folder = Path(made)
        (folder / "given.pdf").write_bytes(given.read_bytes())
        (folder / "returned.pdf").write_bytes(returned.read_bytes())
        head, _ = ask_reader(_READER, folder, name, {}, _BOUNDS)
    # What is added behind may also hide what was there before.
    return "continued" if is_continued and head["comparison"] == "same_text" else str(head["comparison"])


def _continues(returned: Path, given: Path) -> bool:
    """Tell whether a file begins with all the bytes of another."""
    size = given.stat().st_size
    if returned.stat().st_size < size:
        return False
    return _digest(_pieces(returned, size)) == _digest(_pieces(given, size))


def _pieces(path: Path, most: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while most > 0 and (piece := file.read(min(_CHUNK, most))):
            most -= len(piece)
            yield piece


def _digest(pieces: Iterator[bytes]) -> bytes:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def keep_returned(
    session: Session, paper: GivenPaper, file: StoredFile, comparison: str, *, changeset_id: int | None, actor: User
) -> ReturnedPaper:
    """Write down that a file came back for a paper; the same file once only, compared anew.

    Raises `NotAllowed` unless the actor may edit records.
    """
    require(actor, Permission.EDIT)
    known = next((one for one in paper.returned if one.file_id == file.id), None)
    if known is not None:
        known.comparison = comparison
        return known
    kept = ReturnedPaper(paper=paper, file=file, comparison=comparison, changeset_id=changeset_id, returned_by=actor)
    session.add(kept)
    session.flush()
    return kept
