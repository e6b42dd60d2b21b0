"""Taking files in: checked by decoding, kept under their checksum, and wished to be rendered; these never commit."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.config import Settings
from app.core.db import change_rows, now
from app.core.streams import Readable, read_pieces, shown_name
from app.jobs.models import Wish
from app.jobs.operations import wish as make_wish
from app.jobs.queries import is_alive
from app.media.facts import FileFacts
from app.media.families import family_of, inspect_file, most_mb, too_large
from app.media.incoming import KEPT_S
from app.media.models import StoredFile, TakenFile
from app.media.storage import Storage, original_key

# The kind of the wish that renditions be made of a file.
RENDER_FILE = "render_file"


@dataclass(frozen=True, slots=True)
class Received:
    """A file that was decoded and lies in the storage; nobody has written down yet that it is there."""

    name: str
    sha256: str
    byte_count: int
    facts: FileFacts


def receive_file(stream: Readable, name: str, *, settings: Settings) -> Received:
    """Take in a file that its owner calls `name`: it is decoded first, and kept when it is one of those that are taken.

    The database is not asked, for this takes its time; `keep_file` writes it down. Whatever ends this midway leaves
    nothing but a file that nobody names. Raises what `inspect_file` raises, and `InvalidInput` when the file is empty
    or larger than any may be.
    """
    shown = shown_name(name)
    with tempfile.NamedTemporaryFile(prefix="disan-upload-") as file:
        sha256, size = _receive(stream, file, shown, settings)
        facts = inspect_file(Path(file.name), shown, settings=settings)
        Storage(settings).keep(original_key(sha256), Path(file.name))
    return Received(shown, sha256, size, facts)


def keep_file(session: Session, received: Received, *, actor: User) -> tuple[StoredFile, bool]:
    """Write down a file that was received, and wish that it be rendered; tells whether it was there before.

    Raises `NotAllowed` unless the actor may edit records.
    """
    require(actor, Permission.EDIT)
    found = session.scalar(sa.select(StoredFile).where(StoredFile.sha256 == received.sha256))
    if found is not None:
        wish = session.get(Wish, found.wish_id) if found.wish_id else None
        if found.rendered_at is None and not is_alive(wish):
            wish_rendering(session, found, actor=actor)
        return found, True
    kept = StoredFile(
        sha256=received.sha256,
        name=received.name,
        byte_count=received.byte_count,
        uploaded_by=actor,
        **dataclasses.asdict(received.facts),
    )
    session.add(kept)
    session.flush()
    wish_rendering(session, kept, actor=actor)
    return kept, False


def first_payload(file: StoredFile, name: str) -> dict[str, Any]:
    """Give what the draft of a file's record begins with: what the file and its camera say, titled by its own name."""
    title = PurePosixPath(name).stem.replace("_", " ").strip() or name
    return {
        "title": {"vi": title[:500]},
        "file": file.sha256,
        "medium_type": family_of(file.media_type).medium_types[0],
        "dated": file.taken[:10] if file.taken else None,
    }


def wish_rendering(session: Session, file: StoredFile, *, actor: User) -> None:
    """Wish that renditions be made of a file, for the first time or once more."""
    require(actor, Permission.EDIT)
    payload = {"file": file.id, "sha256": file.sha256, "name": file.name}
    file.wish_id = make_wish(session, RENDER_FILE, payload, actor=actor).id
    session.flush()


def forget_taken(session: Session) -> int:
    """Forget what became of files that were taken in more than a day ago; gives how many those were."""
    long_ago = now() - dt.timedelta(seconds=KEPT_S)
    return change_rows(session, sa.delete(TakenFile).where(TakenFile.taken_at < long_ago))


def _receive(stream: Readable, out: IO[bytes], name: str, settings: Settings) -> tuple[str, int]:
    """Write a stream to a file; gives its checksum and its size."""
    most = most_mb(settings)
    digest, size = hashlib.sha256(), 0
    for piece in read_pieces(stream, name, most * 1_000_000, too_large(name, most)):
        digest.update(piece)
        size += out.write(piece)
    out.flush()
    return digest.hexdigest(), size
