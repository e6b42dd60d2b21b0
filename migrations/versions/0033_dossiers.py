"""Dossiers with papers and steps, the regulations that they are judged by, and days of rest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

_TABLES = ("dossier_papers", "dossier_steps", "dossiers", "holiday_rules", "holiday_years", "holidays")
_TABLES += ("regulation_papers", "regulations")


def upgrade() -> None:
    """Make the tables."""
    _make_regulations()
    _make_days()
    op.create_table(
        "dossiers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("regulation_id", sa.Integer(), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("one_stop_code", sa.String(200), nullable=False),
        sa.Column("one_stop_url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("applicant_party_id", sa.Integer(), nullable=True),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("applicant_role", sa.String(40), nullable=False),
        sa.Column("responsible_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["regulation_id"], ["regulations.id"], name="fk_dossiers_regulation_id"),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name="fk_dossiers_record_id"),
        sa.ForeignKeyConstraint(["applicant_party_id"], ["parties.id"], name="fk_dossiers_applicant_party_id"),
        sa.ForeignKeyConstraint(["responsible_id"], ["users.id"], name="fk_dossiers_responsible_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dossiers"),
    )
    for column in ("regulation_id", "record_id", "one_stop_code", "applicant_party_id", "responsible_id"):
        op.create_index(f"ix_dossiers_{column}", "dossiers", [column])
    _make_parts()


def _make_regulations() -> None:
    op.create_table(
        "regulations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("procedure", sa.String(30), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("limit_days", sa.Integer(), nullable=True),
        sa.Column("limit_unit", sa.String(10), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("note", sa.JSON(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_regulations"),
        sa.UniqueConstraint("code", name="uq_regulations_code"),
    )
    op.create_table(
        "regulation_papers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("regulation_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("condition", sa.String(40), nullable=True),
        sa.Column("forms", sa.JSON(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("owed_by", sa.String(20), nullable=False),
        sa.Column("valid_since", sa.Date(), nullable=True),
        sa.Column("obsolete", sa.JSON(), nullable=False),
        sa.Column("note", sa.JSON(), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["regulation_id"], ["regulations.id"], name="fk_regulation_papers_regulation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_regulation_papers"),
        sa.UniqueConstraint("regulation_id", "code", name="uq_regulation_papers_regulation_id_code"),
    )


def _make_days() -> None:
    op.create_table(
        "holidays",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holidays"),
        sa.UniqueConstraint("day", "rule", name="uq_holidays_day_rule"),
    )
    op.create_table(
        "holiday_years",
        sa.Column("year", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["users.id"], name="fk_holiday_years_confirmed_by_id"),
        sa.PrimaryKeyConstraint("year", name="pk_holiday_years"),
    )
    op.create_table(
        "holiday_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("calendar", sa.String(10), nullable=False),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("is_moved", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holiday_rules"),
        sa.UniqueConstraint("code", name="uq_holiday_rules_code"),
    )


def _make_parts() -> None:
    op.create_table(
        "dossier_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("cancels_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_dossier_steps_dossier_id"),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name="fk_dossier_steps_actor_id"),
        sa.ForeignKeyConstraint(["cancels_id"], ["dossier_steps.id"], name="fk_dossier_steps_cancels_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dossier_steps"),
    )
    op.create_index("ix_dossier_steps_dossier_id", "dossier_steps", ["dossier_id"])
    op.create_table(
        "dossier_papers",
        sa.Column("dossier_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=True),
        sa.Column("media", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("owed_by", sa.String(20), nullable=True),
        sa.Column("owed_party_id", sa.Integer(), nullable=True),
        sa.Column("owed_since", sa.Date(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name="fk_dossier_papers_dossier_id"),
        sa.ForeignKeyConstraint(["paper_id"], ["regulation_papers.id"], name="fk_dossier_papers_paper_id"),
        sa.ForeignKeyConstraint(["owed_party_id"], ["parties.id"], name="fk_dossier_papers_owed_party_id"),
        sa.ForeignKeyConstraint(["changed_by_id"], ["users.id"], name="fk_dossier_papers_changed_by_id"),
        sa.PrimaryKeyConstraint("dossier_id", "paper_id", name="pk_dossier_papers"),
    )
    op.create_index("ix_dossier_papers_owed_party_id", "dossier_papers", ["owed_party_id"])


def downgrade() -> None:
    """Drop them, and with them all that was written down of dossiers."""
    for table in _TABLES:
        op.drop_table(table)
