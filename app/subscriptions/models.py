"""API keys as they are kept: a hash of each, and the little that is known of who has it."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, UtcDateTime, now


class ApiKey(Model):
    """A developer's key to the public API: the secret is shown once, its hash is kept, `prefix` is to recognise it by.

    `name` is the app's, `email` where its makers are told of what concerns them, `purpose` what they say it is for;
    they consented to that being kept at `created_at`. Whoever has the key can have the row deleted at any time.
    """

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    prefix: Mapped[str] = mapped_column(sa.String(16))
    name: Mapped[str] = mapped_column(sa.String(100))
    email: Mapped[str] = mapped_column(sa.String(254))
    purpose: Mapped[str] = mapped_column(sa.String(500))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
