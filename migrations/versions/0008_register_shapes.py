"""Where each record of the register lies, for asking what lies in a box."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.engine.types import geometry_type

revision = "0008"
down_revision = "0007"

_BOUNDS = ("min_lon", "min_lat", "max_lon", "max_lat")


def upgrade() -> None:
    """Make the table and its index; `disan register reindex` fills it for records that are there already."""
    op.create_table(
        "register_shapes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("geom", geometry_type(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in _BOUNDS),
        sa.ForeignKeyConstraint(["id"], ["register_entries.id"], name="fk_register_shapes_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_register_shapes"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_register_shapes_geom ON register_shapes USING gist (geom)")
        return
    op.execute("CREATE VIRTUAL TABLE register_shapes_rtree USING rtree (id, min_lon, max_lon, min_lat, max_lat)")
    bounds = "new.id, new.min_lon, new.max_lon, new.min_lat, new.max_lat"
    op.execute(
        "CREATE TRIGGER register_shapes_rtree_insert AFTER INSERT ON register_shapes "
        f"BEGIN INSERT INTO register_shapes_rtree VALUES ({bounds}); END"
    )
    op.execute(
        "CREATE TRIGGER register_shapes_rtree_update AFTER UPDATE ON register_shapes "
        "BEGIN DELETE FROM register_shapes_rtree WHERE id = old.id; "
        f"INSERT INTO register_shapes_rtree VALUES ({bounds}); END"
    )
    op.execute(
        "CREATE TRIGGER register_shapes_rtree_delete AFTER DELETE ON register_shapes "
        "BEGIN DELETE FROM register_shapes_rtree WHERE id = old.id; END"
    )


def downgrade() -> None:
    """Drop the table; its triggers go with it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE register_shapes_rtree")
    op.drop_table("register_shapes")
