"""Visitors' reports: what was sent, the private links to it, the units it lies in, what officers did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "visitor_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("code", sa.String(60), nullable=True),
        sa.Column("record_kind", sa.String(40), nullable=False),
        sa.Column("is_placed", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("contact", sa.String(200), nullable=False),
        sa.Column("photo", sa.String(60), nullable=True),
        sa.Column("suspicion", sa.String(40), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_visitor_reports"),
    )
    op.create_index("ix_visitor_reports_status", "visitor_reports", ["status", "suspicion", "id"])
    for column in ("code", "digest", "received_at"):
        op.create_index(f"ix_visitor_reports_{column}", "visitor_reports", [column])
    _make_rest()


def _make_rest() -> None:
    op.create_table(
        "visitor_report_units",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["visitor_reports.id"], name="fk_visitor_report_units_report_id"),
        sa.PrimaryKeyConstraint("report_id", "place", "unit", name="pk_visitor_report_units"),
    )
    op.create_table(
        "visitor_report_links",
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["visitor_reports.id"], name="fk_visitor_report_links_report_id"),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_visitor_report_links"),
    )
    op.create_index("ix_visitor_report_links_report_id", "visitor_report_links", ["report_id"])
    op.create_table(
        "visitor_report_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_trusted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["visitor_reports.id"], name="fk_visitor_report_events_report_id"),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_visitor_report_events_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visitor_report_events"),
    )
    op.create_index("ix_visitor_report_events_report_id", "visitor_report_events", ["report_id"])


def downgrade() -> None:
    """Drop them, and with them all that was reported."""
    for table in ("events", "links", "units"):
        op.drop_table(f"visitor_report_{table}")
    op.drop_table("visitor_reports")
