"""Making renditions in the background: the file is fetched, rendered in a sealed process, and each rendition kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.db import now
from app.core.errors import NotFound
from app.jobs.handlers import Job
from app.media.facts import RenderedFile
from app.media.families import render_file, verify_file
from app.media.models import Medium, Rendition, StoredFile
from app.media.storage import Storage, original_key, rendition_key, rendition_name


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of a file and found in it, not written down yet; the renditions are in the storage already.

    The placeholder is the first page's; `signatures` are those that `app.media.signatures` gives.
    """

    placeholder: str | None
    signatures: list[dict[str, Any]] | None
    renditions: tuple[Rendition, ...]


def make_renditions(job: Job, settings: Settings) -> Made:
    """Make the renditions that a wish of the kind `RENDER_FILE` asks for, and keep them; the database is not asked.

    Raises `NotFound` when the original is gone or no longer what was uploaded, and what `render_file` raises. A second
    run makes the same again.
    """
    storage, name = Storage(settings), job.payload["name"]
    placeholder, renditions = None, []
    try:
        with storage.fetched(original_key(job.payload["sha256"])) as path:
            _require_whole(path, job)
            # A page at a time: all of them would be too much to hold.
            for page in render_file(path, name, settings=settings):
                placeholder = placeholder or page.placeholder
                renditions += [_keep(storage, page.number, file) for file in page.files]
            signatures = verify_file(path, name, settings=settings)
    except FileNotFoundError as error:
        raise NotFound("The original of “%(file)s” is missing from the storage. Upload it again.", file=name) from error
    return Made(placeholder, signatures, tuple(renditions))


def _keep(storage: Storage, page: int, file: RenderedFile) -> Rendition:
    name = rendition_name(file.data, file.media_type)
    storage.keep(rendition_key(name), file.data)
    return Rendition(
        name=name,
        page=page,
        media_type=file.media_type,
        width=file.width,
        height=file.height,
        byte_count=len(file.data) if isinstance(file.data, bytes) else file.data.stat().st_size,
    )


def _require_whole(path: Path, job: Job) -> None:
    # A damaged picture may well be decoded, and would be shown with its damage.
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != job.payload["sha256"]:
            raise NotFound(
                "The original of “%(file)s” has been damaged in the storage. Upload it again.",
                file=job.payload["name"],
            )


def write_renditions(session: Session, job: Job, made: Made) -> list[int]:
    """Write down what was made of a file; gives the keys of the media that show it."""
    file = session.get_one(StoredFile, job.payload["file"])
    file.renditions.clear()
    session.flush()
    file.renditions.extend(made.renditions)
    file.placeholder, file.signatures, file.rendered_at = made.placeholder, made.signatures, now()
    session.flush()
    return list(session.scalars(sa.select(Medium.id).where(Medium.file_id == file.id)))
