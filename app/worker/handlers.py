"""What the worker can do, and what it does every day; the rooms below supply the functions, jobs knows none of them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.catalogue import KINDS
from app.config import Settings
from app.core import clock
from app.core.db import begin_write
from app.desk.forms.headings import field_names
from app.desk.wording import DeskWording
from app.exchange import uploads
from app.exchange.archives import wished
from app.exchange.exports import wishes as exports
from app.exchange.papers import making
from app.heritage.queries import sites_left_since
from app.jobs.handlers import Handler, Job
from app.jobs.operations import forget_ended
from app.media import incoming
from app.media.operations import RENDER_FILE, forget_taken
from app.media.pyramids import CUT_TILES, cut_tiles
from app.media.renditions import make_renditions
from app.media.storage import Storage
from app.publication import acting, scheduled
from app.publication import operations as publication
from app.publication.called_off import forget_long_over
from app.publication.dumps.making import make_dump
from app.publication.routing import FIND_WAYS, find_ways
from app.records import index
from app.subscriptions.operations import forget_revoked
from app.visitors.operations import erase_old
from app.visitors.photos import remove_unnamed
from app.worker import imports

DUMP = "dump"
_LOOKED_BACK = 31


def _tidy(session: Session, _job: Job, settings: Settings) -> dict[str, int]:
    """Delete what has had its day: uploads nobody read, what became of others, wishes and keys that are over."""
    files = uploads.forget_old(settings) + incoming.forget_old(settings) + exports.forget_old(settings)
    files += wished.forget_old(settings)
    begin_write(session)
    return {
        "uploads": files,
        "imports": imports.forget_old(session, settings),
        "wishes": forget_ended(session),
        "taken": forget_taken(session),
        "keys": forget_revoked(session),
        "called_off": forget_long_over(session, clock.today()),
    }


def _extend_events(session: Session, job: Job, settings: Settings) -> dict[str, int]:
    """Bring the days of events up to date, and what the public sees of them."""
    begin_write(session)
    day = dt.date.fromisoformat(job.payload["day"])
    return {"events": len(publication.extend_events(session, day, settings=settings))}


def _judge_custody(session: Session, job: Job, _settings: Settings) -> dict[str, int]:
    """Tell in the register of the sites for which nobody answers any more since a custodianship has ended."""
    begin_write(session)
    day = dt.date.fromisoformat(job.payload["day"])
    # A worker that was away for a month has missed nothing.
    codes = sites_left_since(session, day - dt.timedelta(days=_LOOKED_BACK), day)
    index.refresh(session, KINDS, codes)
    return {"sites": len(codes)}


def _render(session: Session, job: Job, settings: Settings) -> dict[str, int]:
    """Make renditions of an uploaded file, and show them where it is public."""
    made = make_renditions(job, settings)
    begin_write(session)
    publication.show_renditions(session, job, made, settings=settings)
    return {"renditions": len(made.renditions)}


def _cut(session: Session, job: Job, settings: Settings) -> dict[str, int]:
    """Cut a large picture into tiles, and let the public look at it closely."""
    cut = cut_tiles(job, settings)
    begin_write(session)
    publication.show_tiles(session, job, cut, settings=settings)
    return {"tiles": cut.tile_count}


def _erase_reports(session: Session, _job: Job, settings: Settings) -> dict[str, int]:
    """Erase what visitors wrote long ago, and the photos that no report has any more."""
    begin_write(session)
    return {"reports": erase_old(session, settings), "photos": remove_unnamed(session, Storage(settings))}


def _dump(session: Session, _job: Job, settings: Settings) -> dict[str, int]:
    """Dump the publication; it has a connection of its own, for it reads long and in one snapshot."""
    dump = make_dump(session.get_bind().engine, settings)
    return {"files": len(dump.manifest.files), "journal": dump.manifest.journal}


def _find_ways(session: Session, _job: Job, settings: Settings) -> dict[str, int]:
    """Ask the routing engine for the ways between stops, and show them."""
    today = clock.today()
    asked = find_ways(session, settings, today)
    begin_write(session)
    found = sum(one.line is not None for one in asked.found)
    return {"found": found, "changed": len(publication.show_ways(session, asked, today, settings=settings))}


HANDLERS: dict[str, Handler] = {
    scheduled.PUBLISH: scheduled.HANDLER,
    acting.ACT: acting.HANDLER,
    uploads.READ_GEODATA: uploads.HANDLER,
    **imports.handlers(field_names),
    wished.BACKUP: Handler(wished.run_backup, tidy=wished.tidy),
    wished.EXPORT: Handler(wished.run_export, tidy=wished.tidy, most_attempts=2),
    RENDER_FILE: Handler(_render),
    CUT_TILES: Handler(_cut),
    "custody": Handler(_judge_custody),
    DUMP: Handler(_dump),
    exports.EXPORT_LIST: exports.make_handler(DeskWording),
    FIND_WAYS: Handler(_find_ways),
    making.MAKE_PDF: making.HANDLER,
    "occurrences": Handler(_extend_events),
    "reports": Handler(_erase_reports),
    "tidy": Handler(_tidy),
}

# Kind → hour of the day in Vietnam; each gets one wish a day, with `{"day": "YYYY-MM-DD"}`.
DAILY: dict[str, int] = {"custody": 1, "occurrences": 2, "reports": 3, "tidy": 3}


def daily_jobs(settings: Settings) -> dict[str, int]:
    """Give what is to be done every day in this deployment, with its hour."""
    asked = {DUMP: 4} if settings.daily_dump else {}
    asked |= {FIND_WAYS: 5} if settings.routing_url else {}
    return DAILY | asked | ({wished.BACKUP: 5} if settings.backup_target else {})
