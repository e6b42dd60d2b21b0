"""The one door to the public: accept, publish, withdraw, delete, rebuild; each re-renders all that depends on it.

Each goes the same way: hold the rows that it touches, read them afresh, change them, see what they touch now, render
that, and journal it all at once just before the caller commits. So two publishers never render past each other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.config import Settings
from app.core.batches import batches
from app.core.db import begin_write
from app.jobs.handlers import Job
from app.media.pyramids import Cut, wish_tiles, write_pyramid
from app.media.renditions import Made, write_renditions
from app.publication.collections import COLLECTIONS
from app.publication.models import PublishedConcept, PublishedItem
from app.publication.routing import Asked
from app.publication.schema import Collection, Projection, Workshop
from app.publication.store import Changes, journal, store
from app.publication.tallies import recount_values
from app.publication.tiles.cells import recount
from app.publication.touched import Touched
from app.publication.values import type_values
from app.records import operations as records
from app.records.models import Changeset, Record, Revision, Visibility
from app.records.queries import records_by_code
from app.tourism.operations import extend_occurrences
from app.tourism.routing import keep_ways
from app.vocabularies.models import Concept

_CHUNK = 200

T = TypeVar("T")
Affected = dict[str, set[int]]


def accept(
    session: Session, changeset: Changeset, *, actor: User, settings: Settings, comment: str | None = None
) -> list[Record]:
    """Accept a changeset and republish, in the same transaction, every public record whose rendering it touches.

    Raises what `app.records.operations.accept` raises, and `NotAllowed` when something public changes and the actor may
    not publish.
    """
    known = session.scalars(
        sa.select(Revision.record_id).where(Revision.changeset_id == changeset.id, Revision.record_id.is_not(None))
    )
    accepted: list[Record] = []

    def change() -> list[int]:
        accepted.extend(records.accept(session, KINDS, changeset, actor=actor, settings=settings, comment=comment))
        return [record.id for record in accepted]

    if _change_and_republish(session, [key for key in known if key is not None], settings, change):
        require(actor, Permission.PUBLISH)
        for record in accepted:
            if record.is_public:
                records.require_for(session, KINDS, record, actor, Permission.PUBLISH)
    wish_tiles(session, [record.id for record in accepted], actor=actor)
    return accepted


def publish(
    session: Session,
    published: Sequence[Record],
    *,
    actor: User,
    settings: Settings,
    comment: str | None = None,
    changeset: Changeset | None = None,
) -> None:
    """Let the public see records (and what depends on them differently from now on)."""
    _set_visibility(
        session, published, Visibility.PUBLIC, actor=actor, settings=settings, comment=comment, changeset=changeset
    )
    wish_tiles(session, [record.id for record in published], actor=actor)


def withdraw(
    session: Session,
    withdrawn: Sequence[Record],
    *,
    actor: User,
    settings: Settings,
    comment: str | None = None,
    changeset: Changeset | None = None,
) -> None:
    """Take records out of the public's sight; their addresses answer 410 from now on."""
    _set_visibility(
        session, withdrawn, Visibility.INTERNAL, actor=actor, settings=settings, comment=comment, changeset=changeset
    )


def _set_visibility(
    session: Session,
    changed: Sequence[Record],
    visibility: Visibility,
    *,
    actor: User,
    settings: Settings,
    comment: str | None,
    changeset: Changeset | None,
) -> None:
    require(actor, Permission.PUBLISH)
    ids, codes = [record.id for record in changed], [record.code for record in changed]

    def change() -> list[int]:
        found = records_by_code(session, codes)
        fresh = [found[code] for code in codes]
        records.set_visibility(session, KINDS, fresh, visibility, actor=actor, comment=comment, changeset=changeset)
        return ids

    _change_and_republish(session, ids, settings, change)


def set_deleted(
    session: Session,
    changed: Sequence[Record],
    *,
    is_deleted: bool,
    actor: User,
    settings: Settings,
    comment: str | None = None,
    changeset: Changeset | None = None,
) -> None:
    """Delete records or bring them back, in public too."""
    ids, codes = [record.id for record in changed], [record.code for record in changed]

    def change() -> list[int]:
        found = records_by_code(session, codes)
        fresh = [found[code] for code in codes]
        records.set_deleted(
            session, KINDS, fresh, is_deleted=is_deleted, actor=actor, comment=comment, changeset=changeset
        )
        return ids

    _change_and_republish(session, ids, settings, change)


def extend_events(session: Session, today: dt.date, *, settings: Settings) -> list[int]:
    """Bring the occurrences of all events up to a day and republish the events that this changes; gives their keys.

    The daily job; no permission is asked, for no record's content changes.
    """
    changed: list[int] = []

    def change() -> list[int]:
        changed.extend(extend_occurrences(session, today))
        return changed

    _change_and_republish(session, [], settings, change)
    return changed


def show_renditions(session: Session, job: Job, made: Made, *, settings: Settings) -> None:
    """Write down what was made of a file, and republish what its media stand with."""

    def change() -> list[int]:
        return write_renditions(session, job, made)

    _change_and_republish(session, [], settings, change)


def show_tiles(session: Session, job: Job, cut: Cut, *, settings: Settings) -> None:
    """Write down that a picture was cut into tiles, and republish what it stands with."""

    def change() -> list[int]:
        return write_pyramid(session, job, cut)

    _change_and_republish(session, [], settings, change)


def show_ways(session: Session, asked: Asked, today: dt.date, *, settings: Settings) -> set[str]:
    """Keep the ways that were found, forget those nobody wants, republish their itineraries; gives the ways' keys.

    Without an engine in the settings none is wanted.
    """
    changed: set[str] = set()

    def change() -> set[int]:
        wanted = asked.wanted if settings.routing_url else ()
        changed.update(keep_ways(session, asked.found, wanted, source=settings.routing_source, today=today))
        return set().union(*(asked.wanted.get(key, ()) for key in changed))

    _change_and_republish(session, [], settings, change)
    return changed


def publish_reference(session: Session, *, settings: Settings) -> None:
    """Project concepts and units anew after they were written, and every record, for their names stand in all."""
    session.execute(sa.delete(PublishedConcept))
    concepts = (
        session.execute(sa.select(Concept.scheme, Concept.code, Concept.position, Concept.label)).mappings().all()
    )
    if concepts:
        session.execute(sa.insert(PublishedConcept), [dict(concept) for concept in concepts])
    journal(session, [changes for _, changes in _rebuild(session, settings)])


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
    register. What is published of rows that are gone or no longer public is withdrawn. At the end the values of facets
    are counted anew, for another release may count others, and the cells of tiles.
    """
    changed = 0
    for progress, changes in _rebuild(session, settings):
        journal(session, [changes])
        changed += len(changes.entries)
        yield Progress(progress.collection, progress.done, progress.total, changed)
    for number, name in enumerate(COLLECTIONS, 1):
        _begin(session)
        recount_values(session, name)
        recount(session, name)
        yield Progress("counts", number, len(COLLECTIONS), changed)


def _rebuild(session: Session, settings: Settings) -> Iterator[tuple[Progress, Changes]]:
    for collection in COLLECTIONS.values():
        _begin(session)
        total = session.scalar(sa.select(sa.func.count()).select_from(collection.keys().subquery())) or 0
        done = 0
        for chunk in _chunks(session, collection.keys()):
            changes = _render(session, collection, chunk, settings)
            done += len(chunk)
            yield Progress(collection.name, done, total, 0), changes
        published = sa.select(PublishedItem.source_id).where(PublishedItem.collection == collection.name)
        for chunk in _chunks(session, published.order_by(PublishedItem.source_id)):
            public = set(session.scalars(_among(collection.keys(), chunk)))
            # Asked again under the lock: they may have become public since this chunk was read.
            changes = _render(session, collection, [key for key in chunk if key not in public], settings)
            yield Progress(collection.name, total, total, 0), changes


def _begin(session: Session) -> None:
    """Begin to write where the caller has committed; a transaction under way goes on."""
    if not session.in_transaction():
        begin_write(session)


def _chunks(session: Session, keys: sa.Select[int]) -> Iterator[Sequence[int]]:
    """Read ascending keys a chunk at a time, each chunk from where the last one ended."""
    (column,) = keys.selected_columns
    chunk = session.scalars(keys.limit(_CHUNK)).all()
    while chunk:
        yield chunk
        _begin(session)
        chunk = session.scalars(keys.where(column > chunk[-1]).limit(_CHUNK)).all()


def _among(keys: sa.Select[int], chunk: Sequence[int]) -> sa.Select[int]:
    (column,) = keys.selected_columns
    return keys.where(column.in_(chunk))


def _render(session: Session, collection: Collection, keys: Sequence[int], settings: Settings) -> Changes:
    """Hold rows, read them afresh, and write what they look like in public."""
    if collection.kind:
        _hold(session, keys)
        session.expire_all()
    return store(session, collection.name, keys, _project(Workshop(session, settings), collection, keys))


def _project(workshop: Workshop, collection: Collection, keys: Sequence[int]) -> dict[int, Projection]:
    workshop.look_at(keys if collection.kind else ())
    return {
        key: replace(projection, typed=type_values(workshop, collection, projection))
        for key, projection in collection.project(workshop, keys)
    }


def _change_and_republish(
    session: Session, record_ids: Sequence[int], settings: Settings, change: Callable[[], Iterable[int]]
) -> bool:
    """Change records and republish what that touches; `change` gives the ids of what it changed.

    Tells whether anything public became different.
    """
    session.flush()
    before = _hold_affected(session, record_ids)
    # What the session read earlier may be stale by now.
    session.expire_all()
    changed = list(change())
    session.flush()
    touched = _merge(before, _hold_affected(session, changed))
    # Relationships do not know what was just written.
    session.expire_all()
    workshop = Workshop(session, settings)
    found = [
        store(session, name, keys, _project(workshop, collection, keys))
        for name, collection in COLLECTIONS.items()
        for keys in batches(sorted(touched[name]), _CHUNK)
    ]
    journal(session, found)
    return any(changes.entries for changes in found)


def _hold_affected(session: Session, record_ids: Sequence[int]) -> Affected:
    """Find what depends on records and hold it, until holding it brings nothing new to light."""
    held: set[int] = set()
    while True:
        touched = Touched(session, record_ids)
        affected = {name: collection.affected(touched) for name, collection in COLLECTIONS.items()}
        of_records = (affected[name] for name, collection in COLLECTIONS.items() if collection.kind)
        wanted = set(record_ids).union(*of_records)
        # SQLite has one writer: what has been read there stands.
        if wanted <= held or session.get_bind().dialect.name == "sqlite":
            return affected
        _hold(session, wanted - held)
        held |= wanted


def _hold(session: Session, record_ids: Iterable[int]) -> None:
    """Hold records against other publishers, in one order."""
    for chunk in batches(sorted(record_ids)):
        held = sa.select(Record.id).where(Record.id.in_(chunk)).order_by(Record.id)
        # Weaker than FOR UPDATE: a draft that names a record holds its key, and need not wait.
        session.execute(held.with_for_update(key_share=True))


def _merge(one: Affected, other: Affected) -> Affected:
    return {name: one[name] | other[name] for name in COLLECTIONS}
