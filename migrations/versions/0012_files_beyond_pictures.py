"""Files that are not pictures: with longer types, no width, pages, a length; renditions of pages; signatures."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_ADDED: dict[str, sa.types.TypeEngine[object]] = {
    "page_count": sa.Integer(),
    "duration_s": sa.Double(),
    "signatures": sa.JSON(),
}
_SIZES = ("width", "height")
_ONE_A_FILE = "uq_renditions_file_id_media_type_width"
_ONE_A_PAGE = "uq_renditions_file_id_page_media_type_width"


def upgrade() -> None:
    """Let sizes be absent, add what else there is to tell of a file, and number the pages of renditions."""
    _remake("media_type", sa.Column("media_type_new", sa.String(100), nullable=False, server_default=""))
    for name in _SIZES:
        _remake(name, sa.Column(f"{name}_new", sa.Integer()))
    for name, column_type in _ADDED.items():
        op.add_column("stored_files", sa.Column(name, column_type))
    with op.batch_alter_table("renditions") as batch:
        batch.drop_constraint(_ONE_A_FILE, type_="unique")
        batch.add_column(sa.Column("page", sa.Integer(), nullable=False, server_default="1"))
        for name in _SIZES:
            batch.alter_column(name, existing_type=sa.Integer(), nullable=True)
        batch.create_unique_constraint(_ONE_A_PAGE, ["file_id", "page", "media_type", "width"])
    _rename_wishes("render_image", "render_file")


def _remake(name: str, column: sa.Column[Any]) -> None:
    """Put another column in the place of one of a file; the table cannot be copied, as others lead to its rows."""
    op.add_column("stored_files", column)
    op.execute(f"UPDATE stored_files SET {column.name} = {name} WHERE {name} IS NOT NULL")
    op.drop_column("stored_files", name)
    op.execute(f"ALTER TABLE stored_files RENAME COLUMN {column.name} TO {name}")


def _rename_wishes(old: str, new: str) -> None:
    wishes = sa.table("wishes", sa.column("kind", sa.String()))
    op.execute(wishes.update().where(wishes.c.kind == old).values(kind=new))


def downgrade() -> None:
    """Go back to pictures: further pages' renditions are forgotten, a size that is absent is 0."""
    _rename_wishes("render_file", "render_image")
    op.execute("UPDATE stored_files SET media_type = substr(media_type, 1, 60)")
    op.execute("DELETE FROM renditions WHERE page > 1 OR width IS NULL OR height IS NULL")
    with op.batch_alter_table("renditions") as batch:
        batch.drop_constraint(_ONE_A_PAGE, type_="unique")
        batch.drop_column("page")
        for name in _SIZES:
            batch.alter_column(name, existing_type=sa.Integer(), nullable=False)
        batch.create_unique_constraint(_ONE_A_FILE, ["file_id", "media_type", "width"])
    for name in reversed(_ADDED):
        op.drop_column("stored_files", name)
    for name in _SIZES:
        _remake(name, sa.Column(f"{name}_new", sa.Integer(), nullable=False, server_default="0"))
    _remake("media_type", sa.Column("media_type_new", sa.String(60), nullable=False, server_default=""))
