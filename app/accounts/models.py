"""Users, the roles they hold and where, their sessions, tokens and one-time links, and what happened to accounts."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, UtcDateTime, now


class Role(enum.StrEnum):
    """What a person is trusted with; each role includes what the ones before it may do."""

    VIEWER = "viewer"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class User(Model):
    """A person, or a named system actor (`seed-import`) that stands in the history for work done by the system.

    `name` is a person's e-mail address, lower-cased, or the system actor's name; a system actor has no password and
    nobody can log in as one. `language` is the one the person works in, empty for the deployment's own.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(254), unique=True)
    display_name: Mapped[str | None] = mapped_column(sa.String(200))
    language: Mapped[str | None] = mapped_column(sa.String(20))
    is_system: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(sa.String(255))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    roles: Mapped[list[RoleGrant]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="RoleGrant.id"
    )

    @property
    def shown_name(self) -> str:
        """What people call them: the display name, or else the address."""
        return self.display_name or self.name

    @property
    def limited_to(self) -> frozenset[str] | None:
        """The permissions that a token leaves of the user's own while it acts for them; None without a token.

        Kept beside the mapped attributes: it belongs to this request's work, not to the person.
        """
        limit: frozenset[str] | None = self.__dict__.get("_limited_to")
        return limit

    @limited_to.setter
    def limited_to(self, permissions: frozenset[str] | None) -> None:
        self.__dict__["_limited_to"] = permissions


class RoleGrant(Model):
    """That a user holds a role: everywhere, or in an administrative unit and for some kinds of record only.

    `unit` is the unit's public id (text: the room of places lies above), `kinds` are names of kinds, none meaning all.
    `sees_sensitive` adds the sight of exact sensitive places to a role that lacks it.
    """

    __tablename__ = "role_grants"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    role: Mapped[str] = mapped_column(sa.String(20))
    unit: Mapped[str | None] = mapped_column(sa.String(60))
    kinds: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")
    sees_sensitive: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    @property
    def is_scoped(self) -> bool:
        """Whether it holds for a unit or for some kinds only."""
        return self.unit is not None or bool(self.kinds)


class UserSession(Model):
    """That somebody is logged in at one browser; its secret is in the cookie alone, here lies the hash.

    It ends at `expires_at`, or earlier when nothing was asked for a while since `seen_at`.
    """

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    agent: Mapped[str | None] = mapped_column(sa.String(200))
    address: Mapped[str | None] = mapped_column(sa.String(45))
    user: Mapped[User] = relationship()


class AccessToken(Model):
    """A machine's key to act for a user: the secret is shown once, its hash is kept, `prefix` is to recognise it by.

    `permissions` are what the machine may do at most; never more than the user may at the time.
    """

    __tablename__ = "access_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    prefix: Mapped[str] = mapped_column(sa.String(16))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(100))
    permissions: Mapped[list[str]] = mapped_column(sa.JSON)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship()

    @property
    def is_live(self) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and self.expires_at > now()


class AccountLink(Model):
    """A one-time link with which somebody sets their password: an invitation, or a reset by an admin."""

    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    user: Mapped[User] = relationship(foreign_keys=[user_id])


class LoginThrottle(Model):
    """How often logging in has failed of late, for an account or from an address, and until when nobody may try.

    `key` is a hash: what is typed as an address may be a password.
    """

    __tablename__ = "login_throttles"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    blocked_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class AccountEvent(Model):
    """That something happened to an account: appended, never changed but for the address, which expires.

    `actor` did it, to `user`; either is empty where nobody known is meant. `address` is the network address.
    """

    __tablename__ = "account_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    action: Mapped[str] = mapped_column(sa.String(30))
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    address: Mapped[str | None] = mapped_column(sa.String(45))
    actor: Mapped[User | None] = relationship(foreign_keys=[actor_id])
    user: Mapped[User | None] = relationship(foreign_keys=[user_id])

    __table_args__ = (sa.Index(None, "at", "id"), sa.Index(None, "actor_id", "id"), sa.Index(None, "user_id", "id"))
