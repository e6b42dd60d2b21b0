"""Making a dump: every collection in every language and format, as the publication stood at one moment."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa

from app.config import Settings
from app.core.db import now
from app.engine.snapshots import snapshot
from app.publication.collections import COLLECTIONS
from app.publication.dumps.catalogue import CATALOGUE, write_catalogue
from app.publication.dumps.folders import MANIFEST, Dump, DumpCollection, DumpFile, Manifest, new_folder
from app.publication.dumps.formats import FORMATS
from app.publication.dumps.rows import Row, Table
from app.publication.models import ITEMS, TEXTS, JournalEntry
from app.publication.schema import Collection

_BATCH = 500
# For a collection in which nothing ever was: an instant that is the same in every dump.
_NEVER = "1970-01-01T00:00:00Z"

# Is told of a collection in a language, how many features of how many are written.
Tell: TypeAlias = Callable[[str, int, int], None]


def make_dump(engine: sa.Engine, settings: Settings, tell: Tell = lambda *_: None) -> Dump:
    """Dump the publication into `DISAN_DATA/dumps`, whole or not at all; memory does not grow with it.

    Everything is read in one snapshot, whose last number in the journal the manifest says: who has taken the dump in
    goes on from there. Raises `Conflict` while another process does the same.
    """
    with new_folder(settings) as (folder, finish):
        manifest = _write_all(engine, settings, folder, tell)
        manifest.write(folder / MANIFEST)
        write_catalogue(folder / CATALOGUE, settings, manifest)
        return Dump(finish(), manifest)


def _write_all(engine: sa.Engine, settings: Settings, folder: Path, tell: Tell) -> Manifest:
    collections, files = [], []
    with snapshot(engine) as connection:
        journal = connection.scalar(sa.select(sa.func.max(JournalEntry.seq))) or 0
        made_at = now()
        for collection in COLLECTIONS.values():
            told = _survey(connection, collection)
            collections.append(told)
            for language in settings.languages:
                table = Table(collection, language, told.changed_at or _NEVER)
                written = _write(connection, folder, table, told.rows, tell)
                files += [_file(folder / name, table, written, settings) for name in written.names]
    return Manifest(_written(made_at), journal, settings.licence, settings.attribution, collections, files)


def _survey(connection: sa.Connection, collection: Collection) -> DumpCollection:
    """Look at a collection as a whole: how many, where, and since when."""
    of_items = sa.select(
        sa.func.count(),
        sa.func.min(ITEMS.c.min_lon),
        sa.func.min(ITEMS.c.min_lat),
        sa.func.max(ITEMS.c.max_lon),
        sa.func.max(ITEMS.c.max_lat),
        sa.func.max(ITEMS.c.modified_at),
    ).where(ITEMS.c.collection == collection.name)
    count, west, south, east, north, modified_at = connection.execute(of_items).one()
    first = connection.scalar(sa.select(sa.func.min(JournalEntry.at)).where(JournalEntry.collection == collection.name))
    return DumpCollection(
        collection.name,
        count,
        None if west is None else [west, south, east, north],
        _written(first) if first else None,
        _written(modified_at) if modified_at else None,
    )


@dataclass
class _Written:
    """What was written of a table: how many rows, under which licences, into which files."""

    names: list[str]
    rows: int = 0
    licences: set[str] = field(default_factory=set)


def _write(connection: sa.Connection, folder: Path, table: Table, total: int, tell: Tell) -> _Written:
    """Write a table in every format, in one pass over its features."""
    written = _Written([f"{table.collection.name}.{table.language}.{ending}" for ending in FORMATS])
    with ExitStack() as stack:
        writers = [
            stack.enter_context(closing(found.write(folder / name, table)))
            for name, found in zip(written.names, FORMATS.values(), strict=True)
        ]
        for rows in _batches(connection, table):
            for writer in writers:
                writer.add(rows)
            written.rows += len(rows)
            written.licences |= {row.feature["properties"].get("licence") for row in rows} - {None}
            tell(f"{table.collection.name} {table.language}", written.rows, total)
    return written


def _batches(connection: sa.Connection, table: Table) -> Iterator[list[Row]]:
    """Read a table's features by their immutable ids."""
    last = 0
    while True:
        # Limited before it is joined: the other way round the texts are all read first.
        page = (
            sa.select(ITEMS.c.id, ITEMS.c.lon, ITEMS.c.lat)
            .where(ITEMS.c.collection == table.collection.name, ITEMS.c.id > last)
            .order_by(ITEMS.c.id)
            .limit(_BATCH)
            .subquery()
        )
        with_text = sa.and_(TEXTS.c.item_id == page.c.id, TEXTS.c.language == table.language)
        found = connection.execute(
            sa.select(page, TEXTS.c.feature).outerjoin_from(page, TEXTS, with_text).order_by(page.c.id)
        ).all()
        if not found:
            return
        last = found[-1].id
        # A language that was added since the last rebuild has no texts yet.
        yield [Row(row.feature, json.loads(row.feature), row.lon, row.lat) for row in found if row.feature is not None]


def _file(path: Path, table: Table, written: _Written, settings: Settings) -> DumpFile:
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    ending = path.suffix.removeprefix(".")
    return DumpFile(
        name=path.name,
        collection=table.collection.name,
        language=table.language,
        format=ending,
        media_type=FORMATS[ending].media_type,
        byte_count=path.stat().st_size,
        sha256=checksum,
        rows=written.rows,
        licence=settings.licence,
        licences=sorted(written.licences),
        attribution=settings.attribution,
    )


def _written(at: dt.datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
