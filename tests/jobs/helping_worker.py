"""A worker process with handlers of the tests' own, which write down each time they run."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from huey.consumer import Consumer
from sqlalchemy.orm import Session

from app import create_app
from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.config import Settings
from app.core.db import begin_write, db
from app.core.errors import InvalidInput
from app.jobs.handlers import Handler, Job
from app.worker.running import Runner, work


def _note(settings: Settings, what: str) -> None:
    with (settings.data / "ran.txt").open("a") as file:
        file.write(what + "\n")


def quick(_session: Session, job: Job, settings: Settings) -> dict[str, Any]:
    """Write a line."""
    _note(settings, f"quick {job.id} {time.time()}")
    return {"attempt": job.attempt}


def stuck_once(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
    """Write to the database and hang, the first time; the second time do it properly."""
    _note(settings, f"stuck {job.id} {os.getpid()}")
    if job.attempt == 1:
        time.sleep(60)
    begin_write(session)
    system_actor(session, f"made-by-{job.id}", Role.VIEWER)
    return {"attempt": job.attempt}


def killer(_session: Session, _job: Job, _settings: Settings) -> None:
    """End the process that runs it."""
    os.kill(os.getpid(), 9)


def broken(session: Session, job: Job, _settings: Settings) -> None:
    """Write something, then fail as programs do."""
    begin_write(session)
    system_actor(session, f"half-made-{job.id}", Role.VIEWER)
    raise ZeroDivisionError


def refusing(_session: Session, _job: Job, _settings: Settings) -> None:
    """Fail as people's wishes do."""
    raise InvalidInput("“%(value)s” cannot be.", value="Đà Nẵng")


HANDLERS = {
    "quick": Handler(quick),
    "stuck": Handler(stuck_once),
    "killer": Handler(killer, most_attempts=2),
    "broken": Handler(broken),
    "refusing": Handler(refusing),
}


def _tell_while_it_starts() -> None:
    """Have this process told to stop at the moment when the consumer has started and nothing else has."""
    start = Consumer.start

    def told_early(self: Consumer) -> None:
        start(self)
        os.kill(os.getpid(), signal.SIGTERM)

    Consumer.start = told_early


def main() -> None:
    """Work until told to stop."""
    app = create_app()
    if "--told-early" in sys.argv:
        _tell_while_it_starts()

    @contextlib.contextmanager
    def sessions() -> Iterator[Session]:
        with app.app_context():
            yield db.session()

    work(Runner(sessions, app.config["DISAN"], HANDLERS, {"quick": 0}))


if __name__ == "__main__":
    main()
