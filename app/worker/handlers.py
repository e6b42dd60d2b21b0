"""What the worker can do, and what it does every day; the rooms below supply the functions, jobs knows none of them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.config import Settings
from app.core.db import begin_write
from app.exchange import uploads
from app.jobs.handlers import Handler, Job
from app.jobs.operations import forget_ended
from app.publication import scheduled


def _tidy(session: Session, _job: Job, settings: Settings) -> dict[str, int]:
    """Delete what has had its day: uploads that nobody read, and wishes that ended a month ago."""
    files = uploads.forget_old(settings)
    begin_write(session)
    return {"uploads": files, "wishes": forget_ended(session)}


HANDLERS: dict[str, Handler] = {
    scheduled.PUBLISH: scheduled.HANDLER,
    uploads.READ_GEODATA: uploads.HANDLER,
    "tidy": Handler(_tidy),
}

# Kind → hour of the day in Vietnam; each gets one wish a day, with `{"day": "YYYY-MM-DD"}`.
DAILY: dict[str, int] = {"tidy": 3}
