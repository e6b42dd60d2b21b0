"""What is counted of the publication ahead of time: the words that occur in names and places, and values for facets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Make the tables and count the values that are published; `disan publication rebuild` finds the words."""
    op.create_table(
        "published_terms",
        sa.Column("collection", sa.String(40), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("term", sa.String(40), nullable=False),
        sa.Column("folded", sa.String(40), nullable=False),
        sa.Column("length", sa.SmallInteger(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "language", "term", name="pk_published_terms"),
    )
    op.create_index(
        "ix_published_terms_language_length_collection", "published_terms", ["language", "length", "collection"]
    )
    op.create_table(
        "published_counts",
        sa.Column("collection", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("collection", "name", "value", name="pk_published_counts"),
    )
    # Facets have short values, the same in every language.
    op.execute(
        "INSERT INTO published_counts (collection, name, value, items) SELECT collection, name, value, count(*) "
        "FROM published_values WHERE name NOT IN ('code', 'modified_at') AND name NOT LIKE '%@%' "
        "AND length(value) <= 200 GROUP BY collection, name, value"
    )
    op.add_column("published_texts", sa.Column("terms", sa.Text(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        # Codes are found by their beginnings, by bytes as on SQLite.
        op.execute('ALTER TABLE published_items ALTER COLUMN code_key TYPE varchar(60) COLLATE "C"')


def downgrade() -> None:
    """Drop the tables and the column."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE published_items ALTER COLUMN code_key TYPE varchar(60) COLLATE "default"')
    op.drop_column("published_texts", "terms")
    op.drop_table("published_counts")
    op.drop_table("published_terms")
