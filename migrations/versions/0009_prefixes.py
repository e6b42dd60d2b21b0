"""Beginnings of words are indexed too, so that a beginning which many records share costs no more than a rare one."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

# `a_p` to `px_thuong`: a token is two or three characters and a syllable, and few syllables are longer than five.
_LENGTHS = ", prefix='3 4 5 6 7 8'"
_INDEXED = ("register_entries", "published_texts")


def upgrade() -> None:
    """Make SQLite's text indexes anew; PostgreSQL's answer beginnings as they are."""
    _make_anew(_LENGTHS)


def downgrade() -> None:
    """Make them as they were."""
    _make_anew("")


def _make_anew(lengths: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name in _INDEXED:
        # The triggers that keep it belong to the table of the content, and stay.
        op.execute(f"DROP TABLE {name}_fts")
        op.execute(
            f"CREATE VIRTUAL TABLE {name}_fts USING fts5 (tokens, content='{name}', content_rowid='id', detail=none, "
            f"columnsize=0, tokenize=\"ascii tokenchars '_'\"{lengths})"
        )
        op.execute(f"INSERT INTO {name}_fts ({name}_fts) VALUES ('rebuild')")
