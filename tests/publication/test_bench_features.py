"""What the benchmark publishes by other means is, row by row, what `store` and `journal` publish."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.core.db import Model, db
from app.publication.store import journal, store
from bench.features import projections, publish_concepts
from bench.loading import load

if TYPE_CHECKING:
    from tests.harness.databases import Databases

COUNT = 40
_TIMES = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MOMENT = re.compile(r"('modified_at', '', \d+), \d+\.\d+")
# Journalled and written at different moments; a key of a text is nobody's.
_PASSING = {
    *((table, "id") for table in ("published_texts", "published_words")),
    *((table, "at") for table in ("published_journal", "published_tombstones")),
}


def _rows() -> dict[str, list[str]]:
    found = {}
    for table in Model.metadata.sorted_tables:
        if table.name.startswith("published_"):
            columns = [column for column in table.c if (table.name, column.name) not in _PASSING]
            columns = [column for column in columns if column.name not in ("modified_at", "geom")]
            rows = db.session.execute(sa.select(*columns)).all()
            found[table.name] = sorted(_MOMENT.sub(r"\1", _TIMES.sub("", repr(tuple(row)))) for row in rows)
    return found


@contextlib.contextmanager
def _published(databases: Databases, engine: str) -> Iterator[None]:
    with databases.app(engine) as app, app.app_context():
        publish_concepts(db.session())
        yield


def test_bulk_loading_writes_the_rows_of_a_publish(databases: Databases, engine_name: str) -> None:
    with _published(databases, engine_name):
        made = dict(projections(db.session(), COUNT))
        journal(db.session(), [store(db.session(), "sites", list(made), made)])
        db.session.commit()
        stored = _rows()
    with _published(databases, engine_name):
        load(db.session(), "sites", projections(db.session(), COUNT), lambda _: None)
        assert _rows() == stored
        assert len(stored["published_items"]) == COUNT
