"""Making an export: gathered, written, and noted in the log of accounts."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from app.accounts.events import Happening, note
from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.config import Settings
from app.core.clock import VIETNAM
from app.exchange.exports.context import Context
from app.exchange.exports.formats import Format
from app.exchange.exports.gathering import Gathered, Tell, gather
from app.exchange.exports.selection import Selection
from app.exchange.exports.wording import Wording

# So many codes are named in the log; of more it says how many.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Made:
    """A finished export: where it lies, what it is to be called, and what it holds."""

    path: Path
    name: str
    form: Format
    records: int
    withheld: int
    left_out: int


def folder_of(settings: Settings) -> Path:
    """Give the folder in which exports lie, made if it is not there, and readable to nobody else."""
    folder = settings.data.resolve() / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def make_export(
    session: Session,
    selection: Selection,
    form: Format,
    *,
    actor: User,
    settings: Settings,
    wording: Wording,
    base: str,
    tell: Tell = lambda _: None,
) -> Made:
    """Export what is selected into a file under a random name; `base` is the register's scheme and host.

    What the session reads is read before anything is written, and its transaction then ended. Raises `NotAllowed` for
    who may not read the register, and what `gather` and the format raise; then no file is left.
    """
    require(actor, Permission.VIEW)
    path = folder_of(settings) / f"{secrets.token_hex(16)}.{form.ending}"
    working = path.with_name(f"{path.name}.parts")
    working.mkdir(mode=0o700)
    reader = actor.shown_name
    try:
        gathered = gather(session, selection, actor=actor, wording=wording, folder=working, tell=tell)
        # Writing the file takes longest, and keeps nobody waiting.
        session.rollback()
        written = working / "export"
        form.write(written, gathered, Context(settings, wording, reader, base))
        written.chmod(0o600)
        written.rename(path)
    finally:
        shutil.rmtree(working, ignore_errors=True)
    return Made(path, name_of(selection, gathered, form), form, gathered.count, gathered.withheld, gathered.left_out)


def name_of(selection: Selection, gathered: Gathered, form: Format) -> str:
    """Name the file by what it holds and the day: `di-san_sites_2026-11-28.xlsx`."""
    day = gathered.at.astimezone(VIETNAM).date().isoformat()
    if len(selection.codes) == 1:
        what = re.sub(r"[^A-Za-z0-9~-]", "-", selection.codes[0])
    else:
        what = gathered.kinds[0].kind.plural if len(gathered.kinds) == 1 else "register"
    return f"di-san_{what}_{day}.{form.ending}"


def note_export(session: Session, selection: Selection, made: Made, *, actor: User) -> None:
    """Append to the log of accounts that somebody exported what."""
    query = selection.query
    asked = [f"{name}={value}" for name, value in query.filters]
    asked += [query.kind or ""] if not selection.codes else []
    asked += [f"“{query.text}”"] if query.text else []
    codes = [*selection.codes[:_NAMED], *(["…"] if len(selection.codes) > _NAMED else [])]
    note(
        session,
        Happening.EXPORTED,
        actor=actor,
        user=actor,
        format=made.form.name,
        what=[one for one in (*asked, *codes) if one] or ["register"],
        records=made.records,
        withheld=made.withheld,
    )
