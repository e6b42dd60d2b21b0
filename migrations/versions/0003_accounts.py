"""Sessions, scoped grants, tokens, one-time links and log-in attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Widen users and grants, then make what logging in needs."""
    op.add_column("users", sa.Column("display_name", sa.String(200)))
    op.add_column("users", sa.Column("language", sa.String(20)))
    op.create_index("ix_history_at_id", "history", ["at", "id"])
    _remake_grants()
    _secret(
        "user_sessions",
        _user("user_sessions", "user_id"),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("agent", sa.String(200)),
        sa.Column("address", sa.String(45)),
    )
    op.create_index("ix_user_sessions_expires_at", "user_sessions", ["expires_at"])
    _secret(
        "access_tokens",
        sa.Column("prefix", sa.String(16), nullable=False),
        _user("access_tokens", "user_id"),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
        sa.Column("revoked_at", _INSTANT),
    )
    _secret(
        "account_links",
        _user("account_links", "user_id"),
        _user("account_links", "made_by_id"),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT),
    )
    op.create_table(
        "login_throttles",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", _INSTANT, nullable=False),
        sa.Column("blocked_until", _INSTANT),
        sa.PrimaryKeyConstraint("key", name="pk_login_throttles"),
    )
    op.create_index("ix_login_throttles_failed_at", "login_throttles", ["failed_at"])
    _create_events()


def _user(table: str, column: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(column, sa.Integer(), sa.ForeignKey("users.id", name=f"fk_{table}_{column}"), nullable=nullable)


def _secret(name: str, *columns: sa.schema.SchemaItem) -> None:
    """Make a table of secrets that are kept as hashes, each somebody's."""
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("secret_hash", name=f"uq_{name}_secret_hash"),
    )
    op.create_index(f"ix_{name}_user_id", name, ["user_id"])


def _remake_grants() -> None:
    """Give grants a key of their own, so that a role may be held twice: here as a reviewer, there as an editor."""
    op.execute("CREATE TABLE role_grants_before AS SELECT user_id, role FROM role_grants")
    op.drop_table("role_grants")
    op.create_table(
        "role_grants",
        sa.Column("id", sa.Integer(), nullable=False),
        _user("role_grants", "user_id"),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("unit", sa.String(60)),
        sa.Column("kinds", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("sees_sensitive", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_role_grants"),
    )
    op.create_index("ix_role_grants_user_id", "role_grants", ["user_id"])
    op.execute("INSERT INTO role_grants (user_id, role) SELECT user_id, role FROM role_grants_before")
    op.drop_table("role_grants_before")


def _create_events() -> None:
    op.create_table(
        "account_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("action", sa.String(30), nullable=False),
        _user("account_events", "actor_id", nullable=True),
        _user("account_events", "user_id", nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(45)),
        sa.PrimaryKeyConstraint("id", name="pk_account_events"),
    )
    for columns in (("at", "id"), ("actor_id", "id"), ("user_id", "id")):
        op.create_index(f"ix_account_events_{'_'.join(columns)}", "account_events", list(columns))


def downgrade() -> None:
    """Drop what was added; grants bound to a unit or to kinds go, for without their bounds they would be wider."""
    for table in ("account_events", "login_throttles", "account_links", "access_tokens", "user_sessions"):
        op.drop_table(table)
    op.execute(
        "CREATE TABLE role_grants_after AS SELECT DISTINCT user_id, role FROM role_grants "
        "WHERE unit IS NULL AND CAST(kinds AS TEXT) = '[]'"
    )
    op.drop_table("role_grants")
    op.create_table(
        "role_grants",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_role_grants_user_id"),
        sa.PrimaryKeyConstraint("user_id", "role", name="pk_role_grants"),
    )
    op.execute("INSERT INTO role_grants (user_id, role) SELECT user_id, role FROM role_grants_after")
    op.drop_table("role_grants_after")
    op.drop_index("ix_history_at_id", "history")
    op.drop_column("users", "language")
    op.drop_column("users", "display_name")
