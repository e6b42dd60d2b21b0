"""The archive's format: names within the bag, what is carried of each table, what an export leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.db import Model
from app.engine.carrying import form_of

FORMAT = "1"
# Tag files of RFC 8493, and ours.
DECLARATION, INFO, MANIFEST, TAGS = "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
README = "README.txt"
DECLARED = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
# The payload.
SCHEMA, TABLES, RECORDS, MEDIA = "data/schema.json", "data/tables/", "data/records/", "data/media/"
# The payload of a sealed bag: what the sealed files are, sealed itself, and they.
SEAL = ".age"
INVENTORY, SEALED = f"data/inventory{SEAL}", "data/sealed/"

# A path within a bag: what every file system can hold, and nothing that leads out of a folder.
PATH = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
LONGEST_PATH = 400
# A line of a table: the largest payload of a record is far below.
LONGEST_LINE = 64_000_000

# What opens a door somewhere, or tells who came by which: rows that a stranger's copy has none of …
SECRET_TABLES = frozenset(
    {
        "access_tokens",
        "account_links",
        "api_keys",
        "login_throttles",
        "taken_files",
        "user_sessions",
        "visitor_report_links",
    }
)
# … and columns that are empty in it.
SECRET_COLUMNS = frozenset({("users", "password_hash"), ("account_events", "address")})


@dataclass(frozen=True, slots=True)
class Layout:
    """A table: its columns with the form of each (`app.engine.carrying`), and its primary key."""

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Carried:
    """A table as it lies in a bag: how many rows, how many bytes as plain lines, and the digest of the rows.

    The digest is the sum of the lines' SHA-256 modulo 2^256: the same in whatever order the rows come.
    """

    layout: Layout
    row_count: int
    byte_count: int
    digest: str

    @property
    def path(self) -> str:
        """Where it lies."""
        return f"{TABLES}{self.layout.name}.jsonl.gz"

    def to_json(self) -> dict[str, Any]:
        """Give what is written of it."""
        return {
            "name": self.layout.name,
            "file": self.path,
            "columns": [{"name": name, "form": form} for name, form in self.layout.columns.items()],
            "key": list(self.layout.key),
            "rows": self.row_count,
            "bytes": self.byte_count,
            "digest": self.digest,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Carried:
        """Read what was written; raises KeyError, TypeError or ValueError where it is not that."""
        columns = {str(one["name"]): str(one["form"]) for one in told["columns"]}
        key = tuple(str(name) for name in told["key"])
        layout = Layout(str(told["name"]), columns, key)
        return cls(layout, int(told["rows"]), int(told["bytes"]), str(told["digest"]))


def layouts() -> Iterator[Layout]:
    """Give every table there is, those that others refer to first."""
    for table in Model.metadata.sorted_tables:
        yield layout_of(table)


def layout_of(table: sa.Table) -> Layout:
    """Give what is carried of a table: all of it."""
    columns = {column.name: form_of(column) for column in table.columns}
    return Layout(table.name, columns, tuple(column.name for column in table.primary_key))


def is_path(path: str) -> bool:
    """Tell whether something may be the path of a file in a bag."""
    return len(path) <= LONGEST_PATH and PATH.fullmatch(path) is not None
