"""Captions beside the published text that names them, no longer in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the column; `disan publication rebuild` fills it."""
    op.add_column("published_files", sa.Column("text", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("published_files", "text")
