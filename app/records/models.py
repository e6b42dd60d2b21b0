"""Record, its shared parts, Revision, Changeset and the history."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Model, UtcDateTime, now


class Visibility(enum.StrEnum):
    """Who may see a record's accepted state."""

    INTERNAL = "internal"
    PUBLIC = "public"


class Record(Model):
    """The identity that a site, a decision, a zone … has in common; each kind's table shares its key.

    `version` moves with every accepted change of the record or of any of its parts. `deleted_at` marks a tombstone:
    the row stays, so that the deletion can be undone.
    """

    __tablename__ = "records"
    __mapper_args__ = {"polymorphic_on": "kind"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    code: Mapped[str] = mapped_column(sa.String(60), unique=True)
    visibility: Mapped[str] = mapped_column(sa.String(10), default=Visibility.INTERNAL)
    version: Mapped[int] = mapped_column(default=0)
    licence: Mapped[str | None] = mapped_column(sa.String(60))
    tags: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    assignee_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    deleted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    sources: Mapped[list[Source]] = relationship(cascade="all, delete-orphan", order_by="Source.position")
    doubts: Mapped[list[Doubt]] = relationship(cascade="all, delete-orphan", order_by="Doubt.position")
    relations: Mapped[list[Relation]] = relationship(
        cascade="all, delete-orphan", order_by="Relation.position", foreign_keys="Relation.record_id"
    )
    external_refs: Mapped[list[ExternalRef]] = relationship(
        cascade="all, delete-orphan", order_by="ExternalRef.position"
    )
    assignee: Mapped[User | None] = relationship()

    __table_args__ = (sa.Index(None, "kind", "visibility", "id"),)

    @property
    def is_public(self) -> bool:
        """Whether the public may see it: published, and not deleted."""
        return self.visibility == Visibility.PUBLIC and self.deleted_at is None


class Part:
    """Mixin of a record's repeatable part; `uid` is its lasting name within the record, no constraint binds it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(sa.String(40))
    position: Mapped[int] = mapped_column(default=0)


class Source(Part, Model):
    """What a record's facts rest on; `statement` names the field it supports (`dated`, `locations.l1`), empty for all.

    `published` is when the source appeared, EDTF.
    """

    __tablename__ = "record_sources"

    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    citation: Mapped[str] = mapped_column(sa.Text)
    page: Mapped[str | None] = mapped_column(sa.Text)
    url: Mapped[str | None] = mapped_column(sa.Text)
    statement: Mapped[str | None] = mapped_column(sa.String(100))
    published: Mapped[str | None] = mapped_column(sa.String(100))


class Doubt(Part, Model):
    """Something uncertain about a record: `tag` is a concept of the scheme `doubts`, `note` what is known of it.

    An officer resolves it by saying when and how (`resolved_on`, `resolution`); it then stays for the record alone.
    """

    __tablename__ = "record_doubts"

    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    tag: Mapped[str] = mapped_column(sa.String(60))
    note: Mapped[str | None] = mapped_column(sa.Text)
    resolved_on: Mapped[dt.date | None]
    resolution: Mapped[str | None] = mapped_column(sa.Text)

    @property
    def is_open(self) -> bool:
        """Whether nobody has resolved it."""
        return self.resolved_on is None


class Relation(Part, Model):
    """That a record has to do with another one; `relation` is a concept of the scheme `relation_types`."""

    __tablename__ = "record_relations"

    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    relation: Mapped[str] = mapped_column(sa.String(40))
    target_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    note: Mapped[str | None] = mapped_column(sa.Text)
    target: Mapped[Record] = relationship(foreign_keys=[target_id])


class ExternalRef(Part, Model):
    """What a record is called elsewhere: the one-stop dossier, the document system, the national database.

    `dated` is the day of the reference, EDTF.
    """

    __tablename__ = "record_external_refs"

    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    system: Mapped[str] = mapped_column(sa.String(60))
    code: Mapped[str] = mapped_column(sa.String(200))
    url: Mapped[str | None] = mapped_column(sa.Text)
    dated: Mapped[str | None] = mapped_column(sa.String(100))


class ChangesetKind(enum.StrEnum):
    """What a changeset came of: an officer's editing, a bulk action on a list, an import, or the undoing of another."""

    EDIT = "edit"
    BULK = "bulk"
    IMPORT = "import"
    UNDO = "undo"


class Changeset(Model):
    """Revisions that are submitted, accepted and published together or not at all.

    A bulk action without revisions (publish, assign) is one too: its history entries name it. `undoes_id` is the
    changeset that this one takes back.
    """

    __tablename__ = "changesets"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.String(10), default=ChangesetKind.EDIT, server_default=ChangesetKind.EDIT)
    undoes_id: Mapped[int | None] = mapped_column(sa.ForeignKey("changesets.id"))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    author: Mapped[User] = relationship()
    revisions: Mapped[list[Revision]] = relationship(order_by="Revision.id", back_populates="changeset")


class RevisionState(enum.StrEnum):
    """Where a revision stands; `workflow.TRANSITIONS` says what leads where."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DISCARDED = "discarded"


class Revision(Model):
    """A proposed state of a record as its schema writes it; the typed rows follow when a reviewer accepts it.

    `record_id` is empty until the first revision of a new record is accepted. `base_version` is the record's version
    that the author saw (0 for a new record), `accepted_version` the one that accepting it made. `saved` counts
    how often the draft was written, so that two tabs do not overwrite each other unseen.
    """

    __tablename__ = "revisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    changeset_id: Mapped[int] = mapped_column(sa.ForeignKey("changesets.id"), index=True)
    record_id: Mapped[int | None] = mapped_column(sa.ForeignKey("records.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    code: Mapped[str] = mapped_column(sa.String(60))
    number: Mapped[int]
    base_version: Mapped[int]
    state: Mapped[str] = mapped_column(sa.String(20), default=RevisionState.DRAFT, index=True)
    accepted_version: Mapped[int | None]
    saved: Mapped[int] = mapped_column(default=1, server_default="1")
    payload: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    saved_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now, server_default="1970-01-01 00:00:00")
    changeset: Mapped[Changeset] = relationship(back_populates="revisions")
    record: Mapped[Record | None] = relationship()
    author: Mapped[User] = relationship()

    __table_args__ = (sa.UniqueConstraint("code", "number"),)

    @property
    def is_overtaken(self) -> bool:
        """Whether the record has another version by now than the author saw."""
        return self.record is not None and self.record.version != self.base_version


class HistoryEntry(Model):
    """That an actor did something: appended, never changed; `details` holds what the action replaced, to undo it by."""

    __tablename__ = "history"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(sa.String(20))
    kind: Mapped[str] = mapped_column(sa.String(40))
    code: Mapped[str] = mapped_column(sa.String(60), index=True)
    version: Mapped[int | None]
    revision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("revisions.id"))
    changeset_id: Mapped[int | None] = mapped_column(sa.ForeignKey("changesets.id"), index=True)
    comment: Mapped[str | None] = mapped_column(sa.Text)
    details: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict, server_default="{}")
    actor: Mapped[User] = relationship()

    __table_args__ = (sa.Index(None, "actor_id", "id"), sa.Index(None, "at", "id"))
