"""What the register's work needs of records: relations, references, merges, undoing, and the desk's index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0002"
down_revision = "0001"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Widen the tables of records, then make the register's own index."""
    _widen()
    _create_parts()
    _create_register()
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_register_entries_tokens ON register_entries USING gin (tokens)")
    else:
        _index_sqlite()


def _refer(table: str, column: str, target: str) -> None:
    """Add an optional reference; said in SQL, for SQLite takes a constraint only with its column."""
    name = f"fk_{table}_{column}"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {name} REFERENCES {target} (id)")


def _widen() -> None:
    _refer("records", "assignee_id", "users")
    op.create_index("ix_records_assignee_id", "records", ["assignee_id"])
    op.add_column("record_sources", sa.Column("statement", sa.String(100)))
    op.add_column("record_sources", sa.Column("published", sa.String(100)))
    op.add_column("record_doubts", sa.Column("resolved_on", sa.Date()))
    op.add_column("record_doubts", sa.Column("resolution", sa.Text()))
    op.add_column("changesets", sa.Column("kind", sa.String(10), nullable=False, server_default="edit"))
    _refer("changesets", "undoes_id", "changesets")
    op.add_column("revisions", sa.Column("accepted_version", sa.Integer()))
    op.add_column("revisions", sa.Column("saved", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("revisions", sa.Column("saved_at", _INSTANT, nullable=False, server_default="1970-01-01 00:00:00"))
    op.execute("UPDATE revisions SET saved_at = created_at")
    op.execute(
        "UPDATE revisions SET accepted_version = (SELECT history.version FROM history "
        "WHERE history.revision_id = revisions.id AND history.action = 'accept')"
    )
    op.add_column("history", sa.Column("details", sa.JSON(), nullable=False, server_default="{}"))
    op.create_index("ix_history_changeset_id", "history", ["changeset_id"])
    op.create_index("ix_history_actor_id_id", "history", ["actor_id", "id"])


def _part(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("record_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=f"fk_{name}_record_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_record_id", name, ["record_id"])


def _create_parts() -> None:
    _part(
        "record_relations",
        sa.Column("relation", sa.String(40), nullable=False),
        sa.Column(
            "target_id", sa.Integer(), sa.ForeignKey("records.id", name="fk_record_relations_target_id"), nullable=False
        ),
        sa.Column("note", sa.Text()),
    )
    op.create_index("ix_record_relations_target_id", "record_relations", ["target_id"])
    _part(
        "record_external_refs",
        sa.Column("system", sa.String(60), nullable=False),
        sa.Column("code", sa.String(200), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("dated", sa.String(100)),
    )


def _create_register() -> None:
    op.create_table(
        "register_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer()),
        sa.Column("revision_id", sa.Integer()),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.Column("sort_key", sa.String(200), nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("tokens", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_register_entries_record_id"),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name="fk_register_entries_revision_id"),
        sa.PrimaryKeyConstraint("id", name="pk_register_entries"),
        sa.UniqueConstraint("code", name="uq_register_entries_code"),
        sa.UniqueConstraint("record_id", name="uq_register_entries_record_id"),
    )
    for columns in ("kind sort_key id", "kind updated_at id", "kind code id", "sort_key id", "updated_at id"):
        names = columns.split()
        op.create_index(f"ix_register_entries_{'_'.join(names)}", "register_entries", names)
    op.create_table(
        "register_facets",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["register_entries.id"], name="fk_register_facets_entry_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", "value", "kind", "entry_id", name="pk_register_facets"),
    )
    op.create_index("ix_register_facets_entry_id", "register_facets", ["entry_id"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_saved_views_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_views"),
        sa.UniqueConstraint("user_id", "name", name="uq_saved_views_user_id_name"),
    )


def _index_sqlite() -> None:
    """Keep an FTS5 table of the entries' tokens by triggers."""
    op.execute(
        "CREATE VIRTUAL TABLE register_entries_fts USING fts5 "
        "(tokens, content='register_entries', content_rowid='id', detail=none, columnsize=0, "
        "tokenize=\"ascii tokenchars '_'\")"
    )
    op.execute(
        "CREATE TRIGGER register_entries_fts_insert AFTER INSERT ON register_entries "
        "BEGIN INSERT INTO register_entries_fts (rowid, tokens) VALUES (new.id, new.tokens); END"
    )
    forget = (
        "INSERT INTO register_entries_fts (register_entries_fts, rowid, tokens) VALUES ('delete', old.id, old.tokens);"
    )
    op.execute(f"CREATE TRIGGER register_entries_fts_delete AFTER DELETE ON register_entries BEGIN {forget} END")
    op.execute(
        f"CREATE TRIGGER register_entries_fts_update AFTER UPDATE OF tokens ON register_entries BEGIN {forget} "
        "INSERT INTO register_entries_fts (rowid, tokens) VALUES (new.id, new.tokens); END"
    )


def downgrade() -> None:
    """Drop what was added."""
    if op.get_bind().dialect.name != "postgresql":
        op.execute("DROP TABLE register_entries_fts")
    for table in ("saved_views", "register_facets", "register_entries", "record_external_refs", "record_relations"):
        op.drop_table(table)
    op.drop_index("ix_history_actor_id_id", "history")
    op.drop_index("ix_history_changeset_id", "history")
    op.drop_column("history", "details")
    for column in ("saved_at", "saved", "accepted_version"):
        op.drop_column("revisions", column)
    for column in ("resolution", "resolved_on"):
        op.drop_column("record_doubts", column)
    for column in ("published", "statement"):
        op.drop_column("record_sources", column)
    op.execute("ALTER TABLE changesets DROP COLUMN undoes_id")
    op.drop_column("changesets", "kind")
    op.drop_index("ix_records_assignee_id", "records")
    op.execute("ALTER TABLE records DROP COLUMN assignee_id")
