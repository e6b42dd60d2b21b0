"""What is exported: what meets a list's question, or the records that were chosen one by one."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from app.catalogue import KINDS
from app.core.batches import CHUNK, batches
from app.core.errors import InvalidInput
from app.records.queries import EntryQuery, count_entries, read_entries
from app.records.register import RegisterEntry

# So many records at once may be chosen one by one.
MOST_CHOSEN = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """A question to the register, or the codes of the records that were chosen; then the question counts for nothing.

    The order of the question and its page count for nothing either: an export is in order of kinds and codes.
    """

    query: EntryQuery = field(default_factory=EntryQuery)
    codes: tuple[str, ...] = ()

    @property
    def kinds(self) -> list[str]:
        """The kinds that it may hold, in the catalogue's order."""
        return [name for name in KINDS if self.codes or self.query.kind in (None, name)]

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON."""
        query = self.query
        return {
            "codes": list(self.codes),
            "kind": query.kind,
            "text": query.text,
            "filters": [list(pair) for pair in query.filters],
            "without": [list(pair) for pair in query.without],
            "overdue_on": query.overdue_on.isoformat() if query.overdue_on else None,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Selection:
        """Read what `to_json` wrote."""
        due = told["overdue_on"]
        query = EntryQuery(
            kind=told["kind"],
            text=told["text"],
            filters=tuple((name, value) for name, value in told["filters"]),
            without=tuple((name, value) for name, value in told["without"]),
            overdue_on=dt.date.fromisoformat(due) if due else None,
        )
        return cls(query, tuple(told["codes"]))


def count_selected(session: Session, selection: Selection, most: int) -> int | None:
    """Count what is selected, drafts and tombstones included, which are left out later; None for more than `most`."""
    if selection.codes:
        return len(selection.codes)
    return count_entries(session, selection.query, most)


def read_selected(session: Session, selection: Selection, kind: str) -> Iterator[Sequence[RegisterEntry]]:
    """Give the entries of one kind in batches, in order of their codes; with words, the best match first."""
    if len(selection.codes) > MOST_CHOSEN:
        raise InvalidInput("Choose at most %(most)s records at once.", field="code", most=MOST_CHOSEN)
    if selection.codes:
        for chunk in batches(sorted(set(selection.codes))):
            chosen = sa.select(RegisterEntry).where(RegisterEntry.code.in_(chunk), RegisterEntry.kind == kind)
            yield session.scalars(chosen.order_by(RegisterEntry.code).options(defer(RegisterEntry.tokens))).all()
        return
    query = dataclasses.replace(selection.query, kind=kind, sort="code", limit=CHUNK, cursor=None)
    while True:
        page = read_entries(session, query)
        yield page.entries
        if page.next_cursor is None:
            return
        query = dataclasses.replace(query, cursor=page.next_cursor)
