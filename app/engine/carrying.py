"""Rows as they are carried between databases: plain values, the same whichever engine gives or takes them."""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import shapely
import sqlalchemy as sa
from sqlalchemy import event

from app.core.db import UtcDateTime
from app.engine.setup import configure
from app.engine.types import SRID, is_geometry, is_tokens, quote_token

# Names of what an engine keeps for itself beside our tables.
_OWN = ("alembic_version", "spatial_ref_sys")
_OWN_PARTS = ("_fts", "_rtree")
_BATCH = 1000

# The most specific first; UtcDateTime is a DateTime of its own.
_FORMS: tuple[tuple[type[Any], str], ...] = (
    (sa.JSON, "json"),
    (UtcDateTime, "instant"),
    (sa.Date, "day"),
    (sa.Boolean, "truth"),
    (sa.Integer, "integer"),
    (sa.Float, "number"),
    (sa.String, "text"),
    (sa.LargeBinary, "bytes"),
)
FORMS = frozenset({form for _, form in _FORMS} | {"geometry", "tokens"})


def form_of(column: sa.Column[Any]) -> str:
    """Give the form in which a column's values are carried; raises TypeError for a type that nobody has thought of."""
    if is_geometry(column.type):
        return "geometry"
    if is_tokens(column.type):
        return "tokens"
    for kind, form in _FORMS:
        if isinstance(column.type, kind):
            return form
    message = f"{column.table.name}.{column.name} has the type {column.type!r}, of which no archive knows"
    raise TypeError(message)


def read_as(column: sa.Column[Any], form: str, dialect: str) -> sa.ColumnElement[Any]:
    """Give what to select of a column so that `plain` understands it."""
    if form == "json":
        # As text: an absent value and JSON's null are two things, and both would be read as None.
        return sa.cast(column, sa.Text)
    if form == "tokens":
        return sa.func.tsvector_to_array(column) if dialect == "postgresql" else sa.type_coerce(column, sa.Text)
    return column


def plain(form: str, value: Any) -> Any:
    """Turn what was read, which is not None, into what JSON holds."""
    turn = _PLAIN.get(form)
    return turn(value) if turn else value


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "json": json.loads,
    "instant": lambda value: value.isoformat(),
    "day": lambda value: value.isoformat(),
    "geometry": lambda value: shapely.to_wkb(value, hex=True),
    # As a set: one engine keeps their order and the other has one of its own.
    "tokens": lambda value: sorted(set(value.split() if isinstance(value, str) else value)),
    "number": float,
    "bytes": lambda value: base64.b64encode(value).decode(),
}


def stored(form: str, value: Any, dialect: str) -> Any:
    """Turn a carried value into what the database's driver takes.

    Raises ValueError, TypeError or AttributeError where the value is not of its form.
    """
    if form in ("json", "integer", "text", "truth", "number", "bytes"):
        return _stored_simply(form, value, dialect)
    is_postgres = dialect == "postgresql"
    match form:
        case "instant":
            at = dt.datetime.fromisoformat(value).astimezone(dt.UTC)
            return at.isoformat() if is_postgres else at.strftime("%Y-%m-%d %H:%M:%S.%f")
        case "day":
            return dt.date.fromisoformat(value).isoformat()
        case "geometry":
            shape = shapely.from_wkb(value)
            if is_postgres:
                return shapely.to_wkb(shapely.set_srid(shape, SRID), hex=True, include_srid=True)
            return bytes(shapely.to_wkb(shape))
        case "tokens":
            return " ".join(quote_token(token) if is_postgres else str(token) for token in value)
    message = f"there is no form {form!r}"
    raise ValueError(message)


def _stored_simply(form: str, value: Any, dialect: str) -> Any:
    if form == "json":
        return json.dumps(value)
    if form == "bytes":
        return base64.b64decode(value, validate=True)
    kinds: dict[str, tuple[type[Any], ...]] = {"integer": (int,), "text": (str,), "truth": (bool,)}
    if not isinstance(value, kinds.get(form, (int, float))) or (form == "integer" and isinstance(value, bool)):
        message = f"{value!r} is not of the form {form!r}"
        raise TypeError(message)
    if form == "number":
        return float(value)
    return int(value) if form == "truth" and dialect != "postgresql" else value


def tables_of(connection: sa.Connection) -> dict[str, list[str]]:
    """Give the tables that a database has, but for what its engine keeps for itself, with their columns' names."""
    inspector = sa.inspect(connection)
    names = [
        name
        for name in inspector.get_table_names()
        if name not in _OWN and not any(part in name for part in _OWN_PARTS) and not name.startswith("sqlite_")
    ]
    return {name: [column["name"] for column in inspector.get_columns(name)] for name in names}


def empty_tables(connection: sa.Connection, names: Sequence[str]) -> None:
    """Take out whatever a migration may have put into new tables; the last of `names` first."""
    for name in reversed(names):
        connection.execute(sa.delete(sa.table(name)))


def load_rows(connection: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of stored values into a table, within the connection's transaction; few of them are held at once.

    On PostgreSQL that is one statement, at the end of which references are looked at: a row may name a later one.
    """
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(name) for name in columns)
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        with driver.cursor().copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    places = ", ".join("?" for _ in columns)
    statement = f"INSERT INTO {quote(table)} ({names}) VALUES ({places})"  # noqa: S608 (names of our own tables)
    batch: list[tuple[Any, ...]] = []
    for row in rows:
        batch.append(tuple(row))
        if len(batch) >= _BATCH:
            connection.exec_driver_sql(statement, batch)
            batch.clear()
    if batch:
        connection.exec_driver_sql(statement, batch)


def settle_rows(connection: sa.Connection, tables: Iterable[str]) -> bool:
    """Do what an engine wants done after rows were loaded with their keys; tells whether every reference holds.

    PostgreSQL's sequences go on after the last key, and it has looked at references by itself; SQLite is asked now.
    """
    if connection.dialect.name != "postgresql":
        return connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None
    for name in tables:
        sequence = connection.scalar(
            sa.text(
                "SELECT pg_get_serial_sequence(quote_ident(c.table_name), 'id') FROM information_schema.columns c "
                "WHERE c.table_schema = current_schema() AND c.table_name = :name AND c.column_name = 'id'"
            ),
            {"name": name},
        )
        if sequence:
            last = sa.select(sa.func.max(sa.column("id", sa.BigInteger))).select_from(sa.table(name)).scalar_subquery()
            is_any = sa.select(sa.literal(1)).select_from(sa.table(name)).exists()
            connection.execute(sa.select(sa.func.setval(sequence, sa.func.coalesce(last, 1), is_any)))
    # Without it the first questions would be asked by guesses.
    connection.exec_driver_sql("ANALYZE")
    return True


def new_file_engine(path: Path) -> sa.Engine:
    """Give an engine over a new SQLite file to load rows into; whatever interrupts that makes the file worthless."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), poolclass=sa.pool.StaticPool)
    configure(engine)
    event.listen(engine, "connect", _on_connect)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    for pragma in ("journal_mode = off", "synchronous = off", "foreign_keys = off", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")


def close_file(engine: sa.Engine, path: Path) -> None:
    """Make a new file one that the service opens as its own, and have it on the disk."""
    with engine.connect() as connection:
        connection.connection.execute("PRAGMA journal_mode = wal")
    engine.dispose()
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
