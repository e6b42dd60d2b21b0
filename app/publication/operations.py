"""The one door to the public: accept, publish, withdraw, delete, rebuild; each re-renders all that depends on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.config import Settings
from app.core.batches import batches
from app.publication.collections import COLLECTIONS
from app.publication.models import PublishedConcept, PublishedItem
from app.publication.schema import Collection, Workshop
from app.publication.store import store
from app.records import operations as records
from app.records.models import Changeset, Record, Visibility
from app.vocabularies.models import Concept

_CHUNK = 200

Affected: TypeAlias = dict[str, set[int]]


def accept(
    session: Session, changeset: Changeset, *, actor: User, settings: Settings, comment: str | None = None
) -> list[Record]:
    """Accept a changeset and republish, in the same transaction, every public record whose rendering it touches.

    Raises what `app.records.operations.accept` raises, and `NotAllowed` when something public changes and the actor may
    not publish.
    """
    known = [revision.record_id for revision in changeset.revisions if revision.record_id is not None]
    before = _affected(session, known)
    _lock(session, before, known)
    accepted = records.accept(session, KINDS, changeset, actor=actor, settings=settings, comment=comment)
    touched = _merge(before, _affected(session, [record.id for record in accepted]))
    if any(record.is_public for record in accepted):
        require(actor, Permission.PUBLISH)
    _republish(session, touched, settings)
    return accepted


def publish(session: Session, published: Sequence[Record], *, actor: User, settings: Settings) -> None:
    """Let the public see records (and what depends on them differently from now on)."""
    _set_visibility(session, published, Visibility.PUBLIC, actor=actor, settings=settings)


def withdraw(session: Session, withdrawn: Sequence[Record], *, actor: User, settings: Settings) -> None:
    """Take records out of the public's sight; their addresses answer 410 from now on."""
    _set_visibility(session, withdrawn, Visibility.INTERNAL, actor=actor, settings=settings)


def _set_visibility(
    session: Session, changed: Sequence[Record], visibility: Visibility, *, actor: User, settings: Settings
) -> None:
    ids = [record.id for record in changed]
    touched = _affected(session, ids)
    _lock(session, touched, ids)
    for record in changed:
        records.set_visibility(session, record, visibility, actor=actor)
    _republish(session, touched, settings)


def set_deleted(session: Session, record: Record, *, is_deleted: bool, actor: User, settings: Settings) -> None:
    """Delete a record or bring it back, in public too."""
    touched = _affected(session, [record.id])
    _lock(session, touched, [record.id])
    records.set_deleted(session, record, is_deleted=is_deleted, actor=actor)
    _republish(session, touched, settings)


def publish_reference(session: Session, *, settings: Settings) -> None:
    """Project concepts and units anew after they were written, and every record, for their names stand in all."""
    session.execute(sa.delete(PublishedConcept))
    concepts = (
        session.execute(sa.select(Concept.scheme, Concept.code, Concept.position, Concept.label)).mappings().all()
    )
    if concepts:
        session.execute(sa.insert(PublishedConcept), [dict(concept) for concept in concepts])
    for _ in rebuild(session, settings=settings):
        pass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild has come: rows of a collection looked at, of how many, and items changed so far."""

    collection: str
    done: int
    total: int
    changed: int


def rebuild(session: Session, *, settings: Settings) -> Iterator[Progress]:
    """Project everything anew, a chunk at a time; only what differs is written and journalled.

    Yields after each chunk, so that the caller can commit and show how far it has come; memory does not grow with the
    register. What is published of rows that are gone or no longer public is withdrawn.
    """
    changed = 0
    for collection in COLLECTIONS.values():
        keys = session.scalars(collection.keys()).all()
        workshop = Workshop(session, settings)
        yield Progress(collection.name, 0, len(keys), changed)
        done = 0
        for chunk in batches(keys, _CHUNK):
            changed += _project(workshop, collection, chunk)
            done += len(chunk)
            yield Progress(collection.name, done, len(keys), changed)
            session.expunge_all()
            workshop = Workshop(session, settings)
        stale = _stale(session, collection, set(keys))
        for chunk in batches(stale, _CHUNK):
            changed += store(session, collection.name, chunk, {})
            yield Progress(collection.name, done, len(keys), changed)


def _stale(session: Session, collection: Collection, keys: set[int]) -> list[int]:
    published = session.scalars(
        sa.select(PublishedItem.source_id).where(PublishedItem.collection == collection.name).order_by(PublishedItem.id)
    )
    return [key for key in published if key not in keys]


def _affected(session: Session, record_ids: Sequence[int]) -> Affected:
    return {name: collection.affected(session, record_ids) for name, collection in COLLECTIONS.items()}


def _merge(one: Affected, other: Affected) -> Affected:
    return {name: one[name] | other[name] for name in COLLECTIONS}


def _lock(session: Session, touched: Affected, record_ids: Sequence[int]) -> None:
    """Hold the rows of all that will be rendered, in one order, so that two publishers never render past each other."""
    ids = set(record_ids).union(*(touched[name] for name, collection in COLLECTIONS.items() if collection.kind))
    session.execute(sa.select(Record.id).where(Record.id.in_(ids)).order_by(Record.id).with_for_update())


def _republish(session: Session, touched: Affected, settings: Settings) -> None:
    session.flush()
    _lock(session, touched, [])
    # What was read before the locks were held may be stale by now, and relationships do not know what was just written.
    session.expire_all()
    workshop = Workshop(session, settings)
    for name, collection in COLLECTIONS.items():
        for chunk in batches(sorted(touched[name]), _CHUNK):
            _project(workshop, collection, chunk)


def _project(workshop: Workshop, collection: Collection, keys: Sequence[int]) -> int:
    projections = dict(collection.project(workshop, keys))
    return store(workshop.session, collection.name, keys, projections)
