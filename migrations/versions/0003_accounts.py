"""Sessions, scoped grants, tokens, one-time links, log-in failures and account events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INSTANT = sa.DateTime(timezone=True)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def _table(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(name, _id(), *columns, sa.PrimaryKeyConstraint("id", name=f"pk_{name}"))


def _user(table: str, column: str = "user_id") -> sa.schema.SchemaItem:
    return sa.ForeignKeyConstraint([column], ["users.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    """Widen users, give grants an identity and a scope, and make the tables of sessions and keys."""
    op.add_column("users", sa.Column("display_name", sa.String(200)))
    op.add_column("users", sa.Column("language", sa.String(20)))
    op.add_column("users", sa.Column("may_see_sensitive", sa.Boolean(), nullable=False, server_default=sa.false()))
    _rebuild_grants()
    _create_secrets()
    _table(
        "login_failures",
        sa.Column("name", sa.String(254), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
    )
    op.create_index("ix_login_failures_at", "login_failures", ["at"])
    op.create_index("ix_login_failures_name_at", "login_failures", ["name", "at"])
    op.create_index("ix_login_failures_address_at", "login_failures", ["address", "at"])
    _table(
        "account_events",
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("user_id", sa.Integer()),
        sa.Column("action", sa.String(30), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        _user("account_events", "actor_id"),
        _user("account_events"),
    )
    op.create_index("ix_account_events_actor_id", "account_events", ["actor_id"])
    op.create_index("ix_account_events_user_id", "account_events", ["user_id"])


def _rebuild_grants() -> None:
    """Give each grant a key of its own: somebody may hold a role twice, in two places."""
    op.rename_table("role_grants", "role_grants_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE role_grants_before DROP CONSTRAINT pk_role_grants")
        op.execute("ALTER TABLE role_grants_before DROP CONSTRAINT fk_role_grants_user_id")
    _table(
        "role_grants",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("unit", sa.String(20)),
        sa.Column("kinds", sa.JSON(), nullable=False, server_default="[]"),
        _user("role_grants"),
    )
    op.create_index("ix_role_grants_user_id", "role_grants", ["user_id"])
    op.execute("INSERT INTO role_grants (user_id, role) SELECT user_id, role FROM role_grants_before")
    op.drop_table("role_grants_before")


def _create_secrets() -> None:
    for name, columns in (
        (
            "user_sessions",
            (
                sa.Column("agent", sa.String(200), nullable=False),
                sa.Column("created_at", _INSTANT, nullable=False),
                sa.Column("seen_at", _INSTANT, nullable=False),
            ),
        ),
        (
            "access_tokens",
            (
                sa.Column("name", sa.String(200), nullable=False),
                sa.Column("hint", sa.String(20), nullable=False),
                sa.Column("permissions", sa.JSON(), nullable=False),
                sa.Column("created_at", _INSTANT, nullable=False),
                sa.Column("expires_at", _INSTANT, nullable=False),
                sa.Column("used_at", _INSTANT),
                sa.Column("revoked_at", _INSTANT),
            ),
        ),
        (
            "one_time_links",
            (
                sa.Column("created_at", _INSTANT, nullable=False),
                sa.Column("expires_at", _INSTANT, nullable=False),
                sa.Column("used_at", _INSTANT),
            ),
        ),
    ):
        _table(
            name,
            sa.Column("user_id", sa.Integer(), nullable=False),
            sa.Column("secret_hash", sa.String(64), nullable=False),
            *columns,
            _user(name),
            sa.UniqueConstraint("secret_hash", name=f"uq_{name}_secret_hash"),
        )
        op.create_index(f"ix_{name}_user_id", name, ["user_id"])


def downgrade() -> None:
    """Drop what was added; of a role held in several places one grant is left, its scope lost."""
    for table in ("account_events", "login_failures", "one_time_links", "access_tokens", "user_sessions"):
        op.drop_table(table)
    op.rename_table("role_grants", "role_grants_after")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE role_grants_after DROP CONSTRAINT pk_role_grants")
        op.execute("ALTER TABLE role_grants_after DROP CONSTRAINT fk_role_grants_user_id")
    op.create_table(
        "role_grants",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_role_grants_user_id"),
        sa.PrimaryKeyConstraint("user_id", "role", name="pk_role_grants"),
    )
    op.execute("INSERT INTO role_grants (user_id, role) SELECT DISTINCT user_id, role FROM role_grants_after")
    op.drop_table("role_grants_after")
    for column in ("may_see_sensitive", "language", "display_name"):
        op.drop_column("users", column)
