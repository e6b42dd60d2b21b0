"""The history of records: appended with every act, never changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.records.models import Changeset, HistoryEntry, Record, Revision


def note(
    session: Session,
    action: str,
    actor: User,
    *,
    revision: Revision | None = None,
    record: Record | None = None,
    version: int | None = None,
    comment: str | None = None,
    changeset: Changeset | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Append that `actor` did `action` to a revision or a record; `details` is what undoing it needs to know."""
    subject = revision or record
    if subject is None:
        raise ValueError(action)
    session.add(
        HistoryEntry(
            actor_id=actor.id,
            action=str(action),
            kind=subject.kind,
            code=subject.code,
            version=record.version if record else version,
            revision_id=revision.id if revision else None,
            changeset_id=changeset.id if changeset else (revision.changeset_id if revision else None),
            comment=comment,
            details=details or {},
        )
    )
