"""Uploaded geodata: read at once when small, or wished to be read, and kept until then under a random name."""

from __future__ import annotations

import datetime as dt
import io
import time
from pathlib import Path
from typing import IO, Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.config import Settings
from app.core.db import now
from app.core.errors import InvalidInput
from app.core.streams import Readable, keep_pieces, read_pieces, shown_name
from app.exchange.geodata import GeodataReport, Limits, read_geodata, too_large
from app.jobs.handlers import Handler, Job
from app.jobs.models import Wish, WishState
from app.jobs.operations import wish
from app.jobs.queries import find_wish, has_worker

READ_GEODATA = "read_geodata"
# Larger ones are wished to be read: within a request nobody waits for more.
SMALL_BYTES = 2_000_000

_KEPT_S = 24 * 3600
_TAKEN_UP_WITHIN = dt.timedelta(minutes=2)
_AT_ONCE_S = 10


def is_small(stream: IO[bytes]) -> bool:
    """Tell whether a file, which is left at its beginning, can be read within a request."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return size <= SMALL_BYTES


def read_now(stream: Readable, name: str, *, settings: Settings) -> GeodataReport:
    """Read a small file within a request; nothing of it is kept.

    Raises what `read_geodata` raises, and `InvalidInput` for a file that `is_small` denies: those are for
    `wish_reading`.
    """
    limits = Limits(file_bytes=min(SMALL_BYTES, _most_bytes(settings)), cpu_s=_AT_ONCE_S, wall_s=_AT_ONCE_S)
    path = _keep(stream, name, settings, limits)
    try:
        return read_geodata(path, shown_name(name), settings=settings, limits=limits)
    finally:
        path.unlink(missing_ok=True)


def wish_reading(session: Session, stream: Readable, name: str, *, actor: User, settings: Settings) -> Wish:
    """Keep an uploaded file and wish that the worker read it; `find_report` gives what came of it.

    Raises `NotAllowed` unless the actor may edit records, `InvalidInput` when the file is too large.
    """
    require(actor, Permission.EDIT)
    path = _keep(stream, name, settings, Limits(file_bytes=_most_bytes(settings)))
    return wish(session, READ_GEODATA, {"upload": path.name, "name": shown_name(name)}, actor=actor)


def find_report(session: Session, wish_id: int, *, actor: User) -> GeodataReport | None:
    """Give what the worker read for the actor; None while it has not come to it.

    Raises `NotFound` for a wish that is not the actor's own, the reader's `InvalidInput` for a file it refused, and
    `InvalidInput` where no worker seems to run.
    """
    found = find_wish(session, wish_id, actor=actor)
    if found.state == WishState.DONE and found.kind == READ_GEODATA:
        return GeodataReport.from_json(found.result)
    if found.state in (WishState.FAILED, WishState.CANCELLED):
        problem = found.problem
        raise InvalidInput(
            problem.message if problem else "This file was not read. Upload it again.",
            **(problem.params if problem else {}),
        )
    long_ago = now() - _TAKEN_UP_WITHIN
    if found.kind == READ_GEODATA and found.run_at < long_ago and not has_worker(session, long_ago):
        raise InvalidInput(
            "Nobody has begun to read this file: the worker seems to stand still. Tell whoever runs this server, or "
            "cut the file into ones of at most %(size)s MB, which are read at once.",
            size=SMALL_BYTES // 1_000_000,
        )
    return None


def _most_bytes(settings: Settings) -> int:
    return settings.geodata_max_mb * 1_000_000


def _folder(settings: Settings) -> Path:
    return settings.data.resolve() / "uploads"


def _keep(stream: Readable, name: str, settings: Settings, limits: Limits) -> Path:
    """Keep a stream in the folder of uploads."""
    shown = shown_name(name)
    return keep_pieces(_folder(settings), read_pieces(stream, shown, limits.file_bytes, too_large(shown, limits)))


def _read_wished(_session: Session, job: Job, settings: Settings) -> dict[str, Any]:
    """Read an upload; the result is the report as JSON. A second run reads it again."""
    path = _folder(settings) / job.payload["upload"]
    if not path.is_file():
        raise InvalidInput("“%(file)s” is not here any more. Upload it again.", field="file", file=job.payload["name"])
    return read_geodata(path, job.payload["name"], settings=settings).to_json()


def _forget(job: Job, settings: Settings) -> None:
    (_folder(settings) / job.payload["upload"]).unlink(missing_ok=True)


def forget_old(settings: Settings) -> int:
    """Delete uploads of more than a day, read or not; gives how many."""
    folder = _folder(settings)
    old = [path for path in folder.glob("*") if path.stat().st_mtime < time.time() - _KEPT_S] if folder.exists() else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


HANDLER = Handler(_read_wished, tidy=_forget, most_attempts=3)
