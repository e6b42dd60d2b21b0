"""Published values with what typed comparison and order need."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_TABLE = "published_values"
_TEXTS = ("value", "folded", "small", "bare")


def upgrade() -> None:
    """Make the columns and indexes; `disan publication rebuild` fills them."""
    for name in ("number", "number_to"):
        op.add_column(_TABLE, sa.Column(name, sa.Double(), nullable=True))
    for name in _TEXTS[1:]:
        op.add_column(_TABLE, sa.Column(name, sa.String(800), nullable=True))
    _widen(60, 800)
    if op.get_bind().dialect.name == "postgresql":
        # Text sorts by its bytes, as on SQLite.
        for name in _TEXTS:
            op.execute(f'ALTER TABLE {_TABLE} ALTER COLUMN {name} TYPE varchar(800) COLLATE "C"')
    for name in ("number", "folded"):
        held = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_{_TABLE}_{name}",
            _TABLE,
            ["collection", "name", name, "item_id"],
            postgresql_where=held,
            sqlite_where=held,
        )


def _widen(name: int, value: int) -> None:
    with op.batch_alter_table(_TABLE) as batch:
        batch.alter_column("name", type_=sa.String(name), existing_nullable=False)
        batch.alter_column("value", type_=sa.String(value), existing_nullable=False)


def downgrade() -> None:
    """Drop what was added; values that were not kept before are forgotten."""
    for name in ("number", "folded"):
        op.drop_index(f"ix_{_TABLE}_{name}", _TABLE)
    op.execute(f"DELETE FROM {_TABLE} WHERE length(value) > 200 OR length(name) > 40 OR name LIKE '%@%'")
    for name in ("bare", "small", "folded", "number_to", "number"):
        op.drop_column(_TABLE, name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f'ALTER TABLE {_TABLE} ALTER COLUMN value TYPE varchar(200) COLLATE "default"')
    _widen(40, 200)
