"""The schema is made by the migrations only: from empty, with data, and back."""

from __future__ import annotations

import datetime as dt

import pytest
import shapely
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.core.db import Model, db, downgrade_schema, is_schema_current, upgrade_schema
from app.tourism.models import RoutedWay
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


_BEFORE_KINDS = (
    "INSERT INTO users (id, name, is_system, is_active, created_at) VALUES (1, 'a', true, true, '2026-01-01')",
    (
        "INSERT INTO records (id, kind, code, visibility, version, tags, created_at, updated_at) VALUES "
        "(1, 'site', 'QNM-0001', 'public', 1, '[]', '2026-01-01', '2026-01-01'), "
        "(2, 'decision', 'QNM-D0001', 'public', 1, '[]', '2026-01-01', '2026-01-01')"
    ),
    (
        "INSERT INTO sites (id, name, types, types_as_ranked, period, description, significance, is_text_cleared) "
        "VALUES (1, '{}', '[]', '[]', '{}', '{}', '{}', false)"
    ),
    "INSERT INTO decisions (id, issuer, title) VALUES (2, 'Bộ Văn hóa', '{}')",
    (
        "INSERT INTO decision_items (id, uid, position, decision_id, site_id, action, level, note) "
        "VALUES (7, 'i1', 0, 2, 1, 'rank', 'national', 'khoản 5')"
    ),
    (
        "INSERT INTO site_other_names (id, uid, position, site_id, text, language, note) "
        "VALUES (9, 'n1', 0, 1, 'Lai Viễn Kiều', 'vi', 'chúa Nguyễn')"
    ),
    "INSERT INTO changesets (id, title, author_id, created_at) VALUES (1, 't', 1, '2026-01-01')",
    (
        "INSERT INTO revisions "
        "(id, changeset_id, record_id, kind, code, number, base_version, state, payload, author_id, created_at) "
        "VALUES (1, 1, 2, 'decision', 'QNM-D0001', 1, 0, 'accepted', "
        """'{"code": "QNM-D0001", "items": [{"uid": "i1", "site": "QNM-0001"}]}', 1, '2026-01-01')"""
    ),
)


def test_migration_to_further_kinds_loses_nothing_either_way(empty_database: Database) -> None:
    with open_app(empty_database) as app, app.app_context():
        upgrade_schema(db.engine, "0003")
        _execute(*_BEFORE_KINDS)
        upgrade_schema(db.engine, "0004")
        assert _row("decision_items", "record_id, uid, action, level, note") == (1, "i1", "rank", "national", "khoản 5")
        names = _row("record_other_names", "record_id, uid, text, language, note")
        assert names == (1, "n1", "Lai Viễn Kiều", "vi", "chúa Nguyễn")
        assert _payload_items() == [{"uid": "i1", "record": "QNM-0001"}]
        downgrade_schema(db.engine, "0003")
        assert _row("decision_items", "site_id, uid, level, note") == (1, "i1", "national", "khoản 5")
        assert _row("site_other_names", "site_id, text") == (1, "Lai Viễn Kiều")
        assert _payload_items() == [{"uid": "i1", "site": "QNM-0001"}]


def test_migration_back_forgets_only_the_ways_there_are_none_of(empty_database: Database) -> None:
    with open_app(empty_database) as app, app.app_context():
        upgrade_schema(db.engine)
        way = {"distance_m": 0.0, "duration_s": 0.0, "source": "x", "found_on": dt.date(2026, 1, 1)}
        line = shapely.LineString([(108, 15), (109, 16)])
        rows = [{**way, "key": "none", "line": None}, {**way, "key": "some", "line": line}]
        db.session.execute(sa.insert(RoutedWay), rows)
        db.session.commit()
        downgrade_schema(db.engine, "0030")
        assert db.session.scalars(sa.text("SELECT key FROM routed_ways")).all() == ["some"]
        db.session.rollback()
        upgrade_schema(db.engine)
        assert db.session.scalars(sa.select(RoutedWay.line)).all() == [line]


def _row(table: str, columns: str) -> tuple[object, ...]:
    with db.engine.connect() as connection:
        return tuple(connection.execute(sa.text(f"SELECT {columns} FROM {table}")).one())  # noqa: S608


def _payload_items() -> object:
    payload = sa.column("payload", sa.JSON)
    with db.engine.connect() as connection:
        found = connection.execute(sa.select(payload).select_from(sa.table("revisions"))).scalar_one()
    return found["items"]


_BEFORE_FILES = (
    "INSERT INTO users (id, name, is_system, is_active, created_at) VALUES (1, 'a', true, true, '2026-01-01')",
    (
        "INSERT INTO stored_files "
        "(id, sha256, name, media_type, byte_count, width, height, camera, uploaded_at, uploaded_by_id) "
        "VALUES (3, 'ab', 'a.jpg', 'image/jpeg', 9, 600, 400, '', '2026-01-01', 1)"
    ),
    (
        "INSERT INTO renditions (id, file_id, name, media_type, width, height, byte_count) "
        "VALUES (5, 3, 'cd.webp', 'image/webp', 320, 213, 7)"
    ),
    (
        "INSERT INTO wishes (id, kind, payload, actor_id, run_at, state, attempts, created_at) "
        "VALUES (1, 'render_image', '{}', 1, '2026-01-01', 'waiting', 0, '2026-01-01')"
    ),
)
_OF_A_PAPER = (
    (
        "INSERT INTO stored_files (id, sha256, name, media_type, byte_count, page_count, camera, uploaded_at, "
        "uploaded_by_id) VALUES (4, 'ef', 'a', "
        "'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 9, 2, '', '2026-01-01', 1)"
    ),
    (
        "INSERT INTO renditions (id, file_id, name, page, media_type, width, height, byte_count) VALUES "
        "(6, 4, 'p1.webp', 1, 'image/webp', 320, 452, 7), (7, 4, 'p2.webp', 2, 'image/webp', 320, 452, 7)"
    ),
)


def test_migration_to_files_beyond_pictures_loses_no_picture_either_way(empty_database: Database) -> None:
    with open_app(empty_database) as app, app.app_context():
        upgrade_schema(db.engine, "0011")
        _execute(*_BEFORE_FILES)
        upgrade_schema(db.engine, "0012")
        assert _row("stored_files", "id, media_type, width, page_count") == (3, "image/jpeg", 600, None)
        assert _row("renditions", "id, file_id, name, page, width, height") == (5, 3, "cd.webp", 1, 320, 213)
        assert _row("wishes", "kind") == ("render_file",)
        _execute(*_OF_A_PAPER)
        downgrade_schema(db.engine, "0011")
        assert _row("stored_files WHERE id = 3", "width, height") == (600, 400)
        assert _row("stored_files WHERE id = 4", "width, height") == (0, 0)
        assert _row("renditions WHERE file_id = 3", "name, width, height") == ("cd.webp", 320, 213)
        assert _row("renditions WHERE file_id = 4", "name") == ("p1.webp",)
        assert _row("wishes", "kind") == ("render_image",)


def test_migration_of_words_takes_all_tokens_there_and_back(seeded_copy) -> None:  # noqa: ANN001
    with seeded_copy.app_context():
        before = _words()
        downgrade_schema(db.engine, "0024")
        upgrade_schema(db.engine)
        assert _words() == before
        assert len(before) > 1000
    found = seeded_copy.test_client().get("/api/v1/search?q=my son").get_json()["features"]
    assert found[0]["id"] == "QNM-0045"


def _words() -> list[tuple[int, int, list[str]]]:
    statement = "SELECT id, item_id, CAST(tokens AS text) FROM published_words ORDER BY id"
    with db.engine.connect() as connection:
        return [(key, item, sorted(text.split())) for key, item, text in connection.exec_driver_sql(statement)]


def _execute(*statements: str) -> None:
    with db.engine.begin() as connection:
        for statement in statements:
            # Texts hold colons, which SQLAlchemy would take for parameters.
            connection.exec_driver_sql(statement)
