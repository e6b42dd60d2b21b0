"""Filling templates in a sealed process, within bounds of memory and time; a few at once."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.config import Settings
from app.core.errors import InvalidInput
from app.core.sealed import Bounds
from app.exchange.papers.forms import Form, nest, sample_of
from app.exchange.papers.gathering import Gathered
from app.exchange.papers.names import FACTS, TEMPLATE
from app.media.asking import ask_reader
from app.media.documents import DOCX, inspect_document

_WORKER = "app.exchange.papers.template_worker"
_BOUNDS = Bounds(memory_bytes=1_200_000_000, cpu_s=30, wall_s=60.0, answer_bytes=60_000_000)
# A template is tried with two rows a table: one that is not done by then would never be done with many.
_TRIAL = Bounds(memory_bytes=800_000_000, cpu_s=8, wall_s=20.0, answer_bytes=60_000_000)


def fill_template(template: bytes, name: str, gathered: Gathered) -> bytes:
    """Fill a template, which is called `name`, with facts; gives the DOCX, the same for the same facts.

    Raises `InvalidInput` for a template that cannot be filled.
    """
    return _fill(template, name, gathered.facts, gathered.pictures, _BOUNDS, is_new=False)


def try_template(template: bytes, name: str, form: Form, *, settings: Settings) -> None:
    """Try whether a file, whose owner calls it `name`, is a template of a paper.

    It must be a Word file without macros, embedded files or links to other files, and name nothing but the facts of
    the paper. Raises `InvalidInput` with a sentence that says what is wrong, and where.
    """
    with tempfile.NamedTemporaryFile(prefix="disan-template-") as file:
        file.write(template)
        file.flush()
        if inspect_document(Path(file.name), name, settings=settings).media_type != DOCX:
            raise InvalidInput("“%(file)s” is no Word file. Upload DOCX.", field="file", file=name)
    # A condition may ask for what is there or for what is not.
    for is_empty in (False, True):
        _fill(template, name, sample_of(form, is_empty=is_empty), {}, _TRIAL, is_new=True)


def _fill(
    template: bytes, name: str, facts: Mapping[str, Any], pictures: Mapping[str, bytes], bounds: Bounds, *, is_new: bool
) -> bytes:
    with tempfile.TemporaryDirectory(prefix="disan-paper-") as made:
        folder = Path(made)
        (folder / TEMPLATE).write_bytes(template)
        (folder / FACTS).write_text(json.dumps(nest(facts), ensure_ascii=False), encoding="utf-8")
        for picture, data in pictures.items():
            (folder / picture).write_bytes(data)
        return ask_reader(_WORKER, folder, name, {"is_new": is_new}, bounds)[1]
