"""Writing projections into the publication: what differs is written and journalled, what is the same left alone."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.db import Model, now
from app.engine.locks import take_journal_lock
from app.publication.called_off import note_called_off, read_announced
from app.publication.images import forget_images, write_images
from app.publication.keys import text_key
from app.publication.links import manifest_link
from app.publication.models import (
    JournalEntry,
    PublishedCollection,
    PublishedFile,
    PublishedItem,
    PublishedMark,
    PublishedText,
    PublishedValue,
    PublishedWords,
    Tombstone,
)
from app.publication.quadkeys import quadkey
from app.publication.recordings import take_captions
from app.publication.renditions import images_in, names_in
from app.publication.schema import Projection, Rendering, Value
from app.publication.scopes import text_tokens
from app.publication.tallies import Tallies, terms_of, write_tallies
from app.publication.tiles.cells import Move, count_moves
from app.publication.tiles.marks import write_mark
from app.publication.values import modified_at

# Moves when something else is written of the same projection, so that a rebuild writes everything anew.
_SHAPE = 2


@dataclass(frozen=True, slots=True)
class Changes:
    """What storing changed in a collection: (code, `updated` or `deleted`, version) by item, and how much it grew.

    `moves` has every item that changed, whether it moved or not; `tallies` is by how much what is counted ahead of time
    changed.
    """

    collection: str
    entries: list[tuple[str, str, int]]
    growth: int
    moves: list[Move]
    tallies: Tallies


def store(session: Session, collection: str, keys: Sequence[int], projections: Mapping[int, Projection]) -> Changes:
    """Make the publication say what `projections` say of the register's rows `keys`.

    A key without a projection is not public (any more). Gives what changed, for `journal`.
    """
    present = _present(session, collection, keys)
    announced = read_announced(session, collection, [item.id for item in present.values()])
    shown = [rendering.properties for one in projections.values() for rendering in one.renderings.values()]
    captions = {name: text for properties in shown for name, text in take_captions(properties).items()}
    at = now()
    entries: list[tuple[str, str, int]] = []
    moves: list[Move] = []
    growth = 0
    tallies = Tallies(collection)
    # A unit that ends gets another id: to a reader, one thing went and another came.
    gone = [item for key, item in present.items() if key not in projections or projections[key].code != item.code]
    tallies.take_away(session, [item.id for item in gone])
    ended = [(item, _bury(session, item, at)) for item in gone]
    for item, version in ended:
        moves.append(Move(item.id, item.qkey, None))
        entries.append((item.code, "deleted", version))
        growth -= 1
    session.flush()
    changed: list[tuple[PublishedItem, Projection]] = []
    lay: list[int | None] = []
    buried = _tombstones(session, collection, [projection.code for projection in projections.values()])
    # In the order of the keys, so that both engines number new items alike.
    for key in sorted(projections):
        projection = projections[key]
        digest = _digest(collection, projection)
        found = present.get(key)
        if found is not None and projection.code == found.code:
            if found.digest == digest:
                continue
            item, version = found, found.version + 1
            lay.append(found.qkey)
        else:
            item = PublishedItem(collection=collection, source_id=key)
            version = 1
            if (tombstone := buried.get(projection.code.lower())) is not None:
                version = tombstone.version + 1
                session.delete(tombstone)
            session.add(item)
            lay.append(None)
            growth += 1
        _write_item(item, projection, digest, version, at)
        changed.append((item, projection))
        entries.append((projection.code, "updated", version))
    session.flush()
    note_called_off(session, announced, ended, changed, at)
    tallies.take_away(session, [item.id for item, _ in changed])
    _write_texts(session, tallies, changed, captions, at)
    moves += [Move(item.id, before, item.qkey) for (item, _), before in zip(changed, lay, strict=True)]
    return Changes(collection, entries, growth, moves, tallies)


def _present(session: Session, collection: str, keys: Sequence[int]) -> dict[int, PublishedItem]:
    """Give what is published of the register's rows, by their keys."""
    found = sa.select(PublishedItem).where(PublishedItem.collection == collection, PublishedItem.source_id.in_(keys))
    return {item.source_id: item for item in session.scalars(found)}


def _tombstones(session: Session, collection: str, codes: Iterable[str]) -> dict[str, Tombstone]:
    """Give what is left of items that were withdrawn, by the codes in small letters."""
    found = sa.select(Tombstone).where(
        Tombstone.collection == collection, Tombstone.code_key.in_([code.lower() for code in codes])
    )
    return {tombstone.code_key: tombstone for tombstone in session.scalars(found)}


def _digest(collection: str, projection: Projection) -> str:
    place = projection.place
    content = [
        _SHAPE,
        projection.code,
        projection.weight,
        [place.lon, place.lat, place.precision_m, shapely.to_wkb(place.geometry, hex=True)] if place else None,
        projection.typed,
        [[language, r.slug, r.properties, r.links, r.tokens] for language, r in sorted(projection.renderings.items())],
        [write_mark(collection, r.properties) for _, r in sorted(projection.renderings.items())],
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _write_item(item: PublishedItem, projection: Projection, digest: str, version: int, at: dt.datetime) -> None:
    item.code = projection.code
    item.code_key = projection.code.lower()
    item.version = version
    item.digest = digest
    item.modified_at = at
    item.weight = projection.weight
    place = projection.place
    item.lon = place.lon if place else None
    item.lat = place.lat if place else None
    item.precision_m = place.precision_m if place else None
    item.qkey = quadkey(place.lon, place.lat) if place else None
    item.geom = place.geometry if place else None
    bounds = place.geometry.bounds if place else (None, None, None, None)
    item.min_lon, item.min_lat, item.max_lon, item.max_lat = bounds


def _write_texts(
    session: Session,
    tallies: Tallies,
    changed: Sequence[tuple[PublishedItem, Projection]],
    captions: Mapping[str, str],
    at: dt.datetime,
) -> None:
    """Replace the texts and values of items, and count them; no editors work on these, so nothing needs to last."""
    _drop_texts(session, [item.id for item, _ in changed])
    for model, rows in text_rows(tallies, changed, captions, at).items():
        if rows:
            session.execute(sa.insert(model), rows)
    # Each language shows the same pictures.
    shown = {item.id: images_in(next(iter(one.renderings.values())).properties) for item, one in changed}
    write_images(session, shown)


def text_rows(
    tallies: Tallies,
    changed: Sequence[tuple[PublishedItem, Projection]],
    captions: Mapping[str, str],
    at: dt.datetime,
) -> dict[type[Model], list[dict[str, Any]]]:
    """Give the rows of items' texts, marks, values and files, and count them in `tallies`."""
    collection = tallies.collection
    texts: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for item, projection in changed:
        for place, (language, rendering) in enumerate(sorted(projection.renderings.items())):
            key = text_key(collection, item.weight, item.id, place)
            feature = _feature(collection, projection, rendering, at)
            terms = " ".join(terms_of(rendering.tokens))
            shown = {"language": language, "slug": rendering.slug, "feature": feature, "terms": terms}
            texts.append({"id": key, "item_id": item.id, **shown})
            tokens = text_tokens(rendering.tokens, collection, language)
            words.append({"id": key, "item_id": item.id, "tokens": tokens})
    values: list[dict[str, Any]] = [
        {"collection": collection, "item_id": item.id, **dict(zip(Value._fields, value, strict=True))}
        for item, projection in changed
        for value in (*projection.typed, modified_at(at))
    ]
    tallies.add(
        ((text["language"], text["terms"]) for text in texts), ((value["name"], value["value"]) for value in values)
    )
    files = {
        (item.id, name)
        for item, projection in changed
        for rendering in projection.renderings.values()
        for name in names_in(rendering.properties)
    }
    named = [{"item_id": item_id, "name": name, "text": captions.get(name)} for item_id, name in sorted(files)]
    marks = [
        {"item_id": item.id, "language": language, "mark": write_mark(collection, rendering.properties)}
        for item, projection in changed
        for language, rendering in projection.renderings.items()
    ]
    return {
        PublishedText: texts,
        PublishedWords: words,
        PublishedMark: marks,
        PublishedValue: values,
        PublishedFile: named,
    }


def _drop_texts(session: Session, item_ids: Sequence[int]) -> None:
    for model in (PublishedText, PublishedWords, PublishedMark, PublishedValue, PublishedFile):
        session.execute(sa.delete(model).where(model.item_id.in_(item_ids)))
    forget_images(session, item_ids)


def _feature(collection: str, projection: Projection, rendering: Rendering, at: dt.datetime) -> str:
    """Write the finished Feature (RFC 7946); `properties` come last so that a distance can be put before the end."""
    place = projection.place
    feature: dict[str, Any] = {
        "type": "Feature",
        "id": projection.code,
        "geometry": json.loads(shapely.to_geojson(place.geometry)) if place else None,
        "links": [*rendering.links, *_manifest(collection, projection.code, rendering)],
        "properties": {**rendering.properties, "modified_at": modified_at(at).value},
    }
    return json.dumps(feature, ensure_ascii=False, separators=(",", ":"))


def _manifest(collection: str, code: str, rendering: Rendering) -> list[dict[str, str]]:
    return [manifest_link(collection, code)] if rendering.properties.get("images") else []


def _bury(session: Session, item: PublishedItem, at: dt.datetime) -> int:
    """Take an item out of the publication and leave its tombstone; gives the version of its end."""
    version = item.version + 1
    session.merge(Tombstone(collection=item.collection, code_key=item.code_key, code=item.code, version=version, at=at))
    _drop_texts(session, [item.id])
    session.delete(item)
    return version


def journal(session: Session, found: Sequence[Changes]) -> None:
    """Append changes to the journal, with each collection's number and counts.

    The lock that keeps entries in the order of commits is taken here and held until the caller commits: this comes
    last, when everything is rendered and written.
    """
    found = [changes for changes in found if changes.entries]
    if not found:
        return
    at = now()
    take_journal_lock(session)
    last = session.scalar(sa.select(sa.func.max(JournalEntry.seq))) or 0
    rows = [
        {"collection": changes.collection, "code": code, "state": state, "version": version, "at": at}
        for changes in found
        for code, state, version in changes.entries
    ]
    session.execute(sa.insert(JournalEntry), [{"seq": seq, **row} for seq, row in enumerate(rows, last + 1)])
    numbers = {str(row["collection"]): seq for seq, row in enumerate(rows, last + 1)}
    for name, number in numbers.items():
        growth = sum(changes.growth for changes in found if changes.collection == name)
        # Read under the lock: another publisher may have counted since this session last looked.
        state = session.get(PublishedCollection, name, populate_existing=True)
        if state is None:
            state = PublishedCollection(name=name, item_count=0)
            session.add(state)
        state.number = number
        state.item_count += growth
        moves = [move for changes in found if changes.collection == name for move in changes.moves]
        count_moves(session, name, moves, number)
    session.flush()
    write_tallies(session, [changes.tallies for changes in found])
