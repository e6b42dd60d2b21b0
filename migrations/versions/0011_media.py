"""Uploaded files, their renditions, the records that say what they show, and which renditions the public may see."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# In the order of their making.
_TABLES = ("stored_files", "renditions", "media", "media_placements", "published_files")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "stored_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(60), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("taken", sa.String(30)),
        sa.Column("lon", sa.Double()),
        sa.Column("lat", sa.Double()),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("placeholder", sa.Text()),
        sa.Column("rendered_at", sa.DateTime(timezone=True)),
        sa.Column("wish_id", sa.Integer()),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["users.id"], name="fk_stored_files_uploaded_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stored_files"),
        sa.UniqueConstraint("sha256", name="uq_stored_files_sha256"),
    )
    op.create_table(
        "renditions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("media_type", sa.String(60), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name="fk_renditions_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_renditions"),
        sa.UniqueConstraint("file_id", "media_type", "width", name="uq_renditions_file_id_media_type_width"),
    )
    op.create_index("ix_renditions_name", "renditions", ["name"])
    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("medium_type", sa.String(40)),
        sa.Column("title", sa.JSON(), nullable=False),
        sa.Column("caption", sa.JSON(), nullable=False),
        sa.Column("alt", sa.JSON(), nullable=False),
        sa.Column("creator", sa.Text()),
        sa.Column("dated", sa.String(100)),
        sa.Column("rights_holder", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("is_place_cleared", sa.Boolean(), nullable=False),
        sa.Column("file_id", sa.Integer()),
        sa.ForeignKeyConstraint(["id"], ["records.id"], name="fk_media_id"),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name="fk_media_file_id"),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
    )
    op.create_index("ix_media_file_id", "media", ["file_id"])
    op.create_table(
        "media_placements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("medium_id", sa.Integer(), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["medium_id"], ["media.id"], name="fk_media_placements_medium_id"),
        sa.ForeignKeyConstraint(["target_id"], ["records.id"], name="fk_media_placements_target_id"),
        sa.PrimaryKeyConstraint("id", name="pk_media_placements"),
    )
    op.create_index("ix_media_placements_medium_id", "media_placements", ["medium_id"])
    op.create_index("ix_media_placements_target_id", "media_placements", ["target_id"])
    op.create_table(
        "published_files",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["published_items.id"], name="fk_published_files_item_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", "item_id", name="pk_published_files"),
    )
    op.create_index("ix_published_files_item_id", "published_files", ["item_id"])


def downgrade() -> None:
    """Drop the tables, last made first."""
    for table in reversed(_TABLES):
        op.drop_table(table)
