"""Official papers: what was given out, what came back signed, templates of an office's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "paper_templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_paper_templates"),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["users.id"], name="fk_paper_templates_uploaded_by_id_users"),
        sa.UniqueConstraint("paper", "version", name="uq_paper_templates_paper_version"),
    )
    op.create_table(
        "given_papers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(60), nullable=False),
        sa.Column("code", sa.String(60), nullable=True),
        sa.Column("record_version", sa.Integer(), nullable=True),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("template_version", sa.Integer(), nullable=False),
        sa.Column("template_sha256", sa.String(64), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("holds_sensitive", sa.Boolean(), nullable=False),
        sa.Column("docx_sha256", sa.String(64), nullable=False),
        sa.Column("pdf_sha256", sa.String(64), nullable=True),
        sa.Column("wish_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_given_papers"),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name="fk_given_papers_made_by_id_users"),
    )
    op.create_index("ix_given_papers_code", "given_papers", ["code"])
    op.create_table(
        "returned_papers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("comparison", sa.String(20), nullable=False),
        sa.Column("changeset_id", sa.Integer(), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("returned_by_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_returned_papers"),
        sa.ForeignKeyConstraint(["paper_id"], ["given_papers.id"], name="fk_returned_papers_paper_id_given_papers"),
        sa.ForeignKeyConstraint(["file_id"], ["stored_files.id"], name="fk_returned_papers_file_id_stored_files"),
        sa.ForeignKeyConstraint(["returned_by_id"], ["users.id"], name="fk_returned_papers_returned_by_id_users"),
    )
    op.create_index("ix_returned_papers_paper_id", "returned_papers", ["paper_id"])
    op.create_index("ix_returned_papers_file_id", "returned_papers", ["file_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("returned_papers")
    op.drop_table("given_papers")
    op.drop_table("paper_templates")
