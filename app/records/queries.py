"""Reading the register as officers do: lists with search, filters and order, counts, revisions and history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session, defer, joinedload
from sqlalchemy.sql.expression import ColumnElement

from app.accounts.models import User
from app.core.batches import batches
from app.core.db import now
from app.core.errors import InvalidInput, NotFound
from app.core.paging import read_cursor, write_cursor
from app.core.text import query_tiers
from app.engine.questions import intersects, latest_matches
from app.records.facets import FACETS, Facet, common_kinds, probe, says, sparsest_first
from app.records.models import Changeset, HistoryEntry, Record, Revision, RevisionState, Visibility
from app.records.register import RegisterEntry, RegisterShape

ENTRIES = cast("sa.Table", RegisterEntry.__table__)
SHAPES = cast("sa.Table", RegisterShape.__table__)

# So many rows are sorted and counted; more are walked in the order of an index until the page is full.
FEW = 1000
ORDERS = ("name", "code", "updated")
_OWN = ("draft_by", "in_review_by", "rejected_by")


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """What is asked of the register: a kind or all, words, (name, value) pairs that must all hold, and the order.

    `overdue_on` asks for what is overdue on that day, `within` for records whose accepted place meets a shape (WGS 84).
    `reader` leaves out new records that nobody has accepted yet, but for that user's own. Of `sort`, `name` and `code`
    go up, `updated` goes down; with words the better match comes first, then what was made last.
    """

    kind: str | None = None
    text: str | None = None
    filters: tuple[tuple[str, str], ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    overdue_on: dt.date | None = None
    within: BaseGeometry | None = None
    reader: int | None = None
    sort: str = "updated"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries in order, with the cursor of the next page if there is one; `cursors` are those after each entry."""

    entries: tuple[RegisterEntry, ...]
    next_cursor: str | None
    cursors: tuple[str, ...] = ()


def read_entries(session: Session, query: EntryQuery) -> EntryPage:
    """Give a page of the register; raises `InvalidInput` for a cursor of another list or an unknown order."""
    return read_counted(session, query, 0)[0]


def count_entries(session: Session, query: EntryQuery, most: int = FEW) -> int | None:
    """Count what meets a query; None when it is more than `most`, for counting further would cost by the register."""
    return _count(session, query, _find_few(session, query), most)


def read_counted(session: Session, query: EntryQuery, most: int = FEW) -> tuple[EntryPage, int | None]:
    """Give a page of the register with the count of all that meets the query, None when it is more than `most`.

    However many records there are: what few meet is named by its keys and sorted; what many meet is found soon on a
    walk along an index. Raises `InvalidInput` as `read_entries` does.
    """
    if query.sort not in ORDERS:
        raise InvalidInput("sort: there is no order “%(value)s”.", field="sort", value=query.sort[:40])
    few = _find_few(session, query)
    rows: list[tuple[int, tuple[Any, ...]]] = []
    if few != []:
        rows = _by_text(session, query, few) if query.text else _by_order(session, query, few)
    keys = [row[0] for row in rows[: query.limit]]
    cursors = tuple(write_cursor(*place) for _, place in rows[: query.limit])
    cursor = cursors[-1] if len(rows) > query.limit else None
    # The tokens are long, and nobody reads them.
    wanted = sa.select(RegisterEntry).where(RegisterEntry.id.in_(keys)).options(defer(RegisterEntry.tokens))
    found = {entry.id: entry for entry in session.scalars(wanted)} if keys else {}
    page = EntryPage(tuple(found[key] for key in keys), cursor, cursors)
    return page, _count(session, query, few, most) if most else None


def _count(session: Session, query: EntryQuery, few: list[int] | None, most: int) -> int | None:
    if few is not None and not (few and query.text):
        return len(few) if len(few) <= most else None
    if not query.text and most <= FEW and _asked(query):
        return None
    if query.text:
        tiers = query_tiers(query.text)
        if not tiers:
            return 0
        # Whatever matches a better tier matches the last one.
        matching = latest_matches(ENTRIES, tiers[-1], most + 1, partial(_meets, query, few))
        wanted = sa.select(ENTRIES.c.id).where(matching)
    else:
        wanted = sa.select(ENTRIES.c.id).where(*_meets(query, few, ENTRIES)).order_by(ENTRIES.c.code)
    found = wanted.limit(most + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    return count if count <= most else None


def count_many(session: Session, queries: Mapping[str, EntryQuery], most: int = FEW) -> dict[str, int]:
    """Count what meets each of several queries without words, in one statement; `most + 1` stands for more."""
    counts = []
    for name, query in queries.items():
        facets = _asked(query)
        found = (
            _holding(facets, query, query.kind, most + 1)
            if facets
            else sa.select(ENTRIES.c.id).where(*_meets(query, None, ENTRIES)).order_by(ENTRIES.c.code).limit(most + 1)
        ).subquery()
        counts.append(sa.select(sa.literal(name), sa.select(sa.func.count()).select_from(found).scalar_subquery()))
    return {name: int(count) for name, count in session.execute(sa.union_all(*counts))} if counts else {}


def _asked(query: EntryQuery) -> list[Facet]:
    facets = [(name, value, False) for name, value in query.filters]
    return [*facets, ("due", query.overdue_on.isoformat(), True)] if query.overdue_on else facets


def _meets(query: EntryQuery, few: Sequence[int] | None, table: sa.FromClause) -> list[ColumnElement[Any]]:
    """Say what an entry must meet: being among the few if they are known, or else every condition."""
    if few is not None:
        return [table.c.id.in_(few)]
    conditions: list[ColumnElement[Any]] = [table.c.kind == query.kind] if query.kind else []
    conditions += [probe(facet, table).is_not(None) for facet in _asked(query)]
    conditions += [probe((name, value, False), table).is_(None) for name, value in query.without]
    return conditions + _seen(query, table.c.id)


def _seen(query: EntryQuery, key: ColumnElement[int]) -> list[ColumnElement[Any]]:
    """Say what the key of an entry must meet besides its facets: to lie somewhere, to be seen by the reader."""
    conditions: list[ColumnElement[Any]] = []
    if query.within is not None:
        conditions.append(key.in_(sa.select(SHAPES.c.id).where(intersects(SHAPES, query.within))))
    if query.reader is not None:
        new, facet = ENTRIES.alias(), FACETS.alias()
        own = sa.exists().where(
            *(facet.c.name.in_(_OWN), facet.c.value == str(query.reader)),
            *(facet.c.kind == new.c.kind, facet.c.entry_id == new.c.id),
        )
        conditions.append(~sa.exists().where(new.c.id == key, new.c.record_id.is_(None), ~own))
    return conditions


def _holding(facets: Sequence[Facet], query: EntryQuery, kind: str | None, most: int) -> sa.Select[Any]:
    """Give the keys of entries that have all facets and meet the query's other conditions, found by the first facet."""
    facet = FACETS.alias()
    return (
        sa.select(facet.c.entry_id)
        .where(*says(facet, facets[0], kind))
        .where(*(probe(other, facet, "entry_id").is_not(None) for other in facets[1:]))
        .where(*(probe((name, value, False), facet, "entry_id").is_(None) for name, value in query.without))
        .where(*_seen(query, facet.c.entry_id))
        .order_by(facet.c.value, facet.c.kind, facet.c.entry_id)
        .limit(most)
    )


def _find_few(session: Session, query: EntryQuery) -> list[int] | None:
    """Give the keys of the entries that meet the facets and the kind, if they are few; None for many or all."""
    facets = _asked(query)
    if not facets:
        return None
    # A facet may be dense in one kind and missing in another, so each kind is walked by what is sparsest in it.
    kinds = [query.kind] if query.kind or len(facets) == 1 else common_kinds(session, facets)
    ordered = sparsest_first(session, facets, kinds) if len(facets) > 1 else dict.fromkeys(kinds, facets)
    walks = [_holding(ordered[kind], query, kind, FEW + 1).subquery() for kind in kinds]
    if not walks:
        return []
    keys = session.scalars(sa.union_all(*(sa.select(walk.c.entry_id) for walk in walks)).limit(FEW + 1)).all()
    return list(dict.fromkeys(keys)) if len(keys) <= FEW else None


def _by_order(session: Session, query: EntryQuery, few: list[int] | None) -> list[tuple[int, tuple[Any, ...]]]:
    column, kind = {
        "name": (ENTRIES.c.sort_key, str),
        "code": (ENTRIES.c.code, str),
        "updated": (ENTRIES.c.updated_at, str),
    }[query.sort]
    is_down = query.sort == "updated"
    statement = sa.select(ENTRIES.c.id, column).where(*_meets(query, few, ENTRIES))
    if query.cursor:
        text, key = read_cursor(query.cursor, query.sort, (kind, int))
        place = _instant(str(text)) if is_down else text
        # Said as one bound and one tie-break, which an index on the column serves.
        if is_down:
            statement = statement.where(column <= place, sa.or_(column < place, ENTRIES.c.id < key))
        else:
            statement = statement.where(column >= place, sa.or_(column > place, ENTRIES.c.id > key))
    order = (column.desc(), ENTRIES.c.id.desc()) if is_down else (column, ENTRIES.c.id)
    rows = session.execute(statement.order_by(*order).limit(query.limit + 1))
    return [(key, (query.sort, place.isoformat() if is_down else place, key)) for key, place in rows]


def _instant(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = now()
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


# The tiers of a search (`query_tiers`) that are asked together, and the earlier ones that each leaves out: the others
# are held by these, as a whole name is by its words and what agrees in its marks by what agrees without.
_TOGETHER = ((0, 1, 2, 3), (4,), (5,), (6, 7))
_COVERED = ((), (0,), (1,), (1, 2), (3,), (3, 4), (3, 5), (3, 5, 6))


def _by_text(session: Session, query: EntryQuery, few: list[int] | None) -> list[tuple[int, tuple[Any, ...]]]:
    tiers = query_tiers(query.text or "")
    tier, after = 0, None
    if query.cursor:
        tier, after = cast("tuple[int, int]", read_cursor(query.cursor, "words", (int, int)))
    rows: list[tuple[int, tuple[Any, ...]]] = []
    for together in _TOGETHER if tiers else ():
        missing = query.limit + 1 - len(rows)
        wanted = [index for index in together if index >= tier]
        if missing <= 0 or not wanted:
            continue
        found = []
        for index in wanted:
            below = after if index == tier else None
            asked = replace(tiers[index], without=tuple(tiers[earlier] for earlier in _COVERED[index]))
            criteria = partial(_meets_below, query, few, below)
            matching = latest_matches(ENTRIES, asked, missing, criteria)
            found.append(sa.select(sa.literal(index).label("tier"), ENTRIES.c.id).where(matching))
        ranked = sorted(session.execute(sa.union_all(*found)), key=lambda row: (row[0], -row[1]))
        rows += [(key, ("words", index, key)) for index, key in ranked[:missing]]
    return rows


def _meets_below(
    query: EntryQuery, few: Sequence[int] | None, below: int | None, table: sa.FromClause
) -> list[ColumnElement[Any]]:
    conditions = _meets(query, few, table)
    return conditions if below is None else [*conditions, table.c.id < below]


def read_revisions(session: Session, code: str) -> Sequence[Revision]:
    """Give every revision under a code, the newest first, with its author."""
    query = sa.select(Revision).where(Revision.code == code).order_by(Revision.number.desc())
    people = joinedload(Revision.author).lazyload(User.roles)
    return session.scalars(query.options(people, joinedload(Revision.changeset))).all()


def read_revision(session: Session, code: str, number: int) -> Revision:
    """Give one revision; raises `NotFound`."""
    query = sa.select(Revision).where(Revision.code == code, Revision.number == number)
    revision = session.scalar(query.options(joinedload(Revision.author)))
    if revision is None:
        raise NotFound("There is no revision %(number)s of %(code)s.", number=number, code=code)
    return revision


def own_draft(session: Session, code: str, user_id: int) -> Revision | None:
    """Give the draft or returned revision that a user has of a record, the newest if there are several."""
    states = (RevisionState.DRAFT, RevisionState.IN_REVIEW, RevisionState.REJECTED)
    query = sa.select(Revision).where(Revision.code == code, Revision.author_id == user_id, Revision.state.in_(states))
    found = session.scalar(query.order_by(Revision.number.desc()).limit(1))
    if found is None or found.state != RevisionState.REJECTED:
        return found
    later = sa.select(Revision.id).where(
        Revision.code == code, Revision.number > found.number, Revision.state == RevisionState.ACCEPTED
    )
    return None if session.scalar(later.limit(1)) else found


def read_changeset(session: Session, changeset_id: int) -> Changeset:
    """Give a changeset with its author and revisions; raises `NotFound`."""
    people = joinedload(Changeset.author).lazyload(User.roles)
    changeset = session.scalar(sa.select(Changeset).where(Changeset.id == changeset_id).options(people))
    if changeset is None:
        raise NotFound("There is no changeset %(value)s.", value=changeset_id)
    return changeset


def read_changesets(
    session: Session, states: Iterable[str], *, author_id: int | None, most: int
) -> Sequence[Changeset]:
    """Give changesets that hold a revision in one of the states, the newest first; of one author, or of all."""
    holding = sa.select(Revision.changeset_id).where(Revision.state.in_(list(states)))
    query = sa.select(Changeset).where(Changeset.id.in_(holding)).order_by(Changeset.id.desc()).limit(most)
    if author_id is not None:
        query = query.where(Changeset.author_id == author_id)
    # An import's payloads are megabytes, and no list shows them.
    revisions = sa.orm.selectinload(Changeset.revisions).defer(Revision.payload)
    return session.scalars(query.options(joinedload(Changeset.author), revisions)).all()


def holds_internal(session: Session, changeset: Changeset) -> bool:
    """Tell whether a changeset is about a record that is not public, in one statement."""
    about = sa.select(Record.id).join(Revision, Revision.record_id == Record.id)
    is_internal = about.where(Revision.changeset_id == changeset.id, Record.visibility != Visibility.PUBLIC)
    return session.scalar(is_internal.limit(1)) is not None


def read_history(
    session: Session,
    *,
    code: str | None = None,
    changeset_id: int | None = None,
    kinds: Collection[str] | None = None,
    most: int = 200,
) -> Sequence[HistoryEntry]:
    """Give what happened to a record or in a changeset, or to all of some kinds, the newest first."""
    people = joinedload(HistoryEntry.actor).lazyload(User.roles)
    query = sa.select(HistoryEntry).order_by(HistoryEntry.id.desc()).limit(most).options(people)
    if code is not None:
        query = query.where(HistoryEntry.code == code)
    if changeset_id is not None:
        query = query.where(HistoryEntry.changeset_id == changeset_id)
    if kinds is not None:
        query = query.where(HistoryEntry.kind.in_(kinds))
    return session.scalars(query).all()


def read_entry(session: Session, code: str) -> RegisterEntry | None:
    """Give the entry of a code, if there is one."""
    return session.scalar(sa.select(RegisterEntry).where(RegisterEntry.code == code))


def read_labels(session: Session, codes: Iterable[str]) -> dict[str, dict[str, str]]:
    """Give what records are called, by code."""
    query = sa.select(RegisterEntry.code, RegisterEntry.label).where(RegisterEntry.code.in_(list(codes)))
    return {code: dict(label) for code, label in session.execute(query)}


def records_by_code(session: Session, codes: Sequence[str]) -> dict[str, Record]:
    """Give records by code with their kinds' own columns, tombstones included."""
    found: dict[str, Record] = {}
    for chunk in batches(codes):
        query = sa.select(sa.orm.with_polymorphic(Record, "*")).where(Record.code.in_(chunk))
        found |= {record.code: record for record in session.scalars(query)}
    return found
