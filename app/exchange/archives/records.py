"""What a stranger reads of a bag: the accepted state of every record, their schemas, and what files are called."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from app.catalogue import KINDS
from app.exchange.archives.tables import write_line
from app.media.models import StoredFile
from app.media.storage import original_key
from app.records.jsonschema import describe_object
from app.records.kinds import Kind
from app.records.models import Record, Revision

_AT_ONCE = 200


def schema_of(kind: Kind) -> bytes:
    """Give the JSON Schema of the records of a kind."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind.name,
        **describe_object(kind.schema()),
    }
    return json.dumps(schema, ensure_ascii=False, indent=1).encode() + b"\n"


def read_records(connection: sa.Connection, kind: str) -> Iterator[bytes]:
    """Give the records of a kind as lines: code, visibility, version, the accepted fields as the schema has them.

    A record that was deleted says since when; one that nobody has accepted yet is not among them.
    """
    rows, later = Record.__table__, sa.orm.aliased(Revision)
    latest = (
        sa.select(sa.func.max(later.accepted_version))
        .where(later.record_id == rows.c.id, later.accepted_version <= rows.c.version)
        .scalar_subquery()
    )
    query = (
        sa.select(
            rows.c.code, rows.c.visibility, rows.c.version, rows.c.updated_at, rows.c.deleted_at, Revision.payload
        )
        .join_from(rows, Revision, sa.and_(Revision.record_id == rows.c.id, Revision.accepted_version == latest))
        .where(rows.c.kind == kind)
        .order_by(rows.c.id)
    )
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        told: dict[str, Any] = {
            "code": row.code,
            "visibility": row.visibility,
            "version": row.version,
            "updated_at": row.updated_at.isoformat(),
            **({"deleted_at": row.deleted_at.isoformat()} if row.deleted_at else {}),
            "record": row.payload,
        }
        yield write_line(told)


def read_names(connection: sa.Connection) -> Iterator[bytes]:
    """Give what uploaded files are called by their owners, and where each lies in the bag."""
    rows = StoredFile.__table__
    query = sa.select(rows.c.sha256, rows.c.name, rows.c.media_type, rows.c.byte_count).order_by(rows.c.id)
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        told = {"sha256": row.sha256, "name": row.name, "media_type": row.media_type, "bytes": row.byte_count}
        yield write_line({**told, "path": f"data/media/{original_key(row.sha256)}"})


def all_kinds() -> list[Kind]:
    """Give the kinds of records, by name."""
    return [KINDS[name] for name in sorted(KINDS)]
