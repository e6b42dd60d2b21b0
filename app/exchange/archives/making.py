"""Filling an archive: every table as it stood at one moment, the records for a stranger, then the files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from app.config import Settings
from app.core.db import now, schema_revision
from app.engine.snapshots import snapshot
from app.exchange.archives.bags import pieces_of
from app.exchange.archives.format import FORMAT, MEDIA, README, RECORDS, SCHEMA, Carried, is_path, layouts
from app.exchange.archives.index import Filed, Index
from app.exchange.archives.known import Known
from app.exchange.archives.records import all_kinds, read_names, read_records, schema_of
from app.exchange.archives.tables import Tell, stage_table, zipped
from app.media.storage import UNFINISHED, Entry, Storage, original_key, rendition_key

_TEXTS = Path(__file__).parent
# What of the storage a table names, and by which of its columns: nothing of that may be missing.
_NAMED = (("stored_files", "sha256", original_key), ("renditions", "name", rendition_key))


class Filling(Protocol):
    """What files are put into: a bag, plain or sealed."""

    def add(self, path: str, pieces: Iterable[bytes], version: str = "", /) -> Filed:
        """Add a file."""
        ...

    def reuse(self, filed: Filed, version: str, /) -> bool:
        """Take a file over from the bag before, if it is there."""
        ...

    def finish(self, info: dict[str, str], tags: dict[str, str], /) -> None:
        """Say what it is; it is whole then."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """What is archived, for whom, and where tables are staged: a folder beside the register."""

    engine: sa.Engine
    settings: Settings
    scratch: Path
    is_for_others: bool
    tell: Tell


@dataclass
class Contents:
    """What went into an archive; `faulty` names files that the register names and the storage has not, or not whole."""

    revision: str = ""
    made_at: str = ""
    tables: list[Carried] = field(default_factory=list)
    file_count: int = 0
    new_count: int = 0
    faulty: list[str] = field(default_factory=list)

    @property
    def row_count(self) -> int:
        """How many rows all tables have."""
        return sum(table.row_count for table in self.tables)


def fill(filling: Filling, source: Source, known: Known, *, is_sealed: bool = False) -> Contents:
    """Put the whole register into an archive and close it; memory does not grow with it.

    All tables are read in one snapshot, before the files: what a table names was in the storage by then.
    """
    contents = Contents(made_at=now().isoformat(timespec="seconds"))
    seen = Index()
    with snapshot(source.engine) as connection:
        contents.revision = schema_revision(connection)
        _add_tables(filling, source, connection, contents)
        _add_records(filling, source, connection)
    filling.add(SCHEMA, [_schema(source, contents)])
    _add_files(filling, source, known, contents, seen)
    contents.faulty += [key for key in _named(seen, source.scratch) if key not in contents.faulty]
    for path in source.scratch.glob("*.gz"):
        path.unlink()
    seen.close()
    content = "export" if source.is_for_others else "backup"
    readme = (_TEXTS / ("readme-sealed.txt" if is_sealed else "readme.txt")).read_text(encoding="utf-8")
    filling.finish(_info(source, contents, content), {README: readme})
    return contents


def _add_tables(filling: Filling, source: Source, connection: sa.Connection, contents: Contents) -> None:
    wanted = list(layouts())
    for number, layout in enumerate(wanted):
        source.tell("tables", number, len(wanted))
        path = source.scratch / f"{layout.name}.gz"
        table = stage_table(connection, layout, path, source.tell, is_for_others=source.is_for_others)
        filling.add(table.path, pieces_of(path))
        contents.tables.append(table)
        if layout.name not in {name for name, _, _ in _NAMED}:
            path.unlink()
    source.tell("tables", len(wanted), len(wanted))


def _add_records(filling: Filling, source: Source, connection: sa.Connection) -> None:
    kinds = all_kinds()
    for number, kind in enumerate(kinds):
        source.tell("records", number, len(kinds))
        filling.add(f"{RECORDS}{kind.name}.schema.json", [schema_of(kind)])
        _add_lines(filling, source, kind.name, read_records(connection, kind.name))
    _add_lines(filling, source, "files", read_names(connection))
    source.tell("records", len(kinds), len(kinds))


def _add_lines(filling: Filling, source: Source, name: str, lines: Iterator[bytes]) -> None:
    """Add lines for a stranger: plain where all is in one file that is compressed anyway."""
    if source.is_for_others:
        filling.add(f"{RECORDS}{name}.jsonl", lines)
        return
    path = source.scratch / "lines.gz"
    with zipped(path) as file:
        file.writelines(lines)
    filling.add(f"{RECORDS}{name}.jsonl.gz", pieces_of(path))
    path.unlink()


def _schema(source: Source, contents: Contents) -> bytes:
    told: dict[str, Any] = {
        "format": FORMAT,
        "content": "export" if source.is_for_others else "backup",
        "revision": contents.revision,
        "release": version("disan"),
        "made_at": contents.made_at,
        "engine": source.engine.dialect.name,
        "tables": [table.to_json() for table in contents.tables],
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def _add_files(filling: Filling, source: Source, known: Known, contents: Contents, seen: Index) -> None:
    storage = Storage(source.settings)
    for entries in storage.entries():
        for entry in entries:
            if entry.key.startswith(f"{UNFINISHED}/") or not is_path(entry.key):
                continue
            filed = _add_file(filling, storage, known, entry, contents)
            if filed is None:
                continue
            seen.add(filed)
            if not is_named_rightly(entry.key, filed.sha256):
                contents.faulty.append(entry.key)
            contents.file_count += 1
        source.tell("files", contents.file_count, None)


def _add_file(filling: Filling, storage: Storage, known: Known, entry: Entry, contents: Contents) -> Filed | None:
    """Add a file of the storage, or take it over from the bag before; None when it was removed meanwhile."""
    path, tag = MEDIA + entry.key, f"{entry.byte_count} {entry.written_at.isoformat()}"
    sha256 = known.find(entry)
    if sha256 is not None and filling.reuse(filed := Filed(path, sha256, entry.byte_count), tag):
        return filed
    try:
        _, pieces = storage.read(entry.key)
    except FileNotFoundError:
        return None
    filed = filling.add(path, pieces, tag)
    known.note(entry, filed.sha256)
    contents.new_count += 1
    return filed


def is_named_rightly(key: str, sha256: str) -> bool:
    """Tell whether a file is what its name says, where the name is made of the content."""
    folder, _, rest = key.partition("/")
    name = rest.rpartition("/")[2].partition(".")[0]
    return folder not in ("originals", "renditions") or sha256.startswith(name)


def _named(seen: Index, scratch: Path) -> Iterator[str]:
    """Give the keys that tables name and that were not in the storage."""
    for table, column, key_of in _NAMED:
        with gzip.open(scratch / f"{table}.gz", "rb") as lines:
            for line in lines:
                key = key_of(json.loads(line)[column])
                if seen.find(MEDIA + key) is None:
                    yield key


def _info(source: Source, contents: Contents, content: str) -> dict[str, str]:
    settings = source.settings
    name = settings.tenant_name.get(settings.default_language) or next(iter(settings.tenant_name.values()), "")
    told = {
        "Bagging-Date": contents.made_at[:10],
        "Bag-Software-Agent": f"Di San {version('disan')}",
        "Source-Organization": settings.attribution,
        "External-Description": f"Di San: {content} of the register of {name}",
        "Disan-Format": FORMAT,
        "Disan-Content": content,
        "Disan-Made-At": contents.made_at,
        "Disan-Revision": contents.revision,
        "Disan-Rows": str(contents.row_count),
        "Disan-Files": str(contents.file_count),
        "Disan-Faulty-Files": str(len(contents.faulty)),
    }
    # One line each.
    return {name: " ".join(value.split()) for name, value in told.items()}
