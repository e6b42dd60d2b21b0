"""What stands in the register and before the public, row by row, without what only tells of how it came to stand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.core.db import Model

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Histories, tombstones, journals, and tables of other matters.
_LEFT_OUT = {
    "revisions", "history", "changesets", "published_tombstones", "published_journal", "wishes", "imports",
    "import_lines", "import_mappings", "users", "role_grants", "access_tokens", "account_events", "account_links",
    "user_sessions", "login_throttles", "alembic_version", "published_called_off",
}  # fmt: skip
# Times, versions, and what counts writes.
_NOT_COMPARED = {
    "version", "created_at", "updated_at", "modified_at", "digest", "revision_id", "assignee_id", "seq", "at",
}  # fmt: skip
_NAMED = ("records", "published_items", "register_entries", "published_texts")
_COUNTERS = {("published_cells", "number"), ("published_collections", "number")}


def standing(session: Session) -> dict[str, list[str]]:
    """Give the rows of every table as texts, sorted; rows of deleted records are left out, numbers of rows named."""
    names = _names(session)
    found: dict[str, list[str]] = {}
    for table in Model.metadata.sorted_tables:
        if table.name not in _LEFT_OUT:
            read = session.execute(sa.select(table)).mappings()
            rows = (_row(table, row, names) for row in read if not _tells_when(table, row))
            # A cell of which all have gone stays with the number of its last change.
            found[table.name] = sorted(row for row in rows if row is not None and '"n": 0' not in row)
    return found


def _names(session: Session) -> dict[str, dict[int, str | None]]:
    """Give what rows with a number of their own are called: records (None: deleted), published items, entries."""
    tables = Model.metadata.tables
    records = tables["records"]
    rows = session.execute(sa.select(records.c.id, records.c.code, records.c.deleted_at))
    names: dict[str, dict[int, str | None]] = {"records": {key: None if gone else code for key, code, gone in rows}}
    items = tables["published_items"]
    rows = session.execute(sa.select(items.c.id, items.c.collection, items.c.code))
    names["published_items"] = {key: f"{collection}/{code}" for key, collection, code in rows}
    entries = tables["register_entries"]
    told = sa.select(entries.c.id, entries.c.kind, entries.c.code, records.c.deleted_at)
    rows = session.execute(told.outerjoin(records, records.c.id == entries.c.record_id))
    names["register_entries"] = {key: None if gone else f"{kind}/{code}" for key, kind, code, gone in rows}
    texts = tables["published_texts"]
    rows = session.execute(sa.select(texts.c.id, texts.c.item_id, texts.c.language))
    names["published_texts"] = {key: f"{names['published_items'][item]}/{language}" for key, item, language in rows}
    return names


def _meant(table: sa.Table, column: sa.Column[Any]) -> str | None:
    """Give the table whose row's number a column holds, if rows of that are named."""
    seen: set[str] = set()
    keys = list(column.foreign_keys)
    if not keys and column.name == "id" and table.name in _NAMED:
        return table.name
    while keys:
        target = keys[0].column
        if target.table.name in _NAMED:
            return target.table.name
        if target.table.name in seen:
            return None
        seen.add(target.table.name)
        keys = list(target.foreign_keys)
    return None


def _row(table: sa.Table, row: Any, names: dict[str, dict[int, str | None]]) -> str | None:
    told: dict[str, Any] = {}
    for column in table.columns:
        value = row[column]
        meant = _meant(table, column)
        if meant and value is not None:
            told[column.name] = name = names[meant].get(value, value)
            if name is None:
                return None
        elif not _is_left_out(table, column.name):
            told[column.name] = value
    return json.dumps(_plain(told), ensure_ascii=False, sort_keys=True, default=str)


def _tells_when(table: sa.Table, row: Any) -> bool:
    return table.name == "published_values" and row["name"] == "modified_at"


def _is_left_out(table: sa.Table, name: str) -> bool:
    is_part = name == "id" and "uid" in table.columns
    return is_part or name in _NOT_COMPARED or (table.name, name) in _COUNTERS


def _plain(value: Any) -> Any:
    """Leave the moments out that documents hold within."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if key not in ("modified_at", "dateModified")}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, str) and value.startswith('{"'):
        return _plain(json.loads(value))
    return value
