"""Turning a paper into PDF/A by LibreOffice, where that is installed: alone, bounded, with a profile of its own."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from app.config import Settings
from app.core import programs
from app.core.errors import InvalidInput, Unavailable
from app.core.sealed import Bounds, Ended

# LibreOffice reserves more addresses than it uses memory; a paper of a hundred pages takes it ten seconds.
_BOUNDS = Bounds(
    memory_bytes=6_000_000_000, cpu_s=120, wall_s=180.0, answer_bytes=1_000_000, file_bytes=200_000_000, open_files=512
)
# One at a time in a process: each takes a core and some hundred megabytes.
_ALONE = threading.Lock()
_WAIT_S = 240
_NAMES = ("soffice", "libreoffice")
# PDF/A-2b (ISO 19005-2), for it may hold what is transparent; tagged, so that it can be read aloud.
_FILTER = {"SelectPdfVersion": {"type": "long", "value": "2"}, "UseTaggedPDF": {"type": "boolean", "value": "true"}}
# Times New Roman itself, or what is as wide and has the Vietnamese letters: else these alone would come of another
# type, and words could neither be read aloud nor copied from the PDF.
_TYPES = ("Times New Roman", "Tinos", "Liberation Serif", "TeX Gyre Termes", "FreeSerif", "Noto Serif", "DejaVu Serif")
_SUBSTITUTION = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Font/Substitution"><prop oor:name="Replacement" oor:op="fuse">
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Font/Substitution/FontPairs"><node oor:name="_0" oor:op="replace">
<prop oor:name="ReplaceFont"><value>Times New Roman</value></prop>
<prop oor:name="SubstituteFont"><value>{font}</value></prop>
<prop oor:name="OnScreenOnly"><value>false</value></prop><prop oor:name="Always"><value>true</value></prop>
</node></item>
</oor:items>
"""
_LATE = "LibreOffice took too long over this paper. Try again, or take the DOCX."
_FAILED = "LibreOffice could not make a PDF of this paper. Take the DOCX, and tell whoever runs this server."


def find_libreoffice(settings: Settings) -> Path | None:
    """Give LibreOffice's program: the one that the setting names, else what PATH knows; None where there is none."""
    return _find(settings.libreoffice)


@functools.lru_cache(maxsize=4)
def _find(named: str) -> Path | None:
    found = named or next((path for name in _NAMES if (path := shutil.which(name))), "")
    if not found or not Path(found).is_file():
        return None
    program = Path(found).resolve()
    # What stands on PATH is a script that starts the program as another process, which would outlive its bounds.
    itself = program.with_name("soffice.bin")
    return itself if itself.is_file() else program


@functools.lru_cache(maxsize=1)
def find_font() -> str | None:
    """Give the font that has the Vietnamese letters and is nearest to Times New Roman; None where that is not known."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    listed = subprocess.run(  # noqa: S603 (fontconfig's own program, and nothing of anybody's)
        [program, ":lang=vi", "family"], capture_output=True, text=True, timeout=30, check=False
    ).stdout
    known = {name.strip() for line in listed.splitlines() for name in line.split(",")}
    return next((name for name in _TYPES if name in known), None)


def convert_to_pdf(content: bytes, name: str, *, settings: Settings) -> bytes:
    """Give a DOCX, which is called `name`, as PDF/A.

    Raises `InvalidInput` where LibreOffice is not installed or cannot do it, and `Unavailable` while it does others.
    """
    program = find_libreoffice(settings)
    if program is None:
        raise InvalidInput("LibreOffice is not installed on this server: papers come as DOCX alone.")
    if not _ALONE.acquire(timeout=_WAIT_S):
        raise Unavailable("Other papers are being turned into PDF just now. Try again in a minute.")
    try:
        with tempfile.TemporaryDirectory(prefix="disan-pdf-") as folder:
            return _convert(program, content, Path(folder), name)
    finally:
        _ALONE.release()


def _convert(program: Path, content: bytes, folder: Path, name: str) -> bytes:
    source = folder / "paper.docx"
    source.write_bytes(content)
    font = find_font()
    if font and font != _TYPES[0]:
        (folder / "profile" / "user").mkdir(parents=True)
        (folder / "profile" / "user" / "registrymodifications.xcu").write_text(_SUBSTITUTION.format(font=font))
    arguments = [
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--convert-to"),
        f"pdf:writer_pdf_Export:{json.dumps(_FILTER)}",
        *("--outdir", str(folder / "out"), str(source)),
    ]
    # With a new profile it ends at once, having made that, and asks to be started again.
    for _ in range(2):
        try:
            programs.run_program(program, arguments, source, name, _BOUNDS)
            return (folder / "out" / "paper.pdf").read_bytes()
        except Ended as ended:
            if ended.is_late:
                raise InvalidInput(_LATE) from ended
        except FileNotFoundError:
            break
    raise InvalidInput(_FAILED)
