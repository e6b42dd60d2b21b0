"""What is done to dossiers and to what they are judged by, in the same history as what is done to records."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.heritage.dossiers.models import Dossier
from app.records.models import HistoryEntry

DOSSIER, REGULATION, HOLIDAYS = "dossier", "regulation", "holidays"


def note_act(
    session: Session, action: str, actor: User, kind: str, key: str | int, *, comment: str = "", **details: Any
) -> None:
    """Append that `actor` did something to a dossier, a regulation or the days of rest of a year.

    The code holds a slash, which no record's does. `details` hold what was before; never what tells of an applicant.
    """
    session.add(
        HistoryEntry(
            actor_id=actor.id,
            action=action,
            kind=kind,
            code=code_of(kind, key),
            comment=comment or None,
            details=details,
        )
    )


def code_of(kind: str, key: str | int) -> str:
    """Give the code under which the history of something is found."""
    return f"{kind}/{key}"[:60]


def code_of_dossier(dossier: Dossier) -> str:
    """Give the same for a dossier."""
    return code_of(DOSSIER, dossier.id)
