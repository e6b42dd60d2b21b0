"""Exports that take longer than a request: wished for, made by the worker, kept a day for whoever wished."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, held_permissions, require
from app.config import Settings
from app.core.db import begin_write, now
from app.core.errors import Conflict, DisanError, NotAllowed, NotFound
from app.exchange.exports.formats import FORMATS
from app.exchange.exports.gathering import MOST
from app.exchange.exports.making import folder_of, make_export, note_export
from app.exchange.exports.selection import Selection, count_selected
from app.exchange.exports.wording import Wording
from app.jobs.handlers import Handler, Job
from app.jobs.models import Wish, WishState
from app.jobs.operations import wish
from app.jobs.queries import find_wish, has_worker, is_alive, wishes

EXPORT_LIST = "export_list"
# So many are made while somebody waits.
AT_ONCE = 2000

_KEPT_S = 24 * 3600
_MOST_ALIVE = 3
_TAKEN_UP_WITHIN = dt.timedelta(minutes=2)

# Gives the words of a language, for a file that is made where no request is.
Word: TypeAlias = Callable[[Session, str, Settings], Wording]


@dataclass(frozen=True, slots=True)
class Export:
    """An export that was wished for, and how far it is: `done` of `total` records, None where that is not known.

    `is_stalled` says that nobody has begun to make it, and that no worker seems to run.
    """

    wish: Wish
    form: str
    done: int
    total: int | None
    name: str
    records: int
    withheld: int
    path: Path | None
    problem: DisanError | None
    is_stalled: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether it is being made, or waits for that."""
        return is_alive(self.wish)


def is_soon(session: Session, selection: Selection) -> bool:
    """Tell whether so little is selected that a person can wait for it."""
    return count_selected(session, selection, AT_ONCE) is not None


def wish_export(session: Session, selection: Selection, form: str, *, language: str, base: str, actor: User) -> Wish:
    """Wish that the worker make an export; raises `NotAllowed`, and `Conflict` while three of the actor's are made."""
    require(actor, Permission.VIEW)
    alive = wishes(session, states=[WishState.WAITING, WishState.RUNNING], kind=EXPORT_LIST, actor=actor)
    if len(alive) >= _MOST_ALIVE:
        raise Conflict("%(count)s exports of yours are being made. Wait until one is finished.", count=len(alive))
    told = {"selection": selection.to_json(), "format": form, "language": language, "base": base}
    total = count_selected(session, selection, MOST)
    return wish(session, EXPORT_LIST, {**told, "total": total, "rights": _rights(actor)}, actor=actor)


def _rights(actor: User) -> list[str]:
    """Say what somebody may do and where, so that a file is given to nobody who may see less since."""
    grants = [
        f"{grant.role} {grant.unit or ''} {','.join(sorted(grant.kinds))} {grant.sees_sensitive}"
        for grant in actor.roles
    ]
    return sorted([*held_permissions(actor), *grants])


def read_exports(session: Session, settings: Settings, *, actor: User) -> list[Export]:
    """Give the exports that somebody wished for and that are being made, failed, or lie ready; the newest first."""
    long_ago = now() - _TAKEN_UP_WITHIN
    found = [_describe(settings, one) for one in wishes(session, kind=EXPORT_LIST, actor=actor, limit=20)]
    waits = any(one.wish.state == WishState.WAITING and one.wish.run_at < long_ago for one in found)
    is_still = waits and not has_worker(session, long_ago)
    return [
        dataclasses.replace(one, is_stalled=is_still and one.wish.state == WishState.WAITING)
        for one in found
        if one.is_alive or one.path is not None or one.problem is not None
    ]


def find_export(session: Session, settings: Settings, wish_id: int, *, actor: User) -> Export:
    """Give a finished export of the actor's own.

    Raises `NotFound` for one that is not theirs, is not finished, or whose day is over, and `NotAllowed` where what
    they may do has changed since it was wished for.
    """
    wished = find_wish(session, wish_id, actor=actor)
    found = _describe(settings, wished) if wished.kind == EXPORT_LIST else None
    if found is None or found.path is None:
        raise NotFound("This export is not here any more: it is kept for a day. Export the list again.")
    require(actor, Permission.VIEW)
    if wished.payload["rights"] != _rights(actor):
        raise NotAllowed("What you may see has changed since this was exported. Export the list again.")
    return found


def _describe(settings: Settings, wished: Wish) -> Export:
    result: dict[str, Any] = wished.result or {}
    path = folder_of(settings) / result["file"] if result.get("file") else None
    return Export(
        wish=wished,
        form=wished.payload["format"],
        done=_done(settings, wished.id),
        total=wished.payload["total"],
        name=result.get("name", ""),
        records=result.get("records", 0),
        withheld=result.get("withheld", 0),
        path=path if path is not None and path.is_file() else None,
        problem=wished.problem if wished.state == WishState.FAILED else None,
    )


def _progress(settings: Settings, key: int) -> Path:
    return folder_of(settings) / f"{key}.progress"


def _done(settings: Settings, key: int) -> int:
    try:
        return int(json.loads(_progress(settings, key).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return 0


def make_handler(word: Word) -> Handler:
    """Make what runs such wishes, given where its words come from."""

    def run(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
        told = job.payload
        actor = session.get_one(User, job.actor_id)
        selection, form = Selection.from_json(told["selection"]), FORMATS[told["format"]]
        progress = _progress(settings, job.id)

        def tell(count: int) -> None:
            progress.write_text(str(count), encoding="ascii")

        made = make_export(
            session,
            selection,
            form,
            actor=actor,
            settings=settings,
            wording=word(session, told["language"], settings),
            base=told["base"],
            tell=tell,
        )
        # Reading has ended the transaction; what is noted goes with the wish's end.
        session.rollback()
        begin_write(session)
        note_export(session, selection, made, actor=session.get_one(User, job.actor_id))
        return {"file": made.path.name, "name": made.name, "records": made.records, "withheld": made.withheld}

    return Handler(run, tidy=lambda job, settings: _progress(settings, job.id).unlink(missing_ok=True), most_attempts=3)


def forget_old(settings: Settings) -> int:
    """Delete exports of more than a day, and what was begun then and never finished; gives how many."""
    old = [path for path in folder_of(settings).iterdir() if path.stat().st_mtime < time.time() - _KEPT_S]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)
