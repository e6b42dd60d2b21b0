"""The table of wishes."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Model, UtcDateTime, now
from app.core.errors import DisanError


class WishState(enum.StrEnum):
    """How far a wish has come; the last three are the end of it."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Wish(Model):
    """Something that somebody wished to be done, at once or at a set time, and what came of it.

    `kind` names its handler, `payload` is what the handler is told. While it runs, `owner` holds it until
    `leased_until`, and moves that on. When the time is over, its worker has died and another may take it. `attempts`
    counts how often it was begun. `error` is an English sentence with its values: `{"message": …, "params": {…}}`.
    `once` is a name that no other wish may have: how a day's work is wished for once only.
    """

    __tablename__ = "wishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    once: Mapped[str | None] = mapped_column(sa.String(100), unique=True)
    run_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    state: Mapped[str] = mapped_column(sa.String(10), default=WishState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None] = mapped_column(sa.String(80))
    leased_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    result: Mapped[Any] = mapped_column(sa.JSON(none_as_null=True), nullable=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    started_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    actor: Mapped[User] = relationship()

    __table_args__ = (sa.Index(None, "state", "run_at", "id"), sa.Index(None, "actor_id", "id"))

    @property
    def problem(self) -> DisanError | None:
        """What went wrong the last time, for an audience to translate."""
        return DisanError(self.error["message"], **self.error["params"]) if self.error else None
