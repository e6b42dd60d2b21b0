"""When the opening hours of a visitor place were verified."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Add the day."""
    op.add_column("visitor_places", sa.Column("opening_hours_verified_on", sa.Date()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("visitor_places", "opening_hours_verified_on")
