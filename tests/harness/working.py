"""Doing what is wished for, as the worker does, within the test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.core.db import db
from app.worker.handlers import DAILY, HANDLERS
from app.worker.running import Runner

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session


def run_jobs(app: Flask) -> None:
    """Do everything that is due."""

    @contextlib.contextmanager
    def sessions() -> Iterator[Session]:
        with app.app_context():
            yield db.session()

    runner = Runner(sessions, app.config["DISAN"], HANDLERS, DAILY)
    while job := runner.claim():
        runner.run(job)
