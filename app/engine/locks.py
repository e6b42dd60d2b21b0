"""Waiting one's turn, where the engine does not see to it: SQLite has one writer at a time anyway."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

# Any fixed number, the same in every process that publishes.
_JOURNAL = 7_103_042_025


def take_journal_lock(session: Session) -> None:
    """Wait until no other transaction is between its journal rows and its commit; held until this one ends.

    A plain sequence would hand out numbers in one order and commits would come in another, so that a reader who goes on
    after the last number seen misses the late ones.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_JOURNAL)))
