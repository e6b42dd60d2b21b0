"""A text's key is its place in every search, so that the best matches are read off an index, the first ones first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

# The collections in their order; what `app.publication.keys` makes of it is written out here as it is at this release.
_COLLECTIONS = (
    *("sites", "protection-zones", "artefacts", "intangible", "documentary", "events", "itineraries", "places"),
    *("notices", "admin-units"),
)
_PLACES = " ".join(f"WHEN '{name}' THEN {place}" for place, name in enumerate(_COLLECTIONS))
_KEYS = (
    f"SELECT t.id AS old, (CAST(i.weight AS BIGINT) * 128 + CASE i.collection {_PLACES} END) * 562949953421312 "
    "+ CAST(t.item_id AS BIGINT) * 32 "
    "+ row_number() OVER (PARTITION BY t.item_id ORDER BY t.language) - 1 AS new "
    "FROM published_texts t JOIN published_items i ON i.id = t.item_id"
)
_NUMBERS = "SELECT id AS old, row_number() OVER (ORDER BY id) AS new FROM published_texts"


def upgrade() -> None:
    """Give the texts that are published their new keys."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        op.execute("ALTER TABLE published_texts ALTER id DROP DEFAULT")
        op.execute("DROP SEQUENCE IF EXISTS published_texts_id_seq")
        op.alter_column("published_texts", "id", type_=sa.BigInteger())
        # It is read far more often than written: no list of what is new, through which every search would go.
        op.execute("ALTER INDEX ix_published_texts_tokens SET (fastupdate = off)")
    _number_anew(_KEYS, is_sqlite=is_sqlite)


def downgrade() -> None:
    """Give them numbers, one by one, in the same order."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    _number_anew(_NUMBERS, is_sqlite=is_sqlite)
    if not is_sqlite:
        op.execute("ALTER INDEX ix_published_texts_tokens RESET (fastupdate)")
        op.alter_column("published_texts", "id", type_=sa.Integer())
        op.execute("CREATE SEQUENCE published_texts_id_seq OWNED BY published_texts.id")
        op.execute("SELECT setval('published_texts_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM published_texts))")
        op.execute("ALTER TABLE published_texts ALTER id SET DEFAULT nextval('published_texts_id_seq')")


def _number_anew(keys: str, *, is_sqlite: bool) -> None:
    # By way of negative ones, for a new key may be another text's old one.
    op.execute(f"UPDATE published_texts SET id = -k.new - 1 FROM ({keys}) AS k WHERE published_texts.id = k.old")
    op.execute("UPDATE published_texts SET id = -id - 1")
    if is_sqlite:
        op.execute("INSERT INTO published_texts_fts (published_texts_fts) VALUES ('rebuild')")
