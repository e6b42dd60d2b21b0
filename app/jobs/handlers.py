"""What runs a wish: a function per kind, which the rooms above hand to the worker in one table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from app.config import Settings


@dataclass(frozen=True, slots=True)
class Job:
    """A wish as its handler sees it; `owner` is the name under which this one run holds it."""

    id: int
    kind: str
    payload: dict[str, Any]
    actor_id: int
    attempt: int
    owner: str


# Gives what is kept as the wish's result, anything that JSON holds.
Run: TypeAlias = Callable[[Session, Job, Settings], Any]
Tidy: TypeAlias = Callable[[Job, Settings], None]


@dataclass(frozen=True, slots=True)
class Handler:
    """How wishes of one kind are run.

    `run` may be called more than once for one wish, since a worker may die at any point: it must bear that. What it
    writes through its session is committed together with the wish's end, hence once; it begins with `begin_write` if
    it writes at all, and does anything long before that. A file it makes or a message it sends may come twice.

    A `DisanError` ends the wish for good, with its sentence; only `Unavailable` and whatever is no `DisanError` is
    tried again, `most_attempts` times in all. `tidy` is called after the wish has come to its end, whichever; it may
    be called twice, or not at all when the worker dies just then.
    """

    run: Run
    tidy: Tidy | None = None
    most_attempts: int = 5
