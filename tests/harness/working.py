"""Doing what is wished for, as the worker does, within the test."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
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


def children(word: bytes) -> list[int]:
    """Give the processes of this one in whose command line a word stands."""
    lists = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    found = [int(key) for one in lists for key in one.read_text().split()]
    return [key for key in found if word in Path(f"/proc/{key}/cmdline").read_bytes()]
