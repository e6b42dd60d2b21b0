"""Backups as administrators see them: what there is, what drills found, and the whole register to take along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.numbers import format_decimal
from flask import Blueprint, Response, request, send_file
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.core.db import begin_write, db, now
from app.core.errors import DisanError, InvalidInput
from app.desk.context import go, render, say, tell_error
from app.desk.visits import written
from app.exchange.archives import wished
from app.exchange.archives.targets import Backup, list_backups
from app.exchange.archives.wished import Progress
from app.http.actor import require_actor
from app.http.i18n import current_language, sentence
from app.http.settings import current_settings
from app.jobs.models import Wish, WishState
from app.jobs.queries import is_alive, wishes

_HERE = "/desk/backups"
_SHOWN, _EXPORTS = 30, 5


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/backups", "backups", show_backups, methods=["GET"])
    desk.add_url_rule("/backups", "backups_wish", wish_archive, methods=["POST"])
    desk.add_url_rule("/backups/<int:wish_id>.zip", "backups_export", give_export, methods=["GET"])


def _admin() -> User:
    actor = require_actor()
    wished.require_all(actor)
    return actor


def show_backups() -> Response:
    """List the backups with what drills found, what is being made, and the person's own exports."""
    session, actor, settings = db.session(), _admin(), current_settings()
    found = list_backups(Path(settings.backup_target))[:_SHOWN] if settings.backup_target else []
    trouble = wished.find_trouble(session, settings)
    running = [one for one in wishes(session, kind=wished.BACKUP, limit=_EXPORTS) if _is_under_way(one)]
    exports = wishes(session, kind=wished.EXPORT, actor=actor, limit=_EXPORTS)
    return render(
        "backups.html",
        is_set=bool(settings.backup_target),
        is_sealing=bool(settings.backup_key),
        kept=settings.backup_keep,
        trouble=sentence(trouble) if trouble else None,
        backups=[_told(one) for one in found],
        running=[_written(wished.read_progress(settings, one.id)) for one in running],
        exports=[_export(one) for one in exports],
    )


def _is_under_way(one: Wish) -> bool:
    return is_alive(one) and one.run_at <= now()


def _told(one: Backup) -> dict[str, Any]:
    drill = one.drill or {}
    return {
        "name": one.folder.name,
        "made_at": one.made_at,
        "rows": _count(one.info.get("Disan-Rows", "")),
        "files": _count(one.info.get("Disan-Files", "")),
        "is_sealed": one.is_sealed,
        "drill": None if one.drill is None else "good" if drill.get("is_good") else "bad",
        "problem": sentence(wished.problem_of(one)) if one.drill and not drill.get("is_good") else "",
        "unopened": drill.get("unopened") or 0,
    }


def _export(one: Wish) -> dict[str, Any]:
    settings = current_settings()
    return {
        "id": one.id,
        "at": one.created_at,
        "is_alive": is_alive(one),
        "is_here": wished.is_here(settings, one),
        "progress": _written(wished.read_progress(settings, one.id)) if is_alive(one) else "",
        "problem": sentence(one.problem) if one.problem and one.state == WishState.FAILED else "",
        "megabytes": format_decimal(
            (one.result or {}).get("bytes", 0) / 1_000_000, "#,##0.0", locale=current_language()
        ),
    }


def _written(progress: Progress | None) -> str:
    if progress is None:
        return say("It waits for its turn.")
    what = {
        "tables": say("Tables"),
        "records": say("Records"),
        "files": say("Files"),
        "checksums": say("Checksums"),
        "compared": say("Comparison"),
    }.get(progress.what, progress.what)
    if progress.total is None:
        return f"{what}: {written(progress.done)}"
    total = written(progress.total)
    return say("%(what)s: %(done)s of %(total)s", what=what, done=written(progress.done), total=total)


def _count(text: str) -> str:
    return written(int(text)) if text.isdecimal() else "–"


def wish_archive() -> BaseResponse:
    """Have a backup or an export made by the worker."""
    session, actor = db.session(), _admin()
    do = request.form.get("do", "")
    begin_write(session)
    try:
        if do == "backup":
            wished.wish_backup(session, current_settings(), actor=actor)
            told = say("The backup will be made now. This page tells how far it is when you open it again.")
        elif do == "export":
            wished.wish_export(session, actor=actor)
            told = say("The archive will be made now. This page tells how far it is when you open it again.")
        else:
            raise InvalidInput("There is no such act.", field="do")
    except DisanError as error:
        session.rollback()
        tell_error(error)
        return go(_HERE)
    session.commit()
    return go(_HERE, told)


def give_export(wish_id: int) -> Response:
    """Give a finished export to whoever asked for it, and to nobody else."""
    path, name = wished.find_export(db.session(), current_settings(), wish_id, actor=_admin())
    return send_file(path, mimetype="application/zip", as_attachment=True, download_name=name)
