"""The one door to the public: accept, publish, withdraw, delete, rebuild; each re-renders all that depends on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    _lock(session, _records(before).union(known))
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
    _lock(session, _records(touched).union(ids))
    for record in changed:
        records.set_visibility(session, record, visibility, actor=actor)
    _republish(session, touched, settings)


def set_deleted(session: Session, record: Record, *, is_deleted: bool, actor: User, settings: Settings) -> None:
    """Delete a record or bring it back, in public too."""
    touched = _affected(session, [record.id])
    _lock(session, _records(touched) | {record.id})
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
        total = session.scalar(sa.select(sa.func.count()).select_from(collection.keys().subquery())) or 0
        yield Progress(collection.name, 0, total, changed)
        done = 0
        for chunk in _chunks(session, collection.keys()):
            _lock(session, chunk if collection.kind else ())
            changed += _project(Workshop(session, settings), collection, chunk)
            done += len(chunk)
            yield Progress(collection.name, done, total, changed)
        published = sa.select(PublishedItem.source_id).where(PublishedItem.collection == collection.name)
        for chunk in _chunks(session, published.order_by(PublishedItem.source_id)):
            public = set(session.scalars(_among(collection.keys(), chunk)))
            changed += store(session, collection.name, [key for key in chunk if key not in public], {})
        yield Progress(collection.name, total, total, changed)


def _among(keys: sa.Select[int], chunk: Sequence[int]) -> sa.Select[int]:
    (column,) = keys.selected_columns
    return keys.where(column.in_(chunk))


def _chunks(session: Session, keys: sa.Select[int]) -> Iterator[Sequence[int]]:
    """Read ascending keys a chunk at a time, each chunk from where the last one ended."""
    (column,) = keys.selected_columns
    chunk = session.scalars(keys.limit(_CHUNK)).all()
    while chunk:
        yield chunk
        chunk = session.scalars(keys.where(column > chunk[-1]).limit(_CHUNK)).all()


def _affected(session: Session, record_ids: Sequence[int]) -> Affected:
    return {name: collection.affected(session, record_ids) for name, collection in COLLECTIONS.items()}


def _merge(one: Affected, other: Affected) -> Affected:
    return {name: one[name] | other[name] for name in COLLECTIONS}


def _records(touched: Affected) -> set[int]:
    """Give the ids of the records among what is touched."""
    return set().union(*(touched[name] for name, collection in COLLECTIONS.items() if collection.kind))


def _lock(session: Session, record_ids: Iterable[int]) -> None:
    """Hold the rows of all that will be rendered, in one order, so that two publishers never render past each other."""
    for chunk in batches(sorted(record_ids)):
        session.execute(sa.select(Record.id).where(Record.id.in_(chunk)).order_by(Record.id).with_for_update())


def _republish(session: Session, touched: Affected, settings: Settings) -> None:
    session.flush()
    _lock(session, _records(touched))
    # What was read before the locks were held may be stale by now, and relationships do not know what was just written.
    session.expire_all()
    workshop = Workshop(session, settings)
    for name, collection in COLLECTIONS.items():
        for chunk in batches(sorted(touched[name]), _CHUNK):
            _project(workshop, collection, chunk)


def _project(workshop: Workshop, collection: Collection, keys: Sequence[int]) -> int:
    projections = dict(collection.project(workshop, keys))
    return store(workshop.session, collection.name, keys, projections)
