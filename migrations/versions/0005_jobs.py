"""Wishes of the jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table of wishes."""
    op.create_table(
        "wishes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("once", sa.String(100)),
        sa.Column("run_at", _INSTANT, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(80)),
        sa.Column("leased_until", _INSTANT),
        sa.Column("error", sa.JSON()),
        sa.Column("result", sa.JSON()),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("started_at", _INSTANT),
        sa.Column("finished_at", _INSTANT),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_wishes_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_wishes"),
        sa.UniqueConstraint("once", name="uq_wishes_once"),
    )
    op.create_index("ix_wishes_state_run_at_id", "wishes", ["state", "run_at", "id"])
    op.create_index("ix_wishes_actor_id_id", "wishes", ["actor_id", "id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("wishes")
