"""The journal as a reader follows it: the last change of each item, in the order of commits."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.core.db import Reads
from app.publication.models import JournalEntry
from app.publication.queries import read_features

_ENTRIES = JournalEntry.__table__


@dataclass(frozen=True, slots=True)
class Change:
    """That an item changed for the last time: `state` is `updated` or `deleted`; `feature` is what it is now."""

    seq: int
    collection: str
    code: str
    state: str
    version: int
    at: dt.datetime
    feature: str | None


def read_changes(reads: Reads, after: int, language: str, limit: int, collection: str | None = None) -> list[Change]:
    """Give at most `limit` changes behind number `after`, each item once: where its last change stands.

    An entry that a later one supersedes is left out: whoever goes on reads the later one. A reader who always goes on
    behind the last number it was given misses nothing, for numbers are given in the order of commits.
    """
    later = _ENTRIES.alias()
    superseded = sa.exists().where(
        later.c.collection == _ENTRIES.c.collection, later.c.code == _ENTRIES.c.code, later.c.seq > _ENTRIES.c.seq
    )
    statement = sa.select(_ENTRIES).where(_ENTRIES.c.seq > sa.literal(after, sa.BigInteger), sa.not_(superseded))
    if collection is not None:
        statement = statement.where(_ENTRIES.c.collection == collection)
    entries = reads.execute(statement.order_by(_ENTRIES.c.seq).limit(limit)).all()
    codes: dict[str, list[str]] = {}
    for entry in entries:
        if entry.state == "updated":
            codes.setdefault(entry.collection, []).append(entry.code)
    features = {name: read_features(reads, name, language, found) for name, found in codes.items()}
    changes = [
        Change(
            seq=entry.seq,
            collection=entry.collection,
            code=entry.code,
            state=entry.state,
            version=entry.version,
            at=entry.at,
            feature=features.get(entry.collection, {}).get(entry.code),
        )
        for entry in entries
    ]
    # What was withdrawn between the statements has lost its feature: its end, under a later number, is told instead.
    return [change for change in changes if change.state != "updated" or change.feature is not None]


def last_change(reads: Reads) -> int:
    """Give the number of the last change; 0 where nothing was ever published."""
    return reads.scalar(sa.select(sa.func.max(_ENTRIES.c.seq))) or 0


def write_changes(changes: Sequence[Change]) -> Iterator[str]:
    """Write each change as an item of an RPDE feed (Realtime Paged Data Exchange 1.0), in JSON."""
    for change in changes:
        head = {
            "state": change.state,
            "kind": change.collection,
            "id": change.code,
            "modified": change.seq,
            "version": change.version,
            "at": change.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        text = json.dumps(head, ensure_ascii=False)
        yield text if change.feature is None else f'{text[:-1]}, "data": {change.feature}}}'
