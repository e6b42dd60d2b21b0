"""Times of events that are called off, for calendars that took them over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "published_called_off",
        sa.Column("code_key", sa.String(60), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("category", sa.String(60), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code_key", "starts_on", name="pk_published_called_off"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("published_called_off")
