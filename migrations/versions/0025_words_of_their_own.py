"""Search tokens in a table of their own, whose rows are short, and each in its language's name.

What many texts match is then read in few pages, and no list of the index is longer than a language's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

# What a language's tokens begin with, as `app.publication.scopes` has it; before, one token said the language.
_LANGUAGE = "replace(lower(t.language), '-', '_') || '_'"
_TOKENS = {
    "sqlite": f"{_LANGUAGE} || replace(replace(t.tokens, ' l_' || t.language, ''), ' ', ' ' || {_LANGUAGE})",
    "postgresql": (
        f"(SELECT array_to_tsvector(array_agg({_LANGUAGE} || token)) FROM unnest(tsvector_to_array(t.tokens)) token "
        "WHERE token <> 'l_' || t.language)"
    ),
}
_TOKENS_BEFORE = {
    "sqlite": f"trim(replace(' ' || w.tokens, ' ' || {_LANGUAGE}, ' ')) || ' l_' || t.language",
    "postgresql": (
        f"(SELECT array_to_tsvector(array_agg(substr(token, length({_LANGUAGE}) + 1)) || ('l_' || t.language)) "
        "FROM unnest(tsvector_to_array(w.tokens)) token)"
    ),
}
# Beginnings from `a_p` on, as before; now behind the two letters of a language and a line.
_LENGTHS = {"published_texts": "3 4 5 6 7 8", "published_words": "6 7 8 9 10 11"}


def upgrade() -> None:
    """Make the table and take the tokens over."""
    engine = op.get_bind().dialect.name
    is_sqlite = engine == "sqlite"
    tokens = sa.Text() if is_sqlite else sa.dialects.postgresql.TSVECTOR()
    op.create_table(
        "published_words",
        sa.Column("id", sa.Integer() if is_sqlite else sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("tokens", tokens, nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["published_items.id"], name="fk_published_words_item_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_published_words"),
    )
    op.create_index("ix_published_words_item_id", "published_words", ["item_id"])
    if not is_sqlite:
        # Tokens are for the index alone: those of long texts, rows of 2 kB, are put out of the way wholly.
        op.execute("ALTER TABLE published_words SET (toast_tuple_target = 128)")
    op.execute(
        f"INSERT INTO published_words SELECT t.id, t.item_id, {_TOKENS[engine]} FROM published_texts t ORDER BY t.id"
    )
    _index("published_words", "published_texts", is_sqlite=is_sqlite)
    op.drop_column("published_texts", "tokens")


def downgrade() -> None:
    """Give the tokens back to the texts; on SQLite their column then has a default, and comes last."""
    engine = op.get_bind().dialect.name
    is_sqlite = engine == "sqlite"
    tokens, none = (sa.Text(), "''") if is_sqlite else (sa.dialects.postgresql.TSVECTOR(), "''::tsvector")
    op.add_column("published_texts", sa.Column("tokens", tokens, nullable=False, server_default=sa.text(none)))
    before = f"SELECT w.id, {_TOKENS_BEFORE[engine]} AS tokens FROM published_words w JOIN published_texts t USING (id)"
    op.execute(f"UPDATE published_texts SET tokens = b.tokens FROM ({before}) AS b WHERE b.id = published_texts.id")
    _index("published_texts", "published_words", is_sqlite=is_sqlite)
    if not is_sqlite:
        op.alter_column("published_texts", "tokens", server_default=None)
    op.drop_table("published_words")


def _index(table: str, before: str, *, is_sqlite: bool) -> None:
    """Index the tokens of a table, and no more those of the one that had them."""
    if not is_sqlite:
        op.execute(f"DROP INDEX ix_{before}_tokens")
        op.execute(f"CREATE INDEX ix_{table}_tokens ON {table} USING gin (tokens) WITH (fastupdate = off)")
        return
    for event in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER {before}_fts_{event}")
    op.execute(f"DROP TABLE {before}_fts")
    fts = f"{table}_fts"
    op.execute(
        f"CREATE VIRTUAL TABLE {fts} USING fts5 (tokens, content='{table}', content_rowid='id', detail=none, "
        f"columnsize=0, tokenize=\"ascii tokenchars '_'\", prefix='{_LENGTHS[table]}')"
    )
    op.execute(f"INSERT INTO {fts} ({fts}) VALUES ('rebuild')")
    remember = f"INSERT INTO {fts} (rowid, tokens) VALUES (new.id, new.tokens);"
    forget = f"INSERT INTO {fts} ({fts}, rowid, tokens) VALUES ('delete', old.id, old.tokens);"
    for event, done in (("INSERT", remember), ("DELETE", forget), ("UPDATE OF tokens", f"{forget} {remember}")):
        name = f"{fts}_{event.partition(' ')[0].lower()}"
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {done} END")
