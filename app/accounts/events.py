"""The accounts' own history: appended, never changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import AccountEvent, User


def note(session: Session, action: str, *, actor: User | None, user: User | None, **details: Any) -> None:
    """Append that `actor` did `action` to the account of `user`; no secret stands in `details`."""
    session.add(
        AccountEvent(
            action=action,
            actor_id=actor.id if actor else None,
            user_id=user.id if user else None,
            details=details,
        )
    )
