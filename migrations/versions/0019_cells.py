"""What tiles show: the marks of items, and counts per cell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the tables; `disan publication rebuild` fills them."""
    op.create_table(
        "published_marks",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["published_items.id"],
            name="fk_published_marks_item_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("item_id", "language", name="pk_published_marks"),
    )
    op.create_table(
        "published_cells",
        sa.Column("collection", sa.String(40), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("item_sum", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "level", "cell", name="pk_published_cells"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("published_cells")
    op.drop_table("published_marks")
