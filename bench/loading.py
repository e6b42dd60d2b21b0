"""Publishing very many projections at once: the rows that `store` and `journal` would write, by other means.

`tests/publication/test_bench_features.py` holds the rows to those of `store`.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.db import begin_write, now
from app.publication.models import ITEMS, MARKS, TEXTS, VALUES, WORDS
from app.publication.schema import Projection
from app.publication.store import Changes, _digest, _write_item, journal, text_rows
from app.publication.tallies import Tallies, write_tallies
from app.publication.tiles.cells import recount

_CHUNK = 5000
_TABLES: tuple[sa.Table, ...] = (ITEMS, TEXTS, WORDS, MARKS, VALUES)  # type: ignore[assignment]
_Row = dict[str, Any]


def load(
    session: Session, collection: str, made: Iterable[tuple[int, Projection]], tell: Callable[[int], None]
) -> None:
    """Publish projections that were never public, by the register's keys, which are new; commits chunk by chunk.

    `tell` is told how many are written.
    """
    is_postgis = session.get_bind().dialect.name == "postgresql"
    write, bare = (_copy, _without_indexes) if is_postgis else (_insert, _without_triggers)
    first = (session.scalar(sa.select(sa.func.max(ITEMS.c.id))) or 0) + 1
    session.rollback()
    done, tallies = 0, Tallies(collection)
    with bare(session):
        made = iter(made)
        while chunk := list(itertools.islice(made, _CHUNK)):
            begin_write(session)
            write(session, _rows(tallies, first + done, chunk))
            done += len(chunk)
            # What is counted ahead of time is counted at the end.
            entries = [(one.code, "updated", 1) for _, one in chunk]
            journal(session, [Changes(collection, entries, len(chunk), [], Tallies(collection))])
            session.commit()
            session.expunge_all()
            tell(done)
    begin_write(session)
    recount(session, collection)
    write_tallies(session, [tallies])
    session.commit()


def _rows(tallies: Tallies, first: int, chunk: Sequence[tuple[int, Projection]]) -> dict[sa.Table, list[_Row]]:
    collection, at = tallies.collection, now()
    changed: list[tuple[Any, Projection]] = []
    for item_id, (key, projection) in enumerate(chunk, first):
        item: Any = SimpleNamespace(id=item_id, collection=collection, source_id=key)
        _write_item(item, projection, _digest(collection, projection), 1, at)
        changed.append((item, projection))
    rows = {model.__table__: many for model, many in text_rows(tallies, changed, {}, at).items()}
    return {ITEMS: [vars(item) for item, _ in changed], **{table: rows[table] for table in _TABLES[1:]}}


def _insert(session: Session, rows: dict[sa.Table, list[_Row]]) -> None:
    for table, many in rows.items():
        session.execute(sa.insert(table), many)


def _copy(session: Session, rows: dict[sa.Table, list[_Row]]) -> None:
    """Hand rows to PostgreSQL as its COPY reads them: each value as the column's type would send it, as text."""
    dialect = session.get_bind().dialect
    cursor = session.connection().connection.cursor()
    for table, many in rows.items():
        names = list(many[0])
        senders = [_sender(table.c[name], dialect) for name in names]
        with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in many:
                copy.write_row([send(row[name]) for name, send in zip(names, senders, strict=True)])


def _sender(column: sa.ColumnElement[Any], dialect: sa.Dialect) -> Callable[[Any], Any]:
    if column.key == "tokens":
        return lambda tokens: " ".join(map(_quote, tokens))
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    if column.key == "geom" and bind:
        return lambda shape: None if shape is None else bind(shape).hex()
    return bind or (lambda value: value)


@lru_cache(500_000)
def _quote(token: str) -> str:
    return "'" + token + "'"


@contextlib.contextmanager
def _without_indexes(session: Session) -> Iterator[None]:
    """Drop PostgreSQL's indexes, but for the one that foreign keys need, and their checks, and make them anew after."""
    named = [table.name for table in _TABLES]
    found = session.execute(
        sa.text(
            "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
            "JOIN pg_class t ON t.oid = i.indrelid WHERE t.relname = ANY(:tables) AND NOT EXISTS "
            "(SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)"
        ),
        {"tables": named},
    ).all()
    held = session.execute(
        sa.text(
            "SELECT t.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k "
            "JOIN pg_class t ON t.oid = k.conrelid WHERE t.relname = ANY(:tables) AND k.contype IN ('p', 'u') "
            "AND k.conname <> 'pk_published_items'"
        ),
        {"tables": named},
    ).all()
    for name, _ in found:
        session.execute(sa.text(f'DROP INDEX "{name}"'))
    for table, name, _ in held:
        session.execute(sa.text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))
    for name in named:
        session.execute(sa.text(f"ALTER TABLE {name} DISABLE TRIGGER ALL"))
    session.commit()
    yield
    for name in named:
        session.execute(sa.text(f"ALTER TABLE {name} ENABLE TRIGGER ALL"))
    session.execute(sa.text("SET LOCAL maintenance_work_mem = '512MB'"))
    for table, name, definition in held:
        session.execute(sa.text(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'))
    for _, definition in found:
        session.execute(sa.text(definition))
    sequence = "pg_get_serial_sequence('published_items', 'id')"
    session.execute(sa.text(f"SELECT setval({sequence}, (SELECT max(id) FROM published_items))"))  # noqa: S608
    session.commit()


@contextlib.contextmanager
def _without_triggers(session: Session) -> Iterator[None]:
    """Drop SQLite's triggers, by which its R*Tree and full-text index are kept, and fill those at the end."""
    found = session.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    session.rollback()
    found = [(name, made) for name, made in found if name.startswith("published_")]
    begin_write(session)
    for name, _ in found:
        session.execute(sa.text(f"DROP TRIGGER {name}"))
    session.commit()
    yield
    begin_write(session)
    session.execute(
        sa.text(
            "INSERT INTO published_items_rtree SELECT id, min_lon, max_lon, min_lat, max_lat FROM published_items "
            "WHERE min_lon IS NOT NULL AND id NOT IN (SELECT id FROM published_items_rtree)"
        )
    )
    session.execute(sa.text("INSERT INTO published_words_fts (published_words_fts) VALUES ('rebuild')"))
    for _, made in found:
        session.connection().exec_driver_sql(made)
    session.commit()
