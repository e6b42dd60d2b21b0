"""The days between which a decision or a listing may lie, so that a day's standing is counted where the rows are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.core.dates import parse_edtf

revision = "0007"
down_revision = "0006"

# Table, the column in EDTF, the column of its first day and that of its last day, where it has one.
_DATED = (
    ("decisions", "date", "earliest_on", "latest_on"),
    ("site_inventory_entries", "listed_from", "listed_from_on", None),
    ("site_inventory_entries", "listed_until", None, "listed_until_on"),
)


def upgrade() -> None:
    """Add the days and derive them from what is written."""
    for table, written, first, last in _DATED:
        for column in filter(None, (first, last)):
            op.add_column(table, sa.Column(column, sa.Date()))
        _derive(table, written, first, last)
    op.create_index("ix_decisions_earliest_on", "decisions", ["earliest_on"])


def _derive(table: str, written: str, first: str | None, last: str | None) -> None:
    columns = [sa.column(name, sa.Date()) for name in filter(None, (first, last))]
    target = sa.table(table, sa.column(written, sa.String()), *columns)
    for text in op.get_bind().scalars(sa.select(target.c[written]).where(target.c[written].is_not(None)).distinct()):
        date = parse_edtf(text)
        days = {first: date.earliest, last: date.latest}
        values = {name: day for name, day in days.items() if name}
        op.execute(target.update().where(target.c[written] == text).values(values))


def downgrade() -> None:
    """Drop the days."""
    op.drop_index("ix_decisions_earliest_on", "decisions")
    for table, _, first, last in _DATED:
        for column in filter(None, (first, last)):
            op.drop_column(table, column)
