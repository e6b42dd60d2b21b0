"""Writing an archive's tables into a database without any: schema first, then rows, then a look at them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.catalogue import KINDS
from app.core.db import Model, knows_revision, schema_revision, upgrade_on
from app.core.errors import InvalidInput, Unavailable
from app.engine.carrying import FORMS, empty_tables, load_rows, settle_rows, stored, tables_of
from app.exchange.archives.format import FORMAT, LONGEST_LINE, SCHEMA, Carried, layout_of
from app.exchange.archives.reading import DAMAGE, Archive, damaged
from app.exchange.archives.tables import Digest, Tell, digest_table
from app.records import index

_LONGEST_SCHEMA = 10_000_000
_TOLD_EVERY = 5000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an archive says of its tables, those that others refer to first."""

    content: str
    revision: str
    release: str
    made_at: str
    tables: Sequence[Carried]

    @property
    def row_count(self) -> int:
        """How many rows all tables have."""
        return sum(table.row_count for table in self.tables)

    @property
    def byte_count(self) -> int:
        """How many bytes their lines are."""
        return sum(table.byte_count for table in self.tables)


def read_plan(archive: Archive) -> Plan:
    """Read what an archive says of itself; raises `InvalidInput` where this release cannot read it."""
    if archive.info.get("Disan-Format") not in (None, FORMAT):
        raise InvalidInput(
            "This archive is of the format %(format)s, which this release does not read. Restore it with the release "
            "that made it, or a later one.",
            format=archive.info["Disan-Format"][:20],
        )
    try:
        told: dict[str, Any] = json.loads(archive.read(SCHEMA, _LONGEST_SCHEMA))
        tables = [Carried.from_json(one) for one in told["tables"]]
        plan = Plan(str(told["content"]), str(told["revision"]), str(told["release"]), str(told["made_at"]), tables)
        names = [table.layout.name for table in tables]
        columns = [(name, form) for table in tables for name, form in table.layout.columns.items()]
        is_sound = len(set(names)) == len(names) and all(_NAME.fullmatch(name) for name in names)
        is_sound = is_sound and all(_NAME.fullmatch(name) and form in FORMS for name, form in columns)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(SCHEMA) from error
    if not is_sound:
        raise damaged(SCHEMA)
    if not knows_revision(plan.revision):
        raise InvalidInput(
            "This archive was made by the release %(release)s, whose schema (%(revision)s) this release does not know. "
            "Restore it with that release or a later one.",
            release=plan.release[:40],
            revision=plan.revision[:40],
        )
    return plan


def load(connection: sa.Connection, archive: Archive, plan: Plan, tell: Tell) -> None:
    """Make the schema as it was when the archive was made, write every row, look at them, and bring all up to date.

    All of it is in the connection's transaction. Raises `InvalidInput` where the rows are not what the archive says, or
    the database does not take them.
    """
    try:
        upgrade_on(connection, plan.revision)
    except sa.exc.DBAPIError as error:
        raise Unavailable(
            "The schema cannot be made in this database (%(reason)s). On PostgreSQL its owner must be able to create "
            "the extension postgis, or have it created before.",
            reason=str(error.orig).strip().partition("\n")[0][:200],
        ) from error
    names = [table.layout.name for table in plan.tables]
    there = tables_of(connection)
    if {name: set(columns) for name, columns in there.items()} != {
        table.layout.name: set(table.layout.columns) for table in plan.tables
    }:
        raise InvalidInput(
            "The tables of this archive are not those of its schema (%(revision)s). It is refused.",
            revision=plan.revision,
        )
    empty_tables(connection, names)
    errors = (sa.exc.DBAPIError, connection.dialect.loaded_dbapi.Error, ValueError, TypeError, AttributeError)
    for number, table in enumerate(plan.tables):
        tell("tables", number, len(plan.tables))
        try:
            rows = _rows(archive, table, connection.dialect.name, tell)
            load_rows(connection, table.layout.name, list(table.layout.columns), rows)
        except errors as error:
            raise InvalidInput(
                "The table %(table)s of this archive cannot be loaded (%(reason)s). It is refused.",
                table=table.layout.name,
                reason=str(getattr(error, "orig", None) or error).strip().partition("\n")[0][:200],
            ) from error
    if not settle_rows(connection, names):
        raise InvalidInput("Rows of this archive refer to others that are not in it. It is refused.")
    tell("tables", len(plan.tables), len(plan.tables))
    compare(connection, plan, tell)
    _bring_up_to_date(connection, plan)


def compare(connection: sa.Connection, plan: Plan, tell: Tell) -> None:
    """Read every row back and compare them with what the archive says; raises `InvalidInput` naming the first table."""
    for number, table in enumerate(plan.tables):
        tell("compared", number, len(plan.tables))
        found = _read_back(connection, table)
        if found != table:
            raise InvalidInput(
                "The table %(table)s is not what the archive says: %(found)s rows came, of %(wanted)s.",
                table=table.layout.name,
                found=found.row_count,
                wanted=table.row_count,
            )
    tell("compared", len(plan.tables), len(plan.tables))


def _read_back(connection: sa.Connection, table: Carried) -> Carried:
    name = table.layout.name
    known = Model.metadata.tables.get(name)
    if known is not None and layout_of(known) == table.layout:
        return digest_table(connection, table.layout)
    # Of a schema of before: this release cannot read its rows, but count them.
    count = connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0
    return Carried(table.layout, count, table.byte_count, table.digest)


def _bring_up_to_date(connection: sa.Connection, plan: Plan) -> None:
    upgrade_on(connection)
    if schema_revision(connection) == plan.revision:
        return
    session = Session(bind=connection, join_transaction_mode="rollback_only")
    if index.is_missing(session):
        index.rebuild(session, KINDS)
    session.flush()
    session.expunge_all()


def _rows(archive: Archive, table: Carried, dialect: str, tell: Tell) -> Iterator[list[Any]]:
    """Give a table's rows as the database takes them; raises `InvalidInput` where they are not as many as they must."""
    digest = Digest()
    columns = table.layout.columns
    for line in _lines(archive, table):
        digest.add(line)
        if digest.byte_count > table.byte_count or digest.row_count > table.row_count:
            raise damaged(table.path)
        told = json.loads(line)
        if not isinstance(told, dict) or not told.keys() <= columns.keys():
            raise damaged(table.path)
        yield [stored(form, told[name], dialect) if name in told else None for name, form in columns.items()]
        if digest.row_count % _TOLD_EVERY == 0:
            tell(table.layout.name, digest.row_count, table.row_count)
    if digest.carried(table.layout) != table:
        raise damaged(table.path)


def _lines(archive: Archive, table: Carried) -> Iterator[bytes]:
    try:
        with archive.open(table.path) as packed, _unpacked(packed) as file:
            while line := file.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise damaged(table.path)
                yield line
    except (*DAMAGE, FileNotFoundError, RecursionError) as error:
        raise damaged(table.path) from error


def _unpacked(file: IO[bytes]) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=file, mode="rb")
