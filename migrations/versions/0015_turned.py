"""By which angle a camera says that its picture is to be turned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add it, empty."""
    op.add_column("stored_files", sa.Column("turned_deg", sa.Integer()))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("stored_files", "turned_deg")
