"""Tiles of large pictures, cut in the background once somebody may look at them closely: all of them, or none."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.config import Settings
from app.core import sealed
from app.core.batches import batches
from app.core.db import now
from app.core.errors import NotFound
from app.jobs.handlers import Job
from app.jobs.models import Wish
from app.jobs.operations import wish
from app.jobs.queries import is_alive
from app.media.asking import check_taken, complaint_of
from app.media.families import PICTURE
from app.media.models import Medium, Pyramid, StoredFile
from app.media.storage import Storage, original_key
from app.media.tiles import LARGE_PX, TILE_PX, image_id, tile_key, tiles_of
from app.records.models import Visibility

# The kind of the wish that a picture be cut into tiles.
CUT_TILES = "cut_tiles"
# Of these the public may see every detail that the file holds; of photographs it gets the renditions only.
CLOSELY_SEEN = frozenset({"map", "drawing", "scan"})

_READER = "app.media.tile_reader"
_BASE_BYTES = 700_000_000
_BYTES_A_PIXEL = 12
_TILE_BYTES = 2_000_000
# A JPEG of nothing but noise takes less.
_ANSWER_BYTES_A_PIXEL = 4
_CPU_S, _WALL_S = 600, 1800.0
# A map sheet takes gigabytes while it is cut.
_AT_ONCE = threading.BoundedSemaphore(1)


@dataclass(frozen=True, slots=True)
class Cut:
    """A picture that was cut: its size, and how many tiles of how many bytes lie in the storage now."""

    width: int
    height: int
    tile_count: int
    byte_count: int


def wish_tiles(session: Session, record_ids: Iterable[int], *, actor: User) -> None:
    """Wish that large pictures be cut, of those media among records that the public may look at closely.

    What is cut already, or waits for it, is left alone; what failed is tried again.
    """
    for chunk in batches(sorted(record_ids)):
        query = (
            sa.select(StoredFile)
            .join(Medium, Medium.file_id == StoredFile.id)
            .where(
                Medium.id.in_(chunk),
                Medium.visibility == Visibility.PUBLIC,
                Medium.deleted_at.is_(None),
                Medium.medium_type.in_(CLOSELY_SEEN),
                StoredFile.media_type.in_(PICTURE.media_types),
                sa.or_(StoredFile.width > LARGE_PX, StoredFile.height > LARGE_PX),
            )
        )
        for file in session.scalars(query).unique().all():
            pyramid = session.get(Pyramid, file.id)
            if pyramid is None or not (pyramid.made_at or is_alive(session.get(Wish, pyramid.wish_id))):
                wish_cutting(session, file, actor=actor)


def wish_cutting(session: Session, file: StoredFile, *, actor: User) -> None:
    """Wish that a large picture be cut into tiles, for the first time or once more."""
    _hold(session, file.id)
    pyramid = session.get(Pyramid, file.id) or Pyramid(file_id=file.id, name=image_id(file.sha256))
    payload = {
        "file": file.id,
        "sha256": file.sha256,
        "name": file.name,
        "width": file.width,
        "height": file.height,
    }
    pyramid.wish_id = wish(session, CUT_TILES, payload, actor=actor).id
    session.add(pyramid)
    session.flush()


def cut_tiles(job: Job, settings: Settings) -> Cut:
    """Cut the picture that a wish of the kind `CUT_TILES` names, and keep its tiles; the database is not asked.

    Nobody names the tiles before `write_pyramid`, so whatever ends this midway leaves nothing to see; a second run
    finds those that are there. Raises `NotFound` when the original is gone, and `InvalidInput` when the picture cannot
    be decoded.
    """
    storage, name = Storage(settings), job.payload["name"]
    try:
        with (
            storage.fetched(original_key(job.payload["sha256"])) as path,
            _AT_ONCE,
            contextlib.closing(_read(path, name, settings)) as parts,
        ):
            return _keep(storage, job, parts)
    except FileNotFoundError as error:
        raise NotFound("The original of “%(file)s” is missing from the storage. Upload it again.", file=name) from error
    except sealed.Ended as ended:
        raise complaint_of(ended, name) from ended


def _read(path: Path, name: str, settings: Settings) -> Generator[tuple[dict[str, Any], bytes]]:
    pixels = settings.media_max_megapixels * 1_000_000
    bounds = sealed.Bounds(
        _BASE_BYTES + _BYTES_A_PIXEL * pixels, _CPU_S, _WALL_S, _TILE_BYTES + _ANSWER_BYTES_A_PIXEL * pixels
    )
    asked = {"pixels": pixels, "tile_px": TILE_PX}
    return sealed.ask_parts(_READER, path, name, asked, bounds, part_bytes=_TILE_BYTES)


def _keep(storage: Storage, job: Job, parts: Iterator[tuple[dict[str, Any], bytes]]) -> Cut:
    """Keep tiles as they come; they must be those of the picture, each a JPEG, and come to their end."""
    head, _ = next(parts)
    check_taken(head, job.payload["name"])
    image, width, height = image_id(job.payload["sha256"]), job.payload["width"], job.payload["height"]
    if (head.get("width"), head.get("height")) != (width, height):
        raise sealed.Ended(is_late=False)
    count, size = 0, 0
    for tile, (_, data) in zip(tiles_of(width, height), parts, strict=False):
        if not data.startswith(b"\xff\xd8\xff"):
            raise sealed.Ended(is_late=False)
        storage.keep(tile_key(image, TILE_PX, tile), data)
        count, size = count + 1, size + len(data)
    if [said.get("is_complete") for said, _ in parts] != [True]:
        raise sealed.Ended(is_late=False)
    return Cut(width, height, count, size)


def _hold(session: Session, file_id: int) -> None:
    """Hold a file against others who wish or write its tiles, and against those who are just accepting its media."""
    session.execute(sa.select(StoredFile.id).where(StoredFile.id == file_id).with_for_update())


def write_pyramid(session: Session, job: Job, cut: Cut) -> list[int]:
    """Write down that a file's tiles are all there; gives the keys of the media that show it."""
    _hold(session, job.payload["file"])
    pyramid = session.get_one(Pyramid, job.payload["file"])
    pyramid.width, pyramid.height, pyramid.tile_px = cut.width, cut.height, TILE_PX
    pyramid.tile_count, pyramid.byte_count, pyramid.made_at = cut.tile_count, cut.byte_count, now()
    session.flush()
    return list(session.scalars(sa.select(Medium.id).where(Medium.file_id == pyramid.file_id)))
