"""What is said in recordings: a transcript and captions, by language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_ADDED = ("transcript", "captions")


def upgrade() -> None:
    """Add both, empty."""
    for name in _ADDED:
        op.add_column("media", sa.Column(name, sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Forget them."""
    for name in reversed(_ADDED):
        op.drop_column("media", name)
