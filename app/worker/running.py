"""Running wishes: huey's consumer over a store that claims them from our own table."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager

import sqlalchemy as sa
from huey.api import Huey
from huey.consumer import Consumer
from huey.storage import MemoryStorage
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.clock import VIETNAM
from app.core.db import begin_write
from app.core.errors import DisanError, Unavailable
from app.jobs import operations as jobs
from app.jobs.handlers import Handler, Job

_log = logging.getLogger("disan.worker")

THREADS = 2
_SLOWEST_POLL_S = 1.0
_GRACE_S = 2.0
_LOOK_S = 0.2
_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

Sessions = Callable[[], AbstractContextManager[Session]]


class Runner:
    """Claims wishes and runs them, each in a session of its own; every method may be called from any thread."""

    def __init__(
        self, sessions: Sessions, settings: Settings, handlers: Mapping[str, Handler], daily: Mapping[str, int]
    ) -> None:
        self.settings = settings
        self._sessions = sessions
        self._handlers = handlers
        self._daily = daily
        self._lease = dt.timedelta(seconds=max(1, settings.worker_lease_seconds))
        self._running: dict[int, Job] = {}

    def claim(self) -> Job | None:
        """Claim a wish that is due, under a name that no other run has."""
        with self._sessions() as session:
            if not jobs.is_any_due(session):
                return None
            session.rollback()
            begin_write(session)
            owner = f"{socket.gethostname()[:24]}:{os.getpid()}:{uuid.uuid4().hex}"
            job = jobs.claim(session, owner=owner, lease=self._lease)
            session.commit()
        if job is not None:
            self._running[job.id] = job
        return job

    def run(self, job: Job) -> None:
        """Run a claimed wish to its end, or to its next try."""
        told = {"wish": job.id, "kind": job.kind, "attempt": job.attempt}
        _log.info("begun", extra=told)
        handler = self._handlers.get(job.kind)
        try:
            with self._holding(job):
                is_ended = self._run(job, handler)
        finally:
            self._running.pop(job.id, None)
        if is_ended and handler is not None and handler.tidy is not None:
            handler.tidy(job, self.settings)
        _log.info("ended" if is_ended else "left", extra=told)

    def _run(self, job: Job, handler: Handler | None) -> bool:
        """Run the handler and note what came of it; tells whether the wish has come to its end."""
        error: DisanError
        if handler is None:
            error = DisanError("Nothing here can do a job of the kind “%(kind)s”.", kind=job.kind)
            return self._fail(job, error, is_final=True)
        if job.attempt > handler.most_attempts:
            error = DisanError("The worker died %(times)s times over this job.", times=job.attempt - 1)
            return self._fail(job, error, is_final=True)
        is_last = job.attempt >= handler.most_attempts
        try:
            return self._do(job, handler)
        except Unavailable as unavailable:
            return self._fail(job, unavailable, is_final=is_last)
        except DisanError as refusal:
            return self._fail(job, refusal, is_final=True)
        except Exception:  # noqa: BLE001 (whatever a handler does, the wish must say so)
            number = uuid.uuid4().hex[:12]
            _log.exception("unhandled", extra={"wish": job.id, "kind": job.kind, "number": number})
            error = DisanError(
                "Something went wrong on our side. It has been noted under the number %(id)s.", id=number
            )
            return self._fail(job, error, is_final=is_last)

    def _do(self, job: Job, handler: Handler) -> bool:
        """Run the handler and end the wish, in one transaction: what it wrote counts only with the wish's end."""
        with self._sessions() as session:
            result = handler.run(session, job, self.settings)
            if not session.in_transaction():
                begin_write(session)
            if not jobs.finish(session, job, result):
                _log.warning("lost", extra={"wish": job.id, "kind": job.kind})
                session.rollback()
                return False
            session.commit()
            return True

    def _fail(self, job: Job, error: DisanError, *, is_final: bool) -> bool:
        with self._sessions() as session:
            begin_write(session)
            is_noted = jobs.fail(session, job, error, is_final=is_final)
            session.commit()
        _log.warning(str(error), extra={"wish": job.id, "kind": job.kind, "is_final": is_final})
        return is_noted and is_final

    @contextlib.contextmanager
    def _holding(self, job: Job) -> Iterator[None]:
        """Move the lease on, from a thread of its own, for as long as the block runs."""
        is_over = threading.Event()

        def hold() -> None:
            while not is_over.wait(self._lease.total_seconds() / 3):
                # On SQLite the handler itself may be writing; then nobody else can claim, and the next beat will do.
                with contextlib.suppress(sa.exc.OperationalError), self._sessions() as session:
                    begin_write(session)
                    jobs.hold(session, job, lease=self._lease)
                    session.commit()

        beat = threading.Thread(target=hold, name=f"hold-{job.id}", daemon=True)
        beat.start()
        try:
            yield
        finally:
            is_over.set()

    def plan(self) -> None:
        """Wish for today's work, if nobody has."""
        with self._sessions() as session:
            begin_write(session)
            try:
                jobs.plan_day(session, self._daily, VIETNAM)
                session.commit()
            except sa.exc.IntegrityError:
                # Another worker came first.
                session.rollback()

    def release(self) -> None:
        """Put back what is still running, for a worker that has time for it."""
        for job in list(self._running.values()):
            with self._sessions() as session:
                begin_write(session)
                jobs.release(session, job)
                session.commit()


class WishStorage(MemoryStorage):  # type: ignore[misc]
    """huey's queue: what its own clock puts in (the daily plan), else the next wish of our table.

    Only the plan lives in memory, and it is made anew every minute: nothing is lost with the process.
    """

    def __init__(self, name: str, *, next_message: Callable[[], bytes | None]) -> None:
        super().__init__(name)
        self._next_message = next_message

    def dequeue(self) -> bytes | None:
        """Give the next message, or None when there is nothing to do."""
        queued: bytes | None = super().dequeue()
        return queued if queued is not None else self._next_message()


class _Consumer(Consumer):  # type: ignore[misc]
    """huey's consumer without its signal handlers, which would take a signal that comes while it starts for its own.

    Blocking signals meanwhile is not enough: threads that libraries began earlier take them for the process.
    """

    def _set_signal_handlers(self) -> None:
        """Leave those of `work` in place."""


def make_consumer(runner: Runner) -> Consumer:
    """Make the consumer: two threads that ask for wishes at least once a second, and the daily plan each minute."""
    is_out = False

    def next_message() -> bytes | None:
        nonlocal is_out
        try:
            job = runner.claim()
        except sa.exc.OperationalError as error:
            # Once, not once a second for as long as the database is away.
            if not is_out:
                _log.warning("no wish can be claimed just now: %s", error.orig)
            is_out = True
            return None
        is_out = False
        return None if job is None else huey.serialize_task(run.s(job))

    huey = Huey("disan", results=False, storage_class=WishStorage, next_message=next_message)

    @huey.task(name="run")  # type: ignore[untyped-decorator]
    def run(job: Job) -> None:
        runner.run(job)

    @huey.periodic_task(lambda _at: True, name="plan")  # type: ignore[untyped-decorator]
    def plan() -> None:
        runner.plan()

    del plan
    return _Consumer(huey, workers=THREADS, max_delay=_SLOWEST_POLL_S, shutdown_timeout=_GRACE_S)


def work(runner: Runner, *, parent: int | None = None) -> None:
    """Run wishes until a signal says stop (SIGTERM, SIGINT, SIGHUP) or, if given, the parent process is gone.

    What is under way has two seconds to end; then it is put back. Must be called from the main thread.
    """
    # Not an event: its lock might be held where the handler comes between.
    told: list[int] = []
    for number in _STOP:
        signal.signal(number, lambda number, _frame: told.append(number))
    runner.plan()
    consumer = make_consumer(runner)
    consumer.start()
    _log.info("working", extra={"pid": os.getpid()})
    while not told:
        time.sleep(_LOOK_S)
        if parent is not None and os.getppid() != parent:
            _log.warning("the server is gone")
            break
    consumer.stop(graceful=True)
    runner.release()
    _log.info("stopped")
