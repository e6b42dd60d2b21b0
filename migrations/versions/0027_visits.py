"""Counts of visits: by day, record, language and source."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "visit_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "code", "language", "source", name="pk_visit_counts"),
    )
    op.create_index("ix_visit_counts_code", "visit_counts", ["code", "day"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("visit_counts")
