"""Keys are made, revoked and forgotten; none of it asks who acts, for whoever has a key may do with it as they like."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.secrets import hash_secret, make_secret
from app.core.db import change_rows, now
from app.core.errors import NotFound
from app.subscriptions.models import ApiKey

PREFIX = "dskey_"
# A revoked key is kept for so long, so that an operator can still write to who had it.
_REVOKED_KEPT = dt.timedelta(days=30)


def make_key(session: Session, *, name: str, email: str, purpose: str) -> tuple[ApiKey, str]:
    """Make a key from what `KeySchema` gives, and give its secret, shown this once."""
    secret = PREFIX + make_secret()
    key = ApiKey(
        secret_hash=hash_secret(secret),
        prefix=secret[: len(PREFIX) + 6],
        name=name,
        email=email.lower(),
        purpose=purpose,
    )
    session.add(key)
    session.flush()
    return key, secret


def revoke_key(session: Session, key_id: int) -> ApiKey:
    """Make a key open nothing any more; raises `NotFound` where there is none, or it is revoked already."""
    key = session.get(ApiKey, key_id)
    if key is None or key.revoked_at is not None:
        raise NotFound("There is no such key.")
    key.revoked_at = now()
    session.flush()
    return key


def erase_key(session: Session, key_id: int) -> None:
    """Delete a key with all that is known of who had it; raises `NotFound` where there is none."""
    if not change_rows(session, sa.delete(ApiKey).where(ApiKey.id == key_id)):
        raise NotFound("There is no such key.")


def forget_revoked(session: Session) -> int:
    """Delete the keys that were revoked a month ago; gives how many."""
    return change_rows(session, sa.delete(ApiKey).where(ApiKey.revoked_at < now() - _REVOKED_KEPT))
