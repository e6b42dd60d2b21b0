"""The journal by item, for a feed that tells each item once."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_published_journal_collection_code_seq", "published_journal", ["collection", "code", "seq"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_published_journal_collection_code_seq", "published_journal")
