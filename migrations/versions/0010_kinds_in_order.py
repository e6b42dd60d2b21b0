"""What was made last of a kind is found without passing over the other kinds."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

_NAME = "ix_register_entries_kind_id"


def upgrade() -> None:
    """Make the index."""
    op.create_index(_NAME, "register_entries", ["kind", "id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(_NAME, "register_entries")
