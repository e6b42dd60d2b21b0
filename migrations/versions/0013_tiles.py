"""The tiles of large pictures, and the pictures that the public may look at through the image service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pyramids",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("width", sa.Integer()),
        sa.Column("height", sa.Integer()),
        sa.Column("tile_px", sa.Integer()),
        sa.Column("tile_count", sa.Integer()),
        sa.Column("byte_count", sa.BigInteger()),
        sa.Column("made_at", sa.DateTime(timezone=True)),
        sa.Column("wish_id", sa.Integer()),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name="fk_pyramids_file_id"),
        sa.PrimaryKeyConstraint("file_id", name="pk_pyramids"),
        sa.UniqueConstraint("name", name="uq_pyramids_name"),
    )
    op.create_table(
        "published_images",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("told", sa.JSON()),
        sa.PrimaryKeyConstraint("name", "item_id", name="pk_published_images"),
    )
    op.create_index("ix_published_images_item_id", "published_images", ["item_id"])


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("published_images")
    op.drop_table("pyramids")
