"""What became of files that came in piece by piece, told once more to whoever asks because the answer was lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "taken_files",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("taken_by_id", sa.Integer(), nullable=False),
        sa.Column("changeset_id", sa.Integer(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["taken_by_id"], ["users.id"], name="fk_taken_files_taken_by_id"),
        sa.PrimaryKeyConstraint("key", name="pk_taken_files"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("taken_files")
