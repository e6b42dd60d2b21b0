"""Archives that are wished for: the nightly backup with its drill, and exports that whoever asked for them fetches."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted_anywhere, require
from app.config import Settings
from app.core.db import now
from app.core.errors import Conflict, DisanError, InvalidInput, NotAllowed, NotFound
from app.exchange.archives.drills import hold_drill
from app.exchange.archives.tables import Tell
from app.exchange.archives.targets import Backup, make_backup, make_export, newest_backup
from app.jobs.handlers import Job
from app.jobs.models import Wish, WishState
from app.jobs.operations import wish
from app.jobs.queries import find_wish, is_alive, wishes

BACKUP, EXPORT = "backup", "export"
# After how long without a whole backup somebody must look.
_OVERDUE = dt.timedelta(hours=36)
_KEPT_S = 24 * 3600
_TOLD_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an archive is: what is being done, how much of it, of how much where that is known."""

    what: str
    done: int
    total: int | None


def require_all(actor: User) -> None:
    """Raise `NotAllowed` unless somebody administers the register and sees every sensitive place."""
    require(actor, Permission.MANAGE_USERS)
    if not is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        raise NotAllowed("An archive holds every sensitive place. Only who may see all of them may make one.")


def wish_backup(session: Session, settings: Settings, *, actor: User) -> Wish:
    """Wish for a backup at once; raises `InvalidInput` where no folder is set, `Conflict` while one is made."""
    require_all(actor)
    if not settings.backup_target:
        raise InvalidInput("No folder for backups is set (DISAN_BACKUP_TARGET). Tell whoever runs this server.")
    return _wish_once(session, BACKUP, wishes(session, kind=BACKUP, limit=5), actor)


def wish_export(session: Session, *, actor: User) -> Wish:
    """Wish for the whole register in one file; raises `Conflict` while the actor's last one is made."""
    require_all(actor)
    return _wish_once(session, EXPORT, wishes(session, kind=EXPORT, actor=actor, limit=5), actor)


def _wish_once(session: Session, kind: str, before: Sequence[Wish], actor: User) -> Wish:
    if any(is_alive(one) and one.run_at <= now() for one in before):
        raise Conflict("One is being made already. Wait until it is finished.")
    return wish(session, kind, {}, actor=actor)


def run_backup(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
    """Back the register up, in a connection of its own, and try at once whether that can be restored."""
    if not settings.backup_target:
        return {}
    tell = _teller(settings, job.id)
    made = make_backup(session.get_bind().engine, settings, Path(settings.backup_target), tell=tell)
    witness = [made.witness] if made.witness else []
    tried = hold_drill(made.backup, settings, identities=witness, is_strict=not witness, tell=tell)
    return {"backup": tried.folder.name, "is_good": bool((tried.drill or {}).get("is_good"))}


def run_export(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
    """Write the whole register into a file for whoever asked, if they still may; a second run begins anew."""
    actor = session.get_one(User, job.actor_id)
    require_all(actor)
    session.rollback()
    path = _export_path(settings, job.id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    contents = make_export(session.get_bind().engine, settings, path, tell=_teller(settings, job.id))
    return {"bytes": path.stat().st_size, "rows": contents.row_count, "files": contents.file_count}


def tidy(job: Job, settings: Settings) -> None:
    """Forget how far an archive was."""
    _progress_path(settings, job.id).unlink(missing_ok=True)


def find_export(session: Session, settings: Settings, wish_id: int, *, actor: User) -> tuple[Path, str]:
    """Give the file of the actor's own export and a name for it; raises `NotFound` where there is none, or no more."""
    require_all(actor)
    found = find_wish(session, wish_id, actor=actor)
    path = _export_path(settings, wish_id)
    if found.kind != EXPORT or found.state != WishState.DONE or not path.is_file():
        raise NotFound("This archive is not here any more. Have it made again.")
    return path, f"di-san-{(found.finished_at or now()):%Y-%m-%d}.zip"


def is_here(settings: Settings, found: Wish) -> bool:
    """Tell whether an export can be fetched."""
    return found.state == WishState.DONE and _export_path(settings, found.id).is_file()


def read_progress(settings: Settings, wish_id: int) -> Progress | None:
    """Give how far an archive is that is being made."""
    try:
        told = json.loads(_progress_path(settings, wish_id).read_text(encoding="utf-8"))
        return Progress(str(told["what"]), int(told["done"]), told["total"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget_old(settings: Settings) -> int:
    """Delete exports of more than a day, fetched or not; gives how many."""
    old = [path for path in _work(settings).glob("export-*") if path.stat().st_mtime < time.time() - _KEPT_S]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def find_trouble(session: Session, settings: Settings) -> DisanError | None:
    """Say what is wrong with the nightly backups; None where all is well, or none are asked for."""
    if not settings.backup_target:
        return None
    # One that waits for its next try has failed for now.
    told = (one for one in wishes(session, kind=BACKUP, limit=5) if one.state == WishState.DONE or one.problem)
    last = next(told, None)
    if last is not None and last.problem is not None and last.state != WishState.CANCELLED:
        return last.problem
    newest = newest_backup(Path(settings.backup_target))
    if newest is None:
        # Before the first night nobody can have made one.
        return None if last is None else InvalidInput("There is no backup in the folder that is set for them.")
    if newest.drill is not None and not newest.drill.get("is_good"):
        return problem_of(newest)
    if (at := newest.made_at) is None or at < now() - _OVERDUE:
        return InvalidInput("The newest backup is more than a day and a half old.")
    return None


def problem_of(backup: Backup) -> DisanError:
    """Give what a drill found wrong with a backup."""
    told = (backup.drill or {}).get("problem") or {}
    return DisanError(str(told.get("message") or "The drill failed."), **dict(told.get("params") or {}))


def _work(settings: Settings) -> Path:
    return settings.data.resolve() / "backups"


def _export_path(settings: Settings, wish_id: int) -> Path:
    return _work(settings) / f"export-{wish_id}.zip"


def _progress_path(settings: Settings, wish_id: int) -> Path:
    return _work(settings) / f"progress-{wish_id}.json"


def _teller(settings: Settings, wish_id: int) -> Tell:
    """Give what notes how far an archive is, now and then."""
    path, last = _progress_path(settings, wish_id), 0.0
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def tell(what: str, done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= _TOLD_EVERY_S:
            last = time.monotonic()
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps({"what": what, "done": done, "total": total}), encoding="utf-8")
            fresh.rename(path)

    return tell
