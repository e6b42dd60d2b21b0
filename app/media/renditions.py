"""Making renditions in the background: the file is fetched, rendered in a sealed process, and each rendition kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.db import now
from app.core.errors import NotFound
from app.jobs.handlers import Job
from app.media.images import RenderedImage, render_image
from app.media.models import Medium, Rendition, StoredFile
from app.media.storage import Storage, original_key, rendition_key, rendition_name


@dataclass(frozen=True, slots=True)
class Made:
    """What was made of a file, each rendition by its name; they are in the storage already."""

    placeholder: str
    renditions: tuple[tuple[str, RenderedImage], ...]


def make_renditions(job: Job, settings: Settings) -> Made:
    """Make the renditions that a wish of the kind `RENDER_IMAGE` asks for, and keep them; the database is not asked.

    Raises `NotFound` when the original is gone or no longer what was uploaded, and what `render_image` raises. A second
    run makes the same again.
    """
    storage = Storage(settings)
    try:
        with storage.fetched(original_key(job.payload["sha256"])) as path:
            _require_whole(path, job)
            placeholder, images = render_image(path, job.payload["name"], settings=settings)
    except FileNotFoundError as error:
        raise NotFound(
            "The original of “%(file)s” is missing from the storage. Upload it again.", file=job.payload["name"]
        ) from error
    named = [(rendition_name(image.data, image.media_type), image) for image in images]
    for name, image in named:
        storage.keep(rendition_key(name), image.data)
    return Made(placeholder, tuple(named))


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
    file.renditions += [
        Rendition(
            name=name,
            media_type=image.media_type,
            width=image.width,
            height=image.height,
            byte_count=len(image.data),
        )
        for name, image in made.renditions
    ]
    file.placeholder, file.rendered_at = made.placeholder, now()
    session.flush()
    return list(session.scalars(sa.select(Medium.id).where(Medium.file_id == file.id)))
