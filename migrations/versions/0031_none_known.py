"""Ways that a routing engine knows none of; what is called off, by its last day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

_INDEX = "ix_published_called_off_ends_on"


def upgrade() -> None:
    """Let a way have no line, and index the days."""
    with op.batch_alter_table("routed_ways") as batch:
        batch.alter_column("line", nullable=True)
    op.create_index(_INDEX, "published_called_off", ["ends_on"])


def downgrade() -> None:
    """Forget the ways there are none of, and drop the index."""
    op.drop_index(_INDEX, "published_called_off")
    op.execute(sa.text("DELETE FROM routed_ways WHERE line IS NULL"))
    with op.batch_alter_table("routed_ways") as batch:
        batch.alter_column("line", nullable=False)
