"""What is counted of the publication ahead of time: words for the mending of typos, values for facets.

Both are sums over the items that are public, kept up by what each publishing adds and takes away; they are written
under the journal's lock, where no other publisher counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.batches import batches
from app.core.text import fold
from app.engine.locks import take_journal_lock
from app.publication.collections import COLLECTIONS
from app.publication.hours import HOURS
from app.publication.models import TEXTS, VALUES, PublishedCount, PublishedTerm
from app.publication.schema import Collection

SHORTEST_TERM = 3
LONGEST_TERM = 30
# What `document_tokens` puts before a word of a name or of a place with its marks.
_OF_NAMES = ("nx_", "px_")


def facet_names(collection: Collection) -> tuple[str, ...]:
    """Give the properties of a collection whose values can be counted side by side: few, and with names."""
    asked = collection.queryables
    return (*(one.name for one in asked if one.scheme or one.type == "boolean" or one.name == "unit"), "has")


def _counted_names(collection: Collection) -> tuple[str, ...]:
    """Give those that are counted: facets, the units of the pages' filter, and the hours that differ."""
    return (*facet_names(collection), "within", HOURS)


def terms_of(tokens: Iterable[str]) -> list[str]:
    """Give the words of an item's names and places from its search tokens; codes and numbers are none."""
    found = {token[3:] for token in tokens if token.startswith(_OF_NAMES)}
    return sorted(term for term in found if term.isalpha() and SHORTEST_TERM <= len(term) <= LONGEST_TERM)


@dataclass
class Tallies:
    """By how much sums change: of (language, term) and of (property, value) in a collection."""

    collection: str
    terms: Counter[tuple[str, str]] = field(default_factory=Counter)
    values: Counter[tuple[str, str]] = field(default_factory=Counter)

    def take_away(self, session: Session, item_ids: Sequence[int]) -> None:
        """Take away what items have counted for so far; before their texts and values are dropped."""
        counted = sa.select(TEXTS.c.language, TEXTS.c.terms).where(TEXTS.c.item_id.in_(item_ids))
        for language, terms in session.execute(counted):
            self.terms.subtract((language, term) for term in (terms or "").split())
        held = sa.select(VALUES.c.name, VALUES.c.value, sa.func.count()).where(
            VALUES.c.collection == self.collection,
            VALUES.c.item_id.in_(item_ids),
            VALUES.c.name.in_(_counted_names(COLLECTIONS[self.collection])),
        )
        for name, value, items in session.execute(held.group_by(VALUES.c.name, VALUES.c.value)):
            self.values[name, value] -= items

    def add(self, terms: Iterable[tuple[str, str]], values: Iterable[tuple[str, str]]) -> None:
        """Add what items count for from now on: (language, its terms between blanks), (property, value)."""
        for language, of_text in terms:
            self.terms.update((language, term) for term in of_text.split())
        names = _counted_names(COLLECTIONS[self.collection])
        self.values.update((name, value) for name, value in values if name in names)


def write_tallies(session: Session, found: Iterable[Tallies]) -> None:
    """Bring the sums up to date; the caller holds the journal's lock."""
    for tallies in found:
        _write(session, PublishedTerm, ("language", "term"), tallies.collection, tallies.terms)
        _write(session, PublishedCount, ("name", "value"), tallies.collection, tallies.values)


class _Sum(NamedTuple):
    """A sum as it is from now on, under the two parts of its key, and whether there is a row of it."""

    first: str
    second: str
    items: int
    is_row: bool


def _write(
    session: Session,
    model: type[PublishedTerm | PublishedCount],
    names: tuple[str, str],
    collection: str,
    changed: Counter[tuple[str, str]],
) -> None:
    first, second = (getattr(model, name) for name in names)
    keys = sorted(key for key, by in changed.items() if by)
    present: dict[tuple[str, str], int] = {}
    for chunk in batches(sorted({key[1] for key in keys})):
        known = sa.select(first, second, model.items).where(model.collection == collection, second.in_(chunk))
        present |= {(row[0], row[1]): row[2] for row in session.execute(known)}
    sums = [_Sum(*key, present.get(key, 0) + changed[key], key in present) for key in keys]
    # The table's own statements, for many rows at once.
    table, connection = cast("sa.Table", model.__table__), session.connection()
    is_meant = (model.collection == sa.bindparam("of"), first == sa.bindparam("one"), second == sa.bindparam("other"))
    gone = [one for one in sums if one.is_row and one.items <= 0]
    if gone:
        rows = [{"of": collection, "one": one.first, "other": one.second} for one in gone]
        connection.execute(sa.delete(table).where(*is_meant), rows)
    kept = [one for one in sums if one.is_row and one.items > 0]
    if kept:
        moved = [{"of": collection, "one": one.first, "other": one.second, "sum": one.items} for one in kept]
        connection.execute(sa.update(table).where(*is_meant).values(items=sa.bindparam("sum")), moved)
    new = [_row(model, names, collection, one) for one in sums if not one.is_row and one.items > 0]
    if new:
        session.execute(sa.insert(model), new)


def _row(
    model: type[PublishedTerm | PublishedCount], names: tuple[str, str], collection: str, one: _Sum
) -> dict[str, str | int]:
    made: dict[str, str | int] = {"collection": collection, names[0]: one.first, names[1]: one.second}
    made["items"] = one.items
    if model is PublishedTerm:
        made["folded"] = fold(one.second)
        made["length"] = len(fold(one.second))
    return made


def recount_values(session: Session, collection: str) -> None:
    """Count a collection's values anew, for a release may count other properties.

    Takes the journal's lock: what others publish is then counted wholly or not at all.
    """
    take_journal_lock(session)
    session.execute(sa.delete(PublishedCount).where(PublishedCount.collection == collection))
    columns = (VALUES.c.collection, VALUES.c.name, VALUES.c.value)
    counted = (
        sa.select(*columns, sa.func.count())
        .where(VALUES.c.collection == collection, VALUES.c.name.in_(_counted_names(COLLECTIONS[collection])))
        .group_by(*columns)
    )
    session.execute(sa.insert(PublishedCount).from_select(["collection", "name", "value", "items"], counted))
