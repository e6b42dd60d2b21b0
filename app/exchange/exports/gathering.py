"""Gathering what is exported: read once from the register, as its reader may see it, and laid by in files.

The first pass tells what columns, sheets and names there are, which every format must know before its first row; what
is written afterwards is read from the files: memory does not grow, and the register is not asked twice.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.catalogue import KINDS
from app.core.db import now
from app.core.errors import InvalidInput
from app.core.fields import Localized
from app.exchange.exports.selection import Selection, read_selected
from app.exchange.exports.wording import Wording
from app.places.models import Unit
from app.records.facets import read_facets
from app.records.kinds import Kind
from app.records.models import Record
from app.records.payloads import rows_of, schema_of
from app.records.queries import read_labels
from app.records.register import RegisterEntry
from app.records.shown import read_accepted
from app.records.withholding import withheld_of

# More than this is for the archive of the whole register.
MOST = 100_000

# Is told how many records have been gathered.
Tell: TypeAlias = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """A record's accepted state as its reader may see it.

    `withheld` names the fields that are left out of the payload, for they tell a sensitive place. `rank` and `gaps` are
    codes of concepts, `names` what the units and records that it names are called, by their codes.
    """

    code: str
    label: Mapping[str, str]
    payload: Mapping[str, Any]
    withheld: Sequence[str]
    version: int
    visibility: str
    modified_at: str
    rank: Sequence[str]
    gaps: Sequence[str]
    names: Mapping[str, Mapping[str, str]]

    def to_json(self) -> str:
        """Write it as one line."""
        told = {known.name: getattr(self, known.name) for known in dataclasses.fields(self)}
        return json.dumps(told, ensure_ascii=False)


@dataclass(slots=True)
class OfKind:
    """The records of one kind: how many, what they say, and the file that holds them.

    `languages` are those of the texts by the path of their field, `parts` counts the rows of each list of parts.
    """

    kind: Kind
    path: Path
    count: int = 0
    withheld: int = 0
    languages: dict[str, set[str]] = field(default_factory=dict)
    parts: Counter[str] = field(default_factory=Counter)
    changed_at: str = "1970-01-01T00:00:00Z"

    def rows(self) -> Iterator[Exported]:
        """Read the records back, in their order."""
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                yield Exported(**json.loads(line))

    def survey(self, one: Exported) -> None:
        """Take down what a record says."""
        self.count += 1
        self.withheld += bool(one.withheld)
        self.changed_at = max(self.changed_at, one.modified_at)
        for name, known in schema_of(self.kind.schema).fields.items():
            if isinstance(known, Localized):
                self._add_languages(name, one.payload.get(name))
        for name, schema in parts_of(self.kind).items():
            rows = rows_of(one.payload, name)
            self.parts[name] += len(rows)
            for inner, known in schema.fields.items():
                if isinstance(known, Localized):
                    for row in rows:
                        self._add_languages(f"{name}.{inner}", row.get(inner))

    def _add_languages(self, path: str, text: object) -> None:
        if isinstance(text, Mapping):
            self.languages.setdefault(path, set()).update(text)


@dataclass(slots=True)
class Gathered:
    """All that is exported, by kind; `left_out` counts what is deleted, or new and not accepted by anybody yet."""

    kinds: list[OfKind] = field(default_factory=list)
    left_out: int = 0
    at: dt.datetime = field(default_factory=now)

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(found.count for found in self.kinds)

    @property
    def withheld(self) -> int:
        """Of how many of them places are withheld."""
        return sum(found.withheld for found in self.kinds)


def parts_of(kind: Kind) -> dict[str, Any]:
    """Give the schemas of a kind's lists of parts by their names."""
    fields = schema_of(kind.schema).fields.items()
    inner = {name: getattr(getattr(known, "inner", None), "schema", None) for name, known in fields}
    return {name: schema for name, schema in inner.items() if schema is not None}


def gather(
    session: Session,
    selection: Selection,
    *,
    actor: User,
    wording: Wording,
    folder: Path,
    tell: Tell = lambda _: None,
) -> Gathered:
    """Read what is selected as the actor may see it; kinds of which there is nothing are left out.

    Only accepted states are read: drafts, whosever they are, records that nobody has accepted yet and those that are
    deleted are not exported. Raises `InvalidInput` for nothing at all, and for more than 100,000 records.
    """
    gathered = Gathered()
    for name in selection.kinds:
        found = OfKind(KINDS[name], folder / f"{name}.jsonl")
        with found.path.open("w", encoding="utf-8") as file:
            for entries in read_selected(session, selection, name):
                written = _read(session, found.kind, entries, actor, wording)
                gathered.left_out += len(entries) - len(written)
                for one in written:
                    found.survey(one)
                    file.write(one.to_json() + "\n")
                if gathered.count + found.count > MOST:
                    raise InvalidInput(
                        "These are more than %(most)s records. Narrow the list, or have the archive of the whole "
                        "register made.",
                        most=MOST,
                    )
                tell(gathered.count + found.count)
        if found.count:
            gathered.kinds.append(found)
        else:
            found.path.unlink()
    if not gathered.count:
        raise InvalidInput(
            "There is nothing to export: no record of this list has been accepted yet, or all are deleted."
        )
    return gathered


def _read(
    session: Session, kind: Kind, entries: Sequence[RegisterEntry], actor: User, wording: Wording
) -> list[Exported]:
    """Read a batch; as many questions for many records as for one."""
    if not entries:
        return []
    standing = {
        row.code: row
        for row in session.execute(
            sa.select(Record.code, Record.version, Record.visibility, Record.updated_at).where(
                Record.code.in_([entry.code for entry in entries]), Record.deleted_at.is_(None), Record.version > 0
            )
        )
    }
    accepted = read_accepted(session, sorted(standing))
    chosen = [entry for entry in entries if entry.code in accepted]
    payloads = [accepted[entry.code].payload for entry in chosen]
    withheld = withheld_of(session, KINDS, kind, actor, [[payload] for payload in payloads])
    told = [
        {name: value for name, value in payload.items() if name not in hidden}
        for payload, hidden in zip(payloads, withheld, strict=True)
    ]
    facets = read_facets(session, [entry.id for entry in chosen])
    named = [_mentions(kind, payload, wording) for payload in told]
    names = _read_names(session, named)
    return [
        Exported(
            entry.code,
            kind.label(payload),
            payload,
            sorted(hidden),
            standing[entry.code].version,
            standing[entry.code].visibility,
            standing[entry.code].updated_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            [one for one in facets.get(entry.id, {}).get("rank", ()) if one != "none"],
            facets.get(entry.id, {}).get("gap", []),
            {code: names[code] for code in sorted(units | records) if code in names},
        )
        for entry, payload, hidden, (units, records) in zip(chosen, told, withheld, named, strict=True)
    ]


def _mentions(kind: Kind, payload: Mapping[str, Any], wording: Wording) -> tuple[set[str], set[str]]:
    """Give the units and the records that a payload names."""
    units: set[str] = set()
    records: set[str] = set()
    rows: list[tuple[str, Mapping[str, Any]]] = [("", payload)]
    rows += [(f"{name}.", row) for name in parts_of(kind) for row in rows_of(payload, name)]
    for prefix, row in rows:
        for name, value in row.items():
            path = prefix + name
            if isinstance(value, str) and value and path != "code":
                if wording.is_unit(path):
                    units.add(value)
                elif wording.is_record(kind.name, path):
                    records.add(value)
    return units, records


def _read_names(session: Session, named: Sequence[tuple[set[str], set[str]]]) -> dict[str, dict[str, str]]:
    """Read what units and records are called."""
    units = sorted(set().union(*(units for units, _ in named)))
    records = sorted(set().union(*(records for _, records in named)))
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(records), 500):
        found |= read_labels(session, records[start : start + 500])
    for start in range(0, len(units), 500):
        query = sa.select(Unit.public_id, Unit.name).where(Unit.public_id.in_(units[start : start + 500]))
        found |= {public_id: dict(name) for public_id, name in session.execute(query)}
    return found
