"""Looking keys up."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.secrets import hash_secret
from app.subscriptions.models import ApiKey


def find_key(session: Session, secret: str, *, with_revoked: bool = False) -> ApiKey | None:
    """Give the key that a secret is of, if it opens something or need not; None where there is none."""
    asked = sa.select(ApiKey).where(ApiKey.secret_hash == hash_secret(secret))
    return session.scalar(asked if with_revoked else asked.where(ApiKey.revoked_at.is_(None)))


def read_keys(session: Session, *, with_revoked: bool = False) -> Sequence[ApiKey]:
    """Give the keys, the newest first."""
    asked = sa.select(ApiKey).order_by(ApiKey.id.desc())
    return session.scalars(asked if with_revoked else asked.where(ApiKey.revoked_at.is_(None))).all()
