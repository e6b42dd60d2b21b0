"""Papers that the tests make: PDF and DOCX by real encoders, ordinary and hostile ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import docx
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from tests.harness.pictures import encoded, picture

Draw = Callable[[Canvas, int], None]


def pdf(pages: int = 2, *, size: tuple[float, float] = A4, draw: Draw | None = None, **how: Any) -> bytes:
    """Give a PDF whose pages say which they are, the first with a red quarter above at the left."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1, **how)
    for number in range(1, pages + 1):
        canvas.setFillColorRGB(0.8, 0.1, 0.1) if number == 1 else canvas.setFillColorRGB(0.1, 0.1, 0.8)
        canvas.rect(0, size[1] / 2, size[0] / 2, size[1] / 2, stroke=0, fill=1)
        canvas.drawString(72, 72, f"Page {number} of {pages}")
        if draw:
            draw(canvas, number)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def locked_pdf(*, password: str = "secret") -> bytes:  # noqa: S107 - of a file that the tests make
    """Give a PDF that opens with a password; one whose password is empty opens for everybody."""
    return pdf(encrypt=StandardEncryption(password, ownerPassword="owner", canCopy=0, strength=128))


def scripted_pdf() -> bytes:
    """Give a PDF that would run a script and launch a program when it is opened."""
    made = pdf(1)
    action = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> /AA << /WC << /S /Launch /F (cmd.exe) >> >>"
    return made.replace(b"/Type /Catalog", b"/Type /Catalog " + action)


def endless_pdf() -> bytes:
    """Give a PDF whose tree of pages turns back on itself."""
    return pdf(1).replace(b"/Type /Pages", b"/Type /Pages /Parent 4 0 R").replace(b"/Kids [", b"/Kids [ 4 0 R ")


def deep_pdf() -> bytes:
    """Give a PDF with arrays within arrays, a million deep."""
    return pdf(1).replace(b"/Type /Catalog", b"/Type /Catalog /X " + b"[" * 1_000_000 + b"]" * 1_000_000)


def word(**parts: bytes) -> bytes:
    """Give a DOCX with a heading, a picture and a table; `parts` are put in besides, `__` in their names a slash."""
    paper = docx.Document()
    paper.add_heading("Lý lịch di tích", 1)
    paper.add_paragraph("Chùa Cầu, phường Hội An.")
    paper.add_picture(io.BytesIO(encoded(picture(60, 40))))
    paper.add_table(2, 2).cell(0, 0).text = "Niên đại"
    out = io.BytesIO()
    paper.save(out)
    if parts:
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
            for name, data in parts.items():
                archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


def word_with(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Give a DOCX in which one part is changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry.filename, change(data) if entry.filename == name else data)
    return out.getvalue()


def archive_of(**parts: bytes) -> bytes:
    """Give a plain archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def _with_entity(text: bytes) -> bytes:
    return text.replace(b"<w:document", b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document', 1)


_SHEET = b"spreadsheetml.sheet.main+xml"
_WORD = b"wordprocessingml.document.main+xml"
_TYPES = "[Content_Types].xml"

# Name → a file that is refused, and a part of the sentence that says why.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "locked.pdf": (locked_pdf, "opens with a password only"),
    "cut.pdf": (lambda: pdf()[:200], "damaged or incomplete"),
    "head.pdf": (lambda: b"%PDF-1.7\n", "damaged or incomplete"),
    "noise.pdf": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 400, "damaged or incomplete"),
    "long.pdf": (lambda: pdf(31), "has 31 pages; at most 30"),
    "endless.pdf": (endless_pdf, "damaged or incomplete"),
    "archive.docx": (lambda: archive_of(readme=b"hello"), "no paper that can be read"),
    "sheet.docx": (lambda: word_with(_TYPES, lambda text: text.replace(_WORD, _SHEET)), "no paper that can be read"),
    "cut.docx": (lambda: word()[:-300], "damaged or incomplete"),
    "broken.docx": (lambda: word_with("word/document.xml", lambda text: text[:-40]), "damaged or incomplete"),
    "entity.docx": (lambda: word_with("word/document.xml", _with_entity), "damaged or incomplete"),
    "macros.docx": (lambda: word(word__vbaProject_bin=b"x").replace(b"vbaProject_bin", b"vbaProject.bin"), "macros"),
    "macros.docm": (
        lambda: word_with(
            _TYPES,
            lambda text: text.replace(
                b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
                b"application/vnd.ms-word.document.macroEnabled.main+xml",
            ),
        ),
        "macros",
    ),
    "bomb.docx": (lambda: word(word__media__bomb=bytes(50_000_000)), "unpacks to more"),
    "many.docx": (lambda: word(**{f"word__part{number}": b"x" for number in range(2100)}), "unpacks to more"),
    "climbing.docx": (lambda: word(**{"..__..__etc__passwd": b"x"}), "damaged or incomplete"),
}
