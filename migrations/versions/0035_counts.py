"""Figures of visitors, and frozen copies of the sector's tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "visitor_counts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("domestic", sa.Integer(), nullable=True),
        sa.Column("international", sa.Integer(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("basis", sa.String(12), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_visitor_counts_record_id"),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_visitor_counts_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visitor_counts"),
    )
    op.create_index("ix_visitor_counts_record_id_month_id", "visitor_counts", ["record_id", "month", "id"])
    op.create_index("ix_visitor_counts_month_record_id", "visitor_counts", ["month", "record_id"])
    current = sa.text("is_current")
    op.create_index(
        "uq_visitor_counts_current",
        "visitor_counts",
        ["record_id", "month"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
    _make_frozen()


def _make_frozen() -> None:
    op.create_table(
        "frozen_tables",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_frozen_tables_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_frozen_tables"),
    )
    op.create_index("ix_frozen_tables_code_day_id", "frozen_tables", ["code", "day", "id"])
    op.create_table(
        "frozen_members",
        sa.Column("table_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("part", sa.String(140), nullable=False),
        sa.Column("row", sa.String(60), nullable=False),
        sa.Column("col", sa.String(60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("is_certain", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["table_id"], ["frozen_tables.id"], name="fk_frozen_members_table_id"),
        sa.PrimaryKeyConstraint("table_id", "code", "part", name="pk_frozen_members"),
    )


def downgrade() -> None:
    """Drop them, and with them what was reported and what was frozen."""
    for table in ("frozen_members", "frozen_tables", "visitor_counts"):
        op.drop_table(table)
