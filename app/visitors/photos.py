"""Photos that come with reports: read in a sealed process, and kept as nothing but pixels, for officers only."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.db import now
from app.core.errors import InvalidInput, Unavailable
from app.core.streams import Readable, read_pieces, shown_name
from app.media.families import PICTURE, family_of_file
from app.media.images import render_image
from app.media.storage import Storage
from app.visitors.models import Report

# An inscription can be read at that, and a folder of thousands stays small.
_WIDTH = 1600
MEDIA_TYPE = "image/jpeg"
_FOLDER = "reports"
_NAME = re.compile(r"[0-9a-f]{32}\.jpg")
# A photo whose form was sent back with a complaint waits so long for the form to come again.
KEPT = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo in the storage: its name, which tells nothing of it, and the SHA-256 of what is seen."""

    name: str
    sha256: str


def keep_photo(stream: Readable, name: str, *, settings: Settings) -> Photo:
    """Read a photo that its owner calls `name`, and keep what is seen in it: no EXIF, no place, no name.

    Nothing of the file itself is kept. Raises `InvalidInput` for what is no photo, is damaged or too large, and
    `Unavailable` when too many are read at once.
    """
    shown = shown_name(name)
    most = settings.reports_photo_mb
    too_large = InvalidInput(
        "“%(file)s” is larger than %(most)s MB. Choose a smaller photo, or send the report without one.",
        file=shown,
        most=most,
    )
    with tempfile.NamedTemporaryFile(prefix="disan-report-") as file:
        try:
            file.writelines(read_pieces(stream, shown, most * 1_000_000, too_large))
        except InvalidInput as error:
            raise (error if error is too_large else _refusal(shown)) from error
        file.flush()
        data = _read(Path(file.name), shown, settings)
    kept = f"{secrets.token_hex(16)}.jpg"
    Storage(settings).keep(photo_key(kept), data)
    return Photo(kept, hashlib.sha256(data).hexdigest())


def _read(path: Path, name: str, settings: Settings) -> bytes:
    refusal = _refusal(name)
    if family_of_file(path) is not PICTURE:
        raise refusal
    try:
        (page,) = render_image(path, name, settings=settings, widths=(_WIDTH,))
    except InvalidInput as error:
        raise refusal from error
    except Unavailable as error:
        raise Unavailable(
            "Many photos are being read just now. Send the report again in a minute, or without the photo."
        ) from error
    widest = next(one.data for one in page.files if one.media_type == MEDIA_TYPE)
    if not isinstance(widest, bytes):
        raise refusal
    return widest


def _refusal(name: str) -> InvalidInput:
    return InvalidInput(
        "“%(file)s” cannot be read as a photo. Take it again, choose another (JPEG, PNG, WebP, HEIC), or send the "
        "report without one.",
        file=name,
    )


def find_photo(name: str, *, settings: Settings) -> Photo | None:
    """Give a photo that was kept before its form was complete; None where there is none, or no more."""
    if not _NAME.fullmatch(name):
        return None
    try:
        data = Storage(settings).load(photo_key(name))
    except FileNotFoundError:
        return None
    return Photo(name, hashlib.sha256(data).hexdigest())


def photo_key(name: str) -> str:
    """Give the key of a photo in the storage."""
    return f"{_FOLDER}/{name[:2]}/{name}"


def remove_unnamed(session: Session, storage: Storage) -> int:
    """Remove the photos that no report names, those apart that came within a day; gives how many they were."""
    before, count = now() - KEPT, 0
    for entries in storage.entries(_FOLDER):
        old = {entry.key.rpartition("/")[2]: entry.key for entry in entries if entry.written_at < before}
        named = set(session.scalars(sa.select(Report.photo).where(Report.photo.in_(old)))) if old else set()
        for name in old.keys() - named:
            storage.remove(old[name])
            count += 1
    return count
