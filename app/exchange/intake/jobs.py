"""What the worker does for imports: reads files, judges lines, writes drafts; each step says where it came to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.catalogue import KINDS
from app.config import Settings
from app.core.db import begin_write, now
from app.core.errors import DisanError, Unavailable
from app.exchange.intake.checking import check_lines
from app.exchange.intake.models import Import, ImportState
from app.exchange.intake.operations import CHECK, KEPT_DAYS, READ, WRITE, forget
from app.exchange.intake.reading import read_file
from app.exchange.intake.writing import write_drafts
from app.jobs.handlers import Handler, Job

# Gives what forms call the fields of a kind, by their path without numbers.
Labels: TypeAlias = Callable[[str], Mapping[str, Sequence[str]]]


def handlers(labels: Labels) -> dict[str, Handler]:
    """Give the handlers of the three steps, by the kind of wish."""

    def read(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
        found = session.get_one(Import, job.payload["import"])
        if found.state == ImportState.READING:
            read_file(session, found, KINDS, labels(found.kind), settings)
        return {}

    def check(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
        found, actor = session.get_one(Import, job.payload["import"]), session.get_one(User, job.actor_id)
        is_done = found.state == ImportState.CHECKING and check_lines(
            session, found, job.payload["run"], actor=actor, kinds=KINDS, settings=settings
        )
        return {"is_done": is_done}

    def write(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
        actor = session.get_one(User, job.actor_id)
        # What is read from here on is read by the one who writes.
        session.rollback()
        return write_drafts(session, job.payload["import"], actor=actor, kinds=KINDS, settings=settings)

    return {
        READ: Handler(_told(read, ImportState.REFUSED)),
        CHECK: Handler(_told(check, ImportState.READ)),
        WRITE: Handler(_told(write, ImportState.CHECKED)),
    }


Step: TypeAlias = Callable[[Session, Job, Settings], dict[str, Any]]


def _told(step: Step, otherwise: ImportState) -> Step:
    """Do a step; where it comes to nothing, write down why and where that leaves the import."""

    def run(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
        try:
            return step(session, job, settings)
        except Unavailable:
            raise
        except DisanError as error:
            session.rollback()
            begin_write(session)
            found = session.get_one(Import, job.payload["import"])
            params = {
                name: value if isinstance(value, str | int | float) else str(value)
                for name, value in error.params.items()
            }
            found.error = {"message": error.message, "params": params}
            found.state, found.updated_at = otherwise, now()
            session.flush()
            return {"refused": str(error)}

    return run


def forget_old(session: Session, settings: Settings) -> int:
    """Forget imports that nobody has gone on with, and the lines of those that ended, a month ago; gives how many."""
    old = sa.select(Import).where(
        Import.state != ImportState.DROPPED, Import.updated_at < now() - dt.timedelta(days=KEPT_DAYS)
    )
    found = session.scalars(old).all()
    for one in found:
        forget(session, one, settings)
    return len(found)
