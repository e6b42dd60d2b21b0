"""The whole register goes out of one engine and into the other: rows, files and public answers are the same."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import bagit
import pytest
import sqlalchemy as sa

from app.accounts.models import User
from app.core.db import Model, db, downgrade_schema, is_schema_current
from app.exchange.archives import making
from app.exchange.archives.format import SECRET_COLUMNS, SECRET_TABLES, Layout, layouts
from app.exchange.archives.restoring import restore_archive
from app.exchange.archives.targets import make_backup, make_export
from tests.harness import archives
from tests.harness.counts import counts
from tests.harness.databases import ENGINES, Database, Databases, open_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

OTHER = {"sqlite": "postgis", "postgis": "sqlite"}


@pytest.fixture
def full_app(engine_name: str, databases: Databases) -> Iterator[Flask]:
    with databases.app(engine_name, fill=archives.fill) as made:
        yield made


@pytest.fixture
def empty_place(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """An empty data folder and database of the other engine."""
    database = databases.empty(OTHER[engine_name], tmp_path / "restored")
    yield database
    databases.drop(database)


def restore(source: Path, database: Database) -> None:
    with open_app(database) as app, app.app_context():
        restore_archive(source, db.engine, app.config["DISAN"])


def back_up(app: Flask, target: Path) -> Path:
    with app.app_context():
        made = make_backup(db.engine, app.config["DISAN"], target)
    assert made.contents.faulty == []
    assert made.contents.file_count > 20
    return made.backup.folder


def test_backup_restored_on_the_other_engine_is_equal(full_app: Flask, empty_place: Database, tmp_path: Path) -> None:
    bag = back_up(full_app, tmp_path / "target")
    restore(bag, empty_place)
    paths = archives.addresses(full_app, every=counts(9, 1))
    with open_app(empty_place) as restored:
        before, after = archives.rows_of(full_app), archives.rows_of(restored)
        assert [name for name in before if before[name] != after[name]] == []
        assert all(
            before[name] for name in ("revisions", "visitor_reports", "visit_counts", "api_keys", "user_sessions")
        )
        assert archives.kept_files(empty_place.folder) == archives.kept_files(full_app.config["DISAN"].data)
        wanted, found = archives.answers(full_app, paths), archives.answers(restored, paths)
        assert [path for path in paths if wanted[path] != found[path]] == []
        assert {status for status, *_ in wanted.values()} >= {200, 404, 410}


def test_restored_register_goes_on_where_it_was(full_app: Flask, empty_place: Database, tmp_path: Path) -> None:
    """Keys go on after those that are there, indexes find what is new, and the journal counts on."""
    from tests.harness import register

    restore(back_up(full_app, tmp_path / "target"), empty_place)
    with open_app(empty_place) as restored:
        last = restored.test_client().get("/api/v1/changes?limit=1000").get_json()
        with restored.app_context():
            register.publish(db.session(), ("site", register.site("QNM-9100", name={"vi": "Zzyzx mới"})))
            db.session.commit()
        client = restored.test_client()
        found = client.get("/api/v1/search?q=zzyzx").get_json()["features"]
        assert [feature["id"] for feature in found] == ["QNM-9100"]
        near = client.get("/api/v1/collections/sites/items?near=108.32605,15.877083&radius=50&limit=1000").get_json()
        assert "QNM-9100" in {feature["id"] for feature in near["features"]}
        assert client.get("/api/v1/changes?limit=1000").get_json() != last


def test_bag_is_one_for_others_and_carries_every_table(full_app: Flask, tmp_path: Path) -> None:
    folder = back_up(full_app, tmp_path / "target")
    assert bagit.Bag(str(folder)).validate()
    with full_app.app_context():
        found = sa.inspect(db.engine).get_table_names()
    # What the engines keep for themselves: Alembic's, PostGIS's, those of R*Tree and FTS5.
    ours = {name for name in found if not re.search(r"^(alembic_version|spatial_ref_sys)$|_(fts|rtree)(_|$)", name)}
    assert {path.name.removesuffix(".jsonl.gz") for path in (folder / "data/tables").iterdir()} == ours
    assert ours == set(Model.metadata.tables)


def test_export_has_everything_but_secrets_and_is_restored(
    full_app: Flask, empty_place: Database, tmp_path: Path
) -> None:
    archive = tmp_path / "all.zip"
    with full_app.app_context():
        make_export(db.engine, full_app.config["DISAN"], archive)
        hashes = db.session.scalars(sa.select(User.password_hash).where(User.password_hash.is_not(None))).all()
        db.session.rollback()
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path / "open")
    (folder,) = (tmp_path / "open").iterdir()
    assert bagit.Bag(str(folder)).validate()
    sites = (folder / "data/records/site.jsonl").read_text(encoding="utf-8").splitlines()
    assert sum(f'"code":"{archives.SITE}"' in line for line in sites) == 1
    assert hashes
    restore(archive, empty_place)
    paths = archives.addresses(full_app, every=counts(20, 1))
    with open_app(empty_place) as restored:
        before, after = archives.rows_of(full_app), archives.rows_of(restored)
        changed = SECRET_TABLES | {name for name, _ in SECRET_COLUMNS}
        assert [name for name in before if before[name] != after[name] and name not in changed] == []
        assert not any(after[name] for name in SECRET_TABLES)
        assert len(before["users"]) == len(after["users"])
        assert not any(secret in row for row in after["users"] for secret in hashes)
        assert archives.answers(full_app, paths) == archives.answers(restored, paths)


def test_every_column_that_sounds_secret_was_thought_of() -> None:
    """Whatever is added to the schema and smells of a secret is left out of exports, or named here as none."""
    harmless = {("stored_files", "sha256"), ("visitor_reports", "digest"), ("published_items", "digest")}
    harmless |= {("frozen_tables", "digest"), ("paper_templates", "sha256")}
    harmless |= {("given_papers", f"{what}_sha256") for what in ("template", "docx", "pdf")}
    for layout in layouts():
        for name in layout.columns:
            words = ("secret", "password", "token", "hash", "session", "sha256", "digest", "prefix")
            smells = any(word in name for word in words) and layout.columns[name] in ("text", "json")
            if smells and (layout.name, name) not in harmless:
                assert layout.name in SECRET_TABLES or (layout.name, name) in SECRET_COLUMNS, (layout.name, name)


def test_archive_of_an_older_schema_is_brought_up_to_date(
    full_app: Flask, empty_place: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_app.app_context():
        db.session.remove()
        downgrade_schema(db.engine, "0030")
        there = {name: _columns(name) for name in sa.inspect(db.engine).get_table_names()}
        old = [_cut(layout, there[layout.name]) for layout in layouts() if layout.name in there]
        monkeypatch.setattr(making, "layouts", lambda: iter(old))
    bag = back_up(full_app, tmp_path / "target")
    monkeypatch.undo()
    restore(bag, empty_place)
    with open_app(empty_place) as restored, restored.app_context():
        with db.engine.connect() as connection:
            assert is_schema_current(connection)
        answer = restored.test_client().get(f"/api/v1/collections/sites/items/{archives.SITE}")
        assert answer.status_code == 200


def _columns(name: str) -> set[str]:
    return {column["name"] for column in sa.inspect(db.engine).get_columns(name)}


def _cut(layout: Layout, there: set[str]) -> Layout:
    return Layout(layout.name, {name: form for name, form in layout.columns.items() if name in there}, layout.key)


def test_engines_are_those_of_the_suite() -> None:
    assert set(OTHER) == set(ENGINES)
