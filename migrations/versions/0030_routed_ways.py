"""Ways between two published places that a routing engine found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Make the table."""
    postgis = Geometry(geometry_type="GEOMETRY", srid=4326, spatial_index=False)
    op.create_table(
        "routed_ways",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("line", sa.LargeBinary().with_variant(postgis, "postgresql"), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_routed_ways"),
        sa.UniqueConstraint("key", name="uq_routed_ways_key"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("routed_ways")
