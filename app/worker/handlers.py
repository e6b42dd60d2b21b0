"""What the worker can do, and what it does every day; the rooms below supply the functions, jobs knows none of them."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.config import Settings
from app.core.db import begin_write
from app.exchange import uploads
from app.jobs.handlers import Handler, Job
from app.jobs.operations import forget_ended
from app.publication import operations as publication
from app.publication import scheduled


def _tidy(session: Session, _job: Job, settings: Settings) -> dict[str, int]:
    """Delete what has had its day: uploads that nobody read, and wishes that ended a month ago."""
    files = uploads.forget_old(settings)
    begin_write(session)
    return {"uploads": files, "wishes": forget_ended(session)}


def _extend_events(session: Session, job: Job, settings: Settings) -> dict[str, int]:
    """Bring the days of events up to date, and what the public sees of them."""
    begin_write(session)
    day = dt.date.fromisoformat(job.payload["day"])
    return {"events": len(publication.extend_events(session, day, settings=settings))}


HANDLERS: dict[str, Handler] = {
    scheduled.PUBLISH: scheduled.HANDLER,
    uploads.READ_GEODATA: uploads.HANDLER,
    "occurrences": Handler(_extend_events),
    "tidy": Handler(_tidy),
}

# Kind → hour of the day in Vietnam; each gets one wish a day, with `{"day": "YYYY-MM-DD"}`.
DAILY: dict[str, int] = {"occurrences": 2, "tidy": 3}
