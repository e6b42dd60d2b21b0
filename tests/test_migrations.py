"""The schema is made by the migrations only: from empty, with data, and back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.core.db import Model, db, downgrade_schema, is_schema_current, upgrade_schema
from tests.harness.databases import Database, open_app


def test_migrations_make_what_the_models_say(empty_database: Database) -> None:
    with open_app(empty_database) as app, app.app_context():
        upgrade_schema(db.engine)
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
            assert compare_metadata(context, Model.metadata) == []


def _is_ours(_object: object, name: str, kind: str, reflected: bool, _compared: object) -> bool:  # noqa: FBT001
    """Leave out what only one engine has: PostGIS's own table, R*Tree and FTS5 tables, indexes over expressions."""
    if kind == "table" and reflected:
        return name in Model.metadata.tables
    engine_only = ("_place", "_geography", "_geom", "_tokens")
    return not (kind == "index" and reflected and name.endswith(engine_only))


def test_migrations_are_current_after_upgrade_and_not_before(empty_database: Database) -> None:
    with open_app(empty_database) as app, app.app_context():
        with db.engine.connect() as connection:
            assert not is_schema_current(connection)
        upgrade_schema(db.engine)
        with db.engine.connect() as connection:
            assert is_schema_current(connection)


def test_migrations_run_again_change_nothing_and_keep_the_data(seeded_copy) -> None:  # noqa: ANN001
    with seeded_copy.app_context():
        count = sa.text("SELECT count(*) FROM published_items")
        before = db.session.scalar(count)
        db.session.rollback()
        upgrade_schema(db.engine)
        assert db.session.scalar(count) == before
        assert before > 659


def test_migrations_go_back_to_an_empty_database(empty_database: Database) -> None:
    with open_app(empty_database) as app, app.app_context():
        upgrade_schema(db.engine)
        downgrade_schema(db.engine)
        left = set(sa.inspect(db.engine).get_table_names()) - {"alembic_version", "spatial_ref_sys"}
        assert left == set()
        upgrade_schema(db.engine)
        with db.engine.connect() as connection:
            assert is_schema_current(connection)


@pytest.mark.parametrize("statement", ["DROP TABLE published_journal", "CREATE TABLE users (id integer)"])
def test_migration_that_fails_leaves_nothing_behind(empty_database: Database, statement: str) -> None:
    """A table in the way, or one missing on the way back: the whole step is undone on both engines."""
    with open_app(empty_database) as app, app.app_context():
        if statement.startswith("DROP"):
            upgrade_schema(db.engine)
        with db.engine.begin() as connection:
            connection.exec_driver_sql(statement)
        before = set(sa.inspect(db.engine).get_table_names())
        with pytest.raises(sa.exc.DBAPIError):
            (downgrade_schema if statement.startswith("DROP") else upgrade_schema)(db.engine)
        left = set(sa.inspect(db.engine).get_table_names()) - {"alembic_version", "spatial_ref_sys"}
        assert left == before - {"alembic_version", "spatial_ref_sys"}
